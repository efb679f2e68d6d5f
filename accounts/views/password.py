"""« Mot de passe oublié »: a link by e-mail; it never logs in, the code by SMS is still asked for."""

from typing import Any

from django.contrib.auth import logout
from django.contrib.auth.views import INTERNAL_RESET_SESSION_TOKEN, PasswordResetConfirmView
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.debug import sensitive_post_parameters

from accounts import links, throttling
from accounts.decorators import public
from accounts.forms.password import PasswordResetForm, SetPasswordForm
from accounts.links import LinkDead, Purpose
from accounts.models import User
from accounts.services.credentials import ask_password_reset, may_reset, reset_password
from accounts.views.posted import posted


@public
def password_reset(request: HttpRequest) -> HttpResponse:
    """Asks for the address; answers the same whether it is known or not."""
    form = PasswordResetForm(posted(request))
    if request.method == "POST" and form.is_valid():
        now = timezone.now()
        if throttling.password_reset_from(throttling.client_ip(request), now=now):
            ask_password_reset(email=form.cleaned_data["email"], now=now)
            return redirect("accounts:password_reset_done")
        form.add_error(None, "Trop de liens viennent d’être demandés d’ici\u00a0: réessayez dans une heure.")
    return render(request, "accounts/password_reset.html", {"form": form})


@public
def password_reset_done(request: HttpRequest) -> HttpResponse:
    """The link has left, if the address is known."""
    return render(request, "accounts/password_reset_done.html")


class _Links:
    """What Django's view asks of its tokens."""

    def check_token(self, user: User, token: str | None) -> bool:
        """Whether the link opens the account now; changes nothing."""
        try:
            link = links.find_link(purpose=Purpose.PASSWORD, token=token or "", now=timezone.now())
        except LinkDead:
            return False
        return link.user_id == user.pk and may_reset(user)


class _Confirm(PasswordResetConfirmView):
    """Django's: the token goes from the address into the session before the page is shown, so that it leaks nowhere."""

    form_class = SetPasswordForm
    template_name = "accounts/password_reset_confirm.html"
    token_generator = _Links()  # type: ignore[assignment]

    def form_valid(self, form: Any) -> HttpResponse:
        token, now = self.request.session.pop(INTERNAL_RESET_SESSION_TOKEN), timezone.now()
        try:
            link = links.find_link(purpose=Purpose.PASSWORD, token=token, now=now)
            reset_password(link=link, password=form.cleaned_data["new_password1"], now=now, request=self.request)
        except LinkDead:
            # Somebody else used it between the two look-ups.
            self.validlink = False
            return self.render_to_response(self.get_context_data())
        if self.request.user == link.user:
            # This browser's own session has ended with the others.
            logout(self.request)
        return redirect("accounts:password_reset_complete")


password_reset_confirm = public(sensitive_post_parameters()(_Confirm.as_view()))


@public
def password_reset_complete(request: HttpRequest) -> HttpResponse:
    """The password is changed: log in."""
    return render(request, "accounts/password_reset_complete.html")
