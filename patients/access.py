"""Who a browser without an account is: which invitation's link it holds, and whether it typed that one's code."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib.sessions.backends.base import SessionBase
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone, translation

from accounts import audit
from accounts.decorators import View, public
from patients.models import Invitation
from patients.notify import about as key_of

# {invitation's id: version of the code that was typed}. One browser may hold several invitations, each with its code.
SESSION_KEY = "invitations"
TOKEN_LENGTH = 22


def find_invitation(token: str) -> Invitation | None:
    """The invitation of a link, with its patient and practitioner; None for any other token."""
    if len(token) != TOKEN_LENGTH or not token.isascii():
        return None
    return (
        Invitation.objects.select_related("patient", "practitioner__user", "intake")
        .filter(token_digest=Invitation.digest(token))
        .first()
    )


def record(request: HttpRequest, invitation: Invitation, *, action: str, about: str = "") -> None:
    """Puts what the patient did on the appointment's trail."""
    key = key_of(invitation)
    audit.record(
        action=action, actor=None, role=audit.Role.PATIENT, about=about or key, within=key, request=request
    )  # fmt: skip


def grant(request: HttpRequest, invitation: Invitation) -> None:
    """Remembers that this browser typed the code, under a new session key (no fixation)."""
    record(request, invitation, action="code.accepted")
    request.session.cycle_key()
    granted = dict(request.session.get(SESSION_KEY, {}))
    granted[str(invitation.pk)] = invitation.code_version
    request.session[SESSION_KEY] = granted


def is_outdated(session: SessionBase, invitation: Invitation) -> bool:
    """Whether an earlier code was typed in this session, and another has been given since."""
    return session.get(SESSION_KEY, {}).get(str(invitation.pk), invitation.code_version) != invitation.code_version


def is_granted(session: SessionBase, invitation: Invitation) -> bool:
    """Whether the invitation's present code was typed in this session: a new code closes what the older one opened."""
    return session.get(SESSION_KEY, {}).get(str(invitation.pk)) == invitation.code_version


def invitation_for_socket(session: SessionBase, token: str) -> Invitation | None:
    """The invitation if its code was typed in this session. Whether it is open now is the caller's question."""
    invitation = find_invitation(token)
    return invitation if invitation and is_granted(session, invitation) else None


def invitation_or_404(token: str) -> Invitation:
    """The invitation of a link, whose language the page then speaks; an unknown one raises Http404."""
    invitation = find_invitation(token)
    if invitation is None:
        raise Http404
    translation.activate(invitation.language)
    return invitation


def never_stored(response: HttpResponse) -> HttpResponse:
    """Keeps a personal answer out of every cache."""
    response["Cache-Control"] = "no-store, private"
    return response


def patient_required(view: Callable[..., HttpResponse]) -> View:
    """Opens a view to the browser that typed the code of the link in its address, from the opening on.

    The view gets the `invitation` in place of the `token`. Unknown link: 404. Code not typed, or too early: the gate.
    The view itself decides what a closed invitation still shows.
    """

    @public
    @wraps(view)
    def wrapper(request: HttpRequest, token: str, *args: Any, **kwargs: Any) -> HttpResponse:
        invitation = invitation_or_404(token)
        if not is_granted(request.session, invitation) or timezone.now() < invitation.opens_at:
            return never_stored(redirect("patients:gate", token=token))
        return never_stored(view(request, invitation, *args, **kwargs))

    return wrapper
