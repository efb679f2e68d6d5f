"""What the practitioner writes beside the call and on the appointment's page, as one types: JSON out."""

from django.http import HttpResponse, JsonResponse
from django.utils import timezone
from django.views.decorators.http import require_POST

from accounts.decorators import validated_practitioner_required
from accounts.requests import VerifiedRequest
from teleconsult.forms import CheckForm, NotesForm
from teleconsult.record import NotesChanged, save_notes, tick_check, untick_check
from teleconsult.services import InvalidMove
from teleconsult.views.practitioner import own_consultation


@require_POST
@validated_practitioner_required
def consultation_notes(request: VerifiedRequest, reference: str) -> HttpResponse:
    """Saves the notes: 200 with the new version, 409 with what another tab wrote meanwhile, 400 if too long."""
    consultation = own_consultation(request, reference)
    form = NotesForm(request.POST)
    if not form.is_valid():
        return JsonResponse({"errors": form.errors}, status=400)
    try:
        notes = save_notes(consultation=consultation, now=timezone.now(), **form.cleaned_data)
    except NotesChanged as changed:
        return JsonResponse({"version": changed.notes.version, "text": changed.notes.text}, status=409)
    return JsonResponse({"version": notes.version})


@require_POST
@validated_practitioner_required
def consultation_check(request: VerifiedRequest, reference: str) -> HttpResponse:
    """Ticks or unticks: 200 with the hour (« 21:47 », null without a tick), 409 once it has ended, 400 if unknown."""
    consultation = own_consultation(request, reference)
    form = CheckForm(request.POST)
    if not form.is_valid():
        return JsonResponse({"errors": form.errors}, status=400)
    kind, now = form.cleaned_data["kind"], timezone.now()
    try:
        if not form.cleaned_data["checked"]:
            untick_check(consultation=consultation, kind=kind, by=request.user, now=now)
            return JsonResponse({"at": None})
        detail = form.cleaned_data["detail"]
        check = tick_check(consultation=consultation, kind=kind, detail=detail, by=request.user, now=now)
    except InvalidMove:
        return JsonResponse({"at": None}, status=409)
    return JsonResponse({"at": f"{timezone.localtime(check.at):%H:%M}"})
