"""« Compte rendu » of one's own completed consultations: 404 for anybody else's."""

import uuid
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.decorators import validated_practitioner_required
from accounts.requests import VerifiedRequest
from prescriptions import reports
from prescriptions.forms import ReportForm, SendForm
from prescriptions.models import ConsultationReport
from prescriptions.report_content import SECTIONS
from prescriptions.services import NoAddress, NotIssued
from prescriptions.views.paper import practitioner_paper, record_reading
from teleconsult import trail
from teleconsult.models import Consultation
from teleconsult.record import notes_of


@validated_practitioner_required
@require_http_methods(["GET", "POST"])
def report_create(request: VerifiedRequest, reference: str) -> HttpResponse:
    """The consultation's one draft, saved or issued; `?remplacer` opens that of a new version.

    htmx asks for the list alone, for the appointment's page, which this room's left neighbour draws.
    """
    consultation = get_object_or_404(Consultation.objects.for_practitioner(request.user), reference=reference)
    own = ConsultationReport.objects.for_practitioner(request.user).without_paper().filter(consultation=consultation)
    if request.htmx:
        return render(
            request, "prescriptions/_reports.html", {"consultation": consultation, "reports": own, "link": True}
        )
    draft = next((each for each in own if each.is_draft), None)
    issued = next((each for each in own if each.is_valid), None)
    try:
        if request.method == "POST":
            return _save_or_issue(request, consultation)
        if issued and not draft and "remplacer" not in request.GET:
            return redirect("prescriptions:report_detail", reference, issued.version)
        trail.record(action="report.drafted", consultation=consultation, by=request.user, request=request)
        return _draft_page(request, consultation, _form_of(draft, issued), issued)
    except reports.NotCompleted:
        messages.error(request, "Le compte rendu s’écrit une fois la consultation terminée.")
        return redirect("teleconsult:consultation_detail", reference)


def _form_of(draft: ConsultationReport | None, issued: ConsultationReport | None) -> ReportForm:
    """The form of a draft, or of a new one that starts from what it will replace."""
    source = draft or issued
    initial: dict[str, Any] = {name: getattr(source, name) for name, _ in SECTIONS} if source else {}
    return ReportForm(initial=initial | {"form_key": draft.form_key if draft else uuid.uuid4()})


def _save_or_issue(request: VerifiedRequest, consultation: Consultation) -> HttpResponse:
    reference, now = consultation.reference, timezone.now()
    data = request.POST.copy()
    if data.get("action") == "notes":
        data["findings"] = _with_notes(data.get("findings", ""), consultation)
    form = ReportForm(data)
    if not form.is_valid():
        return _draft_page(request, consultation, form)
    try:
        draft = reports.save_report_draft(
            consultation=consultation, form_key=form.cleaned_data["form_key"], texts=form.texts()
        )
        if data.get("action") != "issue":
            messages.success(request, "Brouillon enregistré.")
            return redirect("prescriptions:report_create", reference)
        issued = reports.issue_report(report=draft, by=request.user, now=now)
    except reports.NoConclusion:
        form.add_error("conclusion", "Écrivez la conclusion : sans elle, le compte rendu n’est pas délivré.")
        return _draft_page(request, consultation, form, is_saved=True)
    except reports.AlreadyIssued as error:
        messages.info(request, "Ce compte rendu est déjà délivré.")
        return redirect("prescriptions:report_detail", reference, error.report.version)
    messages.success(request, "Compte rendu délivré.")
    return redirect("prescriptions:report_detail", reference, issued.version)


def _with_notes(text: str, consultation: Consultation) -> str:
    """`text` and the notes after it; once, however often it is asked."""
    text, notes = text.replace("\r\n", "\n"), notes_of(consultation).text.strip()
    return text if notes in text else f"{text.rstrip()}\n\n{notes}".lstrip()


def _draft_page(
    request: VerifiedRequest,
    consultation: Consultation,
    form: ReportForm,
    issued: ConsultationReport | None = None,
    *,
    is_saved: bool = False,
) -> HttpResponse:
    now = timezone.now()
    if issued is None:
        issued = consultation.reports.filter(status=ConsultationReport.Status.ISSUED).without_paper().first()
    context = {
        "consultation": consultation,
        "content": reports.facts(consultation, now),
        "form": form,
        "issued": issued,
        "is_saved": is_saved,
        "has_notes": bool(notes_of(consultation).text.strip()),
    }
    return render(request, "prescriptions/report_create.html", context)


def _own(request: VerifiedRequest, reference: str, version: int) -> ConsultationReport:
    """One version that was issued, replaced since or not."""
    issued = ConsultationReport.objects.for_practitioner(request.user).exclude(status=ConsultationReport.Status.DRAFT)
    return get_object_or_404(issued, consultation__reference=reference, version=version)


@validated_practitioner_required
@require_GET
def report_detail(request: VerifiedRequest, reference: str, version: int) -> HttpResponse:
    """What was issued, and what can be done with it."""
    report = _own(request, reference, version)
    record_reading(request, report)
    versions = ConsultationReport.objects.for_practitioner(request.user).without_paper()
    context = {
        "report": report,
        "content": report.content,
        "consultation": report.consultation,
        "reports": versions.filter(consultation=report.consultation),
        "send_form": SendForm(),
    }
    return render(request, "prescriptions/report_detail.html", context)


@validated_practitioner_required
@require_GET
def report_pdf(request: VerifiedRequest, reference: str, version: int) -> HttpResponse:
    """The stored bytes: as a download, or with `?imprimer` in the browser's own viewer."""
    return practitioner_paper(request, _own(request, reference, version))


@validated_practitioner_required
@require_POST
def report_send(request: VerifiedRequest, reference: str, version: int) -> HttpResponse:
    """« Envoyer par e-mail »."""
    report = _own(request, reference, version)
    form = SendForm(request.POST)
    attach = form.is_valid() and form.cleaned_data["attach_pdf"]
    try:
        reports.send_report(report=report, attach_pdf=attach, by=request.user, now=timezone.now())
    except NotIssued:
        messages.error(request, "Cette version est remplacée : envoyez la nouvelle.")
    except NoAddress:
        messages.error(request, "Le patient n’a pas donné d’adresse e-mail : imprimez le compte rendu.")
    else:
        messages.success(request, f"E-mail envoyé à {report.consultation.patient.email}.")
    return redirect("prescriptions:report_detail", reference, version)
