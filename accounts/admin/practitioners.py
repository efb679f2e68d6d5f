"""The queue of registrations, the proof of identity beside the data, the decisions."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.auth.decorators import permission_required
from django.core.exceptions import PermissionDenied
from django.db.models import Case, QuerySet, Value, When
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path, re_path
from django.utils import timezone
from django.utils.text import slugify
from stdnum import luhn

from accounts import audit
from accounts.admin.audit import registration_trail
from accounts.admin.base import ReadOnlyAdmin
from accounts.admin.filters import DuplicateFilter, StateFilter, WaitingFilter
from accounts.duplicates import duplicates_of, with_shared_number
from accounts.forms.credentials import SAME_MOBILE, ReplacedMobileForm
from accounts.forms.decision import DOCUMENT_REQUESTS, REFUSALS, SUSPENSIONS, ProofForm, ReasonForm
from accounts.models import Practitioner, User
from accounts.reauthentication import new_proof_required, spend_proof
from accounts.requests import VerifiedRequest
from accounts.services import decisions, documents
from accounts.services.credentials import SameMobile, replace_mobile
from accounts.views.posted import posted
from rofim.pdf_pages import NotDrawn
from rofim.ui import date_hour, elapsed

Status = Practitioner.Status


@dataclass(frozen=True)
class Decision:
    """A button: what it is called, in which states it is there, what it asks for, what it does and says."""

    label: str
    states: tuple[Status, ...]
    decide: Callable[..., None]
    done: str
    icon: str
    presets: tuple[str, ...] = ()
    asks_proof: bool = False

    def form(self, data: Any = None) -> forms.Form | None:
        """What has to be filled in; None where one click is enough."""
        # Several stand on one page: each label must find its own field.
        auto_id = f"{slugify(self.label)}_%s"
        if self.asks_proof:
            return ProofForm(data, auto_id=auto_id)
        return ReasonForm(data, auto_id=auto_id, presets=self.presets) if self.presets else None


_DECIDES = "accounts.change_practitioner"
_WAITING = (Status.PENDING, Status.INCOMPLETE)
DECISIONS = {
    "valider": Decision(
        "Valider", (Status.PENDING,), decisions.validate_practitioner, "L’inscription de {} est validée.",
        "circle-check", asks_proof=True,
    ),
    "autre-piece": Decision(
        "Demander une autre pièce", _WAITING, decisions.request_document,
        "Une autre pièce est demandée à {}\u00a0: l’inscription reviendra à sa place dans la file.", "file-plus",
        presets=DOCUMENT_REQUESTS,
    ),
    "refuser": Decision(
        "Refuser", _WAITING, decisions.refuse_practitioner, "L’inscription de {} est refusée.", "circle-x",
        presets=REFUSALS,
    ),
    "suspendre": Decision(
        "Suspendre", (Status.VALIDATED,), decisions.suspend_practitioner, "Le compte de {} est suspendu.", "ban",
        presets=SUSPENSIONS,
    ),
    "retablir": Decision(
        "Rétablir", (Status.SUSPENDED,), decisions.restore_practitioner, "Le compte de {} est rétabli.",
        "circle-check",
    ),
}  # fmt: skip
# What was done, as « … a validé cette inscription » says it.
_DONE = {
    Status.VALIDATED: "a validé cette inscription",
    Status.REFUSED: "a refusé cette inscription",
    Status.INCOMPLETE: "a demandé une autre pièce",
    Status.SUSPENDED: "a suspendu ce compte",
}


@admin.register(Practitioner)
class PractitionerAdmin(ReadOnlyAdmin):
    """The queue of registrations: those that wait, the oldest at the top."""

    list_display = ("display_name", "profession", "number", "practice_city", "state", "waiting")
    list_filter = (StateFilter, WaitingFilter, DuplicateFilter, "profession")
    list_select_related = ("user",)
    list_per_page = 50
    search_fields = ("user__last_name", "user__first_name", "user__email", "rpps", "adeli", "practice_city")
    search_help_text = "Nom, adresse e-mail, n° RPPS ou ADELI, ville, dans tous les états"

    def get_ordering(self, request: HttpRequest) -> tuple[Any, ...]:
        pending_first = Case(When(status=Status.PENDING, then=Value(0)), default=Value(1))
        return (pending_first, "submitted_at")

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        return with_shared_number(super().get_queryset(request))

    @admin.display(description="nom", ordering="user__last_name")
    def display_name(self, obj: Practitioner) -> str:
        return obj.display_name

    @admin.display(description="RPPS ou ADELI")
    def number(self, obj: Any) -> str:
        return (obj.rpps or obj.adeli) + (" · doublon\u00a0?" if obj.is_shared else "")

    @admin.display(description="état", ordering="status")
    def state(self, obj: Practitioner) -> str:
        return obj.get_status_display()

    @admin.display(description="attend depuis", ordering="submitted_at")
    def waiting(self, obj: Practitioner) -> str:
        return elapsed(obj.submitted_at) if obj.status in _WAITING else "—"

    def get_urls(self) -> list[Any]:
        view = self.admin_site.admin_view
        return [
            path("<int:pk>/piece/<int:page>/", view(self.document_view), name="accounts_practitioner_document"),
            # Each by its name: "<str>" would hide Django's own addresses under a number.
            re_path(
                rf"^(?P<pk>[0-9]{{1,9}})/(?P<decision>{'|'.join(DECISIONS)})/$",
                view(self.decision_view),
                name="accounts_practitioner_decision",
            ),
            path(
                "<int:pk>/portable/",
                view(permission_required(_DECIDES, raise_exception=True)(new_proof_required(self.mobile_view))),
                name="accounts_practitioner_mobile",
            ),
            *super().get_urls(),
        ]

    def change_view(  # type: ignore[override]
        self, request: VerifiedRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """One registration: data, checks, document, decisions. Nothing is typed into it."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        practitioner = self.get_object(request, object_id)
        if practitioner is None:
            raise Http404
        possible = [
            (name, decision, decision.form()) for name, decision in DECISIONS.items()
            if practitioner.status in decision.states and _may_decide(request.user, practitioner)
        ]  # fmt: skip
        context = self._context(
            request, practitioner, title=practitioner.display_name, decisions=possible,
            rpps_is_valid=luhn.is_valid(practitioner.rpps), duplicates=duplicates_of(practitioner),
            pages=range(1, documents.count_pages(practitioner) + 1),
            trail=registration_trail(practitioner), may_replace_mobile=_may_replace_mobile(request.user, practitioner),
        )  # fmt: skip
        return render(request, "admin/accounts/practitioner/change_form.html", context)

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Our own trail is on the page; Django's knows nothing of services."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        return redirect("admin:accounts_practitioner_change", object_id)

    def document_view(self, request: VerifiedRequest, pk: int, page: int) -> HttpResponse:
        """A page of the proof of identity, decrypted for this one answer; every look is in the trail."""
        if not request.user.has_perm(_DECIDES):
            raise PermissionDenied
        practitioner = get_object_or_404(self.get_queryset(request), pk=pk)
        if not practitioner.identity_document:
            raise Http404
        try:
            picture = documents.page_picture(practitioner, page)
        except NotDrawn:
            raise Http404 from None
        audit.record(action="document.viewed", actor=request.user, about=f"practitioner/{pk}", request=request)
        headers = {"Content-Security-Policy": "sandbox; default-src 'none'", "Cache-Control": "no-store, private"}
        return HttpResponse(picture, content_type="image/jpeg", headers=headers)

    def decision_view(self, request: VerifiedRequest, pk: int, decision: str) -> HttpResponse:
        """Decides (POST); a GET, or a form with an error, asks on a page of its own."""
        if not request.user.has_perm(_DECIDES):
            raise PermissionDenied
        practitioner = get_object_or_404(self.get_queryset(request), pk=pk)
        if not _may_decide(request.user, practitioner):
            raise PermissionDenied
        chosen = DECISIONS[decision]
        form = chosen.form(posted(request))
        if request.method == "POST" and (form is None or form.is_valid()):
            given = form.cleaned_data if form else {}
            values = {name: given[name] for name in ("proof", "reason") if name in given}
            try:
                chosen.decide(practitioner=practitioner, by=request.user, now=timezone.now(), request=request, **values)
                messages.success(request, chosen.done.format(practitioner.display_name))
            except decisions.AlreadyDecided as already:
                messages.warning(request, _who_decided(already.practitioner, request))
            return redirect("admin:accounts_practitioner_changelist")
        context = self._context(
            request, practitioner, title=f"{chosen.label}\u00a0: {practitioner}", name=decision, decision=chosen,
            form=form,
        )  # fmt: skip
        return render(request, "admin/accounts/practitioner/decision.html", context)

    def mobile_view(self, request: VerifiedRequest, pk: int) -> HttpResponse:
        """« Remplacer le portable », for somebody who has it no more: after a call back, and a proof of one's own."""
        practitioner = get_object_or_404(self.get_queryset(request), pk=pk)
        if not _may_replace_mobile(request.user, practitioner):
            raise PermissionDenied
        form = ReplacedMobileForm(practitioner.user, posted(request))
        if request.method == "POST" and form.is_valid():
            try:
                replace_mobile(
                    user=practitioner.user, phone=form.cleaned_data["mobile_phone"], by=request.user,
                    now=timezone.now(), request=request,
                )  # fmt: skip
            except SameMobile:
                form.add_error("mobile_phone", SAME_MOBILE)
            else:
                spend_proof(request.session)
                messages.success(request, f"Les codes de {practitioner} arrivent désormais sur le nouveau portable.")
                return redirect("admin:accounts_practitioner_change", pk)
        context = self._context(request, practitioner, title=f"Portable de {practitioner}", form=form)
        return render(request, "admin/accounts/practitioner/mobile.html", context)

    def _context(self, request: HttpRequest, practitioner: Practitioner, **more: Any) -> dict[str, Any]:
        site = self.admin_site.each_context(request)
        return {**site, "opts": self.opts, "practitioner": practitioner, "original": practitioner, **more}


def _may_replace_mobile(user: User, practitioner: Practitioner) -> bool:
    """Not one's own; not of an account that nobody opens any more."""
    if practitioner.user == user or practitioner.status in (Status.REFUSED, Status.CLOSED):
        return False
    return _may_decide(user, practitioner)


def _may_decide(user: User, practitioner: Practitioner) -> bool:
    """About an administrator's registration, one's own too, only with all rights: a suspension ends the login."""
    return user.has_perm(_DECIDES) and (user.is_superuser or not practitioner.user.is_staff)


def _who_decided(practitioner: Practitioner, request: VerifiedRequest) -> str:
    """« Alex Admin a validé cette inscription le … : rien n’a changé. »"""
    by = practitioner.decided_by
    done = _DONE.get(Status(practitioner.status))
    if by is None or done is None:
        return "Cette inscription n’est plus dans cet état\u00a0: rien n’a changé."
    who = "Quelqu’un de votre compte" if by == request.user else by.get_full_name() or str(by)
    return f"Déjà décidé\u00a0: {who} {done} le {date_hour(practitioner.decided_at)}. Rien n’a changé."
