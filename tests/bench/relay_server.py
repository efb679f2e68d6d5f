"""The servers that `relay.py` measures, each a process of its own: `bare PORT` or `product PORT`."""

import asyncio
import sys

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


def product(port: int) -> None:
    """Our sockets under Daphne, the flood gate wide open: the load generator is a flood."""
    from daphne.cli import CommandLineInterface

    from teleconsult import signalling

    signalling.FLOOD_FRAMES = 1_000_000
    CommandLineInterface().run(["-v", "0", "-b", "127.0.0.1", "-p", str(port), "tests.bench.relay_server:application"])


def __getattr__(name: str):
    if name == "application":
        from rofim.asgi import application

        return application
    raise AttributeError(name)


if __name__ == "__main__":
    kind, port = sys.argv[1], int(sys.argv[2])
    if kind == "bare":
        asyncio.run(bare(port))
    else:
        import django

        django.setup()
        product(port)
