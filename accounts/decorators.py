"""Who may open a view. Without one of these (or `patients.access`), a view asks for both factors and nothing more."""

from collections.abc import Callable
from functools import wraps

from django.contrib.auth.decorators import login_not_required
from django.http import Http404
from django.http.response import HttpResponseBase
from django.shortcuts import redirect

from accounts.requests import VerifiedRequest

View = Callable[..., HttpResponseBase]


def public(view: View) -> View:
    """Open to everybody."""
    return login_not_required(view)


def background(view: View) -> View:
    """Asked by a page on its own: a GET of it doesn't keep the login alive (`accounts.middleware`)."""

    @wraps(view)
    def marked(*args, **kwargs) -> HttpResponseBase:
        return view(*args, **kwargs)

    marked.is_background = True  # type: ignore[attr-defined]
    return marked


def practitioner_required(view: View) -> View:
    """Both factors and a practitioner, validated or not; 404 for anybody else who is logged in (an administrator)."""

    @wraps(view)
    def guarded(request: VerifiedRequest, *args, **kwargs) -> HttpResponseBase:
        if getattr(request.user, "practitioner", None) is None:
            raise Http404
        return view(request, *args, **kwargs)

    return guarded


def validated_practitioner_required(view: View) -> View:
    """Both factors and a validated practitioner; the not-yet-validated are sent home, where they read why."""

    @wraps(view)
    @practitioner_required
    def guarded(request: VerifiedRequest, *args, **kwargs) -> HttpResponseBase:
        if not request.user.practitioner.is_validated:
            return redirect("home")
        return view(request, *args, **kwargs)

    return guarded
