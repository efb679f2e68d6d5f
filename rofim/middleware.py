"""Closed by default: every view refuses whoever has not proved both factors, unless it says otherwise by name."""

from collections.abc import Callable

from django.contrib.auth.middleware import LoginRequiredMiddleware
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render


class TwoFactorRequiredMiddleware(LoginRequiredMiddleware):
    """Django's LoginRequiredMiddleware, asking for the SMS code as well as for the password.

    A view opens itself to others with one of `accounts.decorators` or `patients.access`.
    """

    def process_view(self, request: HttpRequest, view_func: Callable, view_args: tuple, view_kwargs: dict):
        if not getattr(view_func, "login_required", True):
            return None
        if request.user.is_authenticated and request.user.is_verified():
            return None
        return self.handle_no_permission(request, view_func)


class RefuseHostileInputMiddleware:
    """NUL bytes and lone surrogates break databases and files later: a 400 at the edge, in address or query (never a traceback)."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if "\0" in request.path or any("\0" in value for values in request.GET.lists() for value in values[1]):
            return render(request, "400.html", status=400)
        return self.get_response(request)


class PrivatePagesMiddleware:
    """`no-store` on every page that a session makes personal, so that the back button shows nothing after logout."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if not response.has_header("Cache-Control") and request.session.accessed:
            response["Cache-Control"] = "no-store, private"
        return response
