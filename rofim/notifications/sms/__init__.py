"""One module per transport, chosen by SMS_TRANSPORT (« twilio,second »: tried in this order). Each is real code with
the same two functions. « email » at the end: what none of them takes goes on by e-mail, where the room that wrote it
knows an address (patients/deliveries.py)."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from importlib import import_module
from typing import Protocol, cast
from uuid import UUID

from django.conf import settings

from rofim.notifications.outcomes import Receipt

TRANSPORTS = ("console", "twilio", "second")
EMAIL = "email"


class Transport(Protocol):
    """A way to send an SMS."""

    def send(self, *, to: str, body: str, reference: UUID, valid_for: timedelta) -> Receipt:
        """Hands over one SMS, worthless after `valid_for`; raises Refused, TryLater or Unclear."""

    def find(self, *, to: str, body: str, since: datetime) -> Sequence[Receipt]:
        """What was accepted with these very words to this number; raises Refused or Unclear when it can't be told."""


def names() -> list[str]:
    """The configured transports in their order, each one of TRANSPORTS or a dotted path."""
    return [name for name in chain() if name != EMAIL]


def goes_on_by_email() -> bool:
    """Whether an SMS that no provider takes is to go by e-mail."""
    return EMAIL in chain()


def chain() -> list[str]:
    """Whom a message is offered to, in this order."""
    return [name.strip() for name in settings.SMS_TRANSPORT.split(",")]


def transport(name: str) -> Transport:
    """The transport of this name; its module is loaded only when it is used."""
    return cast(Transport, import_module(name if "." in name else f"{__name__}.{name}"))
