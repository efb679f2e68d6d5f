"""« Confirmez que c’est vous »: the password, then a code, before what changes how one logs in."""

from datetime import datetime
from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_safe

from accounts import audit, otp, reauthentication, recovery, sessions, totp
from accounts.decorators import background
from accounts.forms.login import CodeForm, Way
from accounts.forms.password import ConfirmationForm
from accounts.models import User
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
    return _ask_code(request, step) if step else _ask_password(request, target)


@background
@require_safe
def confirmation_state(request: VerifiedRequest) -> HttpResponse:
    """Where the SMS of the confirmation that waits in this browser is, as a fragment; 204 where none waits."""
    now = timezone.now()
    step = reauthentication.waiting_step(request.session, now=now)
    if step is None:
        return HttpResponse(status=204)
    return render(request, "accounts/_sms_state.html", _sms_state(request.user, step, now))


def _ask_password(request: VerifiedRequest, target: str) -> HttpResponse:
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
            return redirect(_page(step))
    return render(request, "accounts/confirmation.html", {"form": form, "has_totp": totp.has_totp(user)})


def _ask_code(request: VerifiedRequest, step: Pending) -> HttpResponse:
    now, user = timezone.now(), request.user
    if request.method == "POST" and "resend" in request.POST:
        codes.send(request, device=otp.device_of(user), pending=step, now=now)
        return redirect(_page(step, par=Way.SMS))
    form = CodeForm(posted(request), way=_way(request))
    if request.method == "POST" and form.is_valid():
        code, by_app = form.cleaned_data["code"], form.way == Way.TOTP
        try:
            reauthentication.check_second_factor(user=user, secret=step.secret, code=code, by_app=by_app, now=now)
        except otp.CodeRefused as refusal:
            audit.record(action="identity.code_refused", actor=user, about=f"user/{user.pk}", request=request)
            codes.refuse(form, refusal)
        else:
            reauthentication.note_proof(request.session, target=step.next, now=now)
            sessions.renew_session(request, user=user)
            audit.record(action="identity.confirmed", actor=user, about=f"user/{user.pk}", request=request)
            return redirect(step.next)
    return render(request, "accounts/confirmation_code.html", _context(form, user, step, now))


def _page(step: Pending, **query: str) -> str:
    return f"{reverse('accounts:confirmation')}?{urlencode({'next': step.next} | query)}"


def _way(request: VerifiedRequest) -> Way:
    """The way that the address names, else the best that the user has."""
    asked = request.GET.get("par")
    if asked in (Way.SMS, Way.RECOVERY):
        return Way(asked)
    return Way.TOTP if totp.has_totp(request.user) else Way.SMS


def _context(form: CodeForm, user: User, step: Pending, now: datetime) -> dict[str, Any]:
    return {
        **codes.context(form, device=otp.device_of(user), now=now),
        **_sms_state(user, step, now),
        "way": form.way,
        "recovery_left": recovery.remaining_recovery_codes(user),
    }


def _sms_state(user: User, step: Pending, now: datetime) -> dict[str, Any]:
    return codes.sms_state(otp.device_of(user), pending=step, now=now) | {"has_totp": totp.has_totp(user)}
