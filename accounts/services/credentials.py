"""What proves who somebody is."""

from datetime import datetime

from django.db import transaction
from django.http import HttpRequest

from accounts import audit, notify, throttling
from accounts.models import User


@transaction.atomic
def change_password(*, user: User, password: str, now: datetime, request: HttpRequest | None = None) -> None:
    """A new password: other sessions end by themselves (their hash no longer matches), the owner is told."""
    user.set_password(password)
    user.save(update_fields=["password"])
    throttling.forgive_logins(user.email)
    notify.tell_password_changed(user=user, now=now)
    audit.record(action="password.changed", actor=user, about=f"user/{user.pk}", request=request)
