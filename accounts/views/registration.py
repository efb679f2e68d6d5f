"""« Inscription »: the form, the proof of the mobile, the thanks."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.debug import sensitive_post_parameters

from accounts import otp, pending, throttling
from accounts.decorators import public
from accounts.forms.login import CodeForm
from accounts.forms.registration import ADELI_PROFESSIONS, RegistrationForm
from accounts.services.registration import confirm_mobile, register_practitioner
from accounts.throttling import client_ip
from accounts.views import codes
from accounts.views.posted import posted, posted_files


@public
@sensitive_post_parameters()
def register(request: HttpRequest) -> HttpResponse:
    """« Inscription »: the form; a code by SMS comes next, whether the address is known or not."""
    if request.user.is_authenticated:
        return redirect("home")
    now = timezone.now()
    form = RegistrationForm(*posted_files(request))
    if request.method == "POST" and form.is_valid():
        if throttling.registration_from(client_ip(request), now=now):
            device = register_practitioner(data=form.cleaned_data, now=now, request=request)
            waiting = pending.start_registration(request.session, device=device, now=now)
            codes.send(request, device=device, pending=waiting, now=now)
            if "x-requested-with" in request.headers:
                # The page's script: it would follow a redirect unseen, and what the next page has to say would be lost.
                return HttpResponse(status=204, headers={"X-Next": reverse("accounts:register_phone")})
            return redirect("accounts:register_phone")
        form.add_error(None, "Trop d’inscriptions viennent d’être faites d’ici : réessayez dans une heure.")
    return render(request, "accounts/register.html", {"form": form, "adeli": " ".join(sorted(ADELI_PROFESSIONS))})


@public
@sensitive_post_parameters()
def register_phone(request: HttpRequest) -> HttpResponse:
    """The code proves the mobile and completes the registration."""
    now = timezone.now()
    current = pending.current_registration(request.session, now=now)
    if current is None:
        messages.warning(request, "Votre inscription a expiré avant d’être terminée : recommencez-la.")
        return redirect("accounts:register")
    waiting, device = current
    if request.method == "POST" and "resend" in request.POST:
        codes.send(request, device=device, pending=waiting, now=now)
        return redirect("accounts:register_phone")
    form = CodeForm(posted(request))
    if request.method == "POST" and form.is_valid():
        try:
            otp.check_code(device, pending=waiting.secret, code=otp.normalise(form.cleaned_data["code"]), now=now)
        except otp.CodeRefused as refusal:
            codes.refuse(form, refusal)
        else:
            confirm_mobile(device=device, now=now, request=request)
            pending.end_registration(request.session)
            return redirect("accounts:register_done")
    return render(request, "accounts/register_phone.html", codes.context(form, device=device, now=now))


@public
def register_done(request: HttpRequest) -> HttpResponse:
    """« Vous recevez alors un email lorsque votre inscription est validée par Rofim. »"""
    return render(request, "accounts/register_done.html")
