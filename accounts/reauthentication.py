"""Proof, once more, that it is the owner who sits before an open session: the password, then a second factor.

What changes how one logs in asks for it (OWASP ASVS 5.0, 7.5.1 and 6.4.3); a session left open or stolen isn't enough.
"""

from collections.abc import Callable
from dataclasses import asdict
from datetime import datetime, timedelta
from functools import wraps
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.hashers import check_password
from django.contrib.sessions.backends.base import SessionBase
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme, urlencode

from accounts import otp, throttling
from accounts.models import LoginSession, User
from accounts.pending import Pending
from accounts.requests import VerifiedRequest

# How long a proof counts.
FRESH = timedelta(minutes=10)
_PROOF, _STEP = "proof", "confirmation"

View = Callable[..., HttpResponseBase]


class PasswordRefused(Exception):
    """Not the password; `too_many`: it was not even read."""

    def __init__(self, *, too_many: bool = False):
        super().__init__()
        self.too_many = too_many


def own_address(target: str) -> str:
    """`target` if it is a path of ours, else the account page."""
    return target if _is_own(target) else reverse("accounts:account")


def _is_own(target: str) -> bool:
    # No host at all is allowed: a forged Host can't make a stranger's address one of ours.
    return target.startswith("/") and url_has_allowed_host_and_scheme(target, allowed_hosts=None)


def is_fresh(request: VerifiedRequest, *, now: datetime) -> bool:
    """Whether both factors were proved in this session within `FRESH`, at the login or since."""
    return _given(request.session, now) is not None or _logged_in_since(request, now - FRESH)


def is_fresh_for(request: VerifiedRequest, *, now: datetime) -> bool:
    """Whether they were proved within `FRESH` for the very page of `request`, and nothing was changed since."""
    return _given(request.session, now) == request.path


def note_proof(session: SessionBase, *, target: str, now: datetime) -> None:
    """Both factors were proved now, on the way to the page `target`."""
    session.pop(_STEP, None)
    session[_PROOF] = {"at": now.isoformat(), "for": target.partition("?")[0]}


def spend_proof(session: SessionBase) -> None:
    """What the proof was given for is done: the same page asks for another."""
    if _PROOF in session:
        session[_PROOF] = session[_PROOF] | {"for": ""}


def fresh_proof_required(view: View) -> View:
    """Sends whoever has not proved both factors within 10 minutes to do so, and back to the page."""
    return _guard(is_fresh, view)


def new_proof_required(view: View) -> View:
    """The same for a proof of its own: « asks for the old password and a code », however fresh the login is.

    The view calls `spend_proof` once it has done what it was for.
    """
    return _guard(is_fresh_for, view)


def _guard(is_proved: Callable[..., bool], view: View) -> View:
    @wraps(view)
    def guarded(request: VerifiedRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if is_proved(request, now=timezone.now()):
            return view(request, *args, **kwargs)
        if request.method == "POST":
            messages.warning(
                request,
                "Rien n’est encore enregistré\u00a0: confirmez d’abord que c’est vous, puis recommencez.",
            )
        return redirect(confirmation_page(request.get_full_path(), back=_came_from(request)))

    return guarded


def confirmation_page(target: str, *, back: str = "", **query: str) -> str:
    """Where both factors are asked for on the way to `target`; whoever gives up goes to `back`."""
    ways = {"next": target} | ({"retour": back} if back else {}) | query
    return f"{reverse('accounts:confirmation')}?{urlencode(ways)}"


def _came_from(request: HttpRequest) -> str:
    """The page of ours that led here.

    If it is this very page (its form), the login, or the browser doesn't tell: the administration from there, else
    empty.
    """
    referer = request.headers.get("Referer", "")
    path = referer.removeprefix(settings.SITE_URL)
    is_login = path.startswith(reverse("accounts:login"))
    if path != referer and path.partition("?")[0] != request.path and not is_login and _is_own(path):
        return path
    administration = reverse("admin:index")
    return administration if request.path.startswith(administration) else ""


def _given(session: SessionBase, now: datetime) -> str | None:
    """The page for which a proof still counts; None without one."""
    proof = session.get(_PROOF)
    return proof["for"] if proof and now < datetime.fromisoformat(proof["at"]) + FRESH else None


def _logged_in_since(request: HttpRequest, moment: datetime) -> bool:
    own = LoginSession.objects.filter(user=request.user.pk, session_key=request.session.session_key)
    return own.filter(started_at__gt=moment).exists()


def start_step(session: SessionBase, *, user: User, password: str, target: str, now: datetime) -> Pending:
    """The first factor, for the page `target`; raises `PasswordRefused`. The try is counted before it is read."""
    if not throttling.confirmation_of(user.pk, now=now):
        raise PasswordRefused(too_many=True)
    # Not `user.check_password`, which saves a new hash when the hasher's settings have changed: sessions would end.
    if not check_password(password, user.password):
        raise PasswordRefused
    throttling.confirmation_was_right(user.pk)
    step = Pending(device_pk=otp.device_of(user).pk, started_at=now.isoformat(), user_pk=user.pk, next=target)
    session[_STEP] = asdict(step)
    return step


def current_step(session: SessionBase, *, target: str, now: datetime) -> Pending | None:
    """The confirmation on the way to `target` that waits for its code."""
    step = waiting_step(session, now=now)
    return step if step and step.next == target else None


def waiting_step(session: SessionBase, *, now: datetime) -> Pending | None:
    """The confirmation of this browser that waits for its code, wherever it leads."""
    stored = session.get(_STEP)
    step = Pending(**stored) if stored else None
    return step if step and step.is_alive(now) else None
