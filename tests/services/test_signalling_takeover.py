"""Two tabs of one seat that take it over in turns: the older one is always closed with 4409, at once."""

import asyncio
import json
from contextlib import suppress

import pytest
from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed

from tests.services.line import dial
from tests.services.web import SERVERS, MeetingRoom, Web

TURNS = 60
BURSTS = 15
# Seconds; news between processes takes milliseconds, the database's word up to 20 s: only news may be what closed it.
AT_ONCE = 10


DEPLOYMENTS = pytest.mark.parametrize("servers", [*((server,) for server in SERVERS), tuple(SERVERS)], ids="+".join)


@DEPLOYMENTS
async def test_in_turns(full_size, servers):
    (room,) = full_size.rooms(1)
    with full_size.web(*servers) as webs:
        peer = await dial(webs[0], room.paths["patient"], room.cookies["patient"])
        older = None
        for turn in range(TURNS):
            newer = await dial(webs[turn % len(webs)], room.paths["practitioner"], room.cookies["practitioner"])
            assert json.loads(await newer.recv())["epoch"] == turn + 1
            if older is not None:
                async with asyncio.timeout(AT_ONCE):
                    await older.wait_closed()
                assert older.close_code == 4409, turn
            older = newer
        await older.close()
        await peer.close()


async def seated(web: Web, room: MeetingRoom) -> tuple[int, ClientConnection]:
    """A new socket of the practitioner's, and its epoch; 0 if it was replaced before its welcome."""
    socket = await dial(web, room.paths["practitioner"], room.cookies["practitioner"])
    with suppress(ConnectionClosed):
        return json.loads(await socket.recv())["epoch"], socket
    return 0, socket


@DEPLOYMENTS
async def test_all_at_once(full_size, servers):
    """Whatever the order in which they sit down in one process or two, the highest epoch stays, and it alone."""
    (room,) = full_size.rooms(1)
    with full_size.web(*servers) as webs:
        kept: list[tuple[int, ClientConnection]] = []
        for _ in range(BURSTS):
            kept += await asyncio.gather(*(seated(web, room) for web in webs * 2 for _ in range(2)))
            *older, (_, newest) = sorted(kept, key=lambda each: each[0])
            async with asyncio.timeout(AT_ONCE):
                await asyncio.gather(*(socket.wait_closed() for _, socket in older))
            assert {socket.close_code for _, socket in older} == {4409}
            assert newest.close_code is None
            kept = [max(kept, key=lambda each: each[0])]
        await newest.close()
