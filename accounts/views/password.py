"""« Mot de passe oublié »: a link by e-mail; it never logs in, the code by SMS is still asked for."""

from typing import Any, cast

from django.conf import settings
from django.contrib.auth.tokens import default_token_generator
from django.contrib.auth.views import PasswordResetConfirmView
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse, reverse_lazy
from django.utils import timezone
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_encode
from django.views.decorators.debug import sensitive_post_parameters

from accounts import notify, throttling
from accounts.decorators import public
from accounts.forms.password import PasswordResetForm, SetPasswordForm
from accounts.models import User
from accounts.services.credentials import change_password
from accounts.views.posted import posted


def _link_of(user: User) -> str:
    uid, token = urlsafe_base64_encode(force_bytes(user.pk)), default_token_generator.make_token(user)
    return settings.SITE_URL + reverse("accounts:password_reset_confirm", args=[uid, token])


@public
def password_reset(request: HttpRequest) -> HttpResponse:
    """Asks for the address; answers the same whether it is known or not."""
    form = PasswordResetForm(posted(request))
    if request.method == "POST" and form.is_valid():
        now = timezone.now()
        email = form.cleaned_data["email"]
        if throttling.password_reset_to(email, now=now):
            known = list(form.get_users(email))
            for user in known:
                notify.send_password_link(user=user, link=_link_of(user), now=now)
            if not known:
                notify.rehearse_password_link(link=_link_of(User(pk=0, email=email)), now=now)
        return redirect("accounts:password_reset_done")
    return render(request, "accounts/password_reset.html", {"form": form})


@public
def password_reset_done(request: HttpRequest) -> HttpResponse:
    """The link has left, if the address is known."""
    return render(request, "accounts/password_reset_done.html")


class _Confirm(PasswordResetConfirmView):
    form_class = SetPasswordForm
    template_name = "accounts/password_reset_confirm.html"
    success_url = reverse_lazy("accounts:password_reset_complete")

    def form_valid(self, form: Any) -> HttpResponse:
        change_password(
            user=cast(User, self.user),
            password=form.cleaned_data["new_password1"],
            now=timezone.now(),
            request=self.request,
        )
        del self.request.session["_password_reset_token"]
        return HttpResponseRedirect(str(self.success_url))


password_reset_confirm = public(sensitive_post_parameters()(_Confirm.as_view()))


@public
def password_reset_complete(request: HttpRequest) -> HttpResponse:
    """The password is changed: log in."""
    return render(request, "accounts/password_reset_complete.html")
