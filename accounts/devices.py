"""Browsers in which somebody has logged in before: a signed cookie that says whose, and opens nothing."""

from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponse

from accounts.models import User

_SALT = "accounts.devices"
_MAX_AGE = 365 * 24 * 3600
# Colleagues at one desk.
_MOST = 20


def cookie_name() -> str:
    """As the other cookies, bound to the host where the site is encrypted."""
    return "__Host-browser" if settings.SESSION_COOKIE_SECURE else "browser"


def _known(request: HttpRequest) -> list[int]:
    try:
        return signing.loads(request.COOKIES.get(cookie_name(), ""), salt=_SALT, max_age=_MAX_AGE)
    except signing.BadSignature:
        return []


def is_known(request: HttpRequest, *, user: User) -> bool:
    """Whether `user` has logged in with this browser within a year."""
    return user.pk in _known(request)


def remember(request: HttpRequest, *, user: User) -> None:
    """`user` has logged in here: the answer to this request will carry the cookie."""
    others = [pk for pk in _known(request) if pk != user.pk]
    request.browser_cookie = signing.dumps([*others, user.pk][-_MOST:], salt=_SALT)  # type: ignore[attr-defined]


def set_cookie(request: HttpRequest, response: HttpResponse) -> None:
    """Writes what `remember` noted."""
    value = getattr(request, "browser_cookie", None)
    if value is not None:
        response.set_cookie(
            cookie_name(), value, max_age=_MAX_AGE, httponly=True, samesite="Lax",
            secure=settings.SESSION_COOKIE_SECURE,
        )  # fmt: skip
