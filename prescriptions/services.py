"""Drafting, issuing, cancelling and sending a prescription. Nothing issued is ever edited."""

import secrets
import uuid
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.forms.models import model_to_dict

from accounts.models import Practitioner, User
from patients.models import Intake
from prescriptions import content as paper
from prescriptions import notify, papers, pdf, rules
from prescriptions.models import Prescription, PrescriptionLine
from teleconsult import trail
from teleconsult.models import Consultation
from teleconsult.states import Status

# Crockford's 32 without I, L, O, U: dictated over the phone without a mistake.
CODE_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
CODE_LENGTH = 10
_LINE_FIELDS = ("name", "strength_form", "dosage", "instructions", "duration_days", "boxes", "renewals")
_PRESCRIBABLE = frozenset({Status.OPEN, Status.IN_PROGRESS, Status.COMPLETED})


class NotPrescribable(Exception):
    """The consultation has not opened yet, or was cancelled or missed."""


class AlreadyIssued(Exception):
    """The draft was issued before: by the first of two clicks, or in another tab."""

    def __init__(self, prescription: Prescription):
        super().__init__(prescription.number)
        self.prescription = prescription


class Incomplete(Exception):
    """The law asks for more: `items` names each thing, its article and its field."""

    def __init__(self, items: Sequence[rules.Missing]):
        super().__init__(f"{len(items)} missing")
        self.items = list(items)


class NotIssued(Exception):
    """Only a prescription that is issued and still valid can be cancelled or sent."""


class NoAddress(Exception):
    """The patient gave no e-mail address."""


def is_prescribable(consultation: Consultation, now: datetime) -> bool:
    """Whether a prescription may be written: from the session's opening on, by the clock, and after its end."""
    return consultation.status in _PRESCRIBABLE or consultation.is_open(now)


def open_draft(consultation: Consultation) -> Prescription | None:
    """The consultation's one draft, if there is one."""
    return consultation.prescriptions.filter(status=Prescription.Status.DRAFT).first()


def intake_data(consultation: Consultation) -> dict[str, Any]:
    """The patient as a new draft proposes them: from the intake, else from the appointment."""
    try:
        intake = consultation.invitation.intake
    except Intake.DoesNotExist:
        patient = consultation.invitation.patient
        return {"last_name": patient.last_name, "first_name": patient.first_name}
    return {
        "last_name": intake.last_name,
        "first_name": intake.first_name,
        "sex": intake.sex,
        "birth_date": intake.birth_date.isoformat() if intake.birth_date else "",
    }


def draft_lines(prescription: Prescription) -> list[dict[str, Any]]:
    """The lines, in order, as dictionaries of their fields."""
    return [model_to_dict(line, fields=_LINE_FIELDS) for line in prescription.lines.all()]


@transaction.atomic
def save_draft(
    *,
    consultation: Consultation,
    form_key: uuid.UUID,
    patient: Mapping[str, Any],
    lines: Sequence[Mapping[str, Any]],
    now: datetime,
) -> Prescription:
    """Writes the consultation's one draft, complete or not.

    `form_key` came with the form: if what it belongs to was issued meanwhile, raises `AlreadyIssued` and changes
    nothing. Raises `NotPrescribable`.
    """
    # One writer at a time: two clicks make one draft.
    consultation = Consultation.objects.select_for_update(of=("self",)).get(pk=consultation.pk)
    if not is_prescribable(consultation, now):
        raise NotPrescribable
    same_form = Prescription.objects.filter(form_key=form_key).first()
    if same_form is not None:
        if same_form.consultation_id != consultation.pk:
            raise NotPrescribable
        if not same_form.is_draft:
            raise AlreadyIssued(same_form)
    draft = same_form or open_draft(consultation)
    if draft is None:
        draft = Prescription(consultation=consultation, practitioner=consultation.practitioner, form_key=form_key)
    draft.patient_data = dict(patient)
    draft.save()
    draft.lines.all().delete()
    PrescriptionLine.objects.bulk_create(
        PrescriptionLine(prescription=draft, position=position, **{field: line[field] for field in _LINE_FIELDS})
        for position, line in enumerate(lines, start=1)
    )
    return draft


def missing_items(prescription: Prescription, on: date) -> list[rules.Missing]:
    """What still stops the issue of a draft on the day `on`."""
    return rules.missing(
        prescriber=paper.prescriber_data(prescription.practitioner),
        patient=prescription.patient_data,
        lines=draft_lines(prescription),
        on=on,
    )


def issue_prescription(*, prescription: Prescription, by: User, now: datetime) -> Prescription:
    """Numbers, freezes, prints, seals and keeps a draft: all of it or nothing.

    Raises `Incomplete` (the draft stays), or `AlreadyIssued` with what the first click made.
    """
    papers.load_engines()
    with transaction.atomic():
        return _issue(prescription.pk, by, now)


def _issue(pk: int, by: User, now: datetime) -> Prescription:
    practitioner_pk = Prescription.objects.values_list("practitioner_id", flat=True).get(pk=pk)
    # The practitioner's row is the queue in which numbers are drawn: no gap, no double.
    practitioner = Practitioner.objects.select_for_update(of=("self",)).select_related("user").get(pk=practitioner_pk)
    prescription = Prescription.objects.select_for_update(of=("self",)).select_related("consultation").get(pk=pk)
    prescription.practitioner = practitioner
    if not prescription.is_draft:
        raise AlreadyIssued(prescription)
    today = paper.paris(now).date()
    if items := missing_items(prescription, today):
        raise Incomplete(items)
    prescription.number = _next_number(practitioner, today.year)
    prescription.verification_code = new_code()
    prescription.content = paper.build(
        practitioner=practitioner,
        consultation=prescription.consultation,
        patient=prescription.patient_data,
        lines=draft_lines(prescription),
        number=prescription.number,
        code=prescription.verification_code,
        now=now,
    )
    papers.keep(prescription, pdf.render(prescription.content), now=now)
    trail.record(
        action="prescription.issued", consultation=prescription.consultation, by=by, about=f"prescription/{pk}"
    )
    return prescription


def new_code() -> str:
    """50 random bits in ten symbols."""
    return "".join(secrets.choice(CODE_ALPHABET) for _ in range(CODE_LENGTH))


def _next_number(practitioner: Practitioner, year: int) -> str:
    prefix = f"{year}-"
    last = (
        Prescription.objects.filter(practitioner=practitioner, number__startswith=prefix)
        .order_by("-number")
        .values_list("number", flat=True)
        .first()
    )
    return f"{prefix}{int(last.removeprefix(prefix)) + 1 if last else 1:06d}"


@transaction.atomic
def cancel_prescription(*, prescription: Prescription, reason: str, by: User, now: datetime) -> None:
    """« Annuler »: the paper stays; the pages and `/verifier/` say that it is worth nothing. Raises `NotIssued`."""
    changed = Prescription.objects.filter(pk=prescription.pk, status=Prescription.Status.ISSUED).update(
        status=Prescription.Status.CANCELLED, cancelled_at=now, cancellation_reason=reason, updated_at=now
    )
    if not changed:
        raise NotIssued
    trail.record(
        action="prescription.cancelled",
        consultation=prescription.consultation,
        by=by,
        about=f"prescription/{prescription.pk}",
    )


@transaction.atomic
def send_prescription(*, prescription: Prescription, attach_pdf: bool, by: User, now: datetime) -> None:
    """E-mails the link to the documents, which asks for the access code; the PDF itself only if asked for.

    Raises `NotIssued`, `NoAddress`. A second click within the same minute sends nothing more.
    """
    if not prescription.is_valid:
        raise NotIssued
    if not prescription.consultation.patient.email:
        raise NoAddress
    notify.send_paper(paper=prescription, name="prescriptions/issued", attach_pdf=attach_pdf, now=now)
    trail.record(
        action="prescription.sent",
        consultation=prescription.consultation,
        by=by,
        about=f"prescription/{prescription.pk}",
    )
