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

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
