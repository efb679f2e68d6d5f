"""« Application d’authentification »: tying an authenticator app to the account."""

import segno
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.debug import sensitive_post_parameters

from accounts import otp
from accounts import totp as app
from accounts.factors import Way
from accounts.forms.login import CodeForm
from accounts.models import TOTPDevice
from accounts.reauthentication import fresh_proof_required
from accounts.requests import VerifiedRequest
from accounts.services.second_factor import tie_totp, untie_totp
from accounts.views import codes
from accounts.views.posted import posted


@sensitive_post_parameters()
@fresh_proof_required
def totp(request: VerifiedRequest) -> HttpResponse:
    """The QR code for the app, which counts once it has given a code; or the way to untie it."""
    now = timezone.now()
    if "start" in request.POST:
        app.start_totp(user=request.user)
        return redirect("accounts:totp")
    if "remove" in request.POST:
        untie_totp(request=request, now=now)
        messages.success(request, "L’application est retirée. Le code de vos connexions arrive par SMS.")
        return redirect("accounts:account")
    waiting = app.waiting_totp(request.user)
    form = CodeForm(posted(request) if waiting else None, way=Way.TOTP, autofocus=False)
    if waiting and request.method == "POST" and form.is_valid():
        try:
            tie_totp(request=request, code=otp.normalise(form.cleaned_data["code"]), now=now)
        except otp.CodeRefused as refusal:
            codes.refuse(form, refusal)
        else:
            messages.success(request, "L’application est prête\u00a0: elle donnera le code de vos connexions.")
            return redirect("accounts:account")
    return render(request, "accounts/totp.html", {"form": form, "tied": app.has_totp(request.user)} | _shown(waiting))


def _shown(waiting: TOTPDevice | None) -> dict[str, str]:
    """What the app reads: a picture, a link for an app on this very phone, the secret to type."""
    if waiting is None:
        return {}
    url = app.config_url(waiting)
    return {
        "qr": segno.make(url, error="m").svg_data_uri(scale=5, border=4, light="white"),
        "url": url,
        "secret": app.secret_text(waiting),
    }
