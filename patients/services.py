"""What changes an invitation or an intake. The caller sends what goes with it (`patients.notify`)."""

import hmac
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import F, Q
from django.db.models.functions import Coalesce

from accounts import throttling
from accounts.models import Practitioner
from patients import notify
from patients.models import Intake, Invitation, Patient
from rofim.live import announce_change

# Crockford's base 32: no I, L, O, U, so that a code can be dictated (20 bits).
CODE_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
CODE_LENGTH = 4
LOOK_ALIKES = str.maketrans("OIL", "011")
TRIES_BEFORE_LOCK = 5
LOCK_DURATION = timedelta(minutes=15)
TRIES_OF_A_CODE = 10
# Whatever the link: nobody tries one code on many links.
ADDRESS_BUCKET, TRIES_OF_AN_ADDRESS, ADDRESS_PERIOD = "access-code", 30, timedelta(hours=1)


class CodeRefused(Exception):
    """The code typed at the gate did not open it."""


class WrongCode(CodeRefused):
    """Not this code; `remaining` tries are left before the link locks or the code ends."""

    def __init__(self, remaining: int):
        super().__init__(remaining)
        self.remaining = remaining


class LinkLocked(CodeRefused):
    """Too many wrong codes: no code is looked at before `until`."""

    def __init__(self, until: datetime):
        super().__init__(until)
        self.until = until


class AddressLocked(LinkLocked):
    """Too many wrong codes from one network address, whatever the link."""


class CodeDead(CodeRefused):
    """Ten wrong codes since it was made: only a new code opens the link."""


def make_code() -> str:
    """A new access code."""
    return "".join(secrets.choice(CODE_ALPHABET) for _ in range(CODE_LENGTH))


def normalize_code(typed: str) -> str:
    """A typed code as it was meant: spaces and case ignored, O read as 0, I and L as 1."""
    return "".join(typed.split()).upper().translate(LOOK_ALIKES)


@transaction.atomic
def create_invitation(
    *,
    practitioner: Practitioner,
    last_name: str,
    first_name: str,
    email: str,
    phone: str,
    starts_at: datetime,
    language: str = Invitation.Language.FR,
    sends_code_apart: bool = False,
    time_zone: str = "",
    patient: Patient | None = None,
) -> Invitation:
    """A patient (unless known already) and the invitation to one appointment; `phone` in E.164 or empty.

    `time_zone` if chosen by hand; an empty one is that of the telephone number, of a corrected one too.

    Sends nothing.
    """
    patient = patient or Patient.objects.create(
        practitioner=practitioner, last_name=last_name, first_name=first_name, email=email, phone=phone
    )
    token = secrets.token_urlsafe(16)
    return Invitation.objects.create(
        practitioner=practitioner,
        patient=patient,
        token=token,
        token_digest=Invitation.digest(token),
        code=make_code(),
        language=language,
        sends_code_apart=sends_code_apart,
        time_zone=time_zone,
        starts_at=starts_at,
        opens_at=starts_at - settings.SESSION_OPENS_BEFORE,
    )


@transaction.atomic
def change_contact(*, patient: Patient, email: str, phone: str) -> None:
    """The patient's e-mail and number (E.164), for this and every later appointment. Sends nothing."""
    patient.email, patient.phone = email, phone
    patient.save(update_fields=["email", "phone"])


@transaction.atomic
def reschedule_invitation(*, invitation: Invitation, starts_at: datetime) -> None:
    """Moves the appointment; link and code stay, calendars follow. Sends nothing."""
    invitation.starts_at = starts_at
    invitation.opens_at = starts_at - settings.SESSION_OPENS_BEFORE
    invitation.calendar_sequence = F("calendar_sequence") + 1
    invitation.save(update_fields=["starts_at", "opens_at", "calendar_sequence"])
    invitation.refresh_from_db(fields=["calendar_sequence"])


@transaction.atomic
def renew_code(*, invitation: Invitation) -> Invitation:
    """A new code: the old one opens nothing any more, and the sessions that it opened are closed. Sends nothing."""
    new = make_code()
    while new == invitation.code:
        new = make_code()
    Invitation.objects.filter(pk=invitation.pk).update(
        code=new, code_version=F("code_version") + 1, code_failures=0, recent_failures=0, locked_until=None
    )
    invitation.refresh_from_db(fields=["code", "code_version", "code_failures", "recent_failures", "locked_until"])
    return invitation


def forget_visits(*, invitation: Invitation) -> None:
    """A stranger had the link, too: what was opened, typed or tested with it says nothing of the patient."""
    Invitation.objects.filter(pk=invitation.pk).update(
        link_opened_at=None, code_validated_at=None, rehearsal_at=None, rehearsal_result="", rehearsal_reasons=[]
    )
    invitation.refresh_from_db(fields=["link_opened_at", "code_validated_at", "rehearsal_at", "rehearsal_result"])


@transaction.atomic
def close_invitation(*, invitation: Invitation, reason: Invitation.ClosedReason, now: datetime) -> None:
    """Shuts the room for good; the first reason stays. The documents remain behind the code."""
    Invitation.objects.filter(pk=invitation.pk, closed_at=None).update(
        closed_at=now, closed_reason=reason, calendar_sequence=F("calendar_sequence") + 1
    )
    invitation.refresh_from_db(fields=["closed_at", "closed_reason", "calendar_sequence"])


@transaction.atomic
def choose_language(*, invitation: Invitation, language: str) -> None:
    """The patient's choice, for everything of this appointment from now on: pages, SMS, e-mails, calendar."""
    invitation.language = Invitation.Language(language)
    invitation.save(update_fields=["language"])


def note_link_opened(*, invitation: Invitation, now: datetime) -> None:
    """The first time counts, and none after the end."""
    Invitation.objects.filter(pk=invitation.pk, link_opened_at=None, closed_at=None).update(link_opened_at=now)


@dataclass(frozen=True)
class _Try:
    """What one try came to."""

    right: bool
    row: Invitation


def verify_code(*, invitation: Invitation, code: str, address: str, now: datetime) -> None:
    """Returns if `code` is the invitation's; otherwise raises WrongCode, LinkLocked (or AddressLocked) or CodeDead.

    Counts are kept in the database and rise before the comparison, so that parallel guesses are all counted.
    They outlive the exception: not to be called inside a transaction.
    """
    if not throttling.allow(ADDRESS_BUCKET, address, limit=TRIES_OF_AN_ADDRESS, period=ADDRESS_PERIOD, now=now):
        raise AddressLocked(now + ADDRESS_PERIOD)
    outcome = _try_code(pk=invitation.pk, code=normalize_code(code), now=now)
    row = outcome.row
    for name in ("code_version", "code_failures", "recent_failures", "locked_until", "code_validated_at"):
        setattr(invitation, name, getattr(row, name))
    if outcome.right:
        # Thousands of telephones may share one address: only wrong codes count.
        throttling.take_back(ADDRESS_BUCKET, address)
        return
    if row.is_code_dead:
        raise CodeDead
    if row.locked_until is not None and row.is_locked(now):
        raise LinkLocked(row.locked_until)
    raise WrongCode(min(TRIES_BEFORE_LOCK - row.recent_failures, TRIES_OF_A_CODE - row.code_failures))


@transaction.atomic(durable=True)
def _try_code(*, pk: int, code: str, now: datetime) -> _Try:
    rows = Invitation.objects.filter(pk=pk)
    # The guarded UPDATE holds the row until the commit: whoever tries at the same moment waits here.
    counted = rows.filter(Q(locked_until=None) | Q(locked_until__lte=now), code_failures__lt=TRIES_OF_A_CODE).update(
        code_failures=F("code_failures") + 1,
        recent_failures=F("recent_failures") + 1,
        link_opened_at=Coalesce("link_opened_at", now),
    )
    row = rows.select_related("practitioner__user", "patient").get()
    if not counted:
        return _Try(False, row)
    if hmac.compare_digest(code.encode("utf-8", "replace"), row.code.encode()):
        rows.update(
            code_failures=F("code_failures") - 1,
            recent_failures=0,
            locked_until=None,
            code_validated_at=Coalesce("code_validated_at", now),
        )
        row.refresh_from_db()
        return _Try(True, row)
    if row.is_code_dead or row.recent_failures >= TRIES_BEFORE_LOCK:
        announce_change(practitioner_id=row.practitioner_id)
    if row.is_code_dead:
        notify.send_code_dead(invitation=row)
    elif row.recent_failures >= TRIES_BEFORE_LOCK:
        rows.update(recent_failures=0, locked_until=now + LOCK_DURATION)
        row.refresh_from_db()
    return _Try(False, row)


@transaction.atomic
def save_intake(*, invitation: Invitation, values: Mapping[str, Any], now: datetime, complete: bool = False) -> Intake:
    """Stores the valid `values` of « Données patient » by field name; `complete` when the patient submits.

    A draft is kept as the patient goes on; the practitioner sees it from the first complete submission on, whose
    consent is dated `now`.
    """
    patient = invitation.patient
    intake, _ = Intake.objects.select_for_update().get_or_create(
        invitation=invitation, defaults={"last_name": patient.last_name, "first_name": patient.first_name}
    )
    for name, value in values.items():
        setattr(intake, name, value)
    if complete:
        announce_change(practitioner_id=invitation.practitioner_id)
        intake.consented_at = intake.consented_at or now
        intake.completed_at = intake.completed_at or now
    intake.save()
    return intake
