"""« Mon compte »: own data, password, signature, what prescriptions print, recovery codes."""

from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST, require_safe

from accounts import audit, recovery, totp
from accounts.decorators import practitioner_required
from accounts.forms.account import BillingForm, SignatureForm
from accounts.forms.password import PasswordChangeForm
from accounts.requests import VerifiedRequest
from accounts.services.credentials import change_password
from accounts.services.signature import save_signature
from accounts.views.posted import posted, posted_files


@require_safe
def account(request: VerifiedRequest) -> HttpResponse:
    """Own data, and the ways to change them."""
    return render(
        request,
        "accounts/account.html",
        {
            "practitioner": getattr(request.user, "practitioner", None),
            "has_totp": totp.has_totp(request.user),
            "recovery_left": recovery.remaining_recovery_codes(request.user),
        },
    )


@sensitive_post_parameters()
def account_password(request: VerifiedRequest) -> HttpResponse:
    """Changes the password; this session goes on, the others end."""
    form = PasswordChangeForm(request.user, posted(request))
    if request.method == "POST" and form.is_valid():
        change_password(
            user=request.user, password=form.cleaned_data["new_password1"], now=timezone.now(), request=request
        )
        update_session_auth_hash(request, request.user)
        messages.success(request, "Votre mot de passe est changé.")
        return redirect("accounts:account")
    return render(request, "accounts/account_password.html", {"form": form})


@practitioner_required
def account_signature(request: VerifiedRequest) -> HttpResponse:
    """The picture of the signature that prescriptions carry."""
    practitioner = request.user.practitioner
    if request.method == "POST" and "remove" in request.POST:
        save_signature(practitioner=practitioner, png=None, request=request)
        messages.success(request, "Votre signature est supprimée.")
        return redirect("accounts:account")
    form = SignatureForm(*posted_files(request))
    if request.method == "POST" and form.is_valid():
        save_signature(practitioner=practitioner, png=form.cleaned_data["signature"], request=request)
        messages.success(request, "Votre signature est enregistrée.")
        return redirect("accounts:account")
    return render(request, "accounts/account_signature.html", {"form": form, "practitioner": practitioner})


@practitioner_required
@require_safe
def account_signature_image(request: VerifiedRequest) -> HttpResponse:
    """One's own signature, as PNG."""
    png = request.user.practitioner.signature
    if not png:
        raise Http404
    return HttpResponse(
        png, content_type="image/png",
        headers={"Cache-Control": "no-store, private", "Content-Security-Policy": "default-src 'none'; sandbox"},
    )  # fmt: skip


@practitioner_required
def account_billing(request: VerifiedRequest) -> HttpResponse:
    """« Situation conventionnelle » and « association agréée »."""
    form = BillingForm(posted(request), instance=request.user.practitioner)
    if request.method == "POST" and form.is_valid():
        form.save()
        messages.success(request, "Vos mentions sont enregistrées.")
        return redirect("accounts:account")
    return render(request, "accounts/account_billing.html", {"form": form})


@require_POST
def recovery_codes(request: VerifiedRequest) -> HttpResponse:
    """Ten new codes, shown this once; the older ones are dead."""
    codes = recovery.renew_recovery_codes(user=request.user)
    audit.record(
        action="recovery_codes.renewed",
        actor=request.user,
        about=f"user/{request.user.pk}",
        request=request,
    )
    return render(request, "accounts/recovery_codes.html", {"codes": codes})
