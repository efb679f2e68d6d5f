"""The administration of accounts: the queue of registrations, users, the trail. No patient appears here."""

from collections.abc import Callable
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Case, Value, When
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path, re_path
from django.utils import timezone

from accounts import audit
from accounts.admin_audit import registration_trail
from accounts.admin_site import ReadOnlyAdmin
from accounts.forms.decision import ReasonForm
from accounts.models import Practitioner, User
from accounts.requests import VerifiedRequest
from accounts.services import decisions
from rofim.ui import elapsed
from rofim.ui import phone as written

Status = Practitioner.Status


# What each decision is called, from which state it is possible, and whether it needs a reason.
_DECISIONS: dict[str, tuple[str, Status, Callable[..., None], bool, str]] = {
    "valider": ("Valider", Status.PENDING, decisions.validate_practitioner, False, "L’inscription est validée."),
    "refuser": ("Refuser", Status.PENDING, decisions.refuse_practitioner, True, "L’inscription est refusée."),
    "suspendre": ("Suspendre", Status.VALIDATED, decisions.suspend_practitioner, True, "Le compte est suspendu."),
    "retablir": ("Rétablir", Status.SUSPENDED, decisions.restore_practitioner, False, "Le compte est rétabli."),
}


@admin.register(Practitioner)
class PractitionerAdmin(ReadOnlyAdmin):
    """The queue of registrations: those that wait first, the oldest at the top."""

    list_display = ("display_name", "profession", "number", "practice_city", "status", "waiting")
    list_filter = ("status", "profession")
    list_select_related = ("user",)
    search_fields = ("user__last_name", "user__first_name", "user__email", "rpps", "adeli")
    fields = (
        "display_name", "profession", "specialty", "rpps", "adeli", "billing_number", "email", "mobile_phone",
        "practice_name", "practice_address", "practice_postal_code", "practice_city", "phone_of_practice", "status",
        "submitted_at", "waiting", "decided_at", "decided_by", "decision_reason",
    )  # fmt: skip
    readonly_fields = ("display_name", "email", "mobile_phone", "phone_of_practice", "waiting")

    def get_fields(self, request: HttpRequest, obj: Practitioner | None = None) -> tuple[str, ...]:
        decided = obj is not None and obj.decided_at is not None
        hidden = {"waiting"} if decided else {"decided_at", "decided_by", "decision_reason"}
        return tuple(name for name in self.fields or () if name not in hidden)

    def get_ordering(self, request: HttpRequest) -> tuple[Any, ...]:
        pending_first = Case(When(status=Status.PENDING, then=Value(0)), default=Value(1))
        return (pending_first, "submitted_at")

    @admin.display(description="nom", ordering="user__last_name")
    def display_name(self, obj: Practitioner) -> str:
        return obj.display_name

    @admin.display(description="RPPS ou ADELI")
    def number(self, obj: Practitioner) -> str:
        return obj.rpps or obj.adeli

    @admin.display(description="adresse e-mail")
    def email(self, obj: Practitioner) -> str:
        return obj.user.email

    @admin.display(description="téléphone portable")
    def mobile_phone(self, obj: Practitioner) -> str:
        return written(obj.user.mobile_phone)

    @admin.display(description="téléphone du cabinet")
    def phone_of_practice(self, obj: Practitioner) -> str:
        return written(obj.practice_phone)

    @admin.display(description="attend depuis", ordering="submitted_at")
    def waiting(self, obj: Practitioner) -> str:
        return elapsed(obj.submitted_at) if obj.status == Status.PENDING else "—"

    def get_urls(self) -> list[Any]:
        view = self.admin_site.admin_view
        return [
            path("<int:pk>/piece/", view(self.document_view), name="accounts_practitioner_document"),
            # Each by its name: "<str>" would hide Django's own addresses under a number.
            re_path(
                rf"^(?P<pk>[0-9]{{1,9}})/(?P<decision>{'|'.join(_DECISIONS)})/$",
                view(self.decision_view),
                name="accounts_practitioner_decision",
            ),
            *super().get_urls(),
        ]

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        practitioner = self.get_object(request, object_id)
        possible = {
            decision: label for decision, (label, old, *_) in _DECISIONS.items()
            if practitioner is not None and practitioner.status == old
        }  # fmt: skip
        trail = registration_trail(practitioner) if practitioner else []
        extra = {"decisions": possible, "trail": trail, "title": "Inscription", "subtitle": str(practitioner or "")}
        return super().change_view(request, object_id, form_url, {**(extra_context or {}), **extra})

    def document_view(self, request: VerifiedRequest, pk: int) -> HttpResponse:
        """The proof of identity, decrypted for this one answer; every look is in the trail."""
        if not request.user.has_perm("accounts.view_practitioner"):
            raise PermissionDenied
        practitioner = get_object_or_404(self.get_queryset(request), pk=pk)
        if not practitioner.identity_document:
            raise Http404
        audit.record(action="document.viewed", actor=request.user, about=f"practitioner/{pk}", request=request)
        extension = "pdf" if practitioner.identity_document_type == "application/pdf" else "jpg"
        return HttpResponse(
            practitioner.identity_document.read(),
            content_type=practitioner.identity_document_type,
            headers={
                "Content-Disposition": f'attachment; filename="piece-{pk}.{extension}"',
                "Content-Security-Policy": "sandbox; default-src 'none'",
                "Cache-Control": "no-store, private",
            },
        )

    def decision_view(self, request: VerifiedRequest, pk: int, decision: str) -> HttpResponse:
        """Asks for confirmation (and a reason), then decides (POST)."""
        if not request.user.has_perm("accounts.change_practitioner"):
            raise PermissionDenied
        label, _, decide, needs_reason, done = _DECISIONS[decision]
        practitioner = get_object_or_404(self.get_queryset(request), pk=pk)
        form = ReasonForm(request.POST if request.method == "POST" else None) if needs_reason else None
        if request.method == "POST" and (form is None or form.is_valid()):
            reason = {"reason": form.cleaned_data["reason"]} if form else {}
            try:
                decide(practitioner=practitioner, by=request.user, now=timezone.now(), request=request, **reason)
                messages.success(request, done)
            except decisions.AlreadyDecided:
                messages.warning(request, "Quelqu’un a déjà décidé : rien n’a changé.")
            return redirect("admin:accounts_practitioner_changelist")
        context = {
            **self.admin_site.each_context(request), "opts": self.model._meta, "practitioner": practitioner,
            "title": f"{label} : {practitioner}", "label": label, "form": form,
        }  # fmt: skip
        return render(request, "admin/accounts/practitioner/decision.html", context)


@admin.register(User)
class UserAdmin(ReadOnlyAdmin):
    """Who has an account; administrators are made by `manage.py createsuperuser`."""

    list_display = ("email", "last_name", "first_name", "is_staff", "is_active", "last_login")
    list_filter = ("is_staff", "is_active")
    search_fields = ("email", "last_name")
    ordering = ("email",)
    fields = ("email", "first_name", "last_name", "is_staff", "is_active", "date_joined", "last_login")

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        # « ?password__startswith=… » would spell out a digest, letter by letter.
        return not lookup.startswith("password") and super().lookup_allowed(lookup, value, request)
