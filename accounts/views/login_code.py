"""Login, second page: the code of an SMS or of an app, or a recovery code."""

from django.contrib import messages
from django.contrib.auth import login as open_session
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render, resolve_url
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_safe
from django_otp.plugins.otp_static.models import StaticDevice

from accounts import audit, known_browser, otp, pending, recovery, sessions
from accounts.decorators import public
from accounts.factors import Way, check_second_factor, way_for
from accounts.forms.login import CodeForm
from accounts.models import User
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
    form = CodeForm(posted(request), way=way_for(user, request.GET.get("par")))
    if request.method == "POST" and form.is_valid():
        try:
            user.otp_device = check_second_factor(
                user=user, code=form.cleaned_data["code"], way=form.way, secret=waiting.secret, now=now
            )
        except otp.CodeRefused as refusal:
            audit.record(action="login.code_refused", actor=user, about=f"user/{user.pk}", request=request)
            codes.refuse(form, refusal)
        else:
            return _enter(request, user, waiting)
    context = codes.context(form, device=device, pending=waiting, now=now, user=user)
    return render(request, "accounts/login_code.html", context)


@public
@require_safe
def login_code_state(request: HttpRequest) -> HttpResponse:
    """Where the SMS of the login that waits in this browser is, as a fragment; 204 where none waits."""
    now = timezone.now()
    current = pending.current_login(request.session, now=now)
    if current is None:
        return HttpResponse(status=204)
    waiting, user, device = current
    context = codes.sms_state(device, pending=waiting, now=now, user=user)
    return render(request, "accounts/_sms_state.html", context)


def _nobody_waits(request: HttpRequest) -> HttpResponse:
    pending.end_login(request.session)
    if request.user.is_authenticated and request.user.is_verified():
        return redirect("home")
    messages.warning(request, "Votre connexion a expiré\u00a0: redonnez votre adresse e-mail et votre mot de passe.")
    return redirect("accounts:login")


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
