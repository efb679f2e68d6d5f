"""Who is logged in where: sessions are listed, and ended for good, wherever they are open."""

from datetime import datetime

from django.contrib.auth import logout, update_session_auth_hash
from django.contrib.sessions.models import Session
from django.db import transaction
from django.http import HttpRequest

from accounts.models import LoginSession, User
from accounts.throttling import client_ip


def begin_session(request: HttpRequest, *, user: User, now: datetime) -> LoginSession:
    """Notes the session into which `user` has just logged in with both factors."""
    # Written now: Django's login has given it a key.
    request.session.save()
    return LoginSession.objects.create(
        user=user,
        session_key=request.session.session_key or "",
        started_at=now,
        last_seen_at=now,
        ip_address=client_ip(request),
        user_agent=request.headers.get("User-Agent", "")[:300],
    )


def renew_session(request: HttpRequest, *, user: User) -> None:
    """A new key for the session of `request` after its user proved who he is once more (ASVS 7.2.4), or has a new
    password. A session ended meanwhile stays ended.
    """
    old = request.session.session_key
    update_session_auth_hash(request, user)
    moved = LoginSession.objects.filter(session_key=old).update(session_key=request.session.session_key)
    if not moved:
        logout(request)


@transaction.atomic
def end_sessions(*, user: User, keep: str | None = None) -> int:
    """Ends all sessions of `user` but the one whose key is `keep`; says how many.

    Sockets follow within 20 s: their right to be there is read from the session (teleconsult.seating).
    """
    sessions = LoginSession.objects.filter(user=user).exclude(session_key=keep or "")
    keys = list(sessions.values_list("session_key", flat=True))
    Session.objects.filter(session_key__in=keys).delete()
    sessions.delete()
    return len(keys)
