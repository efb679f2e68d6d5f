"""The states of a consultation and the only moves between them (product.md, « States of an appointment »). Pure."""

from datetime import timedelta

from django.db.models import TextChoices

# « missed (never both there by 3h30 after the hour) »; not the limit of a call, which can be set.
MISSED_AFTER = timedelta(hours=3, minutes=30)


class Status(TextChoices):
    """Where the visit is. Presence and time stamps say the rest."""

    SCHEDULED = "scheduled", "programmé"
    OPEN = "open", "ouvert"
    IN_PROGRESS = "in_progress", "en cours"
    COMPLETED = "completed", "terminé"
    CANCELLED = "cancelled", "annulé"
    MISSED = "missed", "manqué"


MOVES: dict[Status, frozenset[Status]] = {
    Status.SCHEDULED: frozenset({Status.OPEN, Status.CANCELLED}),
    Status.OPEN: frozenset({Status.IN_PROGRESS, Status.CANCELLED, Status.MISSED}),
    Status.IN_PROGRESS: frozenset({Status.COMPLETED}),
    Status.COMPLETED: frozenset(),
    Status.CANCELLED: frozenset(),
    Status.MISSED: frozenset(),
}
ENDED = frozenset(status for status, moves in MOVES.items() if not moves)


def is_allowed(old: Status, new: Status) -> bool:
    """Whether a consultation may go from `old` to `new`."""
    return new in MOVES[old]
