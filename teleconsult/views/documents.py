"""Photos and documents of a consultation, as its practitioner reads them; and the picture taken in the call."""

from django.http import HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_POST, require_safe

from accounts.decorators import validated_practitioner_required
from accounts.requests import VerifiedRequest
from patients.documents import NotAdded
from patients.forms import SnapshotForm
from teleconsult import trail
from teleconsult.record import add_snapshot
from teleconsult.views.practitioner import own_consultation


@require_POST
@validated_practitioner_required
def consultation_documents(request: VerifiedRequest, reference: str) -> HttpResponse:
    """Adds the picture (`kind=snapshot`, `consent=1`, `file`): 201 with id and address, 400 with what is wrong."""
    consultation = own_consultation(request, reference)
    form = SnapshotForm(request.POST, request.FILES)
    if not form.is_valid():
        return JsonResponse({"error": next(iter(form.errors.values()))[0]}, status=400)
    try:
        document = add_snapshot(
            consultation=consultation, clean=form.cleaned_data["file"], by=request.user, now=timezone.now()
        )
    except NotAdded as refused:
        return JsonResponse({"error": refused.words}, status=400)
    address = reverse("teleconsult:consultation_document", args=[reference, document.pk])
    return JsonResponse({"id": document.pk, "url": address}, status=201)


@require_safe
@validated_practitioner_required
def consultation_document(request: VerifiedRequest, reference: str, pk: int) -> HttpResponse:
    """One file, decrypted for this one answer; every look is on the trail. With `?telecharger` as a download.

    A PDF always is one: what a reader makes of it is not this site's.
    """
    consultation = own_consultation(request, reference)
    document = get_object_or_404(consultation.invitation.documents.defer("thumbnail"), pk=pk)
    trail.record(
        action="document.read", consultation=consultation, by=request.user, about=f"document/{pk}", request=request
    )
    download = document.is_pdf or "telecharger" in request.GET
    return HttpResponse(
        document.file.read(),
        content_type=document.content_type,
        headers={
            "Content-Disposition": content_disposition_header(download, document.name) or "",
            "Content-Security-Policy": "default-src 'none'; sandbox",
            "Cross-Origin-Resource-Policy": "same-origin",
            "Cache-Control": "no-store, private",
        },
    )
