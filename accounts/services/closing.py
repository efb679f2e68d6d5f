"""The end of an account, at its owner's wish."""

from datetime import datetime

from django.db import transaction
from django.http import HttpRequest
from django_otp import devices_for_user

from accounts import audit, links, notify, throttling
from accounts.models import Practitioner
from accounts.services.documents import delete_document
from accounts.sessions import end_sessions

Status = Practitioner.Status


@transaction.atomic
def close_account(*, practitioner: Practitioner, now: datetime, request: HttpRequest | None = None) -> None:
    """Nobody logs in any more, the address is free, sessions and their sockets end, the owner is told; once.

    What stays: who it was (name, profession, numbers, practice), since prescriptions and the trail name him; and his
    patients' records. Whether appointments are still to come is for the caller to ask (`teleconsult.services`).
    """
    closed = Practitioner.objects.filter(pk=practitioner.pk).exclude(status=Status.CLOSED)
    if not closed.update(status=Status.CLOSED, closed_at=now, signature=None, billing_number="", practice_phone=""):
        return
    practitioner.refresh_from_db()
    user = practitioner.user
    # To the address that is about to be forgotten.
    notify.tell_account_closed(practitioner=practitioner, now=now)
    audit.record(action="account.closed", actor=user, about=f"practitioner/{practitioner.pk}", request=request)
    delete_document(practitioner)
    end_sessions(user=user)
    # A way back to an older address would give one to what is closed.
    links.drop_links(user=user)
    user.logins.all().delete()
    for device in devices_for_user(user, confirmed=None):
        device.delete()
    throttling.forgive_logins(user.email)
    user.email, user.mobile_phone, user.is_active = f"compte-{user.pk}@ferme.invalid", "", False
    user.set_unusable_password()
    user.save(update_fields=["email", "mobile_phone", "is_active", "password"])
