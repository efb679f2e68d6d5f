"""What pages of the administration share."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.text import capfirst


class ReadOnlyAdmin(admin.ModelAdmin):
    """Rows that services write: looked at, never typed into."""

    actions: Any = None

    show_facets = admin.ShowFacets.NEVER

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        """Under its own name: nothing is to be selected."""
        title = capfirst(self.opts.verbose_name_plural)
        return super().changelist_view(request, {"title": title, **(extra_context or {})})

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        # « ?at__year=99999999999 » overflows Django's own reading of it: a year has four figures.
        is_part = not {"year", "iso_year", "month", "day"}.isdisjoint(lookup.split("__"))
        return not (is_part and len(str(value)) > 4) and super().lookup_allowed(lookup, value, request)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
