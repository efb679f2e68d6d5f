"""« Activité »: what was done with an account, in words, read from the trail."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q

from accounts.models import AuditEvent, User

# Of the trail's actions those that are about the account itself; what was read of patients stands on their pages.
ACTIONS = (
    "login.failed",
    "login.locked",
    "login.code_refused",
    "logout",
    "identity.confirmed",
    "password.changed",
    "password.reset",
    "mobile.change_asked",
    "mobile.changed",
    "email.change_asked",
    "email.given_back",
    "email.changed",
    "recovery_codes.renewed",
    "totp.added",
    "totp.removed",
    "session.ended",
    "sessions.ended",
    "signature.saved",
    "signature.removed",
    "practice.changed",
    "mentions.changed",
    "notifications.changed",
    "registration.sent",
    "registration.confirmed",
    "registration.refused",
    "registration.validated",
    "practitioner.suspended",
    "practitioner.restored",
    "practitioner.mobile_changed",
    "administrator.changed",
    "administrator.deactivated",
    "administrator.reactivated",
    "administrator.mobile_changed",
)
# What somebody else may have done.
_ALARMING = frozenset({"login.failed", "login.locked", "login.code_refused"})


@dataclass(frozen=True)
class Entry:
    """One line; `ip_address` is empty for what somebody else did in the exercise of an office."""

    at: datetime
    words: str
    ip_address: str
    is_alarming: bool


def _entry(event: AuditEvent, user: User) -> Entry:
    is_office = event.actor_id not in (None, user.pk)
    return Entry(
        event.at, event.label, "" if is_office else event.ip_address or "", event.action in _ALARMING
    )  # fmt: skip


def entries(*, user: User, limit: int) -> list[Entry]:
    """The last ones, newest first."""
    about = [f"user/{user.pk}"]
    practitioner = getattr(user, "practitioner", None)
    if practitioner:
        about.append(f"practitioner/{practitioner.pk}")
    found: Iterable[AuditEvent] = AuditEvent.objects.filter(
        Q(actor=user) | Q(about__in=about), action__in=ACTIONS
    ).order_by("-at", "-pk")[:limit]
    return [_entry(event, user) for event in found]
