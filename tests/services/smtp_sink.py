"""A mail relay on loopback that keeps what it takes, or refuses as it is told."""

import email
import logging
import re
from email.message import EmailMessage
from email.policy import default
from typing import Any

from aiosmtpd.controller import Controller

from rofim.demo.environment import free_port

# Each command is a line of its log, which costs more than the rest.
logging.getLogger("mail.log").setLevel(logging.WARNING)


class SmtpSink:
    """Takes everything, but answers the next recipients with `replies` first ("550 no such user").

    Addresses like `unknown` (a regular expression) get 550 and are kept in `refused`; `outage` is the answer to
    everybody else while it is set.
    """

    def __init__(self) -> None:
        self.messages: list[EmailMessage] = []
        self.replies: list[str] = []
        self.unknown = ""
        self.refused: set[str] = set()
        self.outage = ""
        self.port = free_port()
        self.open()

    def open(self) -> None:
        """Answers at its port, also after a `close`."""
        self.controller = Controller(self, hostname="127.0.0.1", port=self.port)
        self.controller.start()

    def close(self) -> None:
        """Frees the port: from then on the relay is away."""
        if self.is_open:
            self.controller.stop()

    @property
    def is_open(self) -> bool:
        return self.controller.server is not None

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: list[str]) -> str:
        if self.unknown and re.match(self.unknown, address):
            self.refused.add(address)
            return "550 no such user"
        if self.outage:
            return self.outage
        if self.replies:
            return self.replies.pop(0)
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        self.messages.append(email.message_from_bytes(envelope.content, policy=default))
        return "250 OK"
