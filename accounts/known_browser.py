"""Browsers in which somebody has logged in before: others' failures don't slow them down (`accounts.throttling`).

The cookie opens nothing. It names the browser by chance digits and those who logged in there by digests of their
e-mails.
"""

import secrets
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponse

from accounts import throttling
from accounts.models import User
from rofim.crypto import blind_index

_SALT, _LIFETIME = "accounts.known_browser", timedelta(days=180)
# A surgery's computer: who has not come for longest is forgotten.
_MOST_USERS = 5


def find(request: HttpRequest, *, email: str, now: datetime) -> str | None:
    """The browser, if `email` has logged in there before and has not failed too often since; counts the try."""
    browser, users = _read(request)
    if _mark(email) not in users or not throttling.known_browser_try(f"{browser}\0{email}", now=now):
        return None
    request.in_known_browser = True  # type: ignore[attr-defined]
    return f"{browser}\0{email}"


def is_known(request: HttpRequest, *, user: User) -> bool:
    """Whether `user` has logged in there before."""
    return _mark(user.email) in _read(request)[1]


def is_exempt(request: HttpRequest, credentials: Any = None) -> bool:
    """Whether `find` knew it (django-axes asks, and then neither locks nor counts)."""
    return getattr(request, "in_known_browser", False)


def remember(request: HttpRequest, response: HttpResponse, *, user: User) -> None:
    """`user` has logged in here with both factors."""
    browser, users = _read(request)
    mark = _mark(user.email)
    users = [mark, *(other for other in users if other != mark)][:_MOST_USERS]
    response.set_cookie(
        settings.KNOWN_BROWSER_COOKIE_NAME,
        signing.dumps([browser, users], salt=_SALT),
        max_age=_LIFETIME,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )


def _mark(email: str) -> str:
    return blind_index(email, purpose="known-browser")[:16]


def _read(request: HttpRequest) -> tuple[str, list[str]]:
    cookie = request.COOKIES.get(settings.KNOWN_BROWSER_COOKIE_NAME, "")
    try:
        browser, users = signing.loads(cookie, salt=_SALT, max_age=_LIFETIME)
    except signing.BadSignature:
        return secrets.token_urlsafe(12), []
    return browser, users
