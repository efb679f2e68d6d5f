"""Registration: typed step by step, proved by mobile and mailbox, then handed to the administrators."""

import uuid
from datetime import datetime
from typing import Any

from django.core import signing
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import IntegrityError, transaction
from django.http import HttpRequest
from django_otp import devices_for_user

from accounts import audit, notify, throttling
from accounts.links import drop_links
from accounts.models import Practitioner, Registration, SMSDevice, User
from accounts.retention import LINK_LIVES
from accounts.services.announcements import announce_registrations
from accounts.sessions import end_sessions
from rofim.uploads import CleanFile

Status = Practitioner.Status
_SALT = "accounts.registration"
_USER_FIELDS = ("first_name", "last_name", "mobile_phone")
_PRACTITIONER_FIELDS = (
    "title", "profession", "specialty", "rpps", "adeli", "billing_number", "practice_name", "practice_address",
    "practice_postal_code", "practice_city", "practice_phone",
)  # fmt: skip


class NotStored(Exception):
    """The disk did not take the document."""


class LinkDead(Exception):
    """The link of the e-mail was used, replaced by another, or is too old."""


class AddressTaken(Exception):
    """Somebody has registered with the address since the link was sent."""


def save_step(*, draft: Registration, typed: dict[str, str], now: datetime) -> None:
    """Keeps the valid answers of one step, as typed."""
    draft.typed, draft.touched_at = draft.typed | typed, now
    draft.save(update_fields=["typed", "touched_at"])


def attach_document(*, draft: Registration, clean: CleanFile, name: str, now: datetime) -> None:
    """Stores the cleaned proof of identity, encrypted, in the place of the one before. Raises NotStored."""
    try:
        stored = default_storage.save(f"identity/{uuid.uuid4().hex}", ContentFile(clean.content))
    except OSError as error:
        raise NotStored from error
    try:
        _replace_document(
            draft, now=now, identity_document=stored, identity_document_type=clean.mimetype,
            identity_document_name=name, preview=clean.preview(),
        )  # fmt: skip
    except Exception:
        # No file without its row.
        default_storage.delete(stored)
        raise


def remove_document(*, draft: Registration, now: datetime) -> None:
    """Takes the proof of identity back."""
    _replace_document(
        draft, now=now, identity_document="", identity_document_type="", identity_document_name="", preview=None
    )


@transaction.atomic
def _replace_document(draft: Registration, *, now: datetime, **document: Any) -> None:
    # Two uploads at once come one after the other: the first one's file goes, too.
    held = Registration.objects.select_for_update().get(pk=draft.pk)
    before = held.identity_document.name
    for field, value in document.items():
        setattr(held, field, value)
        setattr(draft, field, value)
    held.touched_at = draft.touched_at = now
    held.save(update_fields=[*document, "touched_at"])
    if before:
        transaction.on_commit(lambda: default_storage.delete(before), robust=True)


@transaction.atomic
def abandon_registration(*, draft: Registration) -> None:
    """« Effacer et recommencer »: nothing of it stays."""
    name = draft.identity_document.name
    draft.delete()
    if name:
        transaction.on_commit(lambda: default_storage.delete(name), robust=True)


@transaction.atomic
def submit_registration(
    *, draft: Registration, answers: dict[str, Any], password: str, now: datetime, request: HttpRequest | None = None
) -> SMSDevice:
    """« S’inscrire »: keeps `answers` (of all forms) and the digest `password`; returns the device to be proved.

    Nobody asks here whether the address is known, so nothing can tell. Links sent before are dead.
    """
    draft.answers, draft.password = answers, password
    draft.typed = draft.typed | {name: answers[name] for name in ("email", "mobile_phone")}
    draft.touched_at = draft.submitted_at = now
    draft.mobile_proved_at = None
    draft.save()
    audit.record(action="registration.sent", actor=None, about=f"registration/{draft.pk}", request=request)
    # Another number is another device: the code that went to the first proves nothing.
    SMSDevice.objects.filter(registration=draft).exclude(phone=answers["mobile_phone"]).delete()
    device, _ = SMSDevice.objects.get_or_create(
        registration=draft, defaults={"name": "sms", "phone": answers["mobile_phone"], "confirmed": False}
    )
    return device


@transaction.atomic
def confirm_mobile(*, device: SMSDevice, now: datetime, request: HttpRequest | None = None) -> None:
    """The code was right: the e-mail leaves that will confirm the address. Nothing happens twice."""
    draft = Registration.objects.select_for_update().get(sms_device=device)
    if draft.mobile_proved_at is not None:
        return
    draft.mobile_proved_at = now
    draft.save(update_fields=["mobile_proved_at"])
    device.delete()
    audit.record(action="registration.mobile_proved", actor=None, about=f"registration/{draft.pk}", request=request)
    send_confirmation(draft=draft, now=now)


@transaction.atomic
def send_confirmation(*, draft: Registration, now: datetime) -> bool:
    """Writes to the address: the link, or to its owner if it has an account. False past the limit of e-mails to it.

    The same work for both: the answer and its time tell nothing.
    """
    email = draft.answers["email"]
    if draft.submitted_at is None or not throttling.registration_mail_to(email, now=now):
        return False
    draft.touched_at = now
    draft.save(update_fields=["touched_at"])
    token = signing.dumps([draft.pk, draft.submitted_at.isoformat()], salt=_SALT)
    owner = _owner(email)
    if owner is None:
        notify.send_registration_link(draft=draft, token=token, now=now)
    else:
        notify.tell_known_address(user=owner, now=now)
    return True


def _owner(email: str) -> User | None:
    """Whose account the address has. A refused one was never opened: its person starts again."""
    return User.objects.filter(email=email).exclude(practitioner__status=Status.REFUSED).first()


def registration_of(token: str, *, lock: bool = False) -> Registration:
    """The registration that a link of its e-mail confirms; raises LinkDead. `lock` holds it for the transaction."""
    try:
        pk, submitted_at = signing.loads(token, salt=_SALT, max_age=LINK_LIVES)
    except signing.BadSignature:
        raise LinkDead from None
    rows = Registration.objects.select_for_update() if lock else Registration.objects.all()
    # Without its document, taken back since, nobody waits in the queue.
    draft = rows.filter(pk=pk, mobile_proved_at__isnull=False).exclude(identity_document="").first()
    if draft is None or draft.submitted_at is None or draft.submitted_at.isoformat() != submitted_at:
        raise LinkDead
    return draft


def _forget_refused(user: User) -> None:
    """Whoever was refused may have been somebody else: nothing that opened the account then opens it now."""
    end_sessions(user=user)
    drop_links(user=user)
    user.logins.all().delete()
    for device in devices_for_user(user, confirmed=None):
        device.delete()


def complete_registration(*, token: str, now: datetime, request: HttpRequest | None = None) -> Practitioner:
    """The address is proved, too: a user with a practitioner that waits for the administrators, who are told.

    Raises LinkDead (the second click) and AddressTaken.
    """
    try:
        return _complete(token=token, now=now, request=request)
    except IntegrityError:
        # Two registrations with one address, confirmed at once: one account.
        raise AddressTaken from None


@transaction.atomic
def _complete(*, token: str, now: datetime, request: HttpRequest | None) -> Practitioner:
    draft = registration_of(token, lock=True)
    answers = draft.answers
    if _owner(answers["email"]) is not None:
        raise AddressTaken
    # A refused one keeps its place, and with it its trail.
    user = User.objects.select_for_update().filter(email=answers["email"]).first() or User(email=answers["email"])
    practitioner = Practitioner.objects.filter(user=user).first() if user.pk else None
    practitioner = practitioner or Practitioner()
    if user.pk:
        _forget_refused(user)
    user.password = draft.password
    for name in _USER_FIELDS:
        setattr(user, name, answers[name])
    user.save()
    for name in _PRACTITIONER_FIELDS:
        setattr(practitioner, name, answers[name])
    practitioner.user, practitioner.status, practitioner.submitted_at = user, Status.PENDING, now
    practitioner.decided_at, practitioner.decided_by, practitioner.decision_reason = None, None, ""
    practitioner.verified_at, practitioner.verified_by, practitioner.verified_proof = None, None, ""
    practitioner.announced_at = None
    # The file itself stays where it is, encrypted: it only changes hands.
    practitioner.identity_document = draft.identity_document.name
    practitioner.identity_document_type = draft.identity_document_type
    practitioner.save()
    draft.delete()
    audit.record(
        action="registration.confirmed", actor=user, about=f"practitioner/{practitioner.pk}", request=request
    )  # fmt: skip
    announce_registrations(now=now)
    return practitioner
