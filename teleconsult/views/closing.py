"""« Fermer mon compte », in this room because only it knows of appointments."""

from django.contrib import messages
from django.contrib.auth import logout
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from accounts.decorators import practitioner_required
from accounts.reauthentication import fresh_proof_required
from accounts.requests import VerifiedRequest
from teleconsult.closing import AppointmentsLeft, appointments_left, close_practitioner_account
from teleconsult.states import Status


@require_http_methods(["GET", "HEAD", "POST"])
@practitioner_required
@fresh_proof_required
def account_close(request: VerifiedRequest) -> HttpResponse:
    """What is kept and why, what is deleted; then, once « J’ai compris » is ticked, the end."""
    practitioner = request.user.practitioner
    left = list(appointments_left(practitioner).values_list("status", flat=True))
    context = {"practitioner": practitioner, "left": len(left), "is_running": Status.IN_PROGRESS in left}
    if request.method != "POST":
        return render(request, "teleconsult/account_close.html", context)
    if "understood" not in request.POST:
        return render(request, "teleconsult/account_close.html", context | {"not_understood": True})
    try:
        close_practitioner_account(
            practitioner=practitioner, cancel="cancel" in request.POST, now=timezone.now(), request=request
        )
    except AppointmentsLeft:
        return render(request, "teleconsult/account_close.html", context | {"refused": True})
    logout(request)
    messages.success(request, "Votre compte est fermé. Un e-mail vous le confirme.")
    return redirect("home")
