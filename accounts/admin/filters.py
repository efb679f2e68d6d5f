"""What the lists can be narrowed to: the queue of registrations, the accounts, the deliveries."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from django.contrib.admin import DateFieldListFilter, SimpleListFilter
from django.contrib.admin.views.main import SEARCH_VAR, ChangeList
from django.contrib.auth.models import Group
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


class RoleFilter(SimpleListFilter):
    """Professionals, administrators, and these by what they may do."""

    title = "rôle"
    parameter_name = "role"
    _ROLES = {"professionnel": Q(is_staff=False), "administrateur": Q(is_staff=True)}

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        groups = Group.objects.order_by("name").values_list("name", flat=True)
        return [
            ("professionnel", "Professionnels de santé"),
            ("administrateur", "Administrateurs"),
            *((name, f"Administrateurs du groupe «\u00a0{name}\u00a0»") for name in groups),
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        value = self.value()
        if value is None:
            return queryset
        return queryset.filter(self._ROLES.get(value) or Q(is_staff=True, groups__name=value))


class ActiveFilter(SimpleListFilter):
    """Who may log in."""

    title = "accès"
    parameter_name = "acces"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("actif", "Actifs"), ("desactive", "Désactivés")]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        chosen = {"actif": True, "desactive": False}.get(str(self.value()))
        return queryset if chosen is None else queryset.filter(is_active=chosen)


class DateFilter(DateFieldListFilter):
    """« Par date », where Django would say « Par créé le »."""

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.title = "date"
