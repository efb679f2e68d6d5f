"""« Compte rendu »: drafting, issuing and sending. Nothing issued is ever edited; a new version replaces it."""

import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction

from accounts.models import User
from prescriptions import notify, papers, pdf
from prescriptions.models import ConsultationReport, Prescription
from prescriptions.report_content import build_report, report_facts
from prescriptions.services import NoAddress, NotIssued, intake_data
from teleconsult import trail
from teleconsult.models import Consultation
from teleconsult.states import Status
from teleconsult.summary import summarise


class NotCompleted(Exception):
    """The consultation has not taken place, or not ended yet: its facts are not known."""


class AlreadyIssued(Exception):
    """The draft was issued before: by the first of two clicks, or in another tab."""

    def __init__(self, report: ConsultationReport):
        super().__init__(str(report))
        self.report = report


class NoConclusion(Exception):
    """The one section that a report cannot do without is empty."""


def facts(consultation: Consultation, now: datetime) -> dict[str, Any]:
    """What is pre-filled (`report_content.report_facts`). Raises `NotCompleted`."""
    summary = summarise(consultation, now)
    if summary is None:
        raise NotCompleted
    valid = consultation.prescriptions.filter(status=Prescription.Status.ISSUED).without_paper().order_by("issued_at")
    return report_facts(
        consultation=consultation,
        summary=summary,
        patient=intake_data(consultation),
        prescriptions=list(valid),
        now=now,
    )


@transaction.atomic
def save_report_draft(
    *, consultation: Consultation, form_key: uuid.UUID, texts: Mapping[str, str]
) -> ConsultationReport:
    """Writes the consultation's one draft; `texts`: `reason`, `findings`, `conclusion`, each maybe empty.

    `form_key` came with the form: if what it belongs to was issued meanwhile, raises `AlreadyIssued` and changes
    nothing. Raises `NotCompleted`.
    """
    # One writer at a time: two clicks make one draft.
    consultation = Consultation.objects.select_for_update(of=("self",)).get(pk=consultation.pk)
    if consultation.status != Status.COMPLETED:
        raise NotCompleted
    same_form = ConsultationReport.objects.filter(form_key=form_key).first()
    if same_form and same_form.consultation_id == consultation.pk and not same_form.is_draft:
        raise AlreadyIssued(same_form)
    draft = consultation.reports.filter(status=ConsultationReport.Status.DRAFT).first()
    draft = draft or ConsultationReport(consultation=consultation, practitioner=consultation.practitioner)
    # The tab that wrote last is the one whose second click must find this row; nobody takes another's key.
    if same_form is None:
        draft.form_key = form_key
    for name, text in texts.items():
        setattr(draft, name, text)
    draft.save()
    return draft


def issue_report(*, report: ConsultationReport, by: User, now: datetime) -> ConsultationReport:
    """Freezes, prints, seals and keeps a draft as the next version, which replaces the one before: all or nothing.

    Raises `NoConclusion` or `NotCompleted` (the draft stays), or `AlreadyIssued` with what the first click made.
    """
    papers.load_engines()
    with transaction.atomic():
        return _issue(report, by, now)


def _issue(report: ConsultationReport, by: User, now: datetime) -> ConsultationReport:
    own = Consultation.objects.select_related("practitioner__user", "invitation__patient")
    # The consultation's row is the queue in which versions are drawn.
    consultation = own.select_for_update(of=("self",)).get(pk=report.consultation_id)
    report = consultation.reports.get(pk=report.pk)
    if not report.is_draft:
        raise AlreadyIssued(report)
    if not report.conclusion.strip():
        raise NoConclusion
    replaced = consultation.reports.without_paper().filter(status=ConsultationReport.Status.ISSUED).first()
    if replaced:
        consultation.reports.filter(pk=replaced.pk).update(status=ConsultationReport.Status.REPLACED, updated_at=now)
    report.version = replaced.version + 1 if replaced else 1
    report.content = build_report(
        facts=facts(consultation, now), report=report, number=report.version, replaced=replaced, now=now
    )
    papers.keep(report, pdf.render_report(report.content), now=now)
    trail.record(action="report.issued", consultation=report.consultation, by=by, about=f"report/{report.pk}")
    return report


@transaction.atomic
def send_report(*, report: ConsultationReport, attach_pdf: bool, by: User, now: datetime) -> None:
    """E-mails the link to the documents, which asks for the access code; the PDF itself only if asked for.

    Raises `NotIssued`, `NoAddress`. A second click within the same minute sends nothing more.
    """
    if not report.is_valid:
        raise NotIssued
    if not report.consultation.patient.email:
        raise NoAddress
    notify.send_paper(paper=report, name="prescriptions/report", attach_pdf=attach_pdf, now=now)
    trail.record(action="report.sent", consultation=report.consultation, by=by, about=f"report/{report.pk}")
