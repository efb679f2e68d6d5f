"""The administration: the two factors of the common login, staff only, and nothing of a patient."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib import admin
from django.contrib.auth import logout
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.utils.http import urlencode
from django.views.decorators.cache import never_cache

from accounts.models import Practitioner
from rofim.notifications.services import dead_letters


class AdminSite(admin.AdminSite):
    """Refuses everybody but staff with both factors; has no login page of its own."""

    site_header = site_title = "Administration Rofim"
    index_title = "Accueil"
    site_url = "/"
    enable_nav_sidebar = False
    # Patients and prescriptions are in no list of the administration, nor are secrets of the login.
    shown_apps = frozenset({"accounts", "notifications", "teleconsult"})

    def register(self, model_or_iterable: Any, admin_class: Any = None, **options: Any) -> None:
        models = model_or_iterable if isinstance(model_or_iterable, list | tuple) else [model_or_iterable]
        shown = [model for model in models if model._meta.app_label in self.shown_apps]
        super().register(shown, admin_class, **options)

    def index(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        """What waits, then the lists."""
        waiting = Practitioner.objects.filter(status=Practitioner.Status.PENDING).order_by("submitted_at")
        context = {"waiting": waiting.count(), "oldest": waiting.first()}
        context["undelivered"] = dead_letters(now=timezone.now()).count()
        return super().index(request, {**(extra_context or {}), **context})

    def has_permission(self, request: HttpRequest) -> bool:
        user = request.user
        return bool(user.is_active and user.is_staff and user.is_verified())

    def admin_view(self, view: Callable, cacheable: bool = False) -> Any:
        inner = super().admin_view(view, cacheable)

        @wraps(inner)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            # Whoever is logged in and no administrator learns nothing, not even that there is an administration.
            if request.user.is_authenticated and not request.user.is_staff:
                raise Http404
            return inner(request, *args, **kwargs)

        return guarded

    @method_decorator(never_cache)
    @login_not_required
    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Sends to the common login, and back."""
        if self.has_permission(request):
            return redirect("admin:index")
        if request.user.is_authenticated and not request.user.is_staff:
            raise Http404
        target = request.GET.get("next") or reverse("admin:index")
        return redirect(f"{reverse('accounts:login')}?{urlencode({'next': target})}")

    def logout(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        """Ends the session (POST), as everywhere."""
        if request.method == "POST":
            logout(request)
        return redirect("home")

    def password_change(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        """The password is changed on the account page."""
        return redirect("accounts:account")
