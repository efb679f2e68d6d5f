"""The relay beside a bare `websockets` relay (on uvloop) in the same run: one-way latency, CPU per frame, memory.

    python -m tests.bench.relay [IDLE]

IDLE: how many idle sockets are held beside the busy ones (4,000). Prints JSON with the bars of performance.md.

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

import psutil
from websockets.asyncio.client import ClientConnection, connect

ROOMS = 40
LATENCY_RATE = 200  # frames a second over all rooms
LATENCY_SECONDS = 3
LOAD_SECONDS = 3
SETTLED = 22
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


def memory(pids: list[int]) -> int:
    """Bytes of their own."""
    return sum(psutil.Process(pid).memory_full_info().uss for pid in pids)


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
        # Not politely: saying goodbye to 4,000 sockets takes longer than anybody waits.
        process.kill()
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
            socket = await connect(address, origin=origin, additional_headers=header, compression=None, open_timeout=60)
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

    async def idle(self, addresses: list[str], headers: list[dict], origin: str) -> list[ClientConnection]:
        """Sockets that say nothing."""
        gate = asyncio.Semaphore(8)

        async def seat(address: str, header: dict) -> ClientConnection:
            async with gate:
                return await connect(
                    address, origin=origin, additional_headers=header, compression=None, ping_interval=None,
                    open_timeout=60,
                )  # fmt: skip

        return await asyncio.gather(*(seat(*each) for each in zip(addresses, headers, strict=True)))

    async def slowly(self, address: str, header: dict, origin: str) -> None:
        """Takes another room's seat again and again, which costs the database SLOW_QUERY each time."""
        while True:
            async with connect(
                address, origin=origin, additional_headers=header, compression=None, open_timeout=60
            ) as socket:
                await socket.recv()

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
        assert frames, "nothing arrived"
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

    async def run(self, addresses, headers, origin=None, crowd=None) -> dict:
        """`crowd`: (addresses, headers) of idle sockets, the last of them the one that is slow to be seated."""
        result = {"connects_per_second": round(await self.open(addresses, headers, origin))}
        result |= await self.latency()
        result |= await self.load()
        if crowd is not None:
            result |= await self.crowded(*crowd, origin, result["p95_us"], result["cpu_us_per_frame"])
        result["lost_or_misrouted"] = self.wrong + sum(len(end.sent) for end in self.ends)
        await self.close()
        return result

    async def crowded(self, addresses, headers, origin, quiet_p95: int, quiet_cpu: float) -> dict:
        """Beside slow queries; then beside idle sockets."""
        (*addresses, slow), (*headers, slow_header) = addresses, headers
        slowly = asyncio.create_task(self.slowly(f"{slow}?page=slow", slow_header, origin))
        p95 = (await self.latency())["p95_us"]
        assert not slowly.done(), slowly.exception()
        slowly.cancel()
        before = memory(self.pids)
        sockets = await self.idle(addresses, headers, origin)
        # Every watch has made its first checks (watch.JOIN_EVERY after the last came), every buffer has grown.
        await asyncio.sleep(SETTLED)
        held = memory(self.pids) - before
        cpu = (await self.load())["cpu_us_per_frame"]
        for socket in sockets:
            socket.transport.abort()
        return {
            "slow_queries_p95_us": p95,
            "slow_queries_p95_ratio": round(p95 / quiet_p95, 2),
            "idle_sockets": len(sockets),
            "idle_cpu_us_per_frame": cpu,
            "idle_cpu_ratio": round(cpu / quiet_cpu, 2),
            "kb_per_idle_socket": round(held / 1024 / len(sockets), 1),
        }


def socket_paths(consultation) -> tuple[str, str]:
    """The practitioner's and the patient's."""
    return f"/ws/teleconsultation/{consultation.reference}/", f"/ws/visio/{consultation.invitation.token}/"


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
    practitioner = make_practitioner(secrets.token_hex(6), f"+336{secrets.randbelow(10**8):08}")
    consultations = [make_consultation(practitioner) for _ in range(rooms)]
    browsers = verify(Client(), practitioner.user), patient_browser(*[each.invitation for each in consultations])
    connection.close()
    cookies = [f"session={browser.cookies['session'].value}" for browser in browsers]
    return consultations, {"Cookie": cookies[0]}, {"Cookie": cookies[1]}


# performance.md.
BARS = {
    "daphne": {"cpu_ratio": 5, "p99_us": 5000, "idle_cpu_ratio": 1.3, "slow_queries_p95_ratio": 2,
               "kb_per_idle_socket": 40, "lost_or_misrouted": 0},
    "uvicorn": {"cpu_ratio": 1.4, "idle_cpu_ratio": 1.3, "slow_queries_p95_ratio": 2, "kb_per_idle_socket": 40,
                "lost_or_misrouted": 0},
    "two_processes": {"cpu_ratio": 7, "lost_or_misrouted": 0},
}  # fmt: skip


def main() -> None:
    idle = int(sys.argv[1]) if len(sys.argv) > 1 else 4000
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
        others, *other_cookies = seed(idle // 2 + 1)
        shared = {"REDIS_URL": redis.url}
        kinds = [("bare", {}), ("daphne", {}), ("uvicorn", {}), ("daphne", shared), ("daphne", shared)]
        servers = []
        for kind, environment in kinds:
            port = free_port()
            servers.append((port, stack.enter_context(server(kind, port, environment))))
        for port, process in servers:
            until_it_answers(port, process)
        pin({os.cpu_count() - 1})

        def measure(
            ends: list[int], paths: list[tuple[str, str]], headers: list[dict], origin=None, crowd=False
        ) -> dict:
            """`ends`: the servers on which the two seats of every room sit."""
            (one, _), (two, _) = servers[ends[0]], servers[ends[1]]
            rooms = [(f"ws://127.0.0.1:{one}{path}", f"ws://127.0.0.1:{two}{other}") for path, other in paths]
            pids = [servers[number][1].pid for number in sorted(set(ends))]
            beside = None
            if crowd:
                addresses = [f"ws://127.0.0.1:{one}{path}" for each in others for path in socket_paths(each)][
                    : idle + 1
                ]
                beside = addresses, (other_cookies * len(others))[: idle + 1]
            return asyncio.run(Bench(pids).run(rooms, headers, origin, beside))

        names = [f"/{secrets.token_hex(4)}" for _ in range(ROOMS)]
        paths = [socket_paths(each) for each in consultations]
        results = {
            "bare_websockets": measure([0, 0], [(name, name) for name in names], [{}, {}]),
            "daphne": measure([1, 1], paths, cookies, origin, crowd=True),
            "uvicorn": measure([2, 2], paths, cookies, origin, crowd=True),
            "two_processes": measure([3, 4], paths, cookies, origin),
        }
    bare = results["bare_websockets"]
    for name, bars in BARS.items():
        results[name]["cpu_ratio"] = round(results[name]["cpu_us_per_frame"] / bare["cpu_us_per_frame"], 2)
        results[name]["p50_ratio"] = round(results[name]["p50_us"] / bare["p50_us"], 2)
        results[name]["missed"] = [what for what, bar in bars.items() if results[name][what] > bar]
    print(json.dumps({"bench": "relay", "rooms": ROOMS, "rate": LATENCY_RATE, **results}, indent=2))


if __name__ == "__main__":
    main()
