"""The two pages of the call: the practitioner's « visio » and the patient's « salle ». The sockets do the rest."""

from datetime import date
from secrets import token_hex
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.decorators import validated_practitioner_required
from accounts.requests import VerifiedRequest
from patients.access import patient_required
from patients.identifiers import format_nir
from patients.models import Intake, Invitation
from patients.wording import article_before
from teleconsult.models import Consultation
from teleconsult.record import checks_of, notes_of
from teleconsult.states import Status


@require_safe
@validated_practitioner_required
def practitioner_room(request: VerifiedRequest, reference: str) -> HttpResponse:
    """The call, joined as the page loads; htmx asks for the patient's data alone, again and again."""
    own = Consultation.objects.for_practitioner(request.user)
    consultation = get_object_or_404(own, reference=reference)
    if not consultation.is_open(timezone.now()):
        messages.warning(request, _why_shut(consultation))
        return redirect("teleconsult:consultation_detail", reference)
    context = {"consultation": consultation, **_intake(consultation)}
    if request.htmx:
        return render(request, "teleconsult/_room_intake.html", context)
    context |= _person(consultation.patient.full_name, consultation.patient.first_name, consultation.patient.last_name)
    context |= {
        "socket_path": f"/ws/teleconsultation/{reference}/?page={token_hex(8)}",
        "state_url": reverse("teleconsult:practitioner_state", args=[reference]),
        "after_url": reverse("teleconsult:consultation_detail", args=[reference]),
        "after_label": "Voir le rendez-vous",
        "notes": notes_of(consultation),
        "checks": checks_of(consultation),
        "entrance_url": request.path,
        "max_duration": int(settings.CONSULTATION_MAX_DURATION.total_seconds()),
    }
    return render(request, "teleconsult/practitioner_room.html", context)


@require_safe
@patient_required
def patient_room(request: HttpRequest, invitation: Invitation) -> HttpResponse:
    """The waiting room, then the call; before the intake is complete, the intake; after the end, the documents."""
    consultation = get_object_or_404(Consultation, invitation=invitation)
    practitioner = invitation.practitioner
    documents_url = reverse("prescriptions:patient_documents", args=[invitation.token])
    if consultation.status == Status.COMPLETED:
        ended = {"name": practitioner.display_name, "documents_url": documents_url}
        return render(request, "teleconsult/patient_room_ended.html", ended)
    if not consultation.is_open(timezone.now()):
        return redirect("patients:gate", invitation.token)
    intake = getattr(invitation, "intake", None)
    if intake is None or intake.completed_at is None:
        return redirect("patients:intake", invitation.token)
    context = _person(practitioner.display_name, practitioner.user.first_name, practitioner.user.last_name)
    context |= {
        "token": invitation.token,
        "awaited": article_before(practitioner) + practitioner.display_name,
        "socket_path": f"/ws/visio/{invitation.token}/?page={token_hex(8)}",
        "state_url": reverse("teleconsult:patient_state", args=[invitation.token]),
        "after_url": documents_url,
        "after_label": "Voir mes documents",
        "entrance_url": reverse("patients:gate", args=[invitation.token]),
        "max_duration": int(settings.CONSULTATION_MAX_DURATION.total_seconds()),
    }
    return render(request, "teleconsult/patient_room.html", context)


def _why_shut(consultation: Consultation) -> str:
    """Why the room can't be entered now."""
    if consultation.has_ended:
        return f"La visio est fermée : la consultation est au statut « {consultation.get_status_display()} »."
    opens_at = timezone.localtime(consultation.invitation.opens_at)
    return f"La visio ouvre 30 minutes avant le rendez-vous, le {opens_at:%d/%m/%Y à %H:%M}."


def _person(name: str, first_name: str, last_name: str) -> dict[str, Any]:
    """The other person, for the stage: name, and initials where there is no picture."""
    return {"name": name, "initials": (first_name[:1] + last_name[:1]).upper()}


def _intake(consultation: Consultation) -> dict[str, Any]:
    """« Données patient » as the panel shows them; nothing but None while there are none."""
    intake: Intake | None = getattr(consultation.invitation, "intake", None)
    if intake is None:
        return {"intake": None}
    return {
        "intake": intake,
        "age": _age(intake.birth_date, timezone.localdate()) if intake.birth_date else "",
        "nir": format_nir(intake.nir),
        "beneficiary_nir": format_nir(intake.beneficiary_nir),
    }


def _age(born: date, today: date) -> str:
    """« 38 ans »; months before the second birthday, which is how a doctor counts a baby's age."""
    months = (today.year - born.year) * 12 + today.month - born.month - (today.day < born.day)
    if months < 24:
        return f"{max(months, 0)} mois"
    return f"{months // 12} ans"
