"""The states of a consultation and the only moves between them (product.md, « States of an appointment »). Pure."""

from django.db.models import TextChoices


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
