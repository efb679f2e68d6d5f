"""Who is logged in where: sessions are listed, kept alive while they are used, and ended for good, wherever they are.

A session lives as long as its LoginSession row and Django's own row; without either, one logs in again.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.conf import settings
from django.contrib.auth import logout, update_session_auth_hash
from django.contrib.sessions.models import Session
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest
from django_otp.plugins.otp_static.models import StaticDevice

from accounts import known_browser, notify
from accounts.models import Login, LoginSession, SMSDevice, User
from accounts.throttling import client_ip

# Written at most so often: each page would be an UPDATE.
TOUCH_EVERY = timedelta(minutes=1)
_CHUNK = 500


@transaction.atomic
def begin_session(request: HttpRequest, *, user: User, now: datetime) -> LoginSession:
    """Notes the session into which `user` has just logged in with both factors; tells of a browser never seen before.

    `user.otp_device` is the second factor that was given.
    """
    # A date, not a duration: Django would count a duration anew at each change of the session.
    request.session.set_expiry(now + timedelta(seconds=settings.SESSION_COOKIE_AGE))
    # Written now: Django's login has given it a key.
    request.session.save()
    user_agent = request.headers.get("User-Agent", "")[:300]
    session = LoginSession.objects.create(
        user=user,
        session_key=request.session.session_key or "",
        started_at=now,
        last_seen_at=now,
        ip_address=client_ip(request),
        user_agent=user_agent,
    )
    # The first login of all is no news to anybody.
    is_new = user.logins.exists() and not known_browser.is_known(request, user=user)
    login = Login.objects.create(
        user=user, at=now, ip_address=session.ip_address, browser=session.browser,
        factor=_factor_of(user), is_new_browser=is_new,
    )  # fmt: skip
    if is_new and user.mail_new_browser:
        notify.tell_new_browser(login=login, now=now)
    return session


def _factor_of(user: User) -> Login.Factor:
    device = getattr(user, "otp_device", None)
    if isinstance(device, SMSDevice):
        return Login.Factor.SMS
    return Login.Factor.RECOVERY if isinstance(device, StaticDevice) else Login.Factor.APPLICATION


def find_session(*, session_key: str | None, user: User, now: datetime) -> LoginSession | None:
    """The session if it still lives: neither ended, nor idle for too long, nor too old."""
    return _alive(user, now).filter(session_key=session_key or "").first()


def open_sessions(*, user: User, now: datetime) -> list[LoginSession]:
    """All that live, the last used first."""
    alive = list(_alive(user, now))
    keys = [each.session_key for each in alive]
    known = set(Session.objects.filter(session_key__in=keys, expire_date__gt=now).values_list("session_key", flat=True))
    return [each for each in alive if each.session_key in known]


def _alive(user: User, now: datetime) -> QuerySet[LoginSession]:
    return LoginSession.objects.filter(
        user=user,
        last_seen_at__gt=now - settings.SESSION_IDLE_TIMEOUT,
        started_at__gt=now - timedelta(seconds=settings.SESSION_COOKIE_AGE),
    )


def touch_sessions(session_keys: Iterable[str], *, now: datetime) -> None:
    """Somebody is there: these sessions begin a new half hour. What has ended stays ended. One query per 500 keys."""
    keys = sorted(set(session_keys))
    for start in range(0, len(keys), _CHUNK):
        LoginSession.objects.filter(
            session_key__in=keys[start : start + _CHUNK],
            last_seen_at__lt=now - TOUCH_EVERY,
            last_seen_at__gt=now - settings.SESSION_IDLE_TIMEOUT,
        ).update(last_seen_at=now)


def login_of(session_key: str) -> int | None:
    """What a login is known by under whatever key it goes on (`renew_session`); None without a login."""
    return LoginSession.objects.filter(session_key=session_key).values_list("pk", flat=True).first()


def present_key(login: int) -> str | None:
    """The key under which this login lives now; None once it has ended."""
    return LoginSession.objects.filter(pk=login).values_list("session_key", flat=True).first()


@transaction.atomic
def renew_session(request: HttpRequest, *, user: User) -> None:
    """A new key for the session of `request` after its user proved who he is once more (ASVS 7.2.4), or has a new
    password. A session ended meanwhile stays ended.
    """
    old = request.session.session_key
    update_session_auth_hash(request, user)
    # All at once: a call in another tab, which follows its login to the new key, finds it whole.
    request.session.save()
    moved = LoginSession.objects.filter(session_key=old).update(session_key=request.session.session_key)
    if not moved:
        logout(request)


def end_sessions(*, user: User, keep: str | None = None) -> int:
    """Ends all sessions of `user` but the one whose key is `keep`; says how many.

    Sockets follow within 20 s: their right to be there is read from the session (teleconsult.seating).
    """
    return _end(LoginSession.objects.filter(user=user).exclude(session_key=keep or ""))


def end_session(session: LoginSession) -> None:
    """Ends one; its sockets as above."""
    _end(LoginSession.objects.filter(pk=session.pk))


def forget(session_key: str | None) -> None:
    """Deletes the row of a session that is over by itself."""
    LoginSession.objects.filter(session_key=session_key or "").delete()


@transaction.atomic
def _end(sessions: QuerySet[LoginSession]) -> int:
    keys = list(sessions.values_list("session_key", flat=True))
    Session.objects.filter(session_key__in=keys).delete()
    sessions.delete()
    return len(keys)
