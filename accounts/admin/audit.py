"""The trail, as the administration reads it."""

from django.contrib import admin
from django.http import HttpRequest

from accounts.admin.base import ReadOnlyAdmin
from accounts.models import AuditEvent


@admin.register(AuditEvent)
class AuditEventAdmin(ReadOnlyAdmin):
    """Who did what, when."""

    list_display = ("at", "action", "about", "actor", "ip_address")
    list_filter = ("action",)
    list_select_related = ("actor",)
    date_hierarchy = "at"

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        # « ?at__year=99999999999 » overflows Django's own reading of it: a year has four figures.
        return len(str(value)) <= 4 if lookup.startswith("at__") else super().lookup_allowed(lookup, value, request)
