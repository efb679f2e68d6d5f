"""How long this room keeps what it knows: one table, read by `manage.py purge`."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import QuerySet

from patients.models import Intake


@dataclass(frozen=True)
class Rule:
    """Rows that `due` finds at a moment are deleted; `reason` says why they may not stay, or were kept so long."""

    name: str
    reason: str
    due: Callable[[datetime], QuerySet]


RULES = (
    Rule(
        "intake",
        "« Données patient » serve one consultation; the practitioner has had 90 days to take them into the record.",
        lambda now: Intake.objects.filter(invitation__starts_at__lt=now - timedelta(days=90)),
    ),
)


def purge(*, now: datetime, dry_run: bool = False) -> dict[str, int]:
    """Deletes what is past its time, all or nothing; says how many rows per rule. `dry_run` only counts."""
    with transaction.atomic():
        counts = {rule.name: rule.due(now).count() for rule in RULES}
        if not dry_run:
            for rule in RULES:
                rule.due(now).delete()
    return counts
