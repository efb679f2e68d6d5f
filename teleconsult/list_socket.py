"""The socket of a page with the practitioner's list. It says « something has changed »; the page asks for its rows.

Of the client it hears pings alone. As lean as a call's (sockets.py): the database is asked at the door, and by the
heartbeat of the process for all lists at once (pulse.py).
"""

import asyncio
import logging
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

from channels.db import database_sync_to_async
from django.conf import settings
from django.db import Error as DatabaseFailure
from django.utils import timezone

from rofim import live
from teleconsult import mailbox as mailboxes
from teleconsult import pulse, seating
from teleconsult.consumers import refuse
from teleconsult.mailbox import Mailbox
from teleconsult.signalling import Close, FloodGate, Refused, check_size, encode, frame_type
from teleconsult.sockets import CLOSING_TIMEOUT, Receive, Send

logger = logging.getLogger(__name__)

_CHANGED = encode("changed")
_PONG = encode("pong")


class ListConsumer:
    """The ASGI application: a validated practitioner with both factors gets a `ListSocket`, everybody else a 403."""

    def __init__(self, find_mailbox: Callable[[], Mailbox] = mailboxes.here):
        self._find_mailbox = find_mailbox

    async def __call__(self, scope: Mapping[str, Any], receive: Receive, send: Send) -> None:
        await receive()
        session_key = scope["cookies"].get(settings.SESSION_COOKIE_NAME, "")
        practitioner = None
        try:
            practitioner = await database_sync_to_async(seating.list_owner)(session_key, timezone.now())
        except DatabaseFailure as error:
            logger.warning("list: nobody can be let in: %r", error)
        if practitioner is None:
            await refuse(scope, receive, send)
        else:
            await ListSocket(practitioner, session_key, self._find_mailbox(), send).run(receive)


class ListSocket:
    """One open list."""

    __slots__ = ("_closing", "_mailbox", "_mark", "_send", "_task", "heard", "practitioner", "session_key")

    def __init__(self, practitioner: int, session_key: str, mailbox: Mailbox, send: Send):
        self.practitioner, self.session_key = practitioner, session_key
        self._mailbox, self._send = mailbox, send
        # Monotonic seconds of the last sign of life.
        self.heard = time.monotonic()
        self._closing: Close | None = None
        self._task: asyncio.Task | None = None
        self._mark: tuple | None = None

    async def run(self, receive: Receive) -> None:
        """Until the client goes or the server closes."""
        self._task = asyncio.current_task()
        group = live.group_of(self.practitioner)
        self._mailbox.enter(group, pulse.run)
        self._mailbox.watchers.add(self)
        try:
            await self._send({"type": "websocket.accept"})
            # What happened before this socket was there is in the rows that the page asks for now.
            await self.tell()
            await self._mailbox.join(group)
            await self._listen(receive)
        except asyncio.CancelledError:
            if self._closing is None:
                with suppress(Exception):
                    await self.close(Close.RESTARTING)
                raise
            asyncio.current_task().uncancel()  # type: ignore[union-attr]
        finally:
            self._mailbox.watchers.discard(self)
            await self._mailbox.leave(group)
        await self._drain(receive)

    async def _listen(self, receive: Receive) -> None:
        gate = FloodGate()
        while self._closing is None:
            event = await receive()
            if event["type"] != "websocket.receive":
                self._closing = Close.LEFT
                return
            now = time.monotonic()
            try:
                text = check_size(event)
                if not gate.admit(now):
                    raise Refused(Close.FLOOD)
                if frame_type(text) != "ping":
                    raise Refused(Close.BAD_FRAME)
            except Refused as refused:
                await self.close(refused.code)
                return
            self.heard = now
            await self._deliver(_PONG)

    async def tell(self) -> None:
        """A row has changed, or may have."""
        await self._deliver(_CHANGED)

    async def _deliver(self, text: str) -> None:
        if self._closing is None:
            # Gone without a word: the socket's own loop hears of it next.
            with suppress(OSError, RuntimeError):
                await self._send({"type": "websocket.send", "text": text})

    async def close(self, code: Close) -> None:
        """Closes and ends `run`; the first of several closes counts."""
        if self._closing is not None:
            return
        self._closing = code
        with suppress(OSError, RuntimeError, TimeoutError):
            async with asyncio.timeout(CLOSING_TIMEOUT):
                await self._send({"type": "websocket.close", "code": int(code)})
        if self._task is not asyncio.current_task():
            self._task.cancel()  # type: ignore[union-attr]

    async def _drain(self, receive: Receive) -> None:
        """Until the client has answered the close: Daphne wants its applications to outlive their connections."""
        if self._closing is not Close.LEFT:
            with suppress(TimeoutError):
                async with asyncio.timeout(CLOSING_TIMEOUT):
                    while (await receive())["type"] != "websocket.disconnect":
                        pass

    def has_news(self, mark: tuple) -> bool:
        """Whether what its right to be here depends on has changed since the last beat."""
        before, self._mark = self._mark, mark
        return mark != before
