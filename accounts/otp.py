"""The second factor: six digits by SMS, bound to the login or registration that asked for them."""

import re
import secrets
from datetime import datetime, timedelta
from enum import StrEnum

from django.conf import settings
from django.contrib.sessions.backends.base import SessionBase
from django.db import transaction
from django.db.models import F
from django.utils.crypto import constant_time_compare
from django_otp import DEVICE_ID_SESSION_KEY
from django_otp.models import Device

from accounts import notify, throttling
from accounts.models import SMSDevice, User
from rofim.crypto import blind_index
from rofim.notifications.models import OutgoingMessage
from rofim.notifications.services import messages_about, queue_sms

MAX_TRIES = 5
# An SMS that the provider has not taken by then is late, and said to be: the page, which asks each second, must know
# within 3 s.
_LATE = timedelta(seconds=1.5)


class CodeNotSent(Exception):
    """No code leaves now. `retry_at` is when another may be asked for (None: too many to this number)."""

    def __init__(self, retry_at: datetime | None = None):
        super().__init__()
        self.retry_at = retry_at


class BudgetSpent(CodeNotSent):
    """No code leaves today, whoever asks: the site's daily budget is spent."""


class SMSState(StrEnum):
    """Where the SMS with the code is, as far as its reader is concerned."""

    SENDING = "sending"
    LATE = "late"
    SENT = "sent"
    DELIVERED = "delivered"
    FAILED = "failed"


class CodeRefused(Exception):
    """The code is not the one. `remaining` tries are left for it; 0: it is dead, expired or never was; None: untold.

    `retry_at`: it was not even read; one may be tried again then.
    """

    def __init__(self, remaining: int | None = 0, *, retry_at: datetime | None = None):
        super().__init__()
        self.remaining, self.retry_at = remaining, retry_at


def _digest(pending: str, code: str = "") -> str:
    return blind_index(f"{pending}\0{code}", purpose="login-code")


def device_of(user: User) -> SMSDevice:
    """The user's device, on the user's present number."""
    device, created = SMSDevice.objects.get_or_create(
        user=user, defaults={"name": "sms", "phone": user.mobile_phone, "confirmed": True}
    )
    if not created and device.phone != user.mobile_phone:
        device.phone = user.mobile_phone
        device.save(update_fields=["phone"])
    return device


@transaction.atomic
def _make_code(device: SMSDevice, *, pending: str, now: datetime) -> None:
    code = f"{secrets.randbelow(1_000_000):06d}"
    expires_at = now + timedelta(seconds=settings.LOGIN_CODE_LIFETIME)
    device.token, device.pending = _digest(pending, code), _digest(pending)
    device.valid_until = expires_at
    device.throttling_failure_count, device.throttling_failure_timestamp = 0, None
    device.save()
    queue_sms(
        to=str(device.phone),
        name="accounts/login_code",
        context={"code": code, "host": settings.SITE_HOST},
        expires_at=expires_at,
        about=f"smsdevice/{device.pk}",
    )


def send_code(device: SMSDevice, *, pending: str, now: datetime) -> None:
    """Sends a new code for the login or registration `pending`; whatever code was before is dead.

    Raises `CodeNotSent` before the cooldown of the number is over or past its limits, `BudgetSpent` past the site's.
    """
    number, refused_at = str(device.phone), _refused_at(device)
    if refused_at is not None:
        throttling.end_cooldown(number, begun_by=refused_at)
    # Two requests at once, of one browser or of several: one of them sends.
    if not throttling.code_to(number, now=now):
        raise CodeNotSent(next_code_at(device))
    # Unconfirmed: a registration, whose number may be anybody's.
    if not device.confirmed and not throttling.registration_code_to(number, now=now):
        raise CodeNotSent
    if not throttling.login_code_to(number, now=now):
        raise CodeNotSent
    if not throttling.sms_of_today(registration=not device.confirmed, now=now):
        if throttling.sms_budget_notice(now=now):
            notify.tell_sms_budget_spent(now=now)
        raise BudgetSpent
    _make_code(device, pending=pending, now=now)


def check_code(device: SMSDevice, *, pending: str, code: str, now: datetime) -> None:
    """Consumes the code of `pending`, or raises `CodeRefused`. The try is counted before anything is compared.

    What has not six digits is refused uncounted: it is a slip of the finger, no guess.
    """
    if not re.fullmatch(r"[0-9]{6}", code):
        raise CodeRefused(None)
    current = SMSDevice.objects.filter(pk=device.pk, pending=_digest(pending), token__isnull=False, valid_until__gt=now)
    counted = current.filter(throttling_failure_count__lt=MAX_TRIES).update(
        throttling_failure_count=F("throttling_failure_count") + 1, throttling_failure_timestamp=now
    )
    if not counted:
        raise CodeRefused
    device.refresh_from_db()
    expected = _digest(pending, code)
    if device.token is None or not constant_time_compare(device.token, expected):
        raise CodeRefused(MAX_TRIES - device.throttling_failure_count)
    # Two requests with the right code: the guarded update lets one of them in.
    used = current.filter(token=expected).update(token=None, pending="", throttling_failure_count=0, last_used_at=now)
    if not used:
        raise CodeRefused
    throttling.end_cooldown(str(device.phone), begun_by=now)


def has_live_code(device: SMSDevice, *, pending: str, now: datetime) -> bool:
    """Whether a code of `pending` can still be typed."""
    return (
        device.token is not None
        and device.pending == _digest(pending)
        and device.valid_until > now
        and device.throttling_failure_count < MAX_TRIES
    )


def next_code_at(device: SMSDevice) -> datetime | None:
    """When another code may be asked for, whoever had the last one sent to this number; None at once: there was none,
    or it never left.
    """
    last, refused_at = throttling.last_code_to(str(device.phone)), _refused_at(device)
    if last is None or (refused_at is not None and last <= refused_at):
        return None
    return last + timedelta(seconds=settings.LOGIN_CODE_COOLDOWN)


def sms_state(device: SMSDevice, *, pending: str, now: datetime) -> SMSState | None:
    """Where the SMS with the code of `pending` is; None while there is no such code."""
    sms = _last_sms(device) if has_live_code(device, pending=pending, now=now) else None
    if sms is None:
        return None
    match sms.status:
        case OutgoingMessage.Status.DELIVERED:
            return SMSState.DELIVERED
        case OutgoingMessage.Status.ACCEPTED:
            return SMSState.SENT
        case OutgoingMessage.Status.FAILED | OutgoingMessage.Status.EXPIRED:
            return SMSState.FAILED
    # An error: a try has failed, and another follows by itself.
    return SMSState.LATE if sms.error or now >= sms.created_at + _LATE else SMSState.SENDING


def _last_sms(device: SMSDevice) -> OutgoingMessage | None:
    return messages_about(f"smsdevice/{device.pk}").filter(name="accounts/login_code").first()


def _refused_at(device: SMSDevice) -> datetime | None:
    """When the last SMS was asked for, if the provider refused it: it has cost nothing and woken nobody."""
    sms = _last_sms(device)
    is_refused = sms is not None and sms.status == OutgoingMessage.Status.FAILED and not sms.provider_id
    return sms.created_at if sms and is_refused else None


def normalise(code: str) -> str:
    """What was typed without spaces and dashes, look-alike letters read as what was meant."""
    kept = "".join(character for character in code.upper() if character.isalnum())
    return kept.translate(str.maketrans("OIL", "011"))


def verified_user(user: User, session: SessionBase) -> bool:
    """Whether both factors were proved in `session` (for sockets: consumers don't run the middleware)."""
    persistent_id = session.get(DEVICE_ID_SESSION_KEY)
    if not persistent_id or not user.is_authenticated or not user.is_active:
        return False
    device = Device.from_persistent_id(persistent_id)
    return device is not None and device.user_id == user.pk and device.confirmed
