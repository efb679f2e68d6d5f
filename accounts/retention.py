"""How long this room keeps what it knows (rofim/retention.py)."""

from datetime import datetime, timedelta

from django.conf import settings
from django.contrib.sessions.models import Session
from django.db.models import Q, QuerySet

from accounts.models import Login, LoginSession
from rofim.retention import Rule


def _idle(now: datetime) -> QuerySet[LoginSession]:
    return LoginSession.objects.filter(last_seen_at__lte=now - settings.SESSION_IDLE_TIMEOUT)


RULES = (
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
)  # fmt: skip
