"""Administrators: made by another one, changed, deactivated."""

import secrets
from collections.abc import Iterable
from datetime import datetime

from django.contrib.auth.models import Group
from django.db import IntegrityError, transaction
from django.http import HttpRequest

from accounts import audit, notify
from accounts.models import User
from accounts.sessions import end_sessions


class AddressTaken(Exception):
    """The e-mail address has an account: the second click of a form finds what the first one made."""


class OwnRights(Exception):
    """Nobody changes their own rights: the last one with all of them could not come back."""


@transaction.atomic
def create_administrator(
    *, email: str, first_name: str, last_name: str, mobile_phone: str, groups: Iterable[Group], is_superuser: bool,
    by: User, now: datetime, request: HttpRequest | None = None,
) -> User:  # fmt: skip
    """A new administrator, told by e-mail how to choose the password. Raises AddressTaken."""
    try:
        with transaction.atomic():
            user = User.objects.create_user(
                email,
                # Known to nobody; a password that can't be used would get no reset link.
                secrets.token_urlsafe(32),
                first_name=first_name,
                last_name=last_name,
                mobile_phone=mobile_phone,
                is_staff=True,
                is_superuser=is_superuser,
            )
    except IntegrityError:
        raise AddressTaken from None
    user.groups.set(groups)
    audit.record(action="administrator.created", actor=by, about=f"user/{user.pk}", request=request)
    notify.tell_new_administrator(user=user, by=by, now=now)
    return user


@transaction.atomic
def change_administrator(
    *, user: User, groups: Iterable[Group], is_superuser: bool, is_active: bool, by: User,
    request: HttpRequest | None = None,
) -> None:  # fmt: skip
    """New rights; without `is_active` no login any more, and all sessions end. Raises OwnRights."""
    if user == by:
        raise OwnRights
    was_active = user.is_active
    user.is_superuser, user.is_active = is_superuser, is_active
    user.save(update_fields=["is_superuser", "is_active"])
    user.groups.set(groups)
    if not is_active:
        end_sessions(user=user)
    audit.record(
        action="administrator.changed" if is_active == was_active
        else "administrator.reactivated" if is_active else "administrator.deactivated",
        actor=by, about=f"user/{user.pk}", request=request,
    )  # fmt: skip
