"""Sends nothing: /demo/messages/ shows what would have left. No line of it goes to any log."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from rofim.notifications.models import OutgoingMessage
from rofim.notifications.outcomes import Receipt


def send(*, to: str, body: str, reference: UUID, valid_for: timedelta) -> Receipt:
    """« On the handset » at once."""
    return Receipt(provider_id=f"console-{reference}", status=OutgoingMessage.Status.DELIVERED)


def find(*, to: str, body: str, since: datetime) -> Sequence[Receipt]:
    """Nothing: nothing ever left."""
    return []
