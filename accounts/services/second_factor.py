"""Tying an authenticator app to the account, and untying it. Both end the other sessions: the owner sees to each."""

from datetime import datetime

from django.db import transaction
from django_otp import DEVICE_ID_SESSION_KEY

from accounts import audit, notify, otp, sessions, totp
from accounts.models import TOTPDevice
from accounts.requests import VerifiedRequest


def tie_totp(*, request: VerifiedRequest, code: str, now: datetime) -> TOTPDevice:
    """The app being tied counts from now on, if `code` is its; raises `otp.CodeRefused`."""
    user = request.user
    device = totp.confirm_totp(user=user, code=code, now=now)
    with transaction.atomic():
        sessions.end_sessions(user=user, keep=request.session.session_key)
        notify.tell_totp_added(user=user, now=now)
        audit.record(action="totp.added", actor=user, about=f"user/{user.pk}", request=request)
    return device


@transaction.atomic
def untie_totp(*, request: VerifiedRequest, now: datetime) -> None:
    """Codes come by SMS again; does nothing without an app (a second click)."""
    user = request.user
    if not totp.remove_totp(user=user):
        return
    # Perhaps the app opened this session: it stays open on the factor that is left.
    request.session[DEVICE_ID_SESSION_KEY] = otp.device_of(user).persistent_id
    sessions.end_sessions(user=user, keep=request.session.session_key)
    notify.tell_totp_removed(user=user, now=now)
    audit.record(action="totp.removed", actor=user, about=f"user/{user.pk}", request=request)
