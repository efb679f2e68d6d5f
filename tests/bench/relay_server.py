"""The servers that `relay.py` measures, each a process of its own: `bare PORT`, `daphne PORT` or `uvicorn PORT`."""

import asyncio
import sys
import time

import uvloop
from websockets.asyncio.server import ServerConnection, serve

rooms: dict[str, list[ServerConnection]] = {}


async def relay(socket: ServerConnection) -> None:
    """To everybody else under the same address, and nothing more: no check of who comes nor of what is said."""
    members = rooms.setdefault(socket.request.path, [])
    members.append(socket)
    try:
        async for message in socket:
            for member in members:
                if member is not socket:
                    await member.send(message)
    finally:
        members.remove(socket)


async def bare(port: int) -> None:
    async with serve(relay, "127.0.0.1", port, compression=None):
        await asyncio.Future()


# Seconds that the database takes to seat `?page=slow`.
SLOW_QUERY = 0.2


def loosen() -> None:
    """The flood gate wide open: the load generator is a flood. Idle sockets may stay silent; some are slow to seat."""
    from teleconsult import seating, signalling, watch

    signalling.FLOOD_FRAMES = 1_000_000
    watch.SILENCE = 3600.0
    take_place = seating.take_place

    def slow_take_place(shown, now):
        if shown.page == "slow":
            time.sleep(SLOW_QUERY)
        return take_place(shown, now)

    seating.take_place = slow_take_place


def daphne(port: int) -> None:
    """Our sockets under the default server."""
    from daphne.cli import CommandLineInterface

    CommandLineInterface().run(
        [
            "-v",
            "0",
            "-b",
            "127.0.0.1",
            "-p",
            str(port),
            "--websocket_connect_timeout",
            "60",
            "tests.bench.relay_server:application",
        ]
    )


def uvicorn(port: int) -> None:
    """Our sockets under uvicorn, on uvloop as by default."""
    import uvicorn

    uvicorn.run(
        "tests.bench.relay_server:application", port=port, ws="websockets-sansio", ws_per_message_deflate=False,
        log_level="critical",
    )  # fmt: skip


def __getattr__(name: str):
    if name == "application":
        from rofim.asgi import application

        return application
    raise AttributeError(name)


if __name__ == "__main__":
    kind, port = sys.argv[1], int(sys.argv[2])
    if kind == "bare":
        uvloop.run(bare(port))
    else:
        import django

        django.setup()
        loosen()
        {"daphne": daphne, "uvicorn": uvicorn}[kind](port)
