"""What the queue of registrations can be narrowed to."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from django.contrib.admin import SimpleListFilter
from django.contrib.admin.views.main import SEARCH_VAR, ChangeList
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone

from accounts.duplicates import with_shared_number
from accounts.models import Practitioner

Status = Practitioner.Status


class StateFilter(SimpleListFilter):
    """Those that wait, unless another state is chosen; a search looks everywhere."""

    title = "état"
    parameter_name = "etat"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [
            (Status.PENDING, "À traiter"),
            (Status.INCOMPLETE, "Autre pièce demandée"),
            (Status.VALIDATED, "Validés"),
            (Status.REFUSED, "Refusés"),
            (Status.SUSPENDED, "Suspendus"),
            (Status.CLOSED, "Fermés"),
            ("tous", "Tous"),
        ]

    def value(self) -> str:
        return super().value() or ("tous" if self.request.GET.get(SEARCH_VAR) else str(Status.PENDING))

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        return queryset.filter(status=self.value()) if self.value() in Status.values else queryset

    def choices(self, changelist: ChangeList) -> Iterator[Any]:
        counts = self.get_facet_queryset(changelist)
        for number, (value, words) in enumerate(self.lookup_choices):
            yield {
                "selected": self.value() == str(value),
                "query_string": changelist.get_query_string({self.parameter_name: value}),
                "display": f"{words} ({counts[f'{number}__c']})",
            }


class WaitingFilter(SimpleListFilter):
    """For how long at least."""

    title = "attente"
    parameter_name = "attente"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("1", "Plus d’un jour"), ("3", "Plus de trois jours")]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        if self.value() not in {"1", "3"}:
            return queryset
        return queryset.filter(submitted_at__lte=timezone.now() - timedelta(days=int(str(self.value()))))


class DuplicateFilter(SimpleListFilter):
    """Whose number or mobile is another registration's, too."""

    title = "doublon possible"
    parameter_name = "doublon"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("oui", "Même numéro ou portable")]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        return with_shared_number(queryset).filter(Q(is_shared=True)) if self.value() == "oui" else queryset
