"""« Mon compte »: own data, what prescriptions print, security, notifications, activity."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from accounts import activity, recovery, sessions, totp
from accounts.decorators import practitioner_required
from accounts.forms.account import BillingForm, NotificationsForm, PracticeForm
from accounts.models import Practitioner
from accounts.requests import VerifiedRequest
from accounts.services.own_data import change_mentions, change_notifications, change_practice
from accounts.views.posted import posted

_SHOWN, _ALL = 3, 100


@require_safe
def account(request: VerifiedRequest) -> HttpResponse:
    """Everything about one's account, and the ways to change it."""
    user = request.user
    context = {
        "practitioner": getattr(user, "practitioner", None),
        "has_totp": totp.has_totp(user),
        "recovery_left": recovery.remaining_recovery_codes(user),
        "sessions": sessions.open_sessions(user=user, now=timezone.now()),
        "here": request.login_session.pk,
        "logins": user.logins.all()[:_SHOWN],
        "entries": activity.entries(user=user, limit=_SHOWN),
        "notifications": NotificationsForm(user=user),
    }
    return render(request, "accounts/account.html", context)


@require_safe
def account_activity(request: VerifiedRequest) -> HttpResponse:
    """The last hundred logins and the last hundred acts."""
    context = {
        "logins": request.user.logins.all()[:_ALL],
        "entries": activity.entries(user=request.user, limit=_ALL),
    }
    return render(request, "accounts/account_activity.html", context)


def _own(request: VerifiedRequest) -> Practitioner:
    return request.user.practitioner


@practitioner_required
def account_practice(request: VerifiedRequest) -> HttpResponse:
    """Name, address and telephone of the practice."""
    form = PracticeForm(posted(request), practitioner=_own(request))
    if request.method == "POST" and form.is_valid():
        change_practice(practitioner=_own(request), data=form.practice(), request=request)
        messages.success(request, "Votre cabinet est enregistré, pour vos prochaines ordonnances.")
        return redirect("accounts:account")
    return render(request, "accounts/account_practice.html", {"form": form})


@practitioner_required
def account_billing(request: VerifiedRequest) -> HttpResponse:
    """What prescriptions carry besides."""
    form = BillingForm(posted(request), practitioner=_own(request))
    if request.method == "POST" and form.is_valid():
        change_mentions(practitioner=_own(request), data=form.cleaned_data, request=request)
        messages.success(request, "Vos mentions sont enregistrées.")
        return redirect("accounts:account")
    return render(request, "accounts/account_billing.html", {"form": form})


@require_POST
def account_notifications(request: VerifiedRequest) -> HttpResponse:
    """Which e-mails one wants."""
    form = NotificationsForm(request.POST, user=request.user)
    if form.is_valid():
        change_notifications(user=request.user, data=form.cleaned_data, request=request)
        messages.success(request, "Vos choix sont enregistrés.")
    return redirect("accounts:account")
