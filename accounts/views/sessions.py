"""Open sessions: how long this one lasts, and « déconnecter » for the others."""

from datetime import datetime
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.middleware.csrf import get_token
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts import audit, sessions
from accounts.decorators import background, public
from accounts.models import LoginSession
from accounts.requests import VerifiedRequest


@public
@background
@require_http_methods(["GET", "HEAD", "POST"])
def account_session(request: HttpRequest) -> JsonResponse:
    """What a page asks about its own session, as JSON; POST (touched by the middleware) prolongs it.

    `left`: seconds, 0 when it is over; `final`: nothing prolongs it; `user`: whose it is; `token`: for the page's
    forms, since a new login changes it.
    """
    session = getattr(request, "login_session", None)
    answer = {"left": 0, "final": False, "user": ""}
    if session is not None:
        session.refresh_from_db()
        answer = _standing(session, timezone.now())
    answer["token"] = get_token(request)
    return JsonResponse(answer, headers={"Cache-Control": "no-store, private"})


def _standing(session: LoginSession, now: datetime) -> dict[str, Any]:
    left = int(session.left(now).total_seconds())
    return {"left": left, "final": session.ends_at <= session.idle_until, "user": str(session.user_id)}


@require_safe
def account_resumed(request: VerifiedRequest) -> HttpResponse:
    """Where the login of « Se reconnecter » leads: the form waits in the other tab."""
    return render(request, "accounts/account_resumed.html")


@require_POST
def account_session_end(request: VerifiedRequest, pk: int) -> HttpResponse:
    """Ends one of one's own sessions; 404 for anybody else's, and for one that is gone."""
    session = get_object_or_404(LoginSession, user=request.user, pk=pk)
    if session.session_key == request.session.session_key:
        return redirect("accounts:account")
    sessions.end_session(session)
    audit.record(action="session.ended", actor=request.user, about=f"user/{request.user.pk}", request=request)
    messages.success(request, f"La session «\u00a0{session.browser}\u00a0» est fermée.")
    return redirect("accounts:account")


@require_POST
def account_sessions_end(request: VerifiedRequest) -> HttpResponse:
    """Ends all of one's own but this one."""
    sessions.end_sessions(user=request.user, keep=request.session.session_key)
    audit.record(action="sessions.ended", actor=request.user, about=f"user/{request.user.pk}", request=request)
    messages.success(request, "Vos autres sessions sont fermées.")
    return redirect("accounts:account")
