"""« Tester mon micro et ma caméra »: for anybody at `/test/`; from a link, with a result for the practitioner."""

from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, JsonResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from accounts import throttling
from accounts.decorators import public
from patients.access import invitation_or_404, never_stored
from patients.rehearsal import UnknownReason, record
from teleconsult.ice import rehearsal_ice_servers

TEMPLATE = "teleconsult/rehearsal.html"


@public
@require_safe
def rehearsal(request: HttpRequest) -> HttpResponse:
    """The checks alone: nothing is reported, no relay is tried."""
    return render(request, TEMPLATE, {"layout": "layouts/public.html"})


@public
@require_http_methods(["GET", "HEAD", "POST"])
def patient_rehearsal(request: HttpRequest, token: str) -> HttpResponse:
    """The checks from a link, days before; the page shows nothing of the appointment. A POST gives its `reason`s.

    The colour follows from the reasons, so that a page can't report a green one with a dead microphone.
    """
    invitation = invitation_or_404(token)
    if request.method != "POST":
        if invitation.closed_at:
            return never_stored(redirect("patients:gate", token=token))
        return never_stored(render(request, TEMPLATE, {"layout": "layouts/patient.html", "token": token}))
    try:
        result = record(invitation=invitation, codes=request.POST.getlist("reason"), now=timezone.now())
    except UnknownReason:
        return never_stored(JsonResponse({"error": "reason"}, status=400))
    if result is None:
        return never_stored(JsonResponse({"error": "closed"}, status=409))
    return never_stored(JsonResponse({"result": result}))


@public
def patient_rehearsal_relay(request: HttpRequest, token: str) -> HttpResponse:
    """`iceServers` with a credential of ten minutes; empty without TURN. Throttled: a relay costs bandwidth."""
    # The link first: an unknown one is 404 whatever the method.
    invitation = invitation_or_404(token)
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    now = timezone.now()
    if invitation.closed_at:
        return never_stored(JsonResponse({"error": "closed"}, status=409))
    if not throttling.rehearsal_relay_from(throttling.client_ip(request), now=now):
        return never_stored(JsonResponse({"error": "throttled"}, status=429))
    return never_stored(JsonResponse({"iceServers": rehearsal_ice_servers(invitation_id=invitation.pk, now=now)}))
