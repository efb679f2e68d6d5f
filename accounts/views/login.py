"""Login, first page: e-mail and password. And logout."""

from typing import Any

from django.contrib.auth import logout as close_session
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST

from accounts import audit, otp, pending, totp
from accounts.decorators import public
from accounts.forms.login import LoginForm
from accounts.models import User
from accounts.services.login import TooSoon, check_password
from accounts.views import codes
from accounts.views.posted import posted


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
    form, status = LoginForm(posted(request)), 200
    if request.method == "POST" and form.is_valid():
        email, password = form.cleaned_data["email"], form.cleaned_data["password"]
        try:
            user = check_password(request=request, email=email, password=password, now=timezone.now())
        except TooSoon as refusal:
            status = 429
            form.say_too_soon(refusal.pause)
        else:
            if user is not None:
                return _ask_for_code(request, user, target)
            form.say_wrong()
    return render(request, "accounts/login.html", {"form": form, "next": target}, status=status)


def _ask_for_code(request: HttpRequest, user: User, target: str) -> HttpResponse:
    """Whoever has an app is asked for its code and gets an SMS only on demand."""
    now = timezone.now()
    waiting = pending.start_login(request.session, user=user, next_url=target, now=now)
    device = otp.device_of(user)
    if not totp.has_totp(user) and not otp.has_live_code(device, pending=waiting.secret, now=now):
        codes.send(request, device=device, pending=waiting, now=now)
    return redirect("accounts:login_code")


def locked_out(request: HttpRequest, response: HttpResponse, credentials: Any = None) -> HttpResponse:
    """Too many failures from this address for this e-mail, known or not (django-axes)."""
    form = LoginForm(request.POST)
    if form.is_valid():
        audit.record_lock_out(email=form.cleaned_data["email"], request=request, now=timezone.now())
    context = {"form": form, "next": _safe_next(request), "locked": True}
    return render(request, "accounts/login.html", context, status=429)


@public
@require_POST
def logout(request: HttpRequest) -> HttpResponse:
    """Ends the session."""
    if isinstance(request.user, User):
        audit.record(action="logout", actor=request.user, about=f"user/{request.user.pk}", request=request)
    close_session(request)
    return redirect("home")
