"""Who has an account. Administrators are made and changed here, by those with all rights; nobody else is."""

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone

from accounts.admin.base import ReadOnlyAdmin
from accounts.forms.administrator import AdministratorForm, NewAdministratorForm
from accounts.models import User
from accounts.requests import VerifiedRequest
from accounts.services.administrators import change_administrator, create_administrator
from accounts.views.posted import posted


@admin.register(User)
class UserAdmin(ReadOnlyAdmin):
    """Accounts, and the rights of administrators."""

    list_display = ("email", "last_name", "first_name", "role", "is_active", "last_login")
    list_filter = ("is_staff", "is_active", "groups")
    search_fields = ("email", "last_name")
    ordering = ("-is_staff", "email")

    @admin.display(description="rôle", ordering="is_staff")
    def role(self, obj: User) -> str:
        if obj.is_superuser:
            return "administrateur, tous les droits"
        groups = ", ".join(group.name for group in obj.groups.all())
        return f"administrateur ({groups or 'sans groupe'})" if obj.is_staff else "professionnel de santé"

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).prefetch_related("groups")

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        # « ?password__startswith=… » would spell out a digest, letter by letter.
        return not lookup.startswith("password") and super().lookup_allowed(lookup, value, request)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return bool(getattr(request.user, "is_superuser", False))

    def add_view(self, request: VerifiedRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:  # type: ignore[override]
        """Somebody new, who gets an e-mail."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        form = NewAdministratorForm(posted(request))
        if request.method == "POST" and form.is_valid():
            user = create_administrator(**form.cleaned_data, by=request.user, now=timezone.now(), request=request)
            messages.success(request, f"{user.get_full_name()} reçoit un e-mail pour choisir son mot de passe.")
            return redirect("admin:accounts_user_changelist")
        return self._page(request, form, "Nouvel administrateur", None)

    def change_view(  # type: ignore[override]
        self, request: VerifiedRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """One account; of an administrator, for another one with all rights, also what may be done."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        user = self.get_object(request, object_id)
        if user is None:
            raise Http404
        if not (request.user.is_superuser and user.is_staff and user != request.user):
            if request.method == "POST":
                raise PermissionDenied
            return self._page(request, None, str(user), user)
        rights = {"groups": user.groups.all(), "is_superuser": user.is_superuser, "is_active": user.is_active}
        form = AdministratorForm(posted(request), initial=rights)
        if request.method == "POST" and form.is_valid():
            change_administrator(user=user, **form.cleaned_data, by=request.user, request=request)
            messages.success(request, f"Les droits de {user.get_full_name()} sont enregistrés.")
            return redirect("admin:accounts_user_changelist")
        return self._page(request, form, str(user), user)

    def history_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> HttpResponse:
        """Our own trail knows more."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        return redirect("admin:accounts_user_change", object_id)

    def _page(self, request: HttpRequest, form: Any, title: str, user: User | None) -> HttpResponse:
        context = {"opts": self.opts, "form": form, "title": title, "shown": user}
        return render(request, "admin/accounts/user/form.html", {**self.admin_site.each_context(request), **context})
