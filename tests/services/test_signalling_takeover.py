"""Two tabs of one seat that take it over in turns: the older one is always closed with 4409, at once."""

import asyncio
import json

import pytest

from tests.services.line import dial
from tests.services.web import SERVERS

TURNS = 60
# Seconds; news between processes takes milliseconds, the database's word up to 20 s: only news may be what closed it.
AT_ONCE = 5


@pytest.mark.parametrize("servers", [*((server,) for server in SERVERS), tuple(SERVERS)], ids="+".join)
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
