"""How long things are kept: each room has a table (`<room>/retention.py`, `RULES`), one purge goes through them all."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from importlib import import_module

from django.apps import apps
from django.core.files.storage import default_storage
from django.db import transaction
from django.db.models import QuerySet
from django.utils.module_loading import module_has_submodule


@dataclass(frozen=True)
class Rule:
    """Rows that `due` finds at a moment are deleted; `reason` says why they may not stay, or were kept so long."""

    name: str
    reason: str
    due: Callable[[datetime], QuerySet]
    # The field whose files go with the rows.
    file: str = ""


def rules() -> Iterator[Rule]:
    """The tables of all rooms."""
    for room in apps.get_app_configs():
        if module_has_submodule(room.module, "retention"):
            yield from import_module(f"{room.name}.retention").RULES


def purge(*, now: datetime, dry_run: bool = False) -> dict[str, int]:
    """Deletes what is past its time, all or nothing; says how many rows per rule. `dry_run` only counts."""
    with transaction.atomic():
        counts = {rule.name: rule.due(now).count() for rule in rules()}
        if not dry_run:
            for rule in rules():
                _delete(rule, now)
    return counts


def _delete(rule: Rule, now: datetime) -> None:
    """The rows now, their files once that is committed."""
    names = list(rule.due(now).values_list(rule.file, flat=True)) if rule.file else []
    rule.due(now).delete()
    for name in filter(None, names):
        _delete_file(name)


def _delete_file(name: str) -> None:
    # No partial: Django writes down who failed by a name that a partial doesn't have.
    transaction.on_commit(lambda: default_storage.delete(name), robust=True)
