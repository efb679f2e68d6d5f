"""« Confirmez que c’est vous »: the password, then a code, before what changes how one logs in."""

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_safe

from accounts import audit, otp, reauthentication, sessions, totp
from accounts.decorators import background
from accounts.factors import Way, check_second_factor, way_for
from accounts.forms.login import CodeForm
from accounts.forms.password import ConfirmationForm
from accounts.pending import Pending
from accounts.reauthentication import PasswordRefused
from accounts.requests import VerifiedRequest
from accounts.views import codes
from accounts.views.posted import posted

_TOO_MANY = "Trop d’essais\u00a0: réessayez dans 15\u00a0minutes."


@sensitive_post_parameters()
def confirmation(request: VerifiedRequest) -> HttpResponse:
    """Both factors once more, then on to `next` (one of our own addresses)."""
    target = reauthentication.own_address(request.GET.get("next", ""))
    step = reauthentication.current_step(request.session, target=target, now=timezone.now())
    back = reauthentication.own_address(request.GET.get("retour", ""))
    return _ask_code(request, step, back) if step else _ask_password(request, target, back)


@background
@require_safe
def confirmation_state(request: VerifiedRequest) -> HttpResponse:
    """Where the SMS of the confirmation that waits in this browser is, as a fragment; 204 where none waits."""
    now = timezone.now()
    step = reauthentication.waiting_step(request.session, now=now)
    if step is None:
        return HttpResponse(status=204)
    device = otp.device_of(request.user)
    context = codes.sms_state(device, pending=step, now=now, user=request.user)
    return render(request, "accounts/_sms_state.html", context)


def _ask_password(request: VerifiedRequest, target: str, back: str) -> HttpResponse:
    now, user = timezone.now(), request.user
    form = ConfirmationForm(posted(request))
    if request.method == "POST" and form.is_valid():
        password = form.cleaned_data["password"]
        try:
            step = reauthentication.start_step(request.session, user=user, password=password, target=target, now=now)
        except PasswordRefused as refusal:
            form.add_error("password", _TOO_MANY if refusal.too_many else "Ce n’est pas votre mot de passe.")
        else:
            if not totp.has_totp(user):
                codes.send(request, device=otp.device_of(user), pending=step, now=now)
            return redirect(_page(request, step))
    context = {"form": form, "has_totp": totp.has_totp(user), "back": back}
    return render(request, "accounts/confirmation.html", context)


def _ask_code(request: VerifiedRequest, step: Pending, back: str) -> HttpResponse:
    now, user = timezone.now(), request.user
    device = otp.device_of(user)
    if request.method == "POST" and "resend" in request.POST:
        codes.send(request, device=device, pending=step, now=now)
        return redirect(_page(request, step, par=Way.SMS))
    form = CodeForm(posted(request), way=way_for(user, request.GET.get("par")))
    if request.method == "POST" and form.is_valid():
        code = form.cleaned_data["code"]
        try:
            check_second_factor(user=user, code=code, way=form.way, secret=step.secret, now=now)
        except otp.CodeRefused as refusal:
            audit.record(action="identity.code_refused", actor=user, about=f"user/{user.pk}", request=request)
            codes.refuse(form, refusal)
        else:
            reauthentication.note_proof(request.session, target=step.next, now=now)
            sessions.renew_session(request, user=user)
            audit.record(action="identity.confirmed", actor=user, about=f"user/{user.pk}", request=request)
            return redirect(step.next)
    context = codes.context(form, device=device, pending=step, now=now, user=user)
    return render(request, "accounts/confirmation_code.html", context | {"back": back})


def _page(request: VerifiedRequest, step: Pending, **query: str) -> str:
    return reauthentication.confirmation_page(step.next, back=request.GET.get("retour", ""), **query)
