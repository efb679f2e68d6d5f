"""One seat's socket, from the welcome to the close: a plain ASGI receive loop.

No Channels dispatch per event: it hops to the database thread each time and costs seven times as much. Per frame
there is no database, no thread, no log line; the database is asked at the door, every 5 s for all sockets at once
(pulse.py), and at the end.
"""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from typing import Any, cast

from channels.db import database_sync_to_async
from django.conf import settings
from django.db import Error as DatabaseFailure
from django.utils import timezone

from teleconsult import presence, pulse, seating
from teleconsult.ice import ice_configuration
from teleconsult.journal import Journal
from teleconsult.mailbox import Mail, Mailbox, group_of
from teleconsult.models import Seat
from teleconsult.patience import Patience
from teleconsult.signalling import RELAYED, Close, FloodGate, Refused, check_size, encode, frame_type, iso
from teleconsult.watch import Clock, Watch

logger = logging.getLogger(__name__)

Receive = Callable[[], Awaitable[dict]]
Send = Callable[[dict], Awaitable[None]]

VERSION = 1
# Seconds the client may take to answer a close.
CLOSING_TIMEOUT = 1.0
# Seconds a client may keep a frame waiting: uvicorn waits for whoever reads nothing, and with it whoever speaks. Less
# than mailbox.SOCKET_TIMEOUT, within which it happens.
SENDING_TIMEOUT = 0.5
# Characters for one socket in all, some 800 descriptions: Daphne keeps in memory what its client doesn't read, even of
# one that goes on speaking. A page that ever comes so far is back half a second later.
MOST_SENT = 8 * 1024 * 1024
_PONG = encode("pong")
_UNSEEN = presence.UNSEEN.total_seconds()


class CallSocket:
    """One seat's socket, from the welcome to the close."""

    __slots__ = (
        "_gone_epoch", "_hung_up", "_listening", "_mailbox", "_mark", "_opens_at", "_patience", "_peer_address",
        "_peer_epoch", "_peer_key", "_practitioner", "_send", "_sent", "_task", "_watch", "clock", "closing", "epoch",
        "heard", "journal", "role", "room", "shown",
    )  # fmt: skip

    def __init__(self, shown: seating.Pass, place: seating.Place, mailbox: Mailbox, send: Send):
        self.room, self.role, self.epoch = place.room, shown.role, place.epoch
        self.shown = replace(shown, login=place.login)
        self._opens_at, self._mailbox, self._send = place.opens_at, mailbox, send
        self._practitioner = place.practitioner
        self._peer_key = (place.room, str(presence.other(shown.role)))
        self._peer_epoch, self._peer_address = place.peer_epoch, cast("str | None", None)
        # The newest peer socket known to be closed: late news of it must not bring it back.
        self._gone_epoch = 0
        self.clock = Clock(place.ends_at)
        # Monotonic seconds of the last sign of life.
        self.heard = time.monotonic()
        self.closing: Close | None = None
        # The code with which the client closed.
        self._hung_up: int | None = None
        self.journal = Journal(room=self.room, role=self.role, epoch=self.epoch)
        self._listening = False
        self._sent = 0
        self._patience = Patience(SENDING_TIMEOUT)
        self._task: asyncio.Task | None = None
        self._mark: tuple | None = None
        self._watch = Watch(self)

    # --- Life --------------------------------------------------------------------------------------------------

    async def run(self, receive: Receive) -> None:
        """Until the client goes or the server closes."""
        self._task = asyncio.current_task()
        self._mailbox.enter(group_of(self.room), pulse.run)
        watch = None
        try:
            await self._send({"type": "websocket.accept"})
            await self._welcome()
            await self._mailbox.tell_change(self._practitioner)
            watch = asyncio.create_task(self._watch.run())
            self._listening = True
            await self._listen(receive)
        except asyncio.CancelledError:
            if self.closing is None:
                # The server stops: seats are kept, clients come back to another process. Autobahn, under Daphne, sends
                # no 1012 and raises: the client sees the connection drop.
                with suppress(Exception):
                    await self.close(Close.RESTARTING)
                raise
            asyncio.current_task().uncancel()  # type: ignore[union-attr]
        finally:
            self._listening = False
            closed_by_server, self.closing = self.closing, self.closing or Close.LEFT
            if watch is not None:
                watch.cancel()
            self._mailbox.unseat(self)
            if closed_by_server is not Close.RESTARTING:
                await self._tell_peer(closed_by_server)
                await self.journal.end(closed_by_server, self._hung_up, time.monotonic() - self.heard)
                await self._give_up_seat(closed_by_server)
                await self._mailbox.tell_change(self._practitioner)
            await self._mailbox.leave(group_of(self.room))
        if closed_by_server is not None:
            await self._drain(receive)

    async def _welcome(self) -> None:
        now = timezone.now()
        peer = self._mailbox.sockets.get(self._peer_key)
        if peer is not None:
            self._peer_epoch = peer.epoch
        self.clock.skip_told(now)
        welcome = encode(
            "welcome",
            version=VERSION,
            role=self.role,
            polite=self.role == Seat.Role.PATIENT,
            epoch=self.epoch,
            **self._ice(now),
            peer=self._peer_epoch is not None,
            now=iso(now),
            opensAt=iso(self._opens_at),
            endsAt=iso(self.clock.ends_at),
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
            await peer.peer_seated(self.epoch, None, self.clock.ends_at.isoformat() if self.clock.ends_at else None)
            await self.peer_seated(peer.epoch, None, None)

    async def _listen(self, receive: Receive) -> None:
        gate = FloodGate()
        while self.closing is None:
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
            if now - self.heard > _UNSEEN:
                self.journal.hear_again(now - self.heard)
                self._watch.wake()
            self.heard = now
            if kind in RELAYED:
                await self._relay(text)
            elif kind == "ping":
                await self.deliver(_PONG)
            elif kind == "quality" and self.journal.hear(text):
                self._watch.wake()
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

    async def deliver(self, text: str) -> None:
        if self.closing is not None:
            return
        self._sent += len(text)
        try:
            if self._sent > MOST_SENT:
                raise TimeoutError
            await self._patience.wait_for(self._send({"type": "websocket.send", "text": text}))
        except TimeoutError:
            await self.close(Close.SILENT)
        except (OSError, RuntimeError):
            # Gone without a word: the socket's own loop hears of it next.
            pass

    async def close(self, code: Close, farewell: str | None = None) -> None:
        """Says farewell, closes and ends `run`; the first of several closes counts."""
        if self.closing is not None:
            return
        self.closing = code
        try:
            # A client that reads nothing must not keep whoever closes it waiting.
            async with asyncio.timeout(CLOSING_TIMEOUT):
                if farewell is not None:
                    await self._send({"type": "websocket.send", "text": farewell})
                await self._send({"type": "websocket.close", "code": int(code)})
        except (OSError, RuntimeError):
            pass
        finally:
            # Also if whoever closes it waits no longer.
            if self._listening and self._task is not asyncio.current_task():
                self._listening = False
                self._task.cancel()  # type: ignore[union-attr]

    async def _drain(self, receive: Receive) -> None:
        """Until the client has answered the close: Daphne wants its applications to outlive their connections."""
        with suppress(TimeoutError):
            async with asyncio.timeout(CLOSING_TIMEOUT):
                while (await receive())["type"] != "websocket.disconnect":
                    pass

    async def _tell_peer(self, code: Close | None) -> None:
        if code in (Close.REPLACED, Close.ENDED):
            return
        # Whose right to be here has ended must not be heard and seen on: the media is none of the server's.
        reasons = {Close.SILENT: "lost", Close.NOT_ALLOWED: "refused"}
        reason = reasons.get(code, "gone") if code else "gone"
        peer = self._mailbox.sockets.get(self._peer_key)
        if peer is not None:
            await peer.peer_left(self.epoch, reason)
        self._mailbox.post(group_of(self.room), ["left", self.room, self.role, self.epoch, reason])

    async def _give_up_seat(self, code: Close | None) -> None:
        silence = time.monotonic() - self.heard
        if code is Close.REPLACED or (code is Close.ENDED and silence > _UNSEEN):
            # A newer socket's; or cut off until the end, which the journal reads from the lease as it is.
            return
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
        return ["seat", self.room, self.role, self.epoch, self.clock.ends_at and self.clock.ends_at.isoformat(), ask]

    async def peer_seated(self, epoch: int, address: str | None, ends_at: str | None) -> None:
        """The peer sits at `address` (None: in this process)."""
        known = self._peer_epoch
        if epoch <= self._gone_epoch or (known is not None and epoch < known):
            return
        self._peer_epoch, self._peer_address = epoch, address
        new_end = ends_at is not None and self.set_end(datetime.fromisoformat(ends_at))
        if epoch != known:
            await self.deliver(encode("peer-joined", epoch=epoch, endsAt=iso(self.clock.ends_at)))
        if new_end:
            await self.renew_ice()

    async def peer_left(self, epoch: int, reason: str) -> None:
        """The peer's socket of this epoch is closed."""
        self._gone_epoch = max(self._gone_epoch, epoch)
        if self._peer_epoch is not None and self._peer_epoch <= epoch:
            await self._lose_peer(reason)

    async def _lose_peer(self, reason: str) -> None:
        self._peer_epoch = self._peer_address = None
        await self.deliver(encode("peer-left", reason=reason))

    async def hear(self, epoch: int, address: str | None, text: str) -> None:
        """A frame of the peer's; one of a socket that has been replaced is dropped."""
        if epoch != self._peer_epoch:
            # Its announcement was lost: the frame announces it.
            await self.peer_seated(epoch, address, None)
            if epoch != self._peer_epoch:
                return
        await self.deliver(text)

    async def compare_peer(self, epoch: int, *, is_there: bool) -> None:
        """What the database knows of a peer in another process, whose news may have been lost."""
        if self._peer_key in self._mailbox.sockets:
            return
        if is_there:
            await self.peer_seated(epoch, self._peer_address if epoch == self._peer_epoch else None, None)
        elif self._peer_epoch is not None and self._peer_epoch <= epoch:
            await self._lose_peer("lost")

    def look_at(self, mark: tuple) -> None:
        """All that this socket's standing depends on; if it has changed, the standing is looked at again."""
        before, self._mark = self._mark, mark
        if before is not None and mark != before:
            self._watch.look_again()

    async def announce(self, *, ask: bool) -> None:
        """Joins the room's group (again), and tells the other processes who sits here unless the peer does, too."""
        await self._mailbox.join(group_of(self.room))
        if self._peer_key not in self._mailbox.sockets or ask:
            self._mailbox.post(group_of(self.room), self.seat_mail(ask=ask))

    async def replace(self) -> None:
        """A newer socket holds the seat."""
        await self.close(Close.REPLACED)

    async def end(self, by: str, reason: str) -> None:
        """It is over for both."""
        await self.close(Close.ENDED, encode("ended", by=by, reason=reason))

    # --- The end of the consultation, and what depends on it ---------------------------------------------------

    def set_end(self, ends_at: datetime | None) -> bool:
        """True if this is news."""
        if not self.clock.set_end(ends_at, timezone.now()):
            return False
        self._watch.wake()
        return True

    async def renew_ice(self) -> None:
        """Whoever waited holds the credentials of the door, which may run out before the end."""
        if settings.TURN_URL:
            await self.deliver(encode("ice-servers", **self._ice(timezone.now())))

    def _ice(self, now: datetime) -> dict[str, Any]:
        return ice_configuration(consultation_id=self.room, ends_at=self.clock.ends_at, now=now)
