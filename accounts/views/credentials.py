"""What one logs in with: password, mobile, e-mail address, recovery codes."""

from django.contrib import messages
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_safe

from accounts import links, otp, pending, reauthentication, recovery, sessions
from accounts.decorators import background, public
from accounts.forms.credentials import EmailForm, MobileForm
from accounts.forms.login import CodeForm
from accounts.forms.password import NewPasswordForm
from accounts.links import LinkDead, Purpose
from accounts.reauthentication import fresh_proof_required, new_proof_required
from accounts.requests import VerifiedRequest
from accounts.services import credentials as services
from accounts.views import codes
from accounts.views.posted import posted

_TOO_MANY = "Trop de demandes\u00a0: réessayez dans une heure."


@sensitive_post_parameters()
@new_proof_required
def account_password(request: VerifiedRequest) -> HttpResponse:
    """A new password, after the old one and a code; this session goes on under a new key, the others end."""
    form = NewPasswordForm(request.user, posted(request))
    if request.method == "POST" and form.is_valid():
        services.change_password(
            user=request.user, password=form.cleaned_data["new_password1"], now=timezone.now(), request=request,
            keep=request.session.session_key,
        )  # fmt: skip
        _changed(request, "Votre mot de passe est changé. Vos autres sessions sont fermées.")
        return redirect("accounts:account")
    return render(request, "accounts/account_password.html", {"form": form})


@new_proof_required
def account_mobile(request: VerifiedRequest) -> HttpResponse:
    """A new mobile, after a code to the old one (or of the app, or a recovery code); a code to the new one follows."""
    form, now = MobileForm(request.user, posted(request)), timezone.now()
    if request.method == "POST" and form.is_valid():
        phone = form.cleaned_data["mobile_phone"]
        try:
            device = services.ask_mobile_change(user=request.user, phone=phone, now=now, request=request)
        except services.TooMany:
            form.add_error("mobile_phone", _TOO_MANY)
        else:
            waiting = pending.start_mobile_change(request.session, user=request.user, device=device, now=now)
            codes.send(request, device=device, pending=waiting, now=now)
            return redirect("accounts:account_mobile_code")
    return render(request, "accounts/account_mobile.html", {"form": form})


@sensitive_post_parameters()
def account_mobile_code(request: VerifiedRequest) -> HttpResponse:
    """The code to the new mobile; only then is it changed."""
    now, user = timezone.now(), request.user
    current = pending.current_mobile_change(request.session, user=user, now=now)
    if current is None:
        messages.warning(request, "Votre changement de portable a expiré\u00a0: recommencez-le.")
        return redirect("accounts:account_mobile")
    waiting, device = current
    if request.method == "POST" and "resend" in request.POST:
        codes.send(request, device=device, pending=waiting, now=now)
        return redirect("accounts:account_mobile_code")
    form = CodeForm(posted(request))
    if request.method == "POST" and form.is_valid():
        try:
            otp.check_code(device, pending=waiting.secret, code=otp.normalise(form.cleaned_data["code"]), now=now)
        except otp.CodeRefused as refusal:
            codes.refuse(form, refusal)
        else:
            pending.end_mobile_change(request.session)
            keep = request.session.session_key
            services.change_mobile(user=user, proved=device, now=now, request=request, keep=keep)
            _changed(request, "Vos codes arrivent désormais sur votre nouveau portable.")
            return redirect("accounts:account")
    context = codes.context(form, device=device, pending=waiting, now=now)
    return render(request, "accounts/account_mobile_code.html", context)


@background
@require_safe
def account_mobile_code_state(request: VerifiedRequest) -> HttpResponse:
    """Where the SMS to the new mobile is, as a fragment; 204 where none waits."""
    now = timezone.now()
    current = pending.current_mobile_change(request.session, user=request.user, now=now)
    if current is None:
        return HttpResponse(status=204)
    waiting, device = current
    return render(request, "accounts/_sms_state.html", codes.sms_state(device, pending=waiting, now=now))


@fresh_proof_required
def account_email(request: VerifiedRequest) -> HttpResponse:
    """A new address: a link goes there, and changes it once it is opened."""
    user, now = request.user, timezone.now()
    if request.method == "POST" and "cancel" in request.POST:
        links.drop_links(user=user, purpose=Purpose.EMAIL)
        messages.success(request, "Le changement d’adresse est annulé.")
        return redirect("accounts:account_email")
    form = EmailForm(user, posted(request))
    if request.method == "POST" and form.is_valid():
        try:
            services.ask_email_change(user=user, email=form.cleaned_data["email"], now=now, request=request)
        except services.TooMany:
            form.add_error("email", _TOO_MANY)
        else:
            return redirect("accounts:account_email")
    waiting = links.waiting_email(user, now=now)
    return render(request, "accounts/account_email.html", {"form": form, "waiting": waiting})


def account_email_confirm(request: VerifiedRequest, token: str) -> HttpResponse:
    """The link in the e-mail to the new address, for whoever asked for it and nobody else; its button changes it."""
    now, link = timezone.now(), None
    try:
        link = links.find_link(purpose=Purpose.EMAIL, token=token, now=now)
        if link.user_id != request.user.pk:
            link = None
        elif request.method == "POST":
            services.change_email(link=link, now=now, request=request, keep=request.session.session_key)
            _changed(request, f"Votre adresse est désormais {link.email}\u00a0: connectez-vous avec elle.")
            return redirect("accounts:account")
    except LinkDead:
        link = None
    return render(request, "accounts/account_email_confirm.html", {"link": link})


@public
def account_email_back(request: HttpRequest, token: str) -> HttpResponse:
    """« Ce n’était pas moi », from the old address: the button gives it back to the account and closes all sessions."""
    now, link, done = timezone.now(), None, False
    try:
        link = links.find_link(purpose=Purpose.EMAIL_BACK, token=token, now=now)
        if request.method == "POST":
            services.give_email_back(link=link, now=now, request=request)
            done = True
            if request.user == link.user:
                logout(request)
    except LinkDead:
        link = None
    return render(request, "accounts/account_email_back.html", {"link": link, "done": done})


@fresh_proof_required
def recovery_codes(request: VerifiedRequest) -> HttpResponse:
    """Ten new codes, shown this once; the older ones are dead."""
    user, codes = request.user, []
    if request.method == "POST":
        ticket = request.POST.get("ticket", "-")
        try:
            codes = recovery.renew_recovery_codes(user=user, now=timezone.now(), ticket=ticket, request=request)
        except recovery.TicketDead:
            messages.warning(request, "Cette page était ouverte depuis trop longtemps\u00a0: recommencez.")
    context = {"codes": codes, "left": recovery.remaining_recovery_codes(user), "ticket": recovery.new_ticket()}
    return render(request, "accounts/recovery_codes.html", context)


def _changed(request: VerifiedRequest, words: str) -> None:
    """The proof is spent, the session gets a new key, the page says what was done."""
    reauthentication.spend_proof(request.session)
    sessions.renew_session(request, user=request.user)
    messages.success(request, words)
