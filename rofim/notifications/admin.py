"""« see deliveries »: that a message left and whether it arrived; never its words, its codes or a whole number."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from rofim.notifications.models import OutgoingMessage


@admin.register(OutgoingMessage)
class OutgoingMessageAdmin(admin.ModelAdmin):
    """Read-only; what is not listed here is not shown."""

    fields = (
        "channel", "name", "recipient", "about", "status", "error", "attempts",
        "created_at", "accepted_at", "delivered_at", "expires_at", "next_attempt_at",
    )  # fmt: skip
    readonly_fields = fields
    list_display = ("created_at", "channel", "name", "recipient", "status", "error", "attempts")
    list_filter = ("status", "channel", "name", "created_at")
    search_fields = ("about",)
    ordering = ("-created_at",)
    show_facets = admin.ShowFacets.NEVER

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        """Under its own name: nothing is to be selected."""
        return super().changelist_view(request, {"title": "Messages envoyés", **(extra_context or {})})

    @admin.display(description="destinataire")
    def recipient(self, message: OutgoingMessage) -> str:
        """« •••• 33 44 » or « s•••@orange.fr »: enough to tell two recipients apart."""
        return masked(message.to)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


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
