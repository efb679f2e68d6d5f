"""The second factor, whichever way it is given: by SMS, by the app, by a recovery code."""

from datetime import datetime
from enum import StrEnum

from django_otp.models import Device

from accounts import otp, recovery, totp
from accounts.models import User


class Way(StrEnum):
    """The ways to give it, as the address of the page names them."""

    SMS = "sms"
    TOTP = "application"
    RECOVERY = "secours"


def way_for(user: User, asked: str | None) -> Way:
    """The way that was asked for, else the best that the user has."""
    if asked in (Way.SMS, Way.RECOVERY):
        return Way(asked)
    return Way.TOTP if totp.has_totp(user) else Way.SMS


def check_second_factor(*, user: User, code: str, way: Way, secret: str, now: datetime) -> Device:
    """The device whose code it is: the app's, that of the SMS asked for under `secret`, or a recovery code.

    Eight letters and digits are a recovery code, wherever they are typed. Raises `otp.CodeRefused`.
    """
    code = otp.normalise(code)
    if way == Way.RECOVERY or len(code) == recovery.RECOVERY_LENGTH:
        return recovery.use_recovery_code(user=user, code=code, now=now)
    if way == Way.TOTP:
        return totp.check_totp(user=user, code=code, now=now)
    device = otp.device_of(user)
    otp.check_code(device, pending=secret, code=code, now=now)
    return device
