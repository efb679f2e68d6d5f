"""What the practitioner writes beside the call and on the appointment's page, as one types: JSON out."""

from django.http import HttpResponse, JsonResponse
from django.utils import timezone
from django.views.decorators.http import require_POST

from accounts.decorators import validated_practitioner_required
from accounts.requests import VerifiedRequest
from teleconsult.forms import NotesForm
from teleconsult.record import NotesChanged, save_notes
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
