"""« Something has changed » for the open lists of one practitioner: a signal without content, for which pages ask.

Any room may announce; `teleconsult` hears it (mailbox.py). Lost is not lost: each page looks again by itself, too.
"""

import asyncio
import logging
import time
from functools import partial
from typing import Any

from asgiref.sync import async_to_sync
from channels.layers import get_channel_layer
from django.db import transaction

logger = logging.getLogger(__name__)

# Seconds that an unreachable channel layer may cost whoever announces.
TIMEOUT = 2.0
# Seconds without a try after it failed, so that a page or a worker with much to announce waits for it once.
PAUSE = 5.0
GROUP_PREFIX = "list."

_silent_until = 0.0


def group_of(practitioner_id: int) -> str:
    """The channel layer's group of a practitioner's lists."""
    return f"{GROUP_PREFIX}{practitioner_id}"


def change_of(practitioner_id: int) -> list[Any]:
    """The mail that says it."""
    return ["changed", practitioner_id]


def announce_change(*, practitioner_id: int) -> None:
    """Tells the practitioner's lists once the transaction is committed. Never raises. For services, not for sockets."""
    transaction.on_commit(partial(_announce, practitioner_id))


def _announce(practitioner_id: int) -> None:
    global _silent_until
    if time.monotonic() < _silent_until:
        return
    try:
        async_to_sync(_send)(practitioner_id)
    except Exception as error:
        _silent_until = time.monotonic() + PAUSE
        logger.warning("list: a change was not announced: %r", error)


async def _send(practitioner_id: int) -> None:
    message = {"type": "call.mail", "from": None, "mail": [change_of(practitioner_id)]}
    async with asyncio.timeout(TIMEOUT):
        await get_channel_layer().group_send(group_of(practitioner_id), message)
