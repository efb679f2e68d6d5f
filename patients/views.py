"""The patient's pages before the room: the gate, « Données patient », the calendar file."""

from datetime import datetime

from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.cache import get_conditional_response
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from django.views.i18n import set_language

from accounts import throttling
from accounts.decorators import public
from accounts.throttling import client_ip
from patients import documents, services
from patients.access import grant, invitation_or_404, is_granted, is_outdated, never_stored, patient_required, record
from patients.forms import CodeForm, DocumentForm, IntakeForm, LostLinkForm
from patients.ics import calendar_file
from patients.lost_link import request_links
from patients.models import Document, Intake, Invitation
from patients.wording import article_before, overseas_hour

# Seconds: without JavaScript the waiting notice looks again at least this often for a moved or cancelled appointment.
LOOK_AGAIN = 300


@public
@require_http_methods(["GET", "HEAD", "POST"])
def gate(request: HttpRequest, token: str) -> HttpResponse:
    """The link of the invitation: the waiting notice, the code, or where the code leads. A GET changes nothing."""
    invitation = invitation_or_404(token)
    now = timezone.now()
    state = _gate_state(invitation, now)
    if state in ("code", "dead", "locked") and is_granted(request.session, invitation):
        return never_stored(_onward(invitation))
    form = CodeForm(request.POST if request.method == "POST" and state == "code" else None)
    if form.is_bound and form.is_valid():
        try:
            services.verify_code(
                invitation=invitation, code=form.cleaned_data["code"], address=client_ip(request), now=now
            )
        except services.AddressLocked as locked:
            return _gate_page(request, invitation, "locked", form=CodeForm(), until=locked.until, now=now)
        except services.WrongCode as wrong:
            form.add_error("code", _wrong_code(wrong.remaining))
        except services.CodeRefused as refused:
            record(request, invitation, action="code.dead" if isinstance(refused, services.CodeDead) else "code.locked")
            state = _gate_state(invitation, now)
        else:
            grant(request, invitation)
            return never_stored(_onward(invitation))
    return _gate_page(request, invitation, state, form=form, until=invitation.locked_until, now=now)


@public
def link_opened(request: HttpRequest, token: str) -> HttpResponse:
    """What the gate's script says once: a browser shows the page. A mail scanner's GET of the link says nothing."""
    # The link first: an unknown one is 404 whatever the method.
    invitation = invitation_or_404(token)
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    services.note_link_opened(invitation=invitation, now=timezone.now())
    return never_stored(HttpResponse(status=204))


def _gate_state(invitation: Invitation, now: datetime) -> str:
    """What the gate shows: the clock and the row decide, no worker."""
    if invitation.closed_reason in (Invitation.ClosedReason.CANCELLED, Invitation.ClosedReason.MISSED):
        return invitation.closed_reason
    if now < invitation.opens_at and invitation.closed_at is None:
        return "waiting"
    if invitation.is_code_dead:
        return "dead"
    return "locked" if invitation.is_locked(now) else "code"


def _wrong_code(remaining: int) -> str:
    if remaining == 1:
        return _("Ce code n’est pas le bon. Il vous reste 1 essai.")
    return _("Ce code n’est pas le bon. Il vous reste %(remaining)d essais.") % {"remaining": remaining}


def _gate_page(
    request: HttpRequest, invitation: Invitation, state: str, *, form: CodeForm, until: datetime | None, now: datetime
) -> HttpResponse:
    # The page asks every few seconds whether this is still what it says (static/js/pages/gate.js).
    tag = f'W/"{_gate_state(invitation, now)}-{invitation.opens_at.timestamp():.0f}"'
    unchanged = get_conditional_response(request, etag=tag)
    if unchanged is not None:
        return never_stored(unchanged)
    opens_in = max(int((invitation.opens_at - now).total_seconds()) + 1, 1)
    context = {
        "invitation": invitation,
        "state": state,
        # Whoever typed the code was let in: the door that was open has an hour to come.
        "moved": state == "waiting" and is_granted(request.session, invitation),
        "renewed": is_outdated(request.session, invitation),
        "tag": tag,
        "article": article_before(invitation.practitioner),
        "overseas": overseas_hour(invitation) if invitation.language == Invitation.Language.EN else "",
        "form": form,
        "until": until,
        "opens_in": opens_in,
        "same_day": timezone.localdate(invitation.opens_at) == timezone.localdate(now),
    }
    response = never_stored(render(request, "patients/gate.html", context))
    # Opens by itself without JavaScript too.
    if state == "waiting":
        response["Refresh"] = str(min(opens_in, LOOK_AGAIN))
    elif state == "locked" and until:
        response["Refresh"] = f"{max(int((until - now).total_seconds()) + 1, 1)}; url={request.path}"
    return response


def _onward(invitation: Invitation) -> HttpResponse:
    """Where the code leads: the documents after the end, else the intake until it is complete, else the room."""
    if invitation.closed_at:
        return redirect("prescriptions:patient_documents", token=invitation.token)
    intake = getattr(invitation, "intake", None)
    if intake is None or intake.completed_at is None:
        return redirect("patients:intake", token=invitation.token)
    return redirect("teleconsult:patient_room", token=invitation.token)


@patient_required
@require_http_methods(["GET", "HEAD", "POST"])
def intake(request: HttpRequest, invitation: Invitation) -> HttpResponse:
    """« Données patient »: a POST with `draft` keeps the valid answers and says so in JSON; one without submits."""
    if invitation.closed_at:
        return redirect("patients:gate", token=invitation.token)
    form = IntakeForm(request.POST if request.method == "POST" else None, instance=_intake_of(invitation))
    if form.is_bound:
        is_valid, is_draft = form.is_valid(), "draft" in request.POST
        if is_draft or is_valid:
            services.save_intake(invitation=invitation, values=form.values(), now=timezone.now(), complete=not is_draft)
        if is_draft:
            return JsonResponse(
                {"saved": sorted(form.values()), "errors": _typed_wrong(form), "warnings": form.warnings()}
            )
        if is_valid:
            record(request, invitation, action="intake.submitted")
            return redirect("teleconsult:patient_room", token=invitation.token)
    context = {"invitation": invitation, "form": form, "documents": documents.own_documents(invitation)}
    return render(request, "patients/intake.html", context | {"token": invitation.token})


def _intake_of(invitation: Invitation) -> Intake:
    """What was entered so far; at first the names as the practitioner wrote them."""
    patient = invitation.patient
    return getattr(invitation, "intake", None) or Intake(last_name=patient.last_name, first_name=patient.first_name)


def _typed_wrong(form: IntakeForm) -> dict[str, str]:
    """What to say beside a field while typing: nothing yet of those left empty."""
    return {
        name: errors[0]["message"]
        for name, errors in form.errors.get_json_data().items()
        if errors[0]["code"] != "required"
    }


@patient_required
@require_http_methods(["GET", "HEAD", "POST"])
def shared_documents(request: HttpRequest, invitation: Invitation) -> HttpResponse:
    """The patient's photos and documents, until the end; a POST adds one.

    A script gets the list alone, or with 400 what is wrong as JSON.
    """
    if invitation.closed_at:
        return redirect("patients:gate", token=invitation.token)
    form = DocumentForm(request.POST, request.FILES) if request.method == "POST" else DocumentForm()
    if form.is_bound and form.is_valid():
        try:
            document = documents.add_document(
                invitation=invitation, clean=form.cleaned_data["file"], name=form.name, kind=Document.Kind.PATIENT,
                now=timezone.now(),
            )  # fmt: skip
            record(request, invitation, action="document.added", about=f"document/{document.pk}")
            return _shared_documents_answer(request, invitation, None)
        except documents.NotAdded as refused:
            form.add_error("file", str(refused.words))
    return _shared_documents_answer(request, invitation, form)


def _shared_documents_answer(request: HttpRequest, invitation: Invitation, form: DocumentForm | None) -> HttpResponse:
    """`form`: None after a change that worked."""
    by_script = request.headers.get("X-Requested-With") == "XMLHttpRequest"
    if by_script and form and form.errors:
        return JsonResponse({"error": form.errors["file"][0]}, status=400)
    if form is None and not by_script:
        return redirect("patients:shared_documents", token=invitation.token)
    context = {"invitation": invitation, "token": invitation.token, "form": form}
    context["documents"] = documents.own_documents(invitation)
    template = "_shared_list" if by_script else "shared_documents"
    return render(request, f"patients/{template}.html", context)


@patient_required
@require_POST
def shared_document_delete(request: HttpRequest, invitation: Invitation, pk: int) -> HttpResponse:
    """Takes back one that the patient added; the second click finds it gone."""
    if documents.delete_own_document(invitation=invitation, pk=pk):
        record(request, invitation, action="document.removed", about=f"document/{pk}")
    if invitation.closed_at:
        return redirect("patients:gate", token=invitation.token)
    return _shared_documents_answer(request, invitation, None)


@public
@require_http_methods(["GET", "HEAD", "POST"])
def lost_link(request: HttpRequest) -> HttpResponse:
    """« J’ai perdu mon lien »: the same answer in the same time for every contact, known or not."""
    form = LostLinkForm(request.POST if request.method == "POST" else None)
    if not form.is_bound:
        return never_stored(
            render(request, "patients/lost_link.html", {"form": form, "asked": "demande" in request.GET})
        )
    if not form.is_valid():
        return never_stored(render(request, "patients/lost_link.html", {"form": form}))
    now, contact = timezone.now(), form.cleaned_data["contact"]
    if not throttling.lost_links_from(client_ip(request), now=now):
        form.add_error("contact", _("Trop de demandes depuis cette connexion\u00a0: réessayez dans une heure."))
        return never_stored(render(request, "patients/lost_link.html", {"form": form}, status=429))
    if throttling.lost_links_to(contact, now=now):
        request_links(contact=contact, now=now)
    return never_stored(redirect(reverse("patients:lost_link") + "?demande=1"))


@public
@require_POST
def language(request: HttpRequest) -> HttpResponse:
    """« English », « Français » in this browser, where there is no appointment; leads back to the button’s page."""
    return never_stored(set_language(request))


@public
def appointment_language(request: HttpRequest, token: str) -> HttpResponse:
    """The same for an appointment, whose messages follow too."""
    # The link first: an unknown one is 404 whatever the method.
    invitation = invitation_or_404(token)
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    chosen = request.POST.get("language")
    if chosen in Invitation.Language.values:
        services.choose_language(invitation=invitation, language=chosen)
    return never_stored(set_language(request))


@public
@require_safe
def calendar(request: HttpRequest, token: str) -> HttpResponse:
    """The appointment as a calendar file; it says what the gate says, so the link is enough."""
    content = calendar_file(invitation=invitation_or_404(token), now=timezone.now())
    response = HttpResponse(content, content_type="text/calendar; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="rendez-vous.ics"'
    return never_stored(response)
