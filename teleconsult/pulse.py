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

from rofim import live
from teleconsult import presence, seating
from teleconsult.mailbox import SOCKET_TIMEOUT, Mailbox
from teleconsult.signalling import Close

if TYPE_CHECKING:
    from teleconsult.models import Seat

logger = logging.getLogger(__name__)

# Seconds; presence.UNSEEN counts on it.
PULSE_EVERY = 5.0
# A list may be silent for longer than a call: a browser lets a page in the background speak once a minute.
LIST_SILENCE = 150.0
# How often a list's standing is looked at even if nothing has changed, and how often its group is joined again.
LIST_RECHECK_EVERY = 60.0
LIST_JOIN_EVERY = 20.0

Sockets = Mapping[tuple[int, str], Any]


async def run(mailbox: Mailbox) -> None:
    """Until cancelled."""
    # Processes that were started together don't ask the database together.
    await asyncio.sleep(PULSE_EVERY * random.uniform(0.2, 1))  # noqa: S311
    while True:
        try:
            await _beat(dict(mailbox.sockets))
        except Exception as error:
            # A restarting database leaves running calls alone; a lease lasts for many beats.
            logger.warning("call: seats not prolonged: %r", error)
        try:
            await _beat_lists(mailbox, time.monotonic())
        except Exception as error:
            logger.warning("list: rights not checked: %r", error)
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


async def _beat_lists(mailbox: Mailbox, clock: float) -> None:
    """Closes the lists whose page is gone or whose reader may no longer read. `clock`: monotonic seconds."""
    watchers = list(mailbox.watchers)
    if not watchers:
        return
    owners = {each.session_key: each.practitioner for each in watchers}
    now = timezone.now()
    marks = await database_sync_to_async(seating.list_marks)(owners, now)
    for each in watchers:
        # Spread, so that not all are looked at in the same beat.
        turn = (clock + id(each) % LIST_RECHECK_EVERY) // LIST_RECHECK_EVERY
        if clock - each.heard > LIST_SILENCE:
            await each.close(Close.SILENT)
        elif each.has_news((*marks[each.session_key], turn)):
            owner = await database_sync_to_async(seating.list_owner)(each.session_key, now)
            if owner != each.practitioner:
                await each.close(Close.NOT_ALLOWED)
    if clock % LIST_JOIN_EVERY < PULSE_EVERY:
        for practitioner in set(owners.values()):
            await mailbox.join(live.group_of(practitioner))
