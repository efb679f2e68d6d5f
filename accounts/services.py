"""What changes an account: registration, the proof of the mobile, the administration's decisions."""

from datetime import datetime
from typing import Any

from django.contrib.auth.hashers import make_password
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import IntegrityError, transaction
from django.http import HttpRequest

from accounts import audit, notify, throttling
from accounts.models import Practitioner, SMSDevice, User
from rofim.uploads import CleanFile

Status = Practitioner.Status
# Nothing was ever opened to these: whoever registers anew with the address starts again.
_REPLACED = (Status.UNCONFIRMED, Status.REFUSED)
_USER_FIELDS = ("first_name", "last_name", "mobile_phone")
_PRACTITIONER_FIELDS = (
    "title", "profession", "specialty", "rpps", "adeli", "billing_number", "practice_name", "practice_address",
    "practice_postal_code", "practice_city", "practice_phone",
)  # fmt: skip


class AlreadyDecided(Exception):
    """Somebody else was first, or the state doesn't allow this decision."""


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
    notify.tell_administrators(practitioner=practitioner, now=now)
    audit.record(
        action="registration.confirmed", actor=practitioner.user, about=f"practitioner/{practitioner.pk}",
        request=request,
    )  # fmt: skip


def _decide(
    practitioner: Practitioner, *, old: Status, new: Status, by: User, now: datetime, reason: str, action: str,
    request: HttpRequest | None,
) -> None:  # fmt: skip
    moved = Practitioner.objects.filter(pk=practitioner.pk, status=old).update(
        status=new, decided_at=now, decided_by=by, decision_reason=reason
    )
    if not moved:
        raise AlreadyDecided
    practitioner.refresh_from_db()
    audit.record(action=action, actor=by, about=f"practitioner/{practitioner.pk}", request=request)


def delete_document(practitioner: Practitioner) -> None:
    """Forgets the proof of identity: the row now, the file once the transaction is committed."""
    name = practitioner.identity_document.name
    if not name:
        return
    practitioner.identity_document, practitioner.identity_document_type = "", ""
    practitioner.save(update_fields=["identity_document", "identity_document_type"])
    transaction.on_commit(lambda: default_storage.delete(name), robust=True)


@transaction.atomic
def validate_practitioner(
    *, practitioner: Practitioner, by: User, now: datetime, request: HttpRequest | None = None
) -> None:
    """« Valider »; raises AlreadyDecided. The e-mail leaves, the document is deleted."""
    _decide(
        practitioner, old=Status.PENDING, new=Status.VALIDATED, by=by, now=now, reason="",
        action="registration.validated", request=request,
    )  # fmt: skip
    delete_document(practitioner)
    notify.tell_validated(practitioner=practitioner, now=now)


@transaction.atomic
def refuse_practitioner(
    *, practitioner: Practitioner, by: User, reason: str, now: datetime, request: HttpRequest | None = None
) -> None:
    """« Refuser » with a reason; raises AlreadyDecided. The e-mail leaves, the document is deleted."""
    _decide(
        practitioner, old=Status.PENDING, new=Status.REFUSED, by=by, now=now, reason=reason,
        action="registration.refused", request=request,
    )  # fmt: skip
    delete_document(practitioner)
    notify.tell_refused(practitioner=practitioner, now=now)


@transaction.atomic
def suspend_practitioner(
    *, practitioner: Practitioner, by: User, reason: str, now: datetime, request: HttpRequest | None = None
) -> None:
    """« Suspendre »: nothing of a practitioner opens any more, sessions end; raises AlreadyDecided."""
    _decide(
        practitioner, old=Status.VALIDATED, new=Status.SUSPENDED, by=by, now=now, reason=reason,
        action="practitioner.suspended", request=request,
    )  # fmt: skip
    User.objects.filter(pk=practitioner.user_id).update(is_active=False)
    notify.tell_suspended(practitioner=practitioner, now=now)


@transaction.atomic
def restore_practitioner(
    *, practitioner: Practitioner, by: User, now: datetime, request: HttpRequest | None = None
) -> None:
    """« Rétablir »; raises AlreadyDecided."""
    _decide(
        practitioner, old=Status.SUSPENDED, new=Status.VALIDATED, by=by, now=now, reason="",
        action="practitioner.restored", request=request,
    )  # fmt: skip
    User.objects.filter(pk=practitioner.user_id).update(is_active=True)
    notify.tell_restored(practitioner=practitioner, now=now)


@transaction.atomic
def change_password(*, user: User, password: str, now: datetime, request: HttpRequest | None = None) -> None:
    """A new password: other sessions end by themselves (their hash no longer matches), the owner is told."""
    user.set_password(password)
    user.save(update_fields=["password"])
    notify.tell_password_changed(user=user, now=now)
    audit.record(action="password.changed", actor=user, about=f"user/{user.pk}", request=request)


@transaction.atomic
def save_signature(*, practitioner: Practitioner, png: bytes | None, request: HttpRequest | None = None) -> None:
    """Keeps (or with None removes) the cleaned signature, encrypted."""
    practitioner.signature = png
    practitioner.save(update_fields=["signature"])
    audit.record(
        action="signature.saved" if png else "signature.removed", actor=practitioner.user,
        about=f"practitioner/{practitioner.pk}", request=request,
    )  # fmt: skip
