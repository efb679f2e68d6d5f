"""Login, second page: the code of an SMS or of an app, or a recovery code."""

from datetime import datetime
from typing import Any

from django.contrib import messages
from django.contrib.auth import login as open_session
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render, resolve_url
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_safe
from django_otp.models import Device
from django_otp.plugins.otp_static.models import StaticDevice

from accounts import audit, known_browser, otp, pending, recovery, sessions, totp
from accounts.decorators import public
from accounts.forms.login import CodeForm, Way
from accounts.models import SMSDevice, User
from accounts.views import codes
from accounts.views.posted import posted

_BACKEND = "django.contrib.auth.backends.ModelBackend"


@public
@sensitive_post_parameters()
def login_code(request: HttpRequest) -> HttpResponse:
    """The second factor; without a fresh first one, back to the login."""
    now = timezone.now()
    current = pending.current_login(request.session, now=now)
    if current is None:
        return _nobody_waits(request)
    waiting, user, device = current
    if request.method == "POST" and "resend" in request.POST:
        codes.send(request, device=device, pending=waiting, now=now)
        return redirect(f"{reverse('accounts:login_code')}?par={Way.SMS}")
    form = CodeForm(posted(request), way=_way(request, user))
    if request.method == "POST" and form.is_valid():
        try:
            user.otp_device = _prove(user, device, waiting, form, now)
        except otp.CodeRefused as refusal:
            audit.record(action="login.code_refused", actor=user, about=f"user/{user.pk}", request=request)
            codes.refuse(form, refusal)
        else:
            return _enter(request, user, waiting)
    return render(request, "accounts/login_code.html", _context(form, user, device, waiting, now))


@public
@require_safe
def login_code_state(request: HttpRequest) -> HttpResponse:
    """Where the SMS of the login that waits in this browser is, as a fragment; 204 where none waits."""
    now = timezone.now()
    current = pending.current_login(request.session, now=now)
    if current is None:
        return HttpResponse(status=204)
    waiting, user, device = current
    return render(request, "accounts/_sms_state.html", _sms_state(user, device, waiting, now))


def _nobody_waits(request: HttpRequest) -> HttpResponse:
    pending.end_login(request.session)
    if request.user.is_authenticated and request.user.is_verified():
        return redirect("home")
    messages.warning(request, "Votre connexion a expiré\u00a0: redonnez votre adresse e-mail et votre mot de passe.")
    return redirect("accounts:login")


def _way(request: HttpRequest, user: User) -> Way:
    """The way that the address names, else the best that the user has."""
    asked = request.GET.get("par")
    if asked in (Way.SMS, Way.RECOVERY):
        return Way(asked)
    return Way.TOTP if totp.has_totp(user) else Way.SMS


def _prove(user: User, device: SMSDevice, waiting: pending.Pending, form: CodeForm, now: datetime) -> Device:
    """The device whose code it is. Eight letters and digits are a recovery code, wherever they are typed."""
    code = otp.normalise(form.cleaned_data["code"])
    if form.way == Way.RECOVERY or len(code) == recovery.RECOVERY_LENGTH:
        return recovery.use_recovery_code(user=user, code=code, now=now)
    if form.way == Way.TOTP:
        return totp.check_totp(user=user, code=code, now=now)
    otp.check_code(device, pending=waiting.secret, code=code, now=now)
    return device


def _context(form: CodeForm, user: User, device: SMSDevice, waiting: pending.Pending, now: datetime) -> dict[str, Any]:
    return {
        **codes.context(form, device=device, now=now),
        **_sms_state(user, device, waiting, now),
        "way": form.way,
        "recovery_left": recovery.remaining_recovery_codes(user),
    }


def _sms_state(user: User, device: SMSDevice, waiting: pending.Pending, now: datetime) -> dict[str, Any]:
    return codes.sms_state(device, pending=waiting, now=now) | {"has_totp": totp.has_totp(user)}


def _enter(request: HttpRequest, user: User, waiting: pending.Pending) -> HttpResponse:
    pending.end_login(request.session)
    # Changes the session's key, ties the device to it, and forgets what another user left there.
    open_session(request, user, backend=_BACKEND)
    sessions.begin_session(request, user=user, now=timezone.now())
    audit.record(action="login", actor=user, about=f"user/{user.pk}", request=request)
    if isinstance(user.otp_device, StaticDevice):
        _count_recovery_codes(request, user)
    response = redirect(waiting.next or resolve_url("home"))
    known_browser.remember(request, response, user=user)
    return response


def _count_recovery_codes(request: HttpRequest, user: User) -> None:
    left = recovery.remaining_recovery_codes(user)
    count = f"Il vous reste {left} codes" if left > 1 else "Il vous reste 1 code" if left else "C’était le dernier code"
    messages.warning(request, f"{count} de secours. Nouveau téléphone\u00a0? Changez-le dans «\u00a0Mon compte\u00a0».")
