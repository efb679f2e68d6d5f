"""What a request carries behind the locks, said to the type checker; nothing here runs."""

from typing import TYPE_CHECKING

from django.http import HttpRequest

if TYPE_CHECKING:
    from django_htmx.middleware import HtmxDetails

    from accounts.models import LoginSession, User


class VerifiedRequest(HttpRequest):
    """A request whose view asked for both factors: `user` is a User (with a practitioner where one was asked for)."""

    user: "User"  # type: ignore[assignment]
    htmx: "HtmxDetails"
    login_session: "LoginSession"
