"""The signature that prescriptions carry: drawn or a picture, looked at before it is kept."""

from django.contrib import messages
from django.http import Http404, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from accounts.decorators import practitioner_required
from accounts.forms.account import SignatureForm
from accounts.requests import VerifiedRequest
from accounts.services.signature import save_signature
from accounts.views.posted import posted_files


@practitioner_required
def account_signature(request: VerifiedRequest) -> HttpResponse:
    """Shows, keeps, replaces, removes; a POST with `preview` answers with the cleaned PNG and keeps nothing."""
    practitioner = request.user.practitioner
    if request.method == "POST" and "remove" in request.POST:
        save_signature(practitioner=practitioner, png=None, request=request)
        messages.success(request, "Votre signature est supprimée.")
        return redirect("accounts:account")
    form = SignatureForm(*posted_files(request))
    if request.method == "POST" and "preview" in request.POST:
        if form.is_valid():
            return _png(form.cleaned_data["signature"])
        return JsonResponse({"error": form.errors["signature"][0]}, status=422)
    if request.method == "POST" and form.is_valid():
        save_signature(practitioner=practitioner, png=form.cleaned_data["signature"], request=request)
        messages.success(request, "Votre signature est enregistrée, pour vos prochaines ordonnances.")
        return redirect("accounts:account")
    return render(request, "accounts/account_signature.html", {"form": form, "practitioner": practitioner})


@practitioner_required
@require_safe
def account_signature_image(request: VerifiedRequest) -> HttpResponse:
    """One's own signature, as PNG."""
    png = request.user.practitioner.signature
    if not png:
        raise Http404
    return _png(bytes(png))


def _png(content: bytes) -> HttpResponse:
    return HttpResponse(
        content, content_type="image/png",
        headers={"Cache-Control": "no-store, private", "Content-Security-Policy": "default-src 'none'; sandbox"},
    )  # fmt: skip
