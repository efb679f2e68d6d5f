"""The second factor in an authenticator app: TOTP (RFC 6238), six digits every 30 seconds."""

import base64
import re
import secrets
from datetime import datetime, timedelta
from urllib.parse import quote, urlencode

from django.db import transaction
from django_otp.oath import TOTP

from accounts.models import TOTPDevice, User
from accounts.otp import CodeRefused

# RFC 4226, 4: « a shared secret length of 160 bits ».
_KEY_BYTES = 20
# Steps of 30 s before and after: the clock of the app, and the time to type (RFC 6238, 5.2).
_TOLERANCE = 1
# After n wrong codes the next is read 2^(n-1) s later. It stops growing at 17 minutes: 3 codes of a million are right
# at any time, so that whoever has the password guesses one in 9 years, and nobody is locked out for days.
_LONGEST_PAUSE_AT = 11


def has_totp(user: User) -> bool:
    """Whether an app is tied to the account and confirmed."""
    return TOTPDevice.objects.filter(user=user, confirmed=True).exists()


@transaction.atomic
def start_totp(*, user: User) -> TOTPDevice:
    """A new secret for the app, which counts for nothing until a code of it is given. An app already tied stays."""
    device, _ = TOTPDevice.objects.select_for_update().get_or_create(
        user=user, defaults={"name": "totp", "confirmed": False, "key": _new_key()}
    )
    if not device.confirmed:
        device.key = _new_key()
        device.throttling_failure_count, device.last_t, device.drift = 0, -1, 0
        device.save()
    return device


def waiting_totp(user: User) -> TOTPDevice | None:
    """The app that is being tied, if any."""
    return TOTPDevice.objects.filter(user=user, confirmed=False).first()


def check_totp(*, user: User, code: str, now: datetime) -> TOTPDevice:
    """The user's app, if `code` is one of its codes, newer than any used before; raises `CodeRefused`.

    After wrong codes the next one is read later and later (`CodeRefused.retry_at`).
    """
    return _check(user, code, now, confirmed=True)


def confirm_totp(*, user: User, code: str, now: datetime) -> TOTPDevice:
    """The app being tied counts from now on, if `code` is one of its codes; raises `CodeRefused`."""
    return _check(user, code, now, confirmed=False)


def remove_totp(*, user: User) -> bool:
    """Unties the app; False if there was none."""
    deleted, _ = TOTPDevice.objects.filter(user=user, confirmed=True).delete()
    return bool(deleted)


def secret_text(device: TOTPDevice) -> str:
    """The secret as apps take it by hand: base 32 in groups of four."""
    return " ".join(re.findall(".{1,4}", device.key))


def config_url(device: TOTPDevice) -> str:
    """What the QR code says (https://github.com/google/google-authenticator/wiki/Key-Uri-Format)."""
    return f"otpauth://totp/Rofim:{quote(device.user.email)}?" + urlencode({"secret": device.key, "issuer": "Rofim"})


def _new_key() -> str:
    return base64.b32encode(secrets.token_bytes(_KEY_BYTES)).decode()


def _check(user: User, code: str, now: datetime, *, confirmed: bool) -> TOTPDevice:
    if not re.fullmatch(r"[0-9]{6}", code):
        raise CodeRefused(None)
    # Raised after the commit: a wrong code must stay counted.
    device, refusal = _read(user, int(code), now, confirmed=confirmed)
    if device is None:
        raise refusal
    return device


@transaction.atomic
def _read(user: User, code: int, now: datetime, *, confirmed: bool) -> tuple[TOTPDevice | None, CodeRefused]:
    device = TOTPDevice.objects.select_for_update().filter(user=user, confirmed=confirmed).first()
    if device is None:
        return None, CodeRefused()
    failures = device.throttling_failure_count
    if failures and device.throttling_failure_timestamp:
        retry_at = device.throttling_failure_timestamp + timedelta(seconds=2 ** (failures - 1))
        if now < retry_at:
            return None, CodeRefused(None, retry_at=retry_at)
    reader = TOTP(base64.b32decode(device.key), drift=device.drift)
    reader.time = now.timestamp()
    if not reader.verify(code, tolerance=_TOLERANCE, min_t=device.last_t + 1):
        device.throttling_failure_count = min(failures + 1, _LONGEST_PAUSE_AT)
        device.throttling_failure_timestamp = now
        device.save(update_fields=["throttling_failure_count", "throttling_failure_timestamp"])
        return None, CodeRefused(None)
    device.last_t, device.drift = reader.t(), reader.drift
    device.throttling_failure_count, device.throttling_failure_timestamp = 0, None
    device.last_used_at, device.confirmed = now, True
    device.save()
    return device, CodeRefused()
