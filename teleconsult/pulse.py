"""One heartbeat for all sockets of a process: a few queries prolong their leases and find whose standing has changed.

Asking for each socket by itself (3 to 5 queries, some 2 ms of CPU) would keep a core busy with 4,000 idle ones.
"""

import asyncio
import logging
import random
import time
from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from channels.db import database_sync_to_async
from django.utils import timezone

from teleconsult import presence, seating
from teleconsult.mailbox import SOCKET_TIMEOUT

if TYPE_CHECKING:
    from teleconsult.models import Seat

logger = logging.getLogger(__name__)

# Seconds; presence.UNSEEN counts on it.
PULSE_EVERY = 5.0

Sockets = Mapping[tuple[int, str], Any]


async def run(sockets: Sockets) -> None:
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


async def _beat(sockets: Sockets) -> None:
    now, clock = timezone.now(), time.monotonic()
    heard = {key: (each.epoch, now - timedelta(seconds=clock - each.heard)) for key, each in sockets.items()}
    passes = {key: each.shown for key, each in sockets.items()}
    seats, marks = await database_sync_to_async(_ask)(heard, passes, now)
    for key, socket in sockets.items():
        seat, peer = seats.get(key), seats.get((key[0], presence.other(key[1])))
        if seat is not None and seat.epoch > socket.epoch:
            await socket.replace()
            continue
        socket.look_at(marks[key])
        if peer is not None:
            # A client that reads nothing would hold everybody's pulse (under uvicorn, which waits for it).
            with suppress(TimeoutError):
                async with asyncio.timeout(SOCKET_TIMEOUT):
                    await socket.compare_peer(peer.epoch, is_there=presence.is_within_reach(peer, now))


def _ask(
    heard: dict, passes: dict[tuple[int, str], seating.Pass], now: datetime
) -> tuple[dict[tuple[int, str], "Seat"], dict[tuple[int, str], tuple]]:
    seating.keep_logins((passes[key] for key, (_, last) in heard.items() if now - last <= presence.LIVELY), now)
    return presence.prolong_seats(heard=heard, now=now), seating.marks_of(passes, now)
