"""Login: password, then the code by SMS or a recovery code."""

from typing import Any

from django.contrib import messages
from django.contrib.auth import authenticate
from django.contrib.auth import login as open_session
from django.contrib.auth import logout as close_session
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render, resolve_url
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST

from accounts import audit, otp, pending, recovery, sessions
from accounts.decorators import public
from accounts.forms.login import CodeForm, LoginForm
from accounts.models import User
from accounts.views import codes
from accounts.views.posted import posted

_BACKEND = "django.contrib.auth.backends.ModelBackend"


def _safe_next(request: HttpRequest) -> str:
    """Where the visitor wanted to go, if it is one of our own addresses."""
    target = request.POST.get("next") or request.GET.get("next") or ""
    own = url_has_allowed_host_and_scheme(target, {request.get_host()}, require_https=request.is_secure())
    return target if own else ""


@public
@sensitive_post_parameters()
def login(request: HttpRequest) -> HttpResponse:
    """E-mail and password. What is answered never tells whether the account exists."""
    target = _safe_next(request)
    if request.user.is_authenticated and request.user.is_verified():
        return redirect(target or "home")
    form = LoginForm(posted(request))
    if request.method == "POST" and form.is_valid():
        now = timezone.now()
        user = authenticate(request, email=form.cleaned_data["email"], password=form.cleaned_data["password"])
        if isinstance(user, User):
            waiting = pending.start_login(request.session, user=user, next_url=target, now=now)
            device = otp.device_of(user)
            if not otp.has_live_code(device, pending=waiting.secret, now=now):
                codes.send(request, device=device, pending=waiting, now=now)
            return redirect("accounts:login_code")
        audit.record_login_failure(email=form.cleaned_data["email"], request=request)
        form.add_error(None, "L’adresse e-mail ou le mot de passe n’est pas le bon.")
    return render(request, "accounts/login.html", {"form": form, "next": target})


def locked_out(request: HttpRequest, response: HttpResponse, credentials: Any = None) -> HttpResponse:
    """Too many failures from this address for this e-mail, known or not (django-axes)."""
    form = LoginForm(request.POST)
    if form.is_valid():
        audit.record_lock_out(email=form.cleaned_data["email"], request=request, now=timezone.now())
    form.add_error(None, "Trop d’essais : la connexion est bloquée 15 minutes. Vous pouvez changer de mot de passe.")
    return render(request, "accounts/login.html", {"form": form, "next": _safe_next(request)}, status=429)


@public
@sensitive_post_parameters()
def login_code(request: HttpRequest) -> HttpResponse:
    """The second factor; without a fresh first one, back to the login."""
    now = timezone.now()
    current = pending.current_login(request.session, now=now)
    if current is None:
        pending.end_login(request.session)
        if request.user.is_authenticated and request.user.is_verified():
            return redirect("home")
        messages.warning(request, "Votre connexion a expiré : redonnez votre adresse e-mail et votre mot de passe.")
        return redirect("accounts:login")
    waiting, user, device = current
    if request.method == "POST" and "resend" in request.POST:
        codes.send(request, device=device, pending=waiting, now=now)
        return redirect("accounts:login_code")
    form = CodeForm(posted(request))
    if request.method == "POST" and form.is_valid():
        try:
            user.otp_device = _prove(user, device, waiting, otp.normalise(form.cleaned_data["code"]), now)
        except otp.CodeRefused as refusal:
            audit.record(action="login.code_refused", actor=user, about=f"user/{user.pk}", request=request)
            codes.refuse(form, refusal)
        else:
            return _enter(request, user, waiting)
    return render(request, "accounts/login_code.html", codes.context(form, device=device, now=now))


def _prove(user: User, device: Any, waiting: pending.Pending, code: str, now: Any) -> Any:
    """The device whose code it is: six digits came by SMS, eight letters and digits are a recovery code."""
    if len(code) == recovery.RECOVERY_LENGTH:
        return recovery.use_recovery_code(user=user, code=code, now=now)
    otp.check_code(device, pending=waiting.secret, code=code, now=now)
    return device


def _enter(request: HttpRequest, user: User, waiting: pending.Pending) -> HttpResponse:
    pending.end_login(request.session)
    # Changes the session's key, ties the device to it, and forgets what another user left there.
    open_session(request, user, backend=_BACKEND)
    sessions.begin_session(request, user=user, now=timezone.now())
    audit.record(action="login", actor=user, about=f"user/{user.pk}", request=request)
    return redirect(waiting.next or resolve_url("home"))


@public
@require_POST
def logout(request: HttpRequest) -> HttpResponse:
    """Ends the session."""
    if isinstance(request.user, User):
        audit.record(action="logout", actor=request.user, about=f"user/{request.user.pk}", request=request)
    close_session(request)
    return redirect("home")
