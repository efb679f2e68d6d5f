"""Who has an account. Administrators are made and changed here, by those with all rights; nobody else is."""

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path
from django.utils import timezone

from accounts.admin.base import ReadOnlyAdmin
from accounts.admin.filters import ActiveFilter, RoleFilter
from accounts.forms.administrator import ADDRESS_TAKEN, AdministratorForm, NewAdministratorForm
from accounts.forms.credentials import SAME_MOBILE, ReplacedAdministratorMobileForm
from accounts.models import User
from accounts.reauthentication import new_proof_required, spend_proof
from accounts.requests import VerifiedRequest
from accounts.services.administrators import AddressTaken, change_administrator, create_administrator
from accounts.services.credentials import SameMobile, replace_mobile
from accounts.views.posted import posted
from rofim.ui import date_hour


@admin.register(User)
class UserAdmin(ReadOnlyAdmin):
    """Accounts, and the rights of administrators."""

    list_display = ("email", "last_name", "first_name", "role", "is_active", "last_seen")
    list_filter = (RoleFilter, ActiveFilter)
    search_fields = ("email", "last_name")
    search_help_text = "Adresse e-mail ou nom"
    ordering = ("-is_staff", "email")

    @admin.display(description="rôle", ordering="is_staff")
    def role(self, obj: User) -> str:
        if obj.is_superuser:
            return "administrateur, tous les droits"
        groups = ", ".join(group.name for group in obj.groups.all())
        return f"administrateur ({groups or 'sans groupe'})" if obj.is_staff else "professionnel de santé"

    @admin.display(description="dernière connexion", ordering="last_login")
    def last_seen(self, obj: User) -> str:
        return date_hour(obj.last_login) if obj.last_login else "jamais"

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).prefetch_related("groups")

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        # « ?password__startswith=… » would spell out a digest, letter by letter.
        return not lookup.startswith("password") and super().lookup_allowed(lookup, value, request)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return bool(getattr(request.user, "is_superuser", False))

    def add_view(self, request: VerifiedRequest, form_url: str = "", extra_context: Any = None) -> HttpResponseBase:  # type: ignore[override]
        """Somebody new, who gets an e-mail; asks for a proof of its own first."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        return new_proof_required(self._add)(request)

    def _add(self, request: VerifiedRequest) -> HttpResponse:
        form = NewAdministratorForm(posted(request))
        if request.method == "POST" and form.is_valid():
            try:
                user = create_administrator(**form.cleaned_data, by=request.user, now=timezone.now(), request=request)
            except AddressTaken:
                form.add_error("email", ADDRESS_TAKEN)
            else:
                spend_proof(request.session)
                messages.success(request, f"{user.get_full_name()} reçoit un e-mail pour choisir son mot de passe.")
                return redirect("admin:accounts_user_changelist")
        return self._page(request, form, "Nouvel administrateur", None)

    def change_view(  # type: ignore[override]
        self, request: VerifiedRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """One account, to be looked at."""
        if request.method == "POST" or not self.has_view_permission(request):
            raise PermissionDenied
        user = self.get_object(request, object_id)
        if user is None:
            raise Http404
        return self._page(request, None, str(user), user)

    def rights_view(self, request: VerifiedRequest, pk: int) -> HttpResponseBase:
        """« Changer ses droits »: what an administrator may do; asks for a proof of its own first."""
        user = get_object_or_404(User, pk=pk)
        if not _may_change_rights(request.user, user):
            raise PermissionDenied
        return new_proof_required(self._change_rights)(request, user)

    def _change_rights(self, request: VerifiedRequest, user: User) -> HttpResponse:
        rights = {"groups": user.groups.all(), "is_superuser": user.is_superuser, "is_active": user.is_active}
        form = AdministratorForm(posted(request), initial=rights)
        if request.method == "POST" and form.is_valid():
            change_administrator(user=user, **form.cleaned_data, by=request.user, request=request)
            spend_proof(request.session)
            messages.success(request, f"Les droits de {user.get_full_name()} sont enregistrés.")
            return redirect("admin:accounts_user_changelist")
        return self._page(request, form, f"Droits de {user.get_full_name()}", user)

    def get_urls(self) -> list[Any]:
        view = self.admin_site.admin_view
        return [
            path("<int:pk>/droits/", view(self.rights_view), name="accounts_user_rights"),
            path("<int:pk>/portable/", view(self.mobile_view), name="accounts_user_mobile"),
            *super().get_urls(),
        ]

    def mobile_view(self, request: VerifiedRequest, pk: int) -> HttpResponseBase:
        """« Remplacer le portable » of an administrator who has it no more; a practitioner's is on the registration."""
        user = get_object_or_404(User, pk=pk)
        if not _may_replace_mobile(request.user, user):
            raise PermissionDenied
        return new_proof_required(self._replace_mobile)(request, user)

    def _replace_mobile(self, request: VerifiedRequest, user: User) -> HttpResponse:
        form = ReplacedAdministratorMobileForm(user, posted(request))
        if request.method == "POST" and form.is_valid():
            phone = form.cleaned_data["mobile_phone"]
            try:
                replace_mobile(user=user, phone=phone, by=request.user, now=timezone.now(), request=request)
            except SameMobile:
                form.add_error("mobile_phone", SAME_MOBILE)
            else:
                spend_proof(request.session)
                messages.success(request, f"Les codes de {user.get_full_name()} arrivent sur le nouveau portable.")
                return redirect("admin:accounts_user_change", user.pk)
        return self._page(request, form, f"Portable de {user.get_full_name()}", user, "mobile")

    def history_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> HttpResponse:
        """Our own trail knows more."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        return redirect("admin:accounts_user_change", object_id)

    def _page(
        self, request: VerifiedRequest, form: Any, title: str, user: User | None, page: str = "form"
    ) -> HttpResponse:
        context = {
            "opts": self.opts, "form": form, "title": title, "shown": user, "role": user and self.role(user),
            "may_change_rights": user is not None and _may_change_rights(request.user, user),
            "may_replace_mobile": user is not None and _may_replace_mobile(request.user, user),
        }  # fmt: skip
        site = self.admin_site.each_context(request)
        return render(request, f"admin/accounts/user/{page}.html", {**site, **context})


def _may_change_rights(by: User, user: User) -> bool:
    """Of another administrator, by one with all rights."""
    return by.is_superuser and user.is_staff and user != by


def _may_replace_mobile(by: User, user: User) -> bool:
    """Of an administrator who is nobody's practitioner, by another one with all rights."""
    is_administrator = user.is_staff and user.is_active and not hasattr(user, "practitioner")
    return by.is_superuser and is_administrator and user != by
