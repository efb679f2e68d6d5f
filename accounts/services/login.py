"""The first factor."""

from datetime import datetime, timedelta

from axes.handlers.proxy import AxesProxyHandler
from django.contrib.auth import authenticate
from django.http import HttpRequest

from accounts import audit, known_browser, throttling
from accounts.models import User


class TooSoon(Exception):
    """The password was not even compared: too many were wrong. `pause`: when the next may come."""

    def __init__(self, pause: timedelta):
        super().__init__()
        self.pause = pause


def check_password(*, request: HttpRequest, email: str, password: str, now: datetime) -> User | None:
    """Whose password it is; None where there is nobody, the account is closed or the password is wrong.

    Raises `TooSoon`. After ten failures django-axes answers instead of the view (`request.axes_locked_out`).
    """
    address = throttling.client_ip(request)
    browser = known_browser.find(request, email=email, now=now)
    # Whoever is locked takes nobody's turn: nothing is counted, compared or noted.
    if not AxesProxyHandler.is_allowed(request, {"email": email}):
        request.axes_locked_out = True  # type: ignore[attr-defined]
        return None
    pause = None if browser else throttling.login_try(email=email, address=address, now=now)
    if pause is not None:
        raise TooSoon(pause)
    user = authenticate(request, email=email, password=password)
    if not isinstance(user, User):
        audit.record_login_failure(email=email, request=request)
        return None
    throttling.login_succeeded(email=email, address=address, browser=browser)
    return user
