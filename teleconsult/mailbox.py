"""Who sits where: a process-local table of sockets, and one channel per process for peers that sit elsewhere.

Two sockets of one process never meet the channel layer. Between processes each room is a group (`call.<id>`) through
which seats find each other; frames then go to the other process's own channel, gathered per tick of the loop.
Delivery between processes is at most once. An unreachable layer is logged and dropped from, never raised: what was
missed is learnt again from the database and from the seats that every process announces every 20 s.
Beside the seats of calls it holds the sockets of lists (list_socket.py), which only hear « something has changed ».
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Coroutine
from functools import partial
from typing import Any, Protocol
from weakref import WeakKeyDictionary

from channels.exceptions import ChannelFull
from channels.layers import get_channel_layer

from rofim import live
from teleconsult.presence import other
from teleconsult.signalling import Close

logger = logging.getLogger(__name__)

# Seconds: how long the layer may take, how long it is left alone after it failed, when the pump starts anew.
LAYER_TIMEOUT = 2.0
LAYER_REST = 2.0
PUMP_RESTART = 1.0
# How often an outage that goes on is said again.
TELL_EVERY = 60.0
# A socket of this process that takes longer than this to accept a frame from elsewhere holds everybody's mail.
SOCKET_TIMEOUT = 1.0

# How the names of groups begin: calls and lists. Any other address is a process's.
_GROUPS = ("call.", live.GROUP_PREFIX)

Mail = list[Any]


class Sitter(Protocol):
    """What the table holds: the socket of one seat."""

    room: int
    role: str
    epoch: int
    heard: float
    shown: Any

    def seat_mail(self, *, ask: bool) -> Mail: ...
    async def peer_seated(self, epoch: int, address: str | None, ends_at: str | None) -> None: ...
    async def peer_left(self, epoch: int, reason: str) -> None: ...
    async def hear(self, epoch: int, address: str | None, text: str) -> None: ...
    async def end(self, by: str, reason: str) -> None: ...
    async def replace(self) -> None: ...
    async def compare_peer(self, epoch: int, *, is_there: bool) -> None: ...
    def look_at(self, mark: tuple) -> None: ...


class Watcher(Protocol):
    """The socket of one page with a practitioner's list."""

    practitioner: int
    heard: float
    session_key: str

    async def tell(self) -> None: ...
    async def close(self, code: Close) -> None: ...
    def has_news(self, mark: tuple) -> bool: ...


def group_of(room: int) -> str:
    """The channel layer's group of a consultation."""
    return f"call.{room}"


class Mailbox:
    """The sockets of one process (one event loop) and its channel."""

    def __init__(self, layer: Any = None):
        self.sockets: dict[tuple[int, str], Sitter] = {}
        self.watchers: set[Watcher] = set()
        self.address: str | None = None
        # Frames that found no way to another process since the start.
        self.dropped = 0
        self._layer = layer
        # How many sockets want to hear of each group.
        self._groups: dict[str, int] = {}
        self._pump: asyncio.Task | None = None
        self._heart: asyncio.Task | None = None
        self._listening: asyncio.Event | None = None
        self._out: dict[str, list[Mail]] = {}
        self._flusher: asyncio.Task | None = None
        self._resting_until = 0.0
        # Since when the layer fails, and when that was last said.
        self._failing_since: float | None = None
        self._told_at = 0.0

    @property
    def layer(self) -> Any:
        return self._layer or get_channel_layer()

    # --- The table ---------------------------------------------------------------------------------------------

    def seat(self, sitter: Sitter) -> Sitter | None:
        """Puts a socket on its seat and returns the older one; the newest epoch wins, so the older may be `sitter`."""
        key = (sitter.room, sitter.role)
        older = self.sockets.get(key)
        if older is not None and older.epoch > sitter.epoch:
            return sitter
        self.sockets[key] = sitter
        return older

    def unseat(self, sitter: Sitter) -> None:
        """Takes a socket off the table, unless a newer one has its seat."""
        key = (sitter.room, sitter.role)
        if self.sockets.get(key) is sitter:
            del self.sockets[key]

    def enter(self, group: str, heart: Callable[["Mailbox"], Coroutine]) -> None:
        """One more socket of this group; the first one of all starts the pump, and the heart of the sockets."""
        self._groups[group] = self._groups.get(group, 0) + 1
        if self._pump is None:
            _open[self] = asyncio.get_running_loop()
            self._listening = asyncio.Event()
            self._pump = _keep(asyncio.create_task(self._run(self._listening)))
            self._heart = _keep(asyncio.create_task(heart(self)))

    async def join(self, group: str) -> None:
        """Hears of the group from now on, as far as the layer can be reached. Done again every 20 s."""
        await self._reach(partial(self._add, group))

    async def _add(self, group: str) -> None:
        if self._listening is not None:
            await self._listening.wait()
            await self.layer.group_add(group, self.address)

    async def leave(self, group: str) -> None:
        """One socket fewer of this group; the last one of all stops the pump."""
        self._groups[group] -= 1
        if self._groups[group]:
            return
        del self._groups[group]
        address = self.address
        if not self._groups and self._pump is not None and self._heart is not None:
            self._pump.cancel()
            self._heart.cancel()
            self._pump = self._heart = self._listening = self.address = None
            del _open[self]
        if address is not None:
            await self._reach(partial(self.layer.group_discard, group, address))

    # --- Out ---------------------------------------------------------------------------------------------------

    def post(self, address: str, mail: Mail) -> None:
        """Sends to a process (its channel) or to a group, with whatever else this tick brings."""
        self._out.setdefault(address, []).append(mail)
        if self._flusher is None:
            self._flusher = _keep(asyncio.create_task(self._flush()))

    async def _flush(self) -> None:
        try:
            while self._out:
                out, self._out = self._out, {}
                for address, mail in out.items():
                    send = self.layer.group_send if address.startswith(_GROUPS) else self.layer.send
                    message = {"type": "call.mail", "from": self.address, "mail": mail}
                    if not await self._reach(partial(send, address, message)):
                        self.dropped += len(mail)
        finally:
            self._flusher = None

    async def _reach(self, act: Callable[[], Awaitable[Any]]) -> bool:
        """Does something with the layer; False when it failed, took too long, or failed a moment ago."""
        loop = asyncio.get_running_loop()
        if loop.time() < self._resting_until:
            return False
        try:
            async with asyncio.timeout(LAYER_TIMEOUT):
                await act()
        except ChannelFull:
            return False
        except Exception as error:
            # Whatever a client library raises: calls between sockets of this process go on.
            self._resting_until = loop.time() + LAYER_REST
            self._tell_failure(error)
            return False
        if self._failing_since is not None:
            logger.warning("call: channel layer back after %d s", loop.time() - self._failing_since)
            self._failing_since = None
        return True

    def _tell_failure(self, error: Exception) -> None:
        now = asyncio.get_running_loop().time()
        if self._failing_since is None:
            self._failing_since = now
        elif now - self._told_at < TELL_EVERY:
            return
        self._told_at = now
        logger.warning("call: channel layer unreachable: %r", error)

    # --- In ----------------------------------------------------------------------------------------------------

    async def _run(self, listening: asyncio.Event) -> None:
        """The supervised pump: whatever ends it, it starts again."""
        while True:
            try:
                await self._pump_mail(listening)
            except Exception as error:
                self._tell_failure(error)
            listening.clear()
            await asyncio.sleep(PUMP_RESTART)

    async def _pump_mail(self, listening: asyncio.Event) -> None:
        layer = self.layer
        async with asyncio.timeout(LAYER_TIMEOUT):
            self.address = address = await layer.new_channel("mail.")
            for group in self._groups:
                await layer.group_add(group, address)
        self._resting_until = 0.0
        listening.set()
        for sitter in list(self.sockets.values()):
            self.post(group_of(sitter.room), sitter.seat_mail(ask=True))
        while True:
            message = await layer.receive(address)
            if message.get("from") != address:
                await self._sort(message)

    async def _sort(self, message: dict) -> None:
        sender = message["from"]
        for kind, room, *rest in message["mail"]:
            try:
                async with asyncio.timeout(SOCKET_TIMEOUT):
                    await self._hand_over(kind, room, sender, rest)
            except Exception as error:
                self.dropped += 1
                logger.warning("call: mail of kind %s for consultation %s lost: %r", kind, room, error)

    async def _hand_over(self, kind: str, room: int, sender: str | None, rest: list[Any]) -> None:
        if kind == "ended":
            await self.end(room, *rest)
            return
        if kind == "changed":
            # No room: a practitioner.
            await self._tell_watchers(room)
            return
        role, epoch, *rest = rest
        peer = self.sockets.get((room, other(role)))
        if kind == "seat":
            ends_at, ask = rest
            same = self.sockets.get((room, role))
            if same is not None and same.epoch < epoch:
                await same.replace()
            elif same is not None and same.epoch > epoch:
                # It sat down before this process listened for the room: the newer one's announcement missed it.
                self.post(sender or group_of(room), same.seat_mail(ask=False))
            if peer is not None:
                await peer.peer_seated(epoch, sender, ends_at)
                if ask:
                    self.post(sender or group_of(room), peer.seat_mail(ask=False))
        elif peer is not None and kind == "frame":
            await peer.hear(epoch, sender, *rest)
        elif peer is not None and kind == "left":
            await peer.peer_left(epoch, *rest)

    async def tell_change(self, practitioner: int) -> None:
        """Tells the practitioner's lists, in whatever process, that a row has changed."""
        self.post(live.group_of(practitioner), live.change_of(practitioner))
        await self._tell_watchers(practitioner)

    async def _tell_watchers(self, practitioner: int) -> None:
        for watcher in [each for each in self.watchers if each.practitioner == practitioner]:
            await watcher.tell()

    async def end(self, room: int, by: str, reason: str) -> None:
        """Tells and closes the sockets of a room that sit in this process."""
        for sitter in [sitter for key, sitter in self.sockets.items() if key[0] == room]:
            await sitter.end(by, reason)


_mailboxes: WeakKeyDictionary[asyncio.AbstractEventLoop, Mailbox] = WeakKeyDictionary()
# Mailboxes with sockets, for threads that want to reach them.
_open: dict[Mailbox, asyncio.AbstractEventLoop] = {}
_tasks: set[asyncio.Task] = set()


def _keep(task: asyncio.Task) -> asyncio.Task:
    """The loop itself holds its tasks weakly."""
    _tasks.add(task)
    task.add_done_callback(_tasks.discard)
    return task


def here() -> Mailbox:
    """The mailbox of this process (of the running loop)."""
    return _mailboxes.setdefault(asyncio.get_running_loop(), Mailbox())


def end_here(room: int, by: str, reason: str) -> None:
    """Ends a room's sockets of this process, from any thread; needs no channel layer."""
    for mailbox, loop in list(_open.items()):
        loop.call_soon_threadsafe(_end_soon, mailbox, room, by, reason)


def _end_soon(mailbox: Mailbox, room: int, by: str, reason: str) -> None:
    _keep(asyncio.ensure_future(mailbox.end(room, by, reason)))


async def end_elsewhere(room: int, by: str, reason: str) -> None:
    """Ends a room's sockets of the other processes. Raises what the channel layer raises."""
    async with asyncio.timeout(LAYER_TIMEOUT):
        await get_channel_layer().group_send(
            group_of(room), {"type": "call.mail", "from": None, "mail": [["ended", room, by, reason]]}
        )
