"""Three machines in one: the site and two homes, each in a network namespace, and what may go wrong between them.

The thread that makes the network moves into the site's namespace; what it starts from then on is there, too.
Nothing of it exists outside these namespaces, and nothing of it outlives this process.
"""

import ctypes
import os
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

SITE = "10.77.0.1"
_CLONE_NEWNET = 0x40000000
_RIGHTS = "network tests make namespaces: run them as root, or with `unshare --map-root-user --net`"
_libc = ctypes.CDLL(None, use_errno=True)


class Home:
    """Somebody's machine, behind a cable of its own to the site, which routes to everywhere else."""

    def __init__(self, name: str, number: int, namespace: int):
        self.name = name
        self.address, self.gateway = f"10.77.{number}.2", f"10.77.{number}.1"
        # As a path, so that other programs can use it.
        self.namespace = f"/proc/{os.getpid()}/fd/{namespace}"
        self.enter = ("nsenter", f"--net={self.namespace}")

    def wrapper(self, program: str, folder: Path) -> Path:
        """A script that runs `program` in this home, and leaves its process id in `<script>.pid`."""
        script = folder / f"{self.name}-{Path(program).name}"
        script.write_text(f'#!/bin/sh\necho $$ >"$0.pid"\nexec {" ".join(self.enter)} {program} "$@"\n')
        script.chmod(0o755)
        return script


class Network:
    """Made by its constructor; `close` moves the thread back where it came from. Faults are context managers."""

    def __init__(self) -> None:
        self._before = _own_namespace()
        self._routes: dict[Home | None, str] = {}
        self._namespaces = [_new_namespace(), _new_namespace()]
        self.practitioner, self.patient = (
            Home(name, number, namespace)
            for number, (name, namespace) in enumerate(
                zip(("practitioner", "patient"), self._namespaces, strict=True), start=1
            )
        )
        os.close(_new_namespace())
        _run("ip", "link", "set", "lo", "up")
        _run("ip", "address", "add", f"{SITE}/32", "dev", "lo")
        Path("/proc/sys/net/ipv4/ip_forward").write_text("1")
        for home in self.homes:
            _run("ip", "link", "add", home.name, "type", "veth", "peer", "name", "eth0", "netns", home.namespace)
            _run("ip", "address", "add", f"{home.gateway}/24", "dev", home.name)
            _run("ip", "link", "set", home.name, "up")
            _run(*home.enter, "ip", "link", "set", "lo", "up")
            _run(*home.enter, "ip", "address", "add", f"{home.address}/24", "dev", "eth0")
            _run(*home.enter, "ip", "link", "set", "eth0", "up")
            _run(*home.enter, "ip", "route", "add", "default", "via", home.gateway)
        # Nothing goes there, but Firefox gathers no candidate without a default route, and one through a home
        # would go with its cable.
        _run("ip", "link", "add", "outside", "type", "veth", "peer", "name", "nowhere")
        _run("ip", "address", "add", "10.77.3.1/24", "dev", "outside")
        for end in ("outside", "nowhere"):
            _run("ip", "link", "set", end, "up")
        _run("ip", "route", "add", "default", "dev", "outside")

    @property
    def homes(self) -> tuple[Home, Home]:
        return self.practitioner, self.patient

    def close(self) -> None:
        """The namespaces go with the last process in them."""
        _check(_libc.setns(self._before, _CLONE_NEWNET))
        for descriptor in (self._before, *self._namespaces):
            os.close(descriptor)

    # --- Faults ------------------------------------------------------------------------------------------------

    @contextmanager
    def unplugged(self, home: Home) -> Iterator[None]:
        """The cable is out, and the machine knows it."""
        _run("ip", "link", "set", home.name, "down")
        try:
            yield
        finally:
            _run("ip", "link", "set", home.name, "up")

    @contextmanager
    def losing(self, home: Home, *match: str) -> Iterator[None]:
        """Packets that match (iptables; all of them by default) vanish on their way, in both directions."""
        with ExitStack() as rules:
            # Dropped where they arrive: no sender hears of it.
            rules.enter_context(_rule((), "mangle", "PREROUTING", "-i", home.name, *match, "-j", "DROP"))
            rules.enter_context(_rule(home.enter, "mangle", "PREROUTING", "-i", "eth0", *match, "-j", "DROP"))
            yield

    @contextmanager
    def apart(self, *match: str) -> Iterator[None]:
        """The homes reach the site, but not each other: direct packets that match vanish."""
        with _rule((), "filter", "FORWARD", *match, "-j", "DROP"):
            yield

    @contextmanager
    def slow(self, home: Home, *, kbit: int) -> Iterator[None]:
        """So many kilobits per second in each direction, with a queue of 400 ms."""
        shape = ("root", "tbf", "rate", f"{kbit}kbit", "burst", "16kb", "latency", "400ms")
        _run("tc", "qdisc", "add", "dev", home.name, *shape)
        _run(*home.enter, "tc", "qdisc", "add", "dev", "eth0", *shape)
        try:
            yield
        finally:
            _run("tc", "qdisc", "delete", "dev", home.name, "root")
            _run(*home.enter, "tc", "qdisc", "delete", "dev", "eth0", "root")

    def route(self, home: Home | None, port: int, to: int) -> None:
        """New connections of this home (None: of the site itself) to `port` of the site arrive at `to`: a proxy."""
        where = ("PREROUTING", "-s", home.address) if home else ("OUTPUT", "-d", "127.0.0.1")
        rule = (*where, "-p", "tcp", "--dport", str(port), "-j", "REDIRECT", "--to-ports")
        if home in self._routes:
            _run("iptables", "-t", "nat", "-D", *rule, self._routes[home])
        self._routes[home] = str(to)
        _run("iptables", "-t", "nat", "-A", *rule, self._routes[home])


LOSS_5_PERCENT = ("-m", "statistic", "--mode", "random", "--probability", "0.05")


@contextmanager
def _rule(where: tuple[str, ...], table: str, *rule: str) -> Iterator[None]:
    _run(*where, "iptables", "-t", table, "-A", *rule)
    try:
        yield
    finally:
        _run(*where, "iptables", "-t", table, "-D", *rule)


def _run(*command: str) -> None:
    # Ordinary users don't have these programs on their path.
    path = f"{os.environ['PATH']}:/usr/sbin"
    done = subprocess.run(command, env=os.environ | {"PATH": path}, capture_output=True, text=True)
    assert done.returncode == 0, f"{' '.join(command)}: {done.stderr}"


def _own_namespace() -> int:
    return os.open("/proc/thread-self/ns/net", os.O_RDONLY)


def _new_namespace() -> int:
    """Moves this thread into a network namespace of its own."""
    if os.geteuid() != 0:
        raise PermissionError(_RIGHTS)
    _check(_libc.unshare(_CLONE_NEWNET))
    return _own_namespace()


def _check(result: int) -> None:
    if result != 0:
        raise PermissionError(f"{os.strerror(ctypes.get_errno())}: {_RIGHTS}")
