"""Where the visit stands, as JSON over HTTP, for a page without a socket. Changes nothing."""

from datetime import datetime

from django.http import HttpRequest, JsonResponse
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.decorators import background, validated_practitioner_required
from accounts.requests import VerifiedRequest
from patients.access import patient_required
from patients.models import Invitation
from teleconsult import presence
from teleconsult.models import Consultation, Seat
from teleconsult.signalling import iso
from teleconsult.states import Status


def _state(consultation: Consultation, role: str, now: datetime) -> JsonResponse:
    """PROTOCOL.md, « Over HTTP ». The clock opens the session, not the worker that marks it."""
    status = consultation.status
    if status == Status.SCHEDULED and consultation.is_open(now):
        status = Status.OPEN
    return JsonResponse(
        {
            "status": status,
            "peer": presence.is_present(presence.seat_of(consultation, presence.other(role)), now),
            "opensAt": iso(consultation.invitation.opens_at),
            "endsAt": iso(consultation.ends_at),
            "now": iso(now),
        },
        headers={"Cache-Control": "no-store, private"},
    )


@require_safe
@background
@validated_practitioner_required
def practitioner_state(request: VerifiedRequest, reference: str) -> JsonResponse:
    """The practitioner's own consultation; 404 for anybody else's."""
    own = Consultation.objects.for_practitioner(request.user)
    return _state(get_object_or_404(own, reference=reference), Seat.Role.PRACTITIONER, timezone.now())


@require_safe
@patient_required
def patient_state(request: HttpRequest, invitation: Invitation) -> JsonResponse:
    """The consultation of the link whose code was typed in this browser."""
    consultation = get_object_or_404(Consultation.objects.select_related("invitation"), invitation=invitation)
    return _state(consultation, Seat.Role.PATIENT, timezone.now())
