"""« Mon compte »: own data, signature, what prescriptions print."""

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from accounts import recovery, totp
from accounts.decorators import practitioner_required
from accounts.forms.account import BillingForm, SignatureForm
from accounts.requests import VerifiedRequest
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
