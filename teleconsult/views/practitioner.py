"""The practitioner's pages: the list and one's own appointments, fetched through the owner: 404 for others."""

from datetime import datetime
from hashlib import sha256
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.template.loader import render_to_string
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts import throttling
from accounts.decorators import validated_practitioner_required
from accounts.models import User
from accounts.requests import VerifiedRequest
from patients.export import intake_workbook
from patients.forms import format_phone
from patients.models import Invitation
from rofim.ui import day, hour
from teleconsult import trail
from teleconsult.details import describe
from teleconsult.forms import ConsultationForm, ConsultationMoveForm
from teleconsult.incidents import incidents_of
from teleconsult.listing import list_consultations, search_consultations
from teleconsult.models import Consultation, ConsultationEvent
from teleconsult.panel import documents_of
from teleconsult.record import checks_of, notes_of
from teleconsult.services import (
    InvalidMove,
    ResentTooSoon,
    TooManySent,
    cancel_consultation,
    complete_consultation,
    find_created,
    move_consultation,
    renew_access_code,
    resend_invitation,
    schedule_consultation,
)
from teleconsult.states import Status
from teleconsult.summary import summarise

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_LINES = 50
TOO_LATE = "Ce n’est plus possible : la consultation a déjà commencé ou est terminée."
_KEPT = "c’est le maximum\u00a0: rien n’est changé ni envoyé"


def too_many(error: TooManySent) -> str:
    """What a practitioner reads whose messages of the day are spent."""
    if error.to:
        to = error.to if "@" in error.to else format_phone(error.to)
        return (
            f"Vous avez fait trop d’envois à {to} en 24 heures, {_KEPT}. Réessayez plus tard, ou donnez le lien et le "
            "code par téléphone."
        )
    return (
        f"Vous avez fait {throttling.SENT_BY_HAND_A_DAY} envois à vos patients en 24 heures, {_KEPT}, réessayez plus "
        "tard. Si ce n’était pas vous, changez tout de suite votre mot de passe dans «\u00a0Mon compte\u00a0»."
    )


def own_consultation(request: VerifiedRequest, reference: str) -> Consultation:
    """One of the user's own; Http404 for anybody else's."""
    return get_object_or_404(Consultation.objects.for_practitioner(request.user), reference=reference)


@require_GET
@validated_practitioner_required
def consultation_list(request: VerifiedRequest) -> HttpResponse:
    """« Téléconsultation »: today, to come, past. htmx asks for the table alone, and gets 204 while nothing changes."""
    page, query = request.GET.get("page", ""), " ".join(request.GET.get("q", "").split())[:80]
    own: dict[str, Any] = {"user": request.user, "now": timezone.now(), "page": page}
    if query:
        listing = search_consultations(**own, query=query)
    else:
        listing = list_consultations(**own, later=request.GET.get("avenir", ""))
    context = {"listing": listing, "now": timezone.now()}
    table = render_to_string("teleconsult/_consultation_table.html", context, request)
    version = sha256(table.encode()).hexdigest()[:16]
    if request.htmx and request.GET.get("version") == version:
        return HttpResponse(status=204)
    context |= {"table": table, "version": version}
    template = "teleconsult/_consultations.html" if request.htmx else "teleconsult/consultation_list.html"
    return render(request, template, context)


@require_http_methods(["GET", "HEAD", "POST"])
@validated_practitioner_required
def consultation_create(request: VerifiedRequest) -> HttpResponse:
    """« Créer un rendez-vous de téléconsultation »; the button `now` makes it start at once.

    `?suite=<reference>`: the next appointment of that one's patient.
    """
    now = timezone.now()
    earlier = own_consultation(request, request.GET["suite"]) if "suite" in request.GET else None
    form = ConsultationForm(
        request.POST if request.method == "POST" else None,
        practitioner=request.user.practitioner,
        now=now,
        immediate="now" in request.POST,
        patient=earlier.patient if earlier else None,
    )
    if form.is_valid():
        try:
            consultation = _create(form, by=request.user, now=now)
        except TooManySent as error:
            form.add_error(None, too_many(error))
        else:
            messages.success(request, f"Le rendez-vous du {day(consultation.starts_at)} est créé, l’invitation part.")
            return redirect("teleconsult:consultation_detail", reference=consultation.reference)
    return render(request, "teleconsult/consultation_create.html", {"form": form, "earlier": earlier})


def _create(form: ConsultationForm, *, by: User, now: datetime) -> Consultation:
    """What the valid `form` says, or what an earlier click has made of it. Raises TooManySent."""
    key, data = form.digest(), form.cleaned_data
    return find_created(practitioner=form.practitioner, creation_key=key) or schedule_consultation(
        practitioner=form.practitioner,
        last_name=data["patient_last_name"],
        first_name=data["patient_first_name"],
        email=data["patient_email"],
        phone=data["patient_phone"],
        starts_at=data["starts_at"],
        language=data["patient_language"] or Invitation.Language.FR,
        time_zone=data["patient_time_zone"],
        sends_code_apart=data["sends_code_apart"],
        by=by,
        now=now,
        creation_key=key,
        patient=form.same_patient(),
    )


@require_GET
@validated_practitioner_required
def consultation_detail(request: VerifiedRequest, reference: str) -> HttpResponse:
    """Everything on one appointment."""
    now = timezone.now()
    own = own_consultation(request, reference)
    details, notes = describe(own, now=now), notes_of(own)
    action = "intake.read" if details.intake_groups else "consultation.read"
    trail.record(action=action, consultation=own, by=request.user, request=request)
    if notes.text:
        trail.record(action="notes.read", consultation=own, by=request.user, request=request)
    context = {"details": details, "notes": notes, "checks": checks_of(own)}
    context |= {"incidents": incidents_of(own, now), "summary": summarise(own, now), "documents": documents_of(own)}
    return render(request, "teleconsult/consultation_detail.html", context)


@require_GET
@validated_practitioner_required
def consultation_trail(request: VerifiedRequest, reference: str) -> HttpResponse:
    """« Journal »: who did what with the appointment and read what of it, newest first, page by page."""
    own = own_consultation(request, reference)
    page = Paginator(trail.trail_of(own, reader=request.user), _LINES).get_page(request.GET.get("page"))
    return render(request, "teleconsult/consultation_trail.html", {"consultation": own, "page": page})


@require_http_methods(["GET", "HEAD", "POST"])
@validated_practitioner_required
def consultation_edit(request: VerifiedRequest, reference: str) -> HttpResponse:
    """Another date and hour, told to the patient."""
    consultation = own_consultation(request, reference)
    now = timezone.now()
    form = ConsultationMoveForm(
        request.POST if request.method == "POST" else None,
        consultation=consultation,
        practitioner=request.user.practitioner,
        now=now,
    )
    if form.is_valid():
        try:
            starts_at = form.cleaned_data["starts_at"]
            # A second click, or the page of before the first: nobody is told twice.
            if starts_at == consultation.starts_at:
                messages.info(request, f"Le rendez-vous est bien le {day(starts_at)} à {hour(starts_at)}.")
            else:
                move_consultation(consultation=consultation, starts_at=starts_at, by=request.user, now=now)
                messages.success(request, "Le rendez-vous est déplacé, le patient en est averti.")
        except InvalidMove:
            messages.error(request, TOO_LATE)
        except TooManySent as error:
            form.add_error(None, too_many(error))
    if not form.is_valid():
        context = {"form": form, "details": describe(consultation, now=now)}
        return render(request, "teleconsult/consultation_edit.html", context)
    return redirect("teleconsult:consultation_detail", reference=reference)


@require_http_methods(["GET", "HEAD", "POST"])
@validated_practitioner_required
def consultation_cancel(request: VerifiedRequest, reference: str) -> HttpResponse:
    """Asks, then cancels and tells the patient."""
    consultation = own_consultation(request, reference)
    if request.method != "POST":
        details = describe(consultation, now=timezone.now())
        return render(request, "teleconsult/consultation_cancel.html", {"details": details})
    try:
        cancel_consultation(consultation=consultation, by=request.user, now=timezone.now())
        messages.success(request, "Le rendez-vous est annulé, le patient en est averti.")
    except InvalidMove:
        if own_consultation(request, reference).status != Status.CANCELLED:
            messages.error(request, TOO_LATE)
    return redirect("teleconsult:consultation_detail", reference=reference)


@require_POST
@validated_practitioner_required
def invitation_resend(request: VerifiedRequest, reference: str) -> HttpResponse:
    """« Renvoyer »: the invitation once more."""
    consultation = own_consultation(request, reference)
    try:
        resend_invitation(consultation=consultation, by=request.user, now=timezone.now())
        messages.success(request, "L’invitation est renvoyée.")
    except ResentTooSoon:
        messages.warning(request, "L’invitation vient d’être renvoyée : attendez une minute avant de recommencer.")
    except TooManySent as error:
        messages.error(request, too_many(error))
    except InvalidMove:
        messages.error(request, TOO_LATE)
    return back(request, consultation)


@require_POST
@validated_practitioner_required
def access_code_renew(request: VerifiedRequest, reference: str) -> HttpResponse:
    """« Nouveau code »: the old one opens nothing any more; the patient gets the new one, or hears it after the end."""
    consultation = own_consultation(request, reference)
    try:
        renew_access_code(consultation=consultation, by=request.user, now=timezone.now())
        way = "Dictez-le au patient." if consultation.has_ended else "Il est envoyé au patient."
        messages.success(request, f"Nouveau code : l’ancien n’ouvre plus rien. {way}")
    except TooManySent as error:
        messages.error(request, too_many(error))
    except InvalidMove:
        messages.error(request, TOO_LATE)
    return back(request, consultation)


def back(request: VerifiedRequest, consultation: Consultation) -> HttpResponse:
    """Into the dialog that asked, or to the appointment's page."""
    if not request.htmx:
        return redirect("teleconsult:consultation_detail", reference=consultation.reference)
    details = describe(consultation, now=timezone.now())
    return render(request, "teleconsult/_consultation_infos.html", {"details": details})


@require_GET
@validated_practitioner_required
def consultation_infos(request: VerifiedRequest, reference: str) -> HttpResponse:
    """What the « i » opens: code to dictate, link, what was sent. Without a script: the appointment's page."""
    own = own_consultation(request, reference)
    if request.htmx:
        trail.record(action="code.shown", consultation=own, by=request.user, request=request)
    return back(request, own)


@require_GET
@validated_practitioner_required
def consultation_export(request: VerifiedRequest, reference: str) -> HttpResponse:
    """« Données patient » as an Excel file; 404 until the patient has given them. Each download is on the trail."""
    consultation = own_consultation(request, reference)
    intake = getattr(consultation.invitation, "intake", None)
    if intake is None or intake.completed_at is None:
        raise Http404
    content = intake_workbook(intake=intake, reference=reference, now=timezone.now())
    trail.record(action="intake.exported", consultation=consultation, by=request.user, request=request)
    filename = f"donnees-{reference}.xlsx"
    return HttpResponse(
        content, content_type=XLSX, headers={"Content-Disposition": f'attachment; filename="{filename}"'}
    )


@require_POST
@validated_practitioner_required
def consultation_end(request: VerifiedRequest, reference: str) -> HttpResponse:
    """« Terminer la consultation »: ends it for good, for both."""
    consultation = own_consultation(request, reference)
    try:
        complete_consultation(
            consultation=consultation,
            actor_role=ConsultationEvent.ActorRole.PRACTITIONER,
            actor=request.user,
            reason="completed",
            now=timezone.now(),
        )
        messages.success(request, "La consultation est terminée.")
    except InvalidMove:
        consultation = own_consultation(request, reference)
        if not consultation.has_ended:
            messages.error(request, "La consultation n’a pas encore commencé : vous pouvez l’annuler.")
    return redirect("teleconsult:consultation_detail", reference=reference)
