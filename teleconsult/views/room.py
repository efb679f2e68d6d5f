"""The two pages of the call: the practitioner's « visio » and the patient's « salle ». The sockets do the rest."""

from secrets import token_hex
from typing import Any

from csp.decorators import csp_update
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from accounts.decorators import validated_practitioner_required
from accounts.requests import VerifiedRequest
from patients.access import patient_required
from patients.documents import own_documents
from patients.models import Intake, Invitation
from patients.wording import article_before
from teleconsult import panel, trail
from teleconsult.forms import FeedbackForm
from teleconsult.listing import ENDED_WORDS
from teleconsult.models import Consultation
from teleconsult.record import checks_of, notes_of
from teleconsult.states import Status


# The prescription is written inside the panel.
@csp_update({"frame-src": ["'self'"]})
@require_safe
@validated_practitioner_required
def practitioner_room(request: VerifiedRequest, reference: str) -> HttpResponse:
    """The call, joined as the page loads; htmx asks what has changed in the panel, again and again."""
    own = Consultation.objects.for_practitioner(request.user)
    consultation = get_object_or_404(own, reference=reference)
    now = timezone.now()
    if not consultation.is_open(now):
        if request.htmx:
            return HttpResponse(status=204)
        messages.warning(request, _why_shut(consultation))
        return redirect("teleconsult:consultation_detail", reference)
    parts = panel.parts(consultation, now=now)
    if request.htmx:
        return _panel_changes(request, consultation, parts)
    notes = notes_of(consultation)
    _note_reading(request, consultation)
    if notes.text:
        trail.record(action="notes.read", consultation=consultation, by=request.user, request=request)
    context = {"consultation": consultation, "parts": {part.name: part for part in parts}}
    context["count"] = consultation.invitation.documents.count()
    context |= _person(consultation.patient.full_name, consultation.patient.first_name, consultation.patient.last_name)
    context |= {
        "socket_path": f"/ws/teleconsultation/{reference}/?page={token_hex(8)}",
        "state_url": reverse("teleconsult:practitioner_state", args=[reference]),
        "after_url": reverse("teleconsult:consultation_detail", args=[reference]),
        "after_label": "Voir le rendez-vous",
        "notes": notes,
        "checks": checks_of(consultation),
        "entrance_url": request.path,
        "phone": _phone(consultation),
        "max_duration": int(settings.CONSULTATION_MAX_DURATION.total_seconds()),
    }
    return render(request, "teleconsult/practitioner_room.html", context)


def _panel_changes(request: VerifiedRequest, consultation: Consultation, parts: list[panel.Part]) -> HttpResponse:
    """The parts of which the page names another version; 204 if there is none."""
    fresh = panel.changed(parts, request.GET)
    if not fresh:
        return HttpResponse(status=204)
    if any(part.name == "intake" for part in fresh):
        _note_reading(request, consultation)
    has_documents = any(part.name == "documents" for part in fresh)
    context = {"parts": fresh, "count": consultation.invitation.documents.count() if has_documents else None}
    return render(request, "teleconsult/_panel.html", context)


def _note_reading(request: VerifiedRequest, consultation: Consultation) -> None:
    """« Données patient » were shown, if there are any: once per opening and per version, not per question."""
    if getattr(consultation.invitation, "intake", None):
        trail.record(action="intake.read", consultation=consultation, by=request.user, request=request)


@require_safe
@patient_required
def patient_room(request: HttpRequest, invitation: Invitation) -> HttpResponse:
    """The waiting room, then the call; before the intake is complete, the intake; after the end, the documents."""
    consultation = get_object_or_404(Consultation, invitation=invitation)
    practitioner = invitation.practitioner
    documents_url = reverse("prescriptions:patient_documents", args=[invitation.token])
    if consultation.status == Status.COMPLETED:
        return redirect(documents_url)
    if not consultation.is_open(timezone.now()):
        return redirect("patients:gate", invitation.token)
    intake = getattr(invitation, "intake", None)
    if intake is None or intake.completed_at is None:
        return redirect("patients:intake", invitation.token)
    context = _person(practitioner.display_name, practitioner.user.first_name, practitioner.user.last_name)
    context |= {
        "token": invitation.token,
        "feedback_form": FeedbackForm(),
        "documents": own_documents(invitation),
        "awaited": article_before(practitioner) + practitioner.display_name,
        "socket_path": f"/ws/visio/{invitation.token}/?page={token_hex(8)}",
        "state_url": reverse("teleconsult:patient_state", args=[invitation.token]),
        "after_url": documents_url,
        "after_label": _("Voir mes documents"),
        "entrance_url": reverse("patients:gate", args=[invitation.token]),
        "max_duration": int(settings.CONSULTATION_MAX_DURATION.total_seconds()),
    }
    return render(request, "teleconsult/patient_room.html", context)


def _why_shut(consultation: Consultation) -> str:
    """Why the room can't be entered now."""
    if consultation.has_ended:
        return f"La visio est fermée\u00a0: la consultation est {ENDED_WORDS[Status(consultation.status)]}."
    opens_at = timezone.localtime(consultation.invitation.opens_at)
    return f"La visio ouvre 30 minutes avant le rendez-vous, le {opens_at:%d/%m/%Y à %H:%M}."


def _phone(consultation: Consultation) -> str:
    """The number to call when the picture stays away: the intake's, else the invitation's."""
    intake: Intake | None = getattr(consultation.invitation, "intake", None)
    return (intake.phone if intake else "") or consultation.patient.phone


def _person(name: str, first_name: str, last_name: str) -> dict[str, Any]:
    """The other person, for the stage: name, and initials where there is no picture."""
    return {"name": name, "initials": (first_name[:1] + last_name[:1]).upper()}
