"""A page's socket, as static/js/call/socket.js keeps it: pings, comes back by itself, stops where it is told to."""

import asyncio
import json
from contextlib import asynccontextmanager, suppress

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake

from tests.services.web import SITE_URL, MeetingRoom, Web

# Seconds, as in the page.
PING_EVERY = 5.0
BACK_OFF = 0.5, 8.0
FINAL = (4000, 4401, 4409)
PATIENCE = 30.0


async def dial(web: Web, path: str, cookies: str, origin: str = SITE_URL) -> ClientConnection:
    """One socket. Raises InvalidStatus when refused, OSError when nobody listens."""
    return await connect(
        f"ws://127.0.0.1:{web.port}{path}", origin=origin, additional_headers={"Cookie": cookies}, compression=None,
        max_size=None, open_timeout=10, close_timeout=2, proxy=None,
    )  # fmt: skip


class Line:
    """Comes back through the processes in turn, as a proxy in front of them would lead it."""

    def __init__(self, room: MeetingRoom, role: str, webs: list[Web]):
        self.room, self.role, self._webs = room, role, webs
        self.frames: asyncio.Queue[dict] = asyncio.Queue()
        self.epoch = 0
        self.web: Web | None = None
        self.connects = 0
        self.closed: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        self._socket: ClientConnection | None = None
        self._task = asyncio.create_task(self._run())

    async def _run(self) -> None:
        wait, turn = BACK_OFF[0], 0
        while not self.closed.done():
            web = self._webs[turn % len(self._webs)]
            code = None
            with suppress(OSError, InvalidHandshake, TimeoutError):
                self._socket = await dial(web, self.room.paths[self.role], self.room.cookies[self.role])
                self.web, self.connects, wait = web, self.connects + 1, BACK_OFF[0]
                code = await self._read(self._socket)
            self._socket = self.web = None
            if code in FINAL:
                self.closed.set_result(code)
                return
            # A proxy tries the next one at once when nobody listens.
            turn += 1
            await asyncio.sleep(wait)
            wait = min(BACK_OFF[1], 2 * wait)

    async def _read(self, socket: ClientConnection) -> int | None:
        ping = asyncio.create_task(self._ping(socket))
        try:
            async for text in socket:
                frame = json.loads(text)
                if frame["type"] == "welcome":
                    self.epoch = frame["epoch"]
                if frame["type"] != "pong":
                    self.frames.put_nowait(frame)
        except ConnectionClosed:
            pass
        finally:
            ping.cancel()
        return socket.close_code

    async def _ping(self, socket: ClientConnection) -> None:
        with suppress(ConnectionClosed):
            while True:
                await socket.send('{"type": "ping"}')
                await asyncio.sleep(PING_EVERY)

    async def send(self, frame: dict) -> None:
        """Lost while the socket is down, as in the page."""
        if self._socket is not None:
            with suppress(ConnectionClosed):
                await self._socket.send(json.dumps(frame))

    async def next_of(self, kind: str, patience: float = PATIENCE) -> dict:
        """The next frame of this type; others are passed over."""
        async with asyncio.timeout(patience):
            while (frame := await self.frames.get())["type"] != kind:
                pass
        return frame

    async def hang_up(self) -> None:
        self._task.cancel()
        if self._socket is not None:
            await self._socket.close()


@asynccontextmanager
async def lines(*asked: tuple[MeetingRoom, str, list[Web]]):
    """Opened one after the other, each welcomed."""
    opened: list[Line] = []
    try:
        for room, role, webs in asked:
            opened.append(Line(room, role, webs))
            await opened[-1].next_of("welcome")
        yield opened
    finally:
        for line in opened:
            await line.hang_up()


def candidate(text: str) -> dict:
    return {"type": "candidate", "candidate": {"candidate": text}}


async def arrives(sender: Line, receiver: Line) -> bool:
    """Whether a frame sent now is there within half a second."""
    marker = candidate(f"{id(sender)} {asyncio.get_running_loop().time()}")
    await sender.send(marker)
    with suppress(TimeoutError):
        async with asyncio.timeout(0.5):
            while await receiver.frames.get() != marker:
                pass
            return True
    return False


async def flow_both_ways(one: Line, two: Line, patience: float) -> float:
    """Seconds until frames arrive on both sides."""
    loop = asyncio.get_running_loop()
    started = loop.time()
    async with asyncio.timeout(patience):
        for sender, receiver in ((one, two), (two, one)):
            while not await arrives(sender, receiver):
                # As often as a page that renegotiates, not as a flood.
                await asyncio.sleep(0.2)
    return loop.time() - started
