"""One heartbeat for all sockets of a process: it prolongs their leases with a few queries, however many they are."""

import asyncio
import logging
import random
import time
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from channels.db import database_sync_to_async
from django.utils import timezone

from teleconsult import presence

logger = logging.getLogger(__name__)

# Seconds; presence.UNSEEN counts on it.
PULSE_EVERY = 5.0


async def run(sockets: Mapping[tuple[int, str], Any]) -> None:
    """Until cancelled. `sockets`: (room, role) → Sitter."""
    # Processes that were started together don't ask the database together.
    await asyncio.sleep(PULSE_EVERY * random.uniform(0.2, 1))  # noqa: S311
    while True:
        try:
            await _beat(dict(sockets))
        except Exception as error:
            # A restarting database leaves running calls alone; a lease lasts for many beats.
            logger.warning("call: seats not prolonged: %r", error)
        await asyncio.sleep(PULSE_EVERY)


async def _beat(sockets: dict[tuple[int, str], Any]) -> None:
    now, clock = timezone.now(), time.monotonic()
    heard = {key: (each.epoch, now - timedelta(seconds=clock - each.heard)) for key, each in sockets.items()}
    for key in await database_sync_to_async(presence.prolong_seats)(heard=heard, now=now):
        await sockets[key].replace()
