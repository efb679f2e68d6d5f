"""The signalling socket (PROTOCOL.md): a plain ASGI receive loop.

No Channels dispatch per event: it hops to the database thread each time and costs seven times as much. Per frame
there is no database, no thread, no log line; the database is asked at the door, every 20 s and at the end.
"""

import asyncio
import logging
import random
import time
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any, cast

from channels.db import database_sync_to_async
from django.conf import settings
from django.db import Error as DatabaseFailure
from django.utils import timezone

from teleconsult import mailbox as mailboxes
from teleconsult import presence, seating
from teleconsult.ice import ice_configuration
from teleconsult.journal import Journal
from teleconsult.mailbox import Mail, Mailbox, group_of
from teleconsult.models import Seat
from teleconsult.signalling import RELAYED, Close, FloodGate, Refused, check_size, encode, frame_type, iso

logger = logging.getLogger(__name__)

Receive = Callable[[], Awaitable[dict]]
Send = Callable[[dict], Awaitable[None]]

VERSION = 1
# Seconds.
RECHECK_EVERY = 20.0
SILENCE = presence.SILENCE.total_seconds()
TIME_LEFT = (600, 120)
# How long the client may take to answer a close.
CLOSING_TIMEOUT = 1.0
_PONG = encode("pong")


class CallSocket:
    """One seat's socket, from the welcome to the close."""

    __slots__ = (
        "_closing", "_ends_at", "_gone_epoch", "_heard", "_hung_up", "_journal", "_listening", "_mailbox", "_pass",
        "_peer_address", "_peer_epoch", "_peer_key", "_place", "_send", "_task", "_told", "_wake", "epoch", "role",
        "room",
    )  # fmt: skip

    def __init__(self, shown: seating.Pass, place: seating.Place, mailbox: Mailbox, send: Send):
        self.room, self.role, self.epoch = place.room, shown.role, place.epoch
        self._pass, self._place, self._mailbox, self._send = shown, place, mailbox, send
        self._peer_key = (place.room, str(presence.other(shown.role)))
        self._peer_epoch, self._peer_address = place.peer_epoch, cast("str | None", None)
        # The newest peer socket known to be closed: late news of it must not bring it back.
        self._gone_epoch = 0
        self._ends_at = place.ends_at
        self._told: set[int] = set()
        self._heard = time.monotonic()
        self._closing: Close | None = None
        # The code with which the client closed.
        self._hung_up: int | None = None
        self._journal = Journal(room=self.room, role=self.role, epoch=self.epoch)
        self._listening = False
        self._task: asyncio.Task | None = None
        self._wake: asyncio.Event | None = None

    # --- Life --------------------------------------------------------------------------------------------------

    async def run(self, receive: Receive) -> None:
        """Until the client goes or the server closes."""
        self._task, self._wake = asyncio.current_task(), asyncio.Event()
        self._mailbox.enter(self.room)
        watch = None
        try:
            await self._send({"type": "websocket.accept"})
            await self._welcome()
            watch = asyncio.create_task(self._watch())
            self._listening = True
            await self._listen(receive)
        except asyncio.CancelledError:
            if self._closing is None:
                # The server stops: seats are kept, clients come back to another process. Autobahn, under Daphne, sends
                # no 1012 and raises: the client sees the connection drop.
                with suppress(Exception):
                    await self.close(Close.RESTARTING)
                raise
            asyncio.current_task().uncancel()  # type: ignore[union-attr]
        finally:
            self._listening = False
            closed_by_server, self._closing = self._closing, self._closing or Close.LEFT
            if watch is not None:
                watch.cancel()
            self._mailbox.unseat(self)
            if closed_by_server is not Close.RESTARTING:
                await self._depart(closed_by_server)
                await self._journal.end(closed_by_server, self._hung_up, time.monotonic() - self._heard)
            await self._mailbox.leave(self.room)
        if closed_by_server is not None:
            await self._drain(receive)

    async def _welcome(self) -> None:
        now = timezone.now()
        peer = self._mailbox.sockets.get(self._peer_key)
        if peer is not None:
            self._peer_epoch = peer.epoch
        self._skip_told()
        welcome = encode(
            "welcome",
            version=VERSION,
            role=self.role,
            polite=self.role == Seat.Role.PATIENT,
            epoch=self.epoch,
            **self._ice(now),
            peer=self._peer_epoch is not None,
            now=iso(now),
            opensAt=iso(self._place.opens_at),
            endsAt=iso(self._ends_at),
        )
        await self._send({"type": "websocket.send", "text": welcome})
        older = self._mailbox.seat(self)
        if older is not None:
            await older.replace()
        if older is self:
            return
        # Asked again: the peer may have come or gone while this process waited.
        peer = self._mailbox.sockets.get(self._peer_key)
        if peer is not None:
            await peer.peer_seated(self.epoch, None, self._ends_at.isoformat() if self._ends_at else None)
            await self.peer_seated(peer.epoch, None, None)

    async def _listen(self, receive: Receive) -> None:
        gate = FloodGate()
        while self._closing is None:
            event = await receive()
            if event["type"] != "websocket.receive":
                self._hung_up = event.get("code")
                return
            now = time.monotonic()
            try:
                text = check_size(event)
                if not gate.admit(now):
                    raise Refused(Close.FLOOD)
                kind = frame_type(text)
            except Refused as refused:
                await self.close(refused.code)
                return
            self._heard = now
            if kind in RELAYED:
                await self._relay(text)
            elif kind == "ping":
                await self._deliver(_PONG)
            elif kind == "quality" and self._journal.hear(text):
                self._wake.set()  # type: ignore[union-attr]
            elif kind == "leave":
                await self.close(Close.LEFT)

    async def _relay(self, text: str) -> None:
        peer = self._mailbox.sockets.get(self._peer_key)
        if peer is not None:
            await peer.hear(self.epoch, None, text)
        elif self._peer_epoch is not None:
            self._mailbox.post(
                self._peer_address or group_of(self.room), ["frame", self.room, self.role, self.epoch, text]
            )

    async def _deliver(self, text: str) -> None:
        if self._closing is None:
            # Gone without a word: the socket's own loop hears of it next.
            with suppress(OSError, RuntimeError):
                await self._send({"type": "websocket.send", "text": text})

    async def close(self, code: Close, farewell: str | None = None) -> None:
        """Says farewell, closes and ends `run`; the first of several closes counts."""
        if self._closing is not None:
            return
        self._closing = code
        with suppress(OSError, RuntimeError):
            if farewell is not None:
                await self._send({"type": "websocket.send", "text": farewell})
            await self._send({"type": "websocket.close", "code": int(code)})
        if self._listening and self._task is not asyncio.current_task():
            self._listening = False
            self._task.cancel()  # type: ignore[union-attr]

    async def _drain(self, receive: Receive) -> None:
        """Until the client has answered the close: Daphne wants its applications to outlive their connections."""
        with suppress(TimeoutError):
            async with asyncio.timeout(CLOSING_TIMEOUT):
                while (await receive())["type"] != "websocket.disconnect":
                    pass

    async def _depart(self, code: Close | None) -> None:
        """Tells the peer and gives the lease up, as far as the end of this socket says so."""
        if code is Close.REPLACED:
            return
        if code is not Close.ENDED:
            reason = "lost" if code is Close.SILENT else "gone"
            peer = self._mailbox.sockets.get(self._peer_key)
            if peer is not None:
                await peer.peer_left(self.epoch, reason)
            self._mailbox.post(group_of(self.room), ["left", self.room, self.role, self.epoch, reason])
        seat = {"consultation_id": self.room, "role": self.role, "epoch": self.epoch}
        try:
            if code in (Close.LEFT, Close.ENDED, Close.NOT_ALLOWED):
                await database_sync_to_async(presence.leave_seat)(**seat)
            else:
                await database_sync_to_async(presence.fade_seat)(**seat, now=timezone.now())
        except DatabaseFailure as error:
            # The lease runs out by itself.
            logger.warning("call: seat of consultation %s not given up: %r", self.room, error)

    # --- The peer, told by its socket or by another process's mailbox ------------------------------------------

    def seat_mail(self, *, ask: bool) -> Mail:
        """« I sit here »; `ask` for the same from the other side."""
        return ["seat", self.room, self.role, self.epoch, self._ends_at and self._ends_at.isoformat(), ask]

    async def peer_seated(self, epoch: int, address: str | None, ends_at: str | None) -> None:
        """The peer sits at `address` (None: in this process)."""
        known = self._peer_epoch
        if epoch <= self._gone_epoch or (known is not None and epoch < known):
            return
        self._peer_epoch, self._peer_address = epoch, address
        new_end = ends_at is not None and self._set_end(datetime.fromisoformat(ends_at))
        if epoch != known:
            await self._deliver(encode("peer-joined", epoch=epoch, endsAt=iso(self._ends_at)))
        if new_end:
            await self._renew_ice()

    async def peer_left(self, epoch: int, reason: str) -> None:
        """The peer's socket of this epoch is closed."""
        self._gone_epoch = max(self._gone_epoch, epoch)
        if self._peer_epoch is not None and self._peer_epoch <= epoch:
            await self._lose_peer(reason)

    async def _lose_peer(self, reason: str) -> None:
        self._peer_epoch = self._peer_address = None
        await self._deliver(encode("peer-left", reason=reason))

    async def hear(self, epoch: int, address: str | None, text: str) -> None:
        """A frame of the peer's; one of a socket that has been replaced is dropped."""
        if epoch != self._peer_epoch:
            # Its announcement was lost: the frame announces it.
            await self.peer_seated(epoch, address, None)
            if epoch != self._peer_epoch:
                return
        await self._deliver(text)

    async def replace(self) -> None:
        """A newer socket holds the seat."""
        await self.close(Close.REPLACED)

    async def end(self, by: str, reason: str) -> None:
        """It is over for both."""
        await self.close(Close.ENDED, encode("ended", by=by, reason=reason))

    # --- The clock ---------------------------------------------------------------------------------------------

    def _set_end(self, ends_at: datetime | None) -> bool:
        """True if this is news."""
        if ends_at == self._ends_at:
            return False
        self._ends_at = ends_at
        self._skip_told()
        if self._wake is not None:
            self._wake.set()
        return True

    def _ice(self, now: datetime) -> dict[str, Any]:
        return ice_configuration(consultation_id=self.room, ends_at=self._ends_at, now=now)

    async def _renew_ice(self) -> None:
        """Whoever waited holds the credentials of the door, which may run out before the end."""
        if settings.TURN_URL:
            await self._deliver(encode("ice-servers", **self._ice(timezone.now())))

    def _time_left(self) -> float | None:
        return None if self._ends_at is None else (self._ends_at - timezone.now()).total_seconds()

    def _skip_told(self) -> None:
        """What had to be said before this socket knew the end isn't said late."""
        left = self._time_left()
        self._told = {seconds for seconds in TIME_LEFT if left is not None and left < seconds}

    async def _watch(self) -> None:
        """Joins the other processes, then minds the clock: silence, what time is left, whether all is still allowed."""
        await self._announce(ask=True)
        check_at = time.monotonic() + RECHECK_EVERY * random.uniform(0.5, 1)  # noqa: S311 (spreads the checks)
        while self._closing is None:
            await self._sleep(check_at)
            if time.monotonic() - self._heard >= SILENCE:
                await self.close(Close.SILENT)
            await self._tell_time()
            await self._journal.write()
            if time.monotonic() >= check_at:
                check_at = time.monotonic() + RECHECK_EVERY
                await self._recheck()

    async def _sleep(self, check_at: float) -> None:
        now = time.monotonic()
        delays = [self._heard + SILENCE - now, check_at - now]
        if self._journal.has_news:
            delays.append(0.0)
        left = self._time_left()
        if left is not None:
            delays += [left, *(left - seconds for seconds in TIME_LEFT if seconds not in self._told)]
        self._wake.clear()  # type: ignore[union-attr]
        with suppress(TimeoutError):
            async with asyncio.timeout(max(0.0, min(delays))):
                await self._wake.wait()  # type: ignore[union-attr]

    async def _tell_time(self) -> None:
        left = self._time_left()
        if left is None or self._closing is not None:
            return
        for seconds in TIME_LEFT:
            if left <= seconds and seconds not in self._told:
                self._told.add(seconds)
                await self._deliver(encode("time-left", seconds=seconds))
        if left <= 0:
            try:
                await database_sync_to_async(seating.end_overdue)(self.room, timezone.now())
            except DatabaseFailure as error:
                # The limit holds all the same; the worker closes the row.
                logger.warning("call: end of consultation %s not written: %r", self.room, error)
            await self.end("system", "time-limit")

    async def _announce(self, *, ask: bool) -> None:
        await self._mailbox.join(self.room)
        if self._peer_key not in self._mailbox.sockets or ask:
            self._mailbox.post(group_of(self.room), self.seat_mail(ask=ask))

    async def _recheck(self) -> None:
        now = timezone.now()
        last_seen = now - timedelta(seconds=time.monotonic() - self._heard)
        try:
            standing = await database_sync_to_async(seating.check_place)(
                self._pass, room=self.room, epoch=self.epoch, last_seen=last_seen, now=now
            )
        except Exception as error:
            # A restarting database leaves running calls alone; the next check is in 20 s.
            logger.warning("call: seat of consultation %s not checked: %r", self.room, error)
            return
        if standing.ended is not None:
            await self.end(*standing.ended)
        elif not standing.allowed:
            await self.close(Close.NOT_ALLOWED)
        elif not standing.newest:
            await self.replace()
        elif self._closing is None:
            if self._set_end(standing.ends_at):
                await self._renew_ice()
            await self._compare_peer(standing.peer_epoch)
            await self._announce(ask=False)

    async def _compare_peer(self, epoch: int | None) -> None:
        """What the database knows of a peer in another process, whose news may have been lost."""
        if self._peer_key in self._mailbox.sockets:
            return
        if epoch is not None:
            await self.peer_seated(epoch, self._peer_address if epoch == self._peer_epoch else None, None)
        elif self._peer_epoch is not None:
            await self._lose_peer("lost")


class CallConsumer:
    """The ASGI application of one of the two addresses; `role` is the seat to which it leads."""

    def __init__(self, role: str, find_mailbox: Callable[[], Mailbox] = mailboxes.here):
        self._role = str(role)
        self._find_mailbox = find_mailbox

    async def __call__(self, scope: Mapping[str, Any], receive: Receive, send: Send) -> None:
        await receive()
        (key,) = scope["url_route"]["kwargs"].values()
        session_key = scope["cookies"].get(settings.SESSION_COOKIE_NAME, "")
        shown = seating.Pass(role=self._role, key=key, session_key=session_key)
        place = None
        try:
            place = await database_sync_to_async(seating.take_place)(shown, timezone.now())
        except DatabaseFailure as error:
            logger.warning("call: nobody can be seated: %r", error)
        if place is None:
            await refuse(scope, receive, send)
        else:
            await CallSocket(shown, place, self._find_mailbox(), send).run(receive)


async def refuse(scope: Mapping[str, Any], receive: Receive, send: Send) -> None:
    """HTTP 403 before the upgrade."""
    await send({"type": "websocket.close"})


async def knock(scope: Mapping[str, Any], receive: Receive, send: Send) -> None:
    """Opens and closes: a rehearsal learns that sockets get through, and takes nobody's seat."""
    await send({"type": "websocket.accept"})
    await send({"type": "websocket.close", "code": 1000})
