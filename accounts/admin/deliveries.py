"""« See deliveries »: that a message left and whether it arrived, never its words, codes or a whole recipient; and
what did not arrive, once more.
"""

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.utils import timezone

from accounts.admin.base import ReadOnlyAdmin
from accounts.admin.filters import DateFilter
from accounts.message_labels import LABELS, label_of
from accounts.requests import VerifiedRequest
from accounts.services.deliveries import refusal_of, resend_dead_letter
from rofim.notifications.models import OutgoingMessage
from rofim.notifications.services import NotResendable, dead_letters
from rofim.ui import date_hour

Status = OutgoingMessage.Status
# Of one click: a request is answered within seconds.
RESENT_AT_ONCE = 200


class DeliveryFilter(admin.SimpleListFilter):
    """What did not arrive, and what of it may be sent once more."""

    title = "remise"
    parameter_name = "remise"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("non-remis", "Non remis"), ("a-renvoyer", "À renvoyer")]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        if self.value() == "non-remis":
            return queryset.filter(status__in=(Status.FAILED, Status.EXPIRED))
        if self.value() == "a-renvoyer":
            return queryset.filter(pk__in=dead_letters(now=timezone.now()).order_by().values("pk"))
        return queryset


class MessageFilter(admin.SimpleListFilter):
    """By template, in French."""

    title = "message"
    parameter_name = "message"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return sorted(LABELS.items(), key=lambda each: each[1])

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        return queryset.filter(name=self.value()) if self.value() else queryset


@admin.register(OutgoingMessage)
class OutgoingMessageAdmin(ReadOnlyAdmin):
    """What is not listed here is not shown. Who sees deliveries may send a dead letter once more."""

    fields = (
        "channel", "label", "recipient", "about", "status", "error", "attempts",
        "created_at", "accepted_at", "delivered_at", "failed_at", "expires_at", "next_attempt_at",
    )  # fmt: skip
    readonly_fields = fields
    list_display = ("created", "label", "channel", "recipient", "status", "error")
    empty_value_display = ""
    list_filter = (DeliveryFilter, "status", "channel", ("created_at", DateFilter), MessageFilter)
    search_fields = ("about",)
    search_help_text = "Objet (invitation/7, practitioner/12)"
    ordering = ("-created_at",)
    actions = ("resend_chosen",)

    @admin.display(description="créé le", ordering="created_at")
    def created(self, message: OutgoingMessage) -> str:
        return date_hour(message.created_at)

    @admin.display(description="message", ordering="name")
    def label(self, message: OutgoingMessage) -> str:
        return label_of(message.name)

    @admin.display(description="destinataire")
    def recipient(self, message: OutgoingMessage) -> str:
        """« •••• 33 44 » or « s•••@orange.fr »: enough to tell two recipients apart."""
        return masked(message.to)

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        return super().get_queryset(request).defer("subject", "body", "body_html", "attachments")

    @admin.action(description="Renvoyer les messages choisis", permissions=["view"])
    def resend_chosen(self, request: VerifiedRequest, queryset: QuerySet) -> None:
        """Those of the chosen that may be; what arrived, is too late or was resent stays as it is."""
        resent, refused = 0, 0
        for message in queryset.order_by("created_at")[:RESENT_AT_ONCE]:
            try:
                resend_dead_letter(message=message, by=request.user, now=timezone.now(), request=request)
                resent += 1
            except NotResendable:
                refused += 1
        if resent:
            messages.success(request, f"{resent} message{'s' * (resent > 1)} renvoyé{'s' * (resent > 1)}.")
        if refused:
            messages.warning(
                request,
                f"{refused} message{'s' * (refused > 1)} sans effet\u00a0: déjà renvoyé, trop tard, ou pas en échec.",
            )

    def get_urls(self) -> list[Any]:
        resend = self.admin_site.admin_view(self.resend_view)
        return [
            path("<int:pk>/renvoyer/", resend, name="notifications_outgoingmessage_resend"),
            *super().get_urls(),
        ]

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """One message, with « Renvoyer » where that is of use, or why it is not where it failed."""
        message = self.get_object(request, object_id) if self.has_view_permission(request) else None
        context = {"title": self.label(message), "subtitle": None, **self._state(message)} if message else {}
        return super().change_view(request, object_id, form_url, {**context, **(extra_context or {})})

    def resend_view(self, request: VerifiedRequest, pk: int) -> HttpResponse:
        """« Renvoyer » (POST); a GET asks."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        message = self.get_queryset(request).filter(pk=pk).first()
        if message is None:
            raise Http404
        if request.method == "POST":
            try:
                resend_dead_letter(message=message, by=request.user, now=timezone.now(), request=request)
                messages.success(request, "Le message est renvoyé.")
            except NotResendable as error:
                messages.warning(request, f"Rien n’est parti. {error}")
            return redirect("admin:notifications_outgoingmessage_change", pk)
        context = {
            "opts": self.opts,
            "original": message,
            "title": "Renvoyer ce message\u00a0?",
            **self._state(message),
        }
        context |= {"label": self.label(message), "recipient": self.recipient(message)}
        page = "admin/notifications/outgoingmessage/resend.html"
        return render(request, page, {**self.admin_site.each_context(request), **context})

    def _state(self, message: OutgoingMessage) -> dict[str, Any]:
        has_failed = message.status in (Status.FAILED, Status.EXPIRED)
        return {"has_failed": has_failed, "refusal": refusal_of(message=message, now=timezone.now())}


# What everybody has says nothing of anybody; a domain of one's own is often one's name.
_PROVIDERS = frozenset({
    "gmail.com", "orange.fr", "wanadoo.fr", "free.fr", "sfr.fr", "laposte.net", "bbox.fr", "hotmail.com", "hotmail.fr",
    "outlook.com", "outlook.fr", "live.fr", "yahoo.com", "yahoo.fr", "icloud.com", "proton.me",
})  # fmt: skip


def masked(recipient: str) -> str:
    """The last four figures of a number; the first letter of an address, and its domain if it is a large provider's."""
    if "@" in recipient:
        name, _, domain = recipient.lower().rpartition("@")
        return f"{name[:1]}•••@{domain if domain in _PROVIDERS else '•••.' + domain.rpartition('.')[2]}"
    return f"•••• {recipient[-4:-2]} {recipient[-2:]}" if recipient else ""
