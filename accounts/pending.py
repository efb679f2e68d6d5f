"""Who is between the first proof and the code: a login, a registration or a change of mobile, kept in the session of
one browser.
"""

import secrets
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime, timedelta

from django.contrib.sessions.backends.base import SessionBase

from accounts.models import SMSDevice, User
from accounts.otp import device_of

# The password (or the form) was right this long ago at most.
LIFETIME = timedelta(minutes=15)
_LOGIN, _REGISTRATION, _MOBILE = "pending_login", "pending_registration", "pending_mobile"


@dataclass(frozen=True)
class Pending:
    """`secret` binds codes to this very login or registration; `proof` changes with the password."""

    device_pk: int
    started_at: str
    user_pk: int = 0
    proof: str = ""
    next: str = ""
    secret: str = field(default_factory=lambda: secrets.token_urlsafe(16))

    def is_alive(self, now: datetime) -> bool:
        """Whether the first proof is fresh enough."""
        return now < datetime.fromisoformat(self.started_at) + LIFETIME


def _load(session: SessionBase, key: str, now: datetime) -> Pending | None:
    stored = session.get(key)
    pending = Pending(**stored) if stored else None
    return pending if pending and pending.is_alive(now) else None


def start_login(session: SessionBase, *, user: User, next_url: str, now: datetime) -> Pending:
    """The password was right. The same user again in the same browser keeps the code that is on its way."""
    earlier = _load(session, _LOGIN, now)
    kept = {"secret": earlier.secret} if earlier and earlier.user_pk == user.pk else {}
    pending = Pending(
        device_pk=device_of(user).pk, started_at=now.isoformat(), user_pk=user.pk,
        proof=user.get_session_auth_hash(), next=next_url, **kept,
    )  # fmt: skip
    session.cycle_key()
    session[_LOGIN] = asdict(pending)
    return pending


def current_login(session: SessionBase, *, now: datetime) -> tuple[Pending, User, SMSDevice] | None:
    """The login that waits for its code; None once expired, or when the account or its password changed."""
    pending = _load(session, _LOGIN, now)
    if pending is None:
        return None
    user = User.objects.filter(pk=pending.user_pk, is_active=True).first()
    if user is None or user.get_session_auth_hash() != pending.proof:
        return None
    return pending, user, device_of(user)


def end_login(session: SessionBase) -> None:
    """The login is complete, or given up."""
    session.pop(_LOGIN, None)


def start_registration(session: SessionBase, *, device: SMSDevice, now: datetime) -> Pending:
    """The forms were right: the code to `device` comes next. The same device again keeps the code on its way."""
    earlier = _load(session, _REGISTRATION, now)
    pending = Pending(device_pk=device.pk, started_at=now.isoformat())
    if earlier and earlier.device_pk == device.pk:
        pending = replace(pending, secret=earlier.secret)
    session.cycle_key()
    session[_REGISTRATION] = asdict(pending)
    return pending


def current_registration(session: SessionBase, *, now: datetime) -> tuple[Pending, SMSDevice] | None:
    """The registration that waits for its code."""
    pending = _load(session, _REGISTRATION, now)
    device = SMSDevice.objects.filter(pk=pending.device_pk, confirmed=False).first() if pending else None
    return (pending, device) if pending and device else None


def end_registration(session: SessionBase) -> None:
    """The registration is complete, or given up."""
    session.pop(_REGISTRATION, None)


def start_mobile_change(session: SessionBase, *, user: User, device: SMSDevice, now: datetime) -> Pending:
    """The old number was proved: the code to `device`, the new one, completes it. An earlier new one is forgotten."""
    earlier = session.get(_MOBILE)
    if earlier:
        SMSDevice.objects.filter(pk=earlier["device_pk"], user=None).delete()
    pending = Pending(device_pk=device.pk, started_at=now.isoformat(), user_pk=user.pk, proof=str(user.mobile_phone))
    session[_MOBILE] = asdict(pending)
    return pending


def current_mobile_change(session: SessionBase, *, user: User, now: datetime) -> tuple[Pending, SMSDevice] | None:
    """The change that waits for the code to the new number; None once expired, or when the number changed meanwhile."""
    pending = _load(session, _MOBILE, now)
    if pending is None or (pending.user_pk, pending.proof) != (user.pk, str(user.mobile_phone)):
        return None
    device = SMSDevice.objects.filter(pk=pending.device_pk, user=None).first()
    return (pending, device) if device else None


def end_mobile_change(session: SessionBase) -> None:
    """The change is made."""
    session.pop(_MOBILE, None)
