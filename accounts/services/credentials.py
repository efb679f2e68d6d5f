"""What proves who somebody is."""

from datetime import datetime

from django.db import transaction
from django.http import HttpRequest

from accounts import audit, notify, throttling
from accounts.models import User
from accounts.sessions import end_sessions


@transaction.atomic
def change_password(
    *, user: User, password: str, now: datetime, request: HttpRequest | None = None, keep: str | None = None
) -> None:
    """A new password: all sessions end but the one whose key is `keep`, the owner is told."""
    user.set_password(password)
    user.save(update_fields=["password"])
    end_sessions(user=user, keep=keep)
    throttling.forgive_logins(user.email)
    notify.tell_password_changed(user=user, now=now)
    audit.record(action="password.changed", actor=user, about=f"user/{user.pk}", request=request)
