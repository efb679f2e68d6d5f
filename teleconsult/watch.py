"""What watches over one open socket: silence, the time that is left, and whether all is still allowed."""

import asyncio
import logging
import random
import time
from contextlib import suppress
from datetime import datetime
from typing import TYPE_CHECKING

from channels.db import database_sync_to_async
from django.db import Error as DatabaseFailure
from django.utils import timezone

from teleconsult import presence, seating
from teleconsult.signalling import Close, encode

if TYPE_CHECKING:
    from teleconsult.sockets import CallSocket

logger = logging.getLogger(__name__)

# Seconds: how often the group is joined again, and how often the standing is looked at even if nothing has changed.
JOIN_EVERY = 20.0
RECHECK_EVERY = 300.0
SILENCE = presence.SILENCE.total_seconds()
TIME_LEFT = (600, 120)


class Clock:
    """How much time is left of a consultation, and what its client has been told of it. Pure."""

    __slots__ = ("_told", "ends_at")

    def __init__(self, ends_at: datetime | None):
        self.ends_at = ends_at
        self._told: set[int] = set()

    def left(self, now: datetime) -> float | None:
        """Seconds; None while the end is unknown."""
        return None if self.ends_at is None else (self.ends_at - now).total_seconds()

    def set_end(self, ends_at: datetime | None, now: datetime) -> bool:
        """True if this is news."""
        if ends_at == self.ends_at:
            return False
        self.ends_at = ends_at
        self.skip_told(now)
        return True

    def skip_told(self, now: datetime) -> None:
        """What had to be said before this socket knew the end isn't said late."""
        left = self.left(now)
        self._told = {seconds for seconds in TIME_LEFT if left is not None and left < seconds}

    def next_in(self, now: datetime) -> list[float]:
        """Seconds until each thing that the clock will have to say, the end included."""
        left = self.left(now)
        return [] if left is None else [left, *(left - seconds for seconds in TIME_LEFT if seconds not in self._told)]

    def due(self, now: datetime) -> list[int]:
        """The warnings to give now, once each."""
        left = self.left(now)
        found = [each for each in TIME_LEFT if left is not None and left <= each and each not in self._told]
        self._told.update(found)
        return found


class Watch:
    """Runs beside a socket's receive loop until the socket closes."""

    __slots__ = ("_join_at", "_recheck_at", "_socket", "_wake")

    def __init__(self, socket: "CallSocket"):
        self._socket = socket
        self._wake = asyncio.Event()
        # Spread: sockets that came together don't ask together. The first check finds what changed between the door
        # and the first beat of the heart.
        self._join_at = self._recheck_at = time.monotonic() + JOIN_EVERY * random.uniform(0.5, 1)  # noqa: S311

    def wake(self) -> None:
        """Something changed: look at it now."""
        self._wake.set()

    def look_again(self) -> None:
        """The socket's standing may have changed."""
        self._recheck_at = 0.0
        self.wake()

    async def run(self) -> None:
        """Joins the other processes, then minds the clock."""
        socket = self._socket
        await socket.announce(ask=True)
        while socket.closing is None:
            await self._sleep()
            if time.monotonic() - socket.heard >= SILENCE:
                await socket.close(Close.SILENT)
            await self._tell_time()
            await socket.journal.write()
            if time.monotonic() >= self._recheck_at:
                self._recheck_at = time.monotonic() + RECHECK_EVERY
                await self._recheck()
            if time.monotonic() >= self._join_at and socket.closing is None:
                self._join_at = time.monotonic() + JOIN_EVERY
                await socket.announce(ask=False)

    async def _sleep(self) -> None:
        now = time.monotonic()
        delays = [at - now for at in (self._socket.heard + SILENCE, self._join_at, self._recheck_at)]
        delays += self._socket.clock.next_in(timezone.now())
        if self._socket.journal.has_news:
            delays.append(0.0)
        self._wake.clear()
        with suppress(TimeoutError):
            async with asyncio.timeout(max(0.0, min(delays))):
                await self._wake.wait()

    async def _tell_time(self) -> None:
        socket, now = self._socket, timezone.now()
        left = socket.clock.left(now)
        if left is None or socket.closing is not None:
            return
        for seconds in socket.clock.due(now):
            await socket.deliver(encode("time-left", seconds=seconds))
        if left <= 0:
            try:
                await database_sync_to_async(seating.end_overdue)(socket.room, now)
            except DatabaseFailure as error:
                # The limit holds all the same; the worker closes the row.
                logger.warning("call: end of consultation %s not written: %r", socket.room, error)
            await socket.end("system", "time-limit")

    async def _recheck(self) -> None:
        socket = self._socket
        try:
            standing = await database_sync_to_async(seating.check_place)(
                socket.shown, room=socket.room, now=timezone.now()
            )
        except Exception as error:
            # A restarting database leaves running calls alone.
            self._recheck_at = time.monotonic() + JOIN_EVERY
            logger.warning("call: seat of consultation %s not checked: %r", socket.room, error)
            return
        if standing.ended is not None:
            await socket.end(*standing.ended)
        elif not standing.allowed:
            await socket.close(Close.NOT_ALLOWED)
        else:
            socket.shown = standing.shown or socket.shown
            if socket.closing is None and socket.set_end(standing.ends_at):
                await socket.renew_ice()
