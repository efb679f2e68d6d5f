"""Registration, and the proof of the mobile."""

from datetime import datetime
from typing import Any

from django.contrib.auth.hashers import make_password
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import IntegrityError, transaction
from django.http import HttpRequest

from accounts import audit, notify, throttling
from accounts.models import Practitioner, SMSDevice, User
from accounts.services.announcements import announce_registrations
from accounts.services.documents import delete_document
from rofim.uploads import CleanFile

Status = Practitioner.Status
# Nothing was ever opened to these: whoever registers anew with the address starts again.
_REPLACED = (Status.UNCONFIRMED, Status.REFUSED)
_USER_FIELDS = ("first_name", "last_name", "mobile_phone")
_PRACTITIONER_FIELDS = (
    "title", "profession", "specialty", "rpps", "adeli", "billing_number", "practice_name", "practice_address",
    "practice_postal_code", "practice_city", "practice_phone",
)  # fmt: skip


def register_practitioner(*, data: dict[str, Any], now: datetime, request: HttpRequest | None = None) -> SMSDevice:
    """Keeps a registration (`data`: RegistrationForm.cleaned_data) and returns the device whose code will confirm it.

    With an address that has an account nothing is kept but a device that proves nothing: the visitor sees the same,
    the owner of the address gets an e-mail.
    """
    owner = User.objects.filter(email=data["email"]).exclude(practitioner__status__in=_REPLACED).first()
    if owner is None:
        try:
            return _keep_registration(data=data, now=now, request=request)
        except IntegrityError:
            # Two at once with the same address: the second is treated as any known address.
            owner = User.objects.filter(email=data["email"]).first()
    # The time that hashing takes is the same for everybody.
    make_password(data["password1"])
    with transaction.atomic():
        if owner is not None and throttling.known_address_notice(owner.email, now=now):
            notify.tell_known_address(user=owner, now=now)
        return SMSDevice.objects.create(user=None, name="sms", phone=data["mobile_phone"], confirmed=False)


def _keep_registration(*, data: dict[str, Any], now: datetime, request: HttpRequest | None) -> SMSDevice:
    document: CleanFile = data["identity_document"]
    stored: list[str] = []
    try:
        with transaction.atomic():
            for earlier in Practitioner.objects.filter(user__email=data["email"], status__in=_REPLACED):
                delete_document(earlier)
                earlier.user.delete()
            user = User.objects.create_user(
                data["email"], data["password1"], is_active=False, **{name: data[name] for name in _USER_FIELDS}
            )
            practitioner = Practitioner(
                user=user,
                identity_document_type=document.mimetype,
                **{name: data[name] for name in _PRACTITIONER_FIELDS},
            )
            practitioner.identity_document.save("document", ContentFile(document.content), save=False)
            stored.append(str(practitioner.identity_document.name))
            practitioner.save()
            audit.record(
                action="registration.sent", actor=user, about=f"practitioner/{practitioner.pk}", request=request
            )
            return SMSDevice.objects.create(user=user, name="sms", phone=user.mobile_phone, confirmed=False)
    except Exception:
        # No file without its row.
        for name in stored:
            default_storage.delete(name)
        raise


@transaction.atomic
def confirm_mobile(*, device: SMSDevice, now: datetime, request: HttpRequest | None = None) -> None:
    """The code was right: the registration is complete and waits for the administrators. Nothing happens twice."""
    if device.user_id is None:
        device.delete()
        return
    moved = Practitioner.objects.filter(user_id=device.user_id, status=Status.UNCONFIRMED).update(
        status=Status.PENDING, submitted_at=now
    )
    if not moved:
        return
    SMSDevice.objects.filter(pk=device.pk).update(confirmed=True)
    User.objects.filter(pk=device.user_id).update(is_active=True)
    practitioner = Practitioner.objects.select_related("user").get(user_id=device.user_id)
    audit.record(
        action="registration.confirmed", actor=practitioner.user, about=f"practitioner/{practitioner.pk}",
        request=request,
    )  # fmt: skip
    announce_registrations(now=now)
