"""How long a login lasts: half an hour without a sign of life, twelve hours in all."""

from collections.abc import Callable

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from accounts import sessions
from accounts.models import User


class SessionLifeMiddleware:
    """Ends a login whose time is over, and counts as a sign of life what a person did.

    What a page asks by itself is none: htmx' GET requests (the table every 3 s, the panel every 5 s; a click on « i »
    counts through the page's own session watch) and views marked `@background`.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        # Without the cookie the session stays untouched, and public pages can be cached.
        if request.COOKIES.get(settings.SESSION_COOKIE_NAME):
            self._check(request)
        return self.get_response(request)

    def _check(self, request: HttpRequest) -> None:
        user = request.user
        if not user.is_authenticated:
            # The cookie leads nowhere: ended from elsewhere, or too old. Whose it was, and why, nobody knows or tells.
            request.session_is_lost = request.session.session_key is None  # type: ignore[attr-defined]
            return
        if not isinstance(user, User) or not user.is_verified():
            return
        now = timezone.now()
        session = sessions.find_session(session_key=request.session.session_key, user=user, now=now)
        if session is None:
            sessions.forget(request.session.session_key)
            logout(request)
            request.session_is_over = True  # type: ignore[attr-defined]
            return
        request.login_session = session  # type: ignore[attr-defined]
        # For the page's session watch; at least so much.
        request.session_left = int(session.left(now).total_seconds())  # type: ignore[attr-defined]

    def process_view(self, request: HttpRequest, view_func: Callable, view_args: tuple, view_kwargs: dict) -> None:
        # A public page needs no login: there a lost session is no news.
        is_closed = getattr(view_func, "login_required", True)
        is_lost = is_closed and getattr(request, "session_is_lost", False)
        is_over = is_lost or getattr(request, "session_is_over", False)
        if is_over and request.headers.get("Sec-Fetch-Mode", "navigate") == "navigate":
            messages.warning(request, "Votre session a été fermée. Reconnectez-vous.")
        session = getattr(request, "login_session", None)
        if session is None:
            return
        asked_by_itself = request.headers.get("HX-Request") or getattr(view_func, "is_background", False)
        if asked_by_itself and request.method in ("GET", "HEAD"):
            return
        now = timezone.now()
        if now - session.last_seen_at > sessions.TOUCH_EVERY:
            sessions.touch_sessions([session.session_key], now=now)
