"""Who a request comes from, in a view that asks for both factors (typed: the middleware let nobody else in)."""

from django.http import HttpRequest

from accounts.models import User


def current_user(request: HttpRequest) -> User:
    """The user behind both factors."""
    assert isinstance(request.user, User)  # noqa: S101
    return request.user
