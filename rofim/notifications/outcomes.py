"""What a provider answers. Reasons are short, French and without number, address or text: they are shown and logged."""

from dataclasses import dataclass

from rofim.notifications.models import OutgoingMessage


@dataclass(frozen=True)
class Receipt:
    """The provider has it: accepted, or already delivered or failed when it was asked about later."""

    provider_id: str = ""
    status: OutgoingMessage.Status = OutgoingMessage.Status.ACCEPTED
    reason: str = ""


class Refused(Exception):
    """Never sent, and trying again would change nothing (a wrong number)."""


class Misconfigured(Refused):
    """Refused for the account's own fault (wrong credentials): another provider may take it."""


class TryLater(Exception):
    """Not sent for now: a later try may succeed, and sends nothing twice that matters."""


class Unclear(Exception):
    """Perhaps sent: the answer was lost. Ask the provider before any repeat."""
