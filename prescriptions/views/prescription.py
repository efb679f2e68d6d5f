"""The practitioner's prescriptions: fetched through the owner, 404 for others."""

import uuid
from collections.abc import Sequence
from datetime import date
from typing import Any

from csp.decorators import csp_replace
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.decorators import View, validated_practitioner_required
from accounts.requests import VerifiedRequest
from prescriptions import rules, services
from prescriptions.forms import CancelForm, LineFormSet, PatientForm, SendForm
from prescriptions.models import Prescription
from prescriptions.views.paper import practitioner_paper, record_reading
from teleconsult import trail
from teleconsult.models import Consultation

_PAGE = 25


def in_panel(view: View) -> View:
    """Lets the page of the call, and no other site, show a view inside its side panel."""
    return xframe_options_sameorigin(csp_replace({"frame-ancestors": ["'self'"]})(view))


def _page(request: VerifiedRequest, template: str, context: dict[str, Any]) -> HttpResponse:
    """One's own page; inside the panel without the navigation around it."""
    is_framed = request.headers.get("Sec-Fetch-Dest") == "iframe"
    context["layout"] = "layouts/panel.html" if is_framed else "layouts/practitioner.html"
    return render(request, f"prescriptions/{template}.html", context | {"is_framed": is_framed})


@in_panel
@validated_practitioner_required
@require_http_methods(["GET", "POST"])
def prescription_create(request: VerifiedRequest, reference: str) -> HttpResponse:
    """« Générer une ordonnance »: the consultation's one draft, saved or issued."""
    consultation = get_object_or_404(Consultation.objects.for_practitioner(request.user), reference=reference)
    if not services.is_prescribable(consultation, timezone.now()):
        return _not_prescribable(request, consultation)
    if request.method == "POST":
        return _save_or_issue(request, consultation)
    draft = services.open_draft(consultation)
    trail.record(action="prescription.drafted", consultation=consultation, by=request.user, request=request)
    return _draft_page(request, consultation, *_forms_of(consultation, draft))


def _not_prescribable(request: VerifiedRequest, consultation: Consultation) -> HttpResponse:
    messages.error(
        request, "L’ordonnance s’écrit à partir de l’ouverture de la session, sauf rendez-vous annulé ou manqué."
    )
    return redirect("teleconsult:consultation_detail", consultation.reference)


def _save_or_issue(request: VerifiedRequest, consultation: Consultation) -> HttpResponse:
    patient = PatientForm(request.POST)
    lines: Any = LineFormSet(request.POST, prefix="lines")
    # Both, so that every field says what is wrong with it.
    if not all([patient.is_valid(), lines.is_valid()]):
        return _draft_page(request, consultation, patient, lines)
    now = timezone.now()
    try:
        draft = services.save_draft(
            consultation=consultation,
            form_key=patient.cleaned_data["form_key"],
            patient=patient.patient_data(),
            lines=lines.lines(),
            now=now,
        )
        if request.POST.get("action") != "issue":
            messages.success(request, "Brouillon enregistré.")
            return redirect("prescriptions:prescription_create", consultation.reference)
        issued = services.issue_prescription(prescription=draft, by=request.user, now=now)
    except services.Incomplete as error:
        return _draft_page(request, consultation, *_forms_of(consultation, draft), error.items)
    except services.NotPrescribable:
        return _not_prescribable(request, consultation)
    except services.AlreadyIssued as error:
        messages.info(request, f"Cette ordonnance est déjà délivrée, sous le n° {error.prescription.number}.")
        return redirect("prescriptions:prescription_detail", error.prescription.number)
    messages.success(request, f"Ordonnance n° {issued.number} délivrée.")
    return redirect("prescriptions:prescription_detail", issued.number)


def _forms_of(consultation: Consultation, draft: Prescription | None) -> tuple[PatientForm, Any]:
    """The forms of a draft, or of a new one filled in from the intake."""
    data = draft.patient_data if draft else services.intake_data(consultation)
    initial = {**data, "form_key": draft.form_key if draft else uuid.uuid4()}
    if data.get("birth_date"):
        initial["birth_date"] = date.fromisoformat(data["birth_date"])
    lines = services.draft_lines(draft) if draft else []
    return PatientForm(initial=initial), LineFormSet(initial=lines, prefix="lines")


def _draft_page(
    request: VerifiedRequest,
    consultation: Consultation,
    patient: PatientForm,
    lines: Any,
    missing: Sequence[rules.Missing] = (),
) -> HttpResponse:
    context = {
        "consultation": consultation,
        "patient_form": patient,
        "lines": lines,
        "missing": missing,
        "may_prescribe": consultation.practitioner.profession in rules.PRESCRIBING_PROFESSIONS,
        "max_lines": rules.MAX_LINES,
    }
    return _page(request, "prescription_create", context)


@validated_practitioner_required
@require_GET
def prescription_list(request: VerifiedRequest) -> HttpResponse:
    """« Ordonnances »: one's own, newest first."""
    own = Prescription.objects.for_practitioner(request.user).without_paper()
    page = Paginator(own, _PAGE).get_page(request.GET.get("page"))
    return render(request, "prescriptions/prescription_list.html", {"page": page})


@in_panel
@validated_practitioner_required
@require_GET
def consultation_prescriptions(request: VerifiedRequest, reference: str) -> HttpResponse:
    """The prescriptions of one appointment; htmx puts them into its page, which this room's left neighbour draws."""
    consultation = get_object_or_404(Consultation.objects.for_practitioner(request.user), reference=reference)
    own = Prescription.objects.for_practitioner(request.user).without_paper().filter(consultation=consultation)
    name = "_consultation_prescriptions" if request.htmx else "consultation_prescriptions"
    return _page(request, name, {"consultation": consultation, "prescriptions": own})


@in_panel
@validated_practitioner_required
@require_GET
def prescription_detail(request: VerifiedRequest, number: str) -> HttpResponse:
    """What was issued, and what can be done with it."""
    prescription = _own(request, number)
    record_reading(request, prescription)
    return _detail_page(request, prescription)


def _own(request: VerifiedRequest, number: str) -> Prescription:
    issued = Prescription.objects.for_practitioner(request.user).exclude(status=Prescription.Status.DRAFT)
    return get_object_or_404(issued, number=number)


def _detail_page(request: VerifiedRequest, prescription: Prescription) -> HttpResponse:
    context = {"prescription": prescription, "content": prescription.content, "send_form": SendForm()}
    return _page(request, "prescription_detail", context)


@validated_practitioner_required
@require_GET
def prescription_pdf(request: VerifiedRequest, number: str) -> HttpResponse:
    """The stored bytes: as a download, or with `?imprimer` in the browser's own viewer."""
    return practitioner_paper(request, _own(request, number))


@validated_practitioner_required
@require_POST
def prescription_send(request: VerifiedRequest, number: str) -> HttpResponse:
    """« Envoyer par e-mail »."""
    prescription = _own(request, number)
    form = SendForm(request.POST)
    attach = form.is_valid() and form.cleaned_data["attach_pdf"]
    try:
        services.send_prescription(prescription=prescription, attach_pdf=attach, by=request.user, now=timezone.now())
    except services.NotIssued:
        messages.error(request, "Une ordonnance annulée ne s’envoie plus.")
    except services.NoAddress:
        messages.error(request, "Le patient n’a pas donné d’adresse e-mail : imprimez l’ordonnance.")
    else:
        messages.success(request, f"E-mail envoyé à {prescription.consultation.patient.email}.")
    return redirect("prescriptions:prescription_detail", number)


@in_panel
@validated_practitioner_required
@require_http_methods(["GET", "POST"])
def prescription_cancel(request: VerifiedRequest, number: str) -> HttpResponse:
    """« Annuler », with the reason."""
    prescription = _own(request, number)
    form = CancelForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        reason = form.cleaned_data["reason"]
        try:
            services.cancel_prescription(prescription=prescription, reason=reason, by=request.user, now=timezone.now())
        except services.NotIssued:
            messages.info(request, "Cette ordonnance était déjà annulée.")
        else:
            messages.success(request, f"Ordonnance n° {number} annulée.")
        return redirect("prescriptions:prescription_detail", number)
    if not prescription.is_valid:
        return redirect("prescriptions:prescription_detail", number)
    return _page(request, "prescription_cancel", {"prescription": prescription, "form": form})
