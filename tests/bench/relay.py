"""The relay beside a bare `websockets` relay in the same run: one-way latency and CPU per frame. Prints JSON.

    python -m tests.bench.relay

Rooms of two sockets on loopback, the mix of a call's frames (one 4.6 KB description to ten 250 B candidates), the
servers on one core and this generator on another. Absolute figures depend on the machine; the ratios count.
"""

import asyncio
import json
import os
import random
import secrets
import subprocess
import sys
import tempfile
import time
from collections import deque
from contextlib import ExitStack, contextmanager
from pathlib import Path

from websockets.asyncio.client import ClientConnection, connect

ROOMS = 40
LATENCY_RATE = 200  # frames a second over all rooms
LATENCY_SECONDS = 3
LOAD_SECONDS = 3
ROOT = Path(__file__).resolve().parents[2]

CANDIDATE = json.dumps(
    {
        "type": "candidate",
        "candidate": {
            "candidate": "candidate:842163049 1 udp 1677729535 203.0.113.7 46154 typ srflx raddr 10.0.0.17 "
            "rport 46154 generation 0 ufrag EEtu network-cost 999",
            "sdpMid": "0",
            "sdpMLineIndex": 0,
            "usernameFragment": "EEtu",
        },
    }
)
_LINES = "".join(f"a=rtpmap:{n} H264/90000\r\na=rtcp-fb:{n} nack pli\r\n" for n in range(35, 131))
DESCRIPTION = json.dumps({"type": "description", "description": {"type": "offer", "sdp": "v=0\r\n" + _LINES}})
MIX = [DESCRIPTION, *[CANDIDATE] * 10]


def pin(cores: set[int], pid: int = 0) -> None:
    """Server and generator apart, where there are two cores."""
    if os.cpu_count() > 1:
        os.sched_setaffinity(pid, cores)


def cpu_seconds(pids: list[int]) -> float:
    """CPU time of other processes, in nanosecond resolution (Linux: CLOCK_PROCESS_CPUTIME_ID of a pid)."""
    return sum(time.clock_gettime((~pid << 3) | 2) for pid in pids)


@contextmanager
def server(kind: str, port: int, environment: dict[str, str]):
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.bench.relay_server", kind, str(port)],
        cwd=ROOT,
        env={**os.environ, **environment},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    pin({0}, process.pid)
    try:
        yield process
    finally:
        process.terminate()
        process.wait(10)


class End:
    """One socket of a room."""

    def __init__(self, socket: ClientConnection):
        self.socket = socket
        self.mate: End = self
        self.sent: deque[int] = deque()
        self.turn = random.randrange(len(MIX))

    async def send(self) -> None:
        self.turn = (self.turn + 1) % len(MIX)
        self.sent.append(time.perf_counter_ns())
        await self.socket.send(MIX[self.turn])


class Bench:
    """Rooms against one server (or two, a seat on each)."""

    def __init__(self, pids: list[int]):
        self.pids = pids
        self.ends: list[End] = []
        self.latencies: list[int] = []
        self.wrong = 0
        self.answering = False

    async def open(self, addresses: list[tuple[str, str]], headers: list[dict], origin: str | None) -> float:
        """Opens every room; returns connects a second."""
        gate = asyncio.Semaphore(8)

        async def seat(address: str, header: dict) -> End:
            socket = await connect(address, origin=origin, additional_headers=header, compression=None)
            if header:
                assert json.loads(await socket.recv())["type"] == "welcome"
            return End(socket)

        async def room(pair: tuple[str, str]) -> None:
            async with gate:
                one, two = [await seat(address, header) for address, header in zip(pair, headers, strict=True)]
            if headers[0]:
                # Between two processes the second seat learns of the first one's address by and by.
                assert json.loads(await one.socket.recv())["type"] == "peer-joined"
            one.mate, two.mate = two, one
            self.ends += [one, two]

        started = time.perf_counter()
        await asyncio.gather(*(room(pair) for pair in addresses))
        rate = len(self.ends) / (time.perf_counter() - started)
        self.readers = [asyncio.create_task(self.read(end)) for end in self.ends]
        return rate

    async def read(self, end: End) -> None:
        async for text in end.socket:
            mate = end.mate
            if text is None or not mate.sent:
                self.wrong += 1
                continue
            self.latencies.append(time.perf_counter_ns() - mate.sent.popleft())
            if self.answering:
                await mate.send()

    async def latency(self) -> dict:
        """Open loop: frames at a low rate, whatever comes back."""
        self.latencies = []
        due, until = time.perf_counter(), time.perf_counter() + LATENCY_SECONDS
        while due < until:
            await random.choice(self.ends).send()
            due += random.expovariate(LATENCY_RATE)
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
        await self.arrived()
        found = sorted(self.latencies)
        return {f"p{p}_us": round(found[min(len(found) - 1, len(found) * p // 100)] / 1000) for p in (50, 95, 99)}

    async def load(self) -> dict:
        """Closed loop: every end sends as soon as its last frame has arrived."""
        self.latencies, self.answering = [], True
        for end in self.ends:
            await end.send()
        await asyncio.sleep(0.5)
        frames, cpu, started = len(self.latencies), cpu_seconds(self.pids), time.perf_counter()
        await asyncio.sleep(LOAD_SECONDS)
        frames = len(self.latencies) - frames
        cpu, elapsed = cpu_seconds(self.pids) - cpu, time.perf_counter() - started
        self.answering = False
        await self.arrived()
        return {"cpu_us_per_frame": round(1e6 * cpu / frames, 1), "frames_per_second": round(frames / elapsed)}

    async def arrived(self) -> None:
        """Until everything sent has come, two seconds at most; `lost` counts the rest."""
        until = time.perf_counter() + 2
        while any(end.sent for end in self.ends) and time.perf_counter() < until:
            await asyncio.sleep(0.02)

    async def close(self) -> None:
        for reader in self.readers:
            reader.cancel()
        for end in self.ends:
            end.socket.transport.abort()

    async def run(self, addresses, headers, origin=None) -> dict:
        result = {"connects_per_second": round(await self.open(addresses, headers, origin))}
        result |= await self.latency()
        result |= await self.load()
        result["lost_or_misrouted"] = self.wrong + sum(len(end.sent) for end in self.ends)
        await self.close()
        return result


def until_it_answers(port: int, process: subprocess.Popen) -> None:
    import socket

    for _ in range(300):
        assert process.poll() is None, "the server died"
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    raise TimeoutError(port)


def seed(rooms: int) -> tuple[list, dict, dict]:
    """Open appointments of one practitioner; the browsers of the practitioner and of all the patients."""
    from django.core.management import call_command
    from django.db import connection
    from django.test import Client

    from tests.conftest import make_consultation, make_practitioner, verify
    from tests.unit.teleconsult.sockets import patient_browser

    call_command("migrate", verbosity=0)
    practitioner = make_practitioner("Martin", "+33612345601")
    consultations = [make_consultation(practitioner) for _ in range(rooms)]
    browsers = verify(Client(), practitioner.user), patient_browser(*[each.invitation for each in consultations])
    connection.close()
    cookies = [f"session={browser.cookies['session'].value}" for browser in browsers]
    return consultations, {"Cookie": cookies[0]}, {"Cookie": cookies[1]}


def main() -> None:
    origin = "http://bench.localhost"
    with ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="rofim-bench-"))
        os.environ |= {
            "DATA_DIR": folder, "DEBUG": "true", "REDIS_URL": "", "SITE_URL": origin, "LOG_LEVEL": "CRITICAL",
            "DJANGO_SETTINGS_MODULE": "rofim.settings",
        }  # fmt: skip
        import django

        django.setup()
        from tests.services.redis_server import RedisServer, free_port

        redis = RedisServer()
        stack.callback(redis.stop)
        redis.start()
        consultations, *cookies = seed(ROOMS)
        shared = {"REDIS_URL": redis.url}
        kinds = [("bare", {}), ("product", {}), ("product", shared), ("product", shared)]
        servers = []
        for kind, environment in kinds:
            port = free_port()
            servers.append((port, stack.enter_context(server(kind, port, environment))))
        for port, process in servers:
            until_it_answers(port, process)
        pin({os.cpu_count() - 1})

        def measure(ends: list[int], paths: list[tuple[str, str]], headers: list[dict], origin: str | None) -> dict:
            """`ends`: the servers on which the two seats of every room sit."""
            (one, _), (two, _) = servers[ends[0]], servers[ends[1]]
            rooms = [(f"ws://127.0.0.1:{one}{path}", f"ws://127.0.0.1:{two}{other}") for path, other in paths]
            pids = [servers[number][1].pid for number in sorted(set(ends))]
            return asyncio.run(Bench(pids).run(rooms, headers, origin))

        names = [f"/{secrets.token_hex(4)}" for _ in range(ROOMS)]
        paths = [
            (f"/ws/teleconsultation/{each.reference}/", f"/ws/visio/{each.invitation.token}/") for each in consultations
        ]
        results = {
            "bare_websockets": measure([0, 0], [(name, name) for name in names], [{}, {}], None),
            "one_process": measure([1, 1], paths, cookies, origin),
            "two_processes": measure([2, 3], paths, cookies, origin),
        }
    bare = results["bare_websockets"]
    for name in ("one_process", "two_processes"):
        results[name]["cpu_ratio"] = round(results[name]["cpu_us_per_frame"] / bare["cpu_us_per_frame"], 2)
        results[name]["p50_ratio"] = round(results[name]["p50_us"] / bare["p50_us"], 2)
    print(json.dumps({"bench": "relay", "rooms": ROOMS, "rate": LATENCY_RATE, **results}, indent=2))


if __name__ == "__main__":
    main()
