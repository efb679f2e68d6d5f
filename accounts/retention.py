"""How long this room keeps what it knows (rofim/retention.py)."""

from datetime import datetime, timedelta

from django.conf import settings
from django.contrib.sessions.models import Session
from django.db.models import Q, QuerySet

from accounts.models import Login, LoginSession, OneTimeLink, RateCount, Registration, SMSDevice
from rofim.retention import Rule

# Without a change, until the mobile is proved; then as long as the link in the e-mail is valid.
DRAFT_LIVES, LINK_LIVES = timedelta(days=1), timedelta(days=3)


def _idle(now: datetime) -> QuerySet[LoginSession]:
    return LoginSession.objects.filter(last_seen_at__lte=now - settings.SESSION_IDLE_TIMEOUT)


RULES = (
    Rule(
        "registration",
        "Begun and left: whoever comes back later starts again.",
        lambda now: Registration.objects.filter(mobile_proved_at=None, touched_at__lt=now - DRAFT_LIVES),
        file="identity_document",
    ),
    Rule(
        "registration_unconfirmed",
        "The link of the e-mail was not used in three days: the address is wrong, or the registration somebody else's.",
        lambda now: Registration.objects.filter(mobile_proved_at__isnull=False, touched_at__lt=now - LINK_LIVES),
        file="identity_document",
    ),
    Rule(
        "session",
        "A session past its end opens nothing; an idle login's is as good as ended.",
        lambda now: Session.objects.filter(
            Q(expire_date__lte=now) | Q(session_key__in=_idle(now).values("session_key"))
        ),
    ),
    Rule(
        "login-session",
        "« Sessions ouvertes » lists those that are; after the rule above, for the sessions that it deleted.",
        lambda now: LoginSession.objects.exclude(
            session_key__in=Session.objects.filter(expire_date__gt=now).values("session_key")
        ) | _idle(now),
    ),
    Rule(
        "login",
        "The owner looks for a login that wasn't his; CNIL n° 2021-122: six months to a year for logs.",
        lambda now: Login.objects.filter(at__lt=now - timedelta(days=365)),
    ),
    Rule(
        "one-time-link",
        "Past seven days no link that was sent by e-mail opens anything; the new address in it is nobody's business.",
        lambda now: OneTimeLink.objects.filter(made_at__lt=now - timedelta(days=7)),
    ),
    Rule(
        "rate-count",
        "No limit of `accounts.throttling` counts for longer than a day; each address that a robot types is a row.",
        lambda now: RateCount.objects.filter(started_at__lte=now - timedelta(days=1)),
    ),
    Rule(
        "mobile-change",
        "A new mobile whose code was never given: it may be anybody's.",
        lambda now: SMSDevice.objects.filter(user=None, registration=None, created_at__lt=now - DRAFT_LIVES),
    ),
)  # fmt: skip
