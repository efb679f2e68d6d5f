"""What one logs in with: password, recovery codes."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.debug import sensitive_post_parameters

from accounts import audit, reauthentication, recovery, sessions
from accounts.forms.password import NewPasswordForm
from accounts.reauthentication import fresh_proof_required, new_proof_required
from accounts.requests import VerifiedRequest
from accounts.services.credentials import change_password
from accounts.views.posted import posted


@sensitive_post_parameters()
@new_proof_required
def account_password(request: VerifiedRequest) -> HttpResponse:
    """A new password, after the old one and a code; this session goes on under a new key, the others end."""
    form = NewPasswordForm(request.user, posted(request))
    if request.method == "POST" and form.is_valid():
        reauthentication.spend_proof(request.session)
        change_password(
            user=request.user, password=form.cleaned_data["new_password1"], now=timezone.now(), request=request,
            keep=request.session.session_key,
        )  # fmt: skip
        sessions.renew_session(request, user=request.user)
        messages.success(request, "Votre mot de passe est changé. Vos autres sessions sont fermées.")
        return redirect("accounts:account")
    return render(request, "accounts/account_password.html", {"form": form})


@fresh_proof_required
def recovery_codes(request: VerifiedRequest) -> HttpResponse:
    """Ten new codes, shown this once; the older ones are dead."""
    user, codes = request.user, []
    if request.method == "POST":
        codes = recovery.renew_recovery_codes(user=user)
        audit.record(action="recovery_codes.renewed", actor=user, about=f"user/{user.pk}", request=request)
    left = recovery.remaining_recovery_codes(user)
    return render(request, "accounts/recovery_codes.html", {"codes": codes, "left": left})
