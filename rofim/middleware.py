"""Closed by default: every view refuses whoever has not proved both factors, unless it says otherwise by name."""

import codecs
from collections.abc import Callable

from django.conf import settings
from django.contrib.auth.middleware import LoginRequiredMiddleware
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render


class TwoFactorRequiredMiddleware(LoginRequiredMiddleware):
    """Django's LoginRequiredMiddleware, asking for the SMS code as well as for the password.

    A view opens itself to others with one of `accounts.decorators` or `patients.access`.
    """

    def process_view(self, request: HttpRequest, view_func: Callable, view_args: tuple, view_kwargs: dict):
        if not getattr(view_func, "login_required", True):
            return None
        if request.user.is_authenticated and request.user.is_verified():
            return None
        if request.method not in ("GET", "HEAD"):
            # The way back would be a GET of an address that takes POST alone.
            return redirect(settings.LOGIN_URL)
        return self.handle_no_permission(request, view_func)


class RefuseHostileInputMiddleware:
    """NUL bytes and lone surrogates break databases and files later: a 400 at the edge, never a traceback.

    Refused in address, query and cookies; and every charset but UTF-8, since a body in « unicode_escape » or « utf-7 »
    can spell lone surrogates, and « rot13 » is no charset at all.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if self._is_hostile(request):
            request.encoding = "utf-8"
            return render(request, "400.html", status=400)
        return self.get_response(request)

    def _is_hostile(self, request: HttpRequest) -> bool:
        # None where the request names no charset that Python knows; Django then reads UTF-8.
        if request.encoding is not None and codecs.lookup(request.encoding).name != "utf-8":
            return True
        texts = [
            request.path,
            *request.COOKIES.values(),
            *(text for _, values in request.GET.lists() for text in values),
        ]
        return any("\0" in text for text in texts)


class MethodNotAllowedPageMiddleware:
    """Whoever opens the address of a button (reload, typed) reads what to do instead of an empty 405."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if response.status_code != 405 or response.content:
            return response
        page = render(request, "405.html", status=405)
        page["Allow"] = response["Allow"]
        return page


class PrivatePagesMiddleware:
    """`no-store` on every page that a session makes personal, so that the back button shows nothing after logout."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if not response.has_header("Cache-Control") and request.session.accessed:
            response["Cache-Control"] = "no-store, private"
        return response
