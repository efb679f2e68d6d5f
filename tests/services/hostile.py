"""Somebody seated who sends what no page sends: `python -m tests.services.hostile ROUNDS`, the addresses on stdin.

A process of its own, so that its work slows nobody's clock. Prints as JSON how each attack was closed, and how the
other seat of the same room fared.
"""

import asyncio
import json
import sys
from contextlib import suppress

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

MEGABYTE = 1 << 20
PING = '{"type": "ping"}'


def quality(rtt: str) -> str:
    return f'{{"type": "quality", "rtt": {rtt}, "loss": 0, "jitter": 0, "kind": null}}'


def nested(levels: int) -> str:
    return '{"type": "candidate", "candidate": ' + "[" * levels + "]" * levels + "}"


def long(size: int) -> str:
    return json.dumps({"type": "description", "description": {"type": "offer", "sdp": "x" * size}})


# Handlers of Channels, of ASGI, of our own classes and of Python's.
NAMES = [
    "websocket.disconnect", "websocket.receive", "websocket.close", "websocket.accept", "http.request", "call.mail",
    "lifespan.shutdown", "_relay", "_relay()", "__init__", "__class__", "replace", "end", "peer_seated", "welcome",
    "peer-joined", "ended", "pong", "", " ping", "PING", "ping\0",
]  # fmt: skip

# Each closes with 4400.
BAD: dict[str, list[str | bytes]] = {
    "malformed": ["", "{", "}", "null", "[]", "3", '"ping"', '{"type"}', PING + PING, "{'type': 'ping'}"],
    "nested": [nested(3), nested(1000), nested(1024), nested(30_000), "[" * 60_000, '{"a":' * 10_000],
    "not a number": [quality("NaN"), quality("Infinity"), quality("-Infinity"), quality("0x1"), quality('"1"')],
    "huge numbers": [quality("1e400"), quality("-1e400"), quality("1" + "0" * 60_000)],
    "too long": [long(65 * 1024), "é" * 40_000, long(900 * 1024)],
    "binary": [PING.encode(), b"", b"\x00\xff" * 1000],
    "unknown type": ['{"type": "offer"}', "{}", '{"type": null}', '{"type": 1}', '{"type": ["ping"]}',
                     '{"type": {"ping": 1}}', '{"type": "ping", "extra": 1}', '{"type": "ping", "__proto__": {}}'],
    "handler names": [json.dumps({"type": name}) for name in NAMES],
    "lone surrogates": ['{"type": "candidate", "candidate": {"candidate": "\\ud800"}}'],
}  # fmt: skip

# The server itself lets no message of more than a megabyte through to us: 1009, or no word at all (1006).
MONSTERS: list[str | bytes] = [long(2 * MEGABYTE), "x" * (2 * MEGABYTE), bytes(2 * MEGABYTE)]


async def dial(to: dict) -> ClientConnection:
    """Seated, past its welcome."""
    socket = await connect(
        to["url"], origin=to["origin"], additional_headers={"Cookie": to["cookies"]}, compression=None, proxy=None,
        max_size=None, close_timeout=2,
    )  # fmt: skip
    assert json.loads(await socket.recv())["type"] == "welcome"
    return socket


async def closed_after(to: dict, send) -> int | None:
    """The code with which the server closes a socket that does this."""
    socket = await dial(to)
    # Who doesn't read what came doesn't see the end of it either.
    reading = asyncio.create_task(drain(socket))
    with suppress(ConnectionClosed):
        await send(socket)
    await asyncio.wait_for(reading, 60)
    await socket.wait_closed()
    return socket.close_code


async def drain(socket: ClientConnection) -> list[str]:
    """What it hears until it is closed."""
    heard: list[str] = []
    with suppress(ConnectionClosed):
        async for text in socket:
            heard.append(text)
    return heard


async def flood(socket: ClientConnection) -> None:
    """10,000 frames, as fast as they go: well within a second."""
    for _ in range(10_000):
        await socket.send(PING)


async def replay(to: dict) -> list[int | None]:
    """Sends on through a socket that has been replaced; both sockets' close codes."""
    older = await dial(to)
    newer = await dial(to)
    with suppress(ConnectionClosed):
        for number in range(50):
            await older.send(json.dumps({"type": "candidate", "candidate": {"candidate": f"replayed {number}"}}))
    await older.wait_closed()
    await newer.send('{"type": "leave"}')
    await newer.wait_closed()
    return [older.close_code, newer.close_code]


async def attack(to: dict, rounds: int) -> dict:
    peer = await dial(to | {"url": to["peer_url"], "cookies": to["peer_cookies"]})
    listening = asyncio.create_task(drain(peer))
    attacks = BAD | {"monsters": MONSTERS}
    codes: dict[str, list] = {name: [] for name in [*attacks, "flood", "replayed"]}
    for _ in range(rounds):
        for name, frames in attacks.items():
            for frame in frames:
                codes[name].append(await closed_after(to, lambda socket, frame=frame: socket.send(frame)))
        codes["flood"].append(await closed_after(to, flood))
        codes["replayed"] += await replay(to)
        # The peer's own sign of life: 45 s of silence would close it.
        await peer.send(PING)
    still_there = peer.close_code is None
    await peer.close()
    kinds = sorted({json.loads(text)["type"] for text in await listening})
    return {"codes": codes, "peer_still_there": still_there, "peer_heard": kinds}


if __name__ == "__main__":
    print(json.dumps(asyncio.run(attack(json.load(sys.stdin), int(sys.argv[1])))))
