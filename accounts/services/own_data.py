"""What people change of their own account by themselves. Issued prescriptions keep what they were issued with."""

from typing import Any

from django.db import transaction
from django.http import HttpRequest

from accounts import audit
from accounts.models import Practitioner, User


@transaction.atomic
def change_practice(*, practitioner: Practitioner, data: dict[str, Any], request: HttpRequest | None = None) -> None:
    """Name, address and telephone of the practice (`data`: PracticeForm.practice())."""
    if _change(practitioner, data):
        _record("practice.changed", practitioner.user, f"practitioner/{practitioner.pk}", request)


@transaction.atomic
def change_mentions(*, practitioner: Practitioner, data: dict[str, Any], request: HttpRequest | None = None) -> None:
    """What prescriptions carry besides (`data`: BillingForm.cleaned_data)."""
    if _change(practitioner, data):
        _record("mentions.changed", practitioner.user, f"practitioner/{practitioner.pk}", request)


@transaction.atomic
def change_notifications(*, user: User, data: dict[str, Any], request: HttpRequest | None = None) -> None:
    """Which e-mails one wants (`data`: NotificationsForm.cleaned_data)."""
    if _change(user, data):
        _record("notifications.changed", user, f"user/{user.pk}", request)


def _change(row: Practitioner | User, data: dict[str, Any]) -> bool:
    """Writes what differs; says whether anything did."""
    changed = [name for name, value in data.items() if getattr(row, name) != value]
    for name in changed:
        setattr(row, name, data[name])
    if changed:
        row.save(update_fields=changed)
    return bool(changed)


def _record(action: str, user: User, about: str, request: HttpRequest | None) -> None:
    audit.record(action=action, actor=user, about=about, request=request)
