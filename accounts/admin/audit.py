"""The trail in the administration: everything by reference, nothing of a patient; and that of one registration."""

from typing import Any

from django.contrib import admin
from django.contrib.admin.views.main import ChangeList
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.html import format_html

from accounts.admin.base import ReadOnlyAdmin
from accounts.admin.references import names_of, reference_link
from accounts.audit_labels import LABELS
from accounts.models import AuditEvent, Practitioner
from rofim.ui import date_hour

_SHOWN = 100


def registration_trail(practitioner: Practitioner) -> QuerySet[AuditEvent]:
    """What was done with a registration and its account, newest first: the last hundred."""
    own = Q(about=f"practitioner/{practitioner.pk}") | Q(about=f"user/{practitioner.user_id}")
    return AuditEvent.objects.filter(own, within="").select_related("actor")[:_SHOWN]


def _names(event: AuditEvent) -> dict[str, str]:
    """Those of its page; its own where it stands alone."""
    return getattr(event, "names", None) or names_of((event.about, event.within))


class ActionFilter(admin.SimpleListFilter):
    """By action, in French."""

    title = "action"
    parameter_name = "action"
    template = "admin/accounts/auditevent/_action_filter.html"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return sorted(LABELS.items(), key=lambda each: each[1])

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        return queryset.filter(action=self.value()) if self.value() else queryset


@admin.register(AuditEvent)
class AuditEventAdmin(ReadOnlyAdmin):
    """Who did what, when, from where."""

    list_display = ("when", "what", "subject", "appointment", "who", "ip_address")
    list_filter = ("role", ActionFilter)
    list_select_related = ("actor",)
    list_per_page = 100
    empty_value_display = ""
    search_fields = ("=about", "=within", "=actor__email", "=ip_address")
    search_help_text = "Objet (practitioner/12), rendez-vous (invitation/7), adresse e-mail ou adresse IP, en entier"
    date_hierarchy = "at"
    fields = readonly_fields = ("at", "what", "subject", "appointment", "who", "ip_address", "sealed")

    @admin.display(description="quand", ordering="at")
    def when(self, obj: AuditEvent) -> str:
        return date_hour(obj.at)

    @admin.display(description="action", ordering="action")
    def what(self, obj: AuditEvent) -> str:
        return obj.label

    @admin.display(description="objet", ordering="about")
    def subject(self, obj: AuditEvent) -> str:
        return reference_link(obj.about, _names(obj))

    @admin.display(description="rendez-vous", ordering="within")
    def appointment(self, obj: AuditEvent) -> str:
        return reference_link(obj.within, _names(obj))

    @admin.display(description="qui", ordering="actor_id")
    def who(self, obj: AuditEvent) -> str:
        if obj.actor_id is None:
            return obj.actor_name
        return format_html('{}<br><span class="quiet">{}</span>', obj.actor_name, obj.get_role_display())

    @admin.display(description="sceau")
    def sealed(self, obj: AuditEvent) -> str:
        return obj.seal

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """One event, under its own name in French."""
        event = self.get_object(request, object_id) if self.has_view_permission(request) else None
        context = {"title": self.what(event), "subtitle": None} if event else {}
        return super().change_view(request, object_id, form_url, {**context, **(extra_context or {})})

    def get_changelist_instance(self, request: HttpRequest) -> ChangeList:
        """The names of a page are asked for at once."""
        changelist = super().get_changelist_instance(request)
        events = list(changelist.result_list)
        names = names_of(reference for event in events for reference in (event.about, event.within))
        for event in events:
            event.names = names
        changelist.result_list = events  # type: ignore[assignment]
        return changelist
