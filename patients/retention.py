"""How long this room keeps what it knows: one table, read by `manage.py purge`."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from django.core.files.storage import default_storage
from django.db import transaction
from django.db.models import QuerySet

from patients.models import Document, Intake


@dataclass(frozen=True)
class Rule:
    """Rows that `due` finds at a moment are deleted; `reason` says why they may not stay, or were kept so long."""

    name: str
    reason: str
    due: Callable[[datetime], QuerySet]
    # The field whose files go with the rows.
    file: str = ""


RULES = (
    Rule(
        "intake",
        "« Données patient » serve one consultation; the practitioner has had 90 days to take them into the record.",
        lambda now: Intake.objects.filter(invitation__starts_at__lt=now - timedelta(days=90)),
    ),
    Rule(
        "document",
        "Photos and documents serve one consultation; kept as long as the intake that they go with.",
        lambda now: Document.objects.filter(invitation__starts_at__lt=now - timedelta(days=90)),
        file="file",
    ),
)


def purge(*, now: datetime, dry_run: bool = False) -> dict[str, int]:
    """Deletes what is past its time, all or nothing; says how many rows per rule. `dry_run` only counts."""
    with transaction.atomic():
        counts = {rule.name: rule.due(now).count() for rule in RULES}
        if not dry_run:
            for rule in RULES:
                _delete(rule, now)
    return counts


def _delete(rule: Rule, now: datetime) -> None:
    """The rows now, their files once that is committed."""
    names = list(rule.due(now).values_list(rule.file, flat=True)) if rule.file else []
    rule.due(now).delete()
    for name in names:
        transaction.on_commit(partial(default_storage.delete, name), robust=True)
