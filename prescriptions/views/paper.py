"""How the stored bytes of a paper leave the house: always recorded, never cached, never able to run anything."""

from django.http import HttpRequest, HttpResponse

from accounts.requests import VerifiedRequest
from patients.access import record as record_by_patient
from patients.models import Invitation
from prescriptions.models import Paper
from teleconsult import trail


def record_reading(request: VerifiedRequest, paper: Paper) -> None:
    """Its practitioner reads it on the screen."""
    action, about = f"{paper.KIND}.read", f"{paper.KIND}/{paper.pk}"
    trail.record(action=action, consultation=paper.consultation, by=request.user, about=about, request=request)


def practitioner_paper(request: VerifiedRequest, paper: Paper) -> HttpResponse:
    """The PDF for its practitioner: as a download, or with `?imprimer` in the browser's own viewer."""
    action, about = f"{paper.KIND}.downloaded", f"{paper.KIND}/{paper.pk}"
    trail.record(action=action, consultation=paper.consultation, by=request.user, about=about, request=request)
    return _paper_response(paper, inline="imprimer" in request.GET)


def patient_paper(request: HttpRequest, invitation: Invitation, paper: Paper) -> HttpResponse:
    """The PDF for the patient, as a download."""
    action, about = f"{paper.KIND}.downloaded", f"{paper.KIND}/{paper.pk}"
    record_by_patient(request, invitation, action=action, about=about)
    return _paper_response(paper)


def _paper_response(paper: Paper, *, inline: bool = False) -> HttpResponse:
    response = HttpResponse(bytes(paper.pdf or b""), content_type="application/pdf")
    disposition = "inline" if inline else "attachment"
    response["Content-Disposition"] = f'{disposition}; filename="{paper.file_name}"'
    response["Cache-Control"] = "no-store, private"
    # A sandbox would keep the browser's viewer from showing it.
    policy = "default-src 'none'; style-src 'unsafe-inline'; object-src 'self'; frame-ancestors 'none'"
    response["Content-Security-Policy"] = policy if inline else "default-src 'none'; sandbox"
    response["Cross-Origin-Resource-Policy"] = "same-origin"
    return response
