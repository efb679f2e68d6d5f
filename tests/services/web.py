"""Web processes of the test run's own over a real PostgreSQL and Valkey, and rooms whose people are past their doors.

Run as a program inside the processes' environment it makes the rooms: `python -m tests.services.web COUNT`.
"""

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import psutil
import psycopg
import pytest
from cryptography.fernet import Fernet

from rofim.demo.environment import free_port
from tests.demonstration import ROOT, wait_for
from tests.services.postgresql import Postgresql
from tests.services.redis_server import RedisServer

SITE_URL = "https://rofim.example"
SERVERS = {
    "daphne": ["daphne", "-v", "0", "-b", "127.0.0.1", "--proxy-headers", "rofim.asgi:application"],
    "uvicorn": ["uvicorn", "--host", "127.0.0.1", "--ws", "websockets-sansio", "--ws-max-size", "1048576",
                "--timeout-graceful-shutdown", "5", "--log-level", "critical", "rofim.asgi:application"],
}  # fmt: skip


def production(folder: Path, postgresql: Postgresql, valkey: RedisServer) -> dict[str, str]:
    """The environment of a full-size deployment."""
    return {
        "PATH": os.environ["PATH"], "DEBUG": "false", "DATA_DIR": str(folder), "STATIC_ROOT": str(folder / "static"),
        "SITE_URL": SITE_URL, "TRUST_PROXY": "true", "SECRET_KEY": "s" * 50,
        "FIELD_ENCRYPTION_KEYS": Fernet.generate_key().decode(), "DATABASE_URL": postgresql.url,
        "REDIS_URL": valkey.url, "EMAIL_URL": "dummymail://", "SMS_TRANSPORT": "console",
    }  # fmt: skip


@dataclass(frozen=True)
class MeetingRoom:
    """One consultation that may be entered now: a socket's address and a browser's cookies for each role."""

    pk: int
    practitioner: int
    paths: dict[str, str]
    states: dict[str, str]
    cookies: dict[str, str]

    def as_page(self, name: str, *, back: bool = False) -> "MeetingRoom":
        """The same room as this page opens it."""
        query = f"?page={name}{'&back=1' * back}"
        return replace(self, paths={role: path + query for role, path in self.paths.items()})


class Web:
    """One web process."""

    def __init__(self, server: str, environment: dict[str, str], log: Path):
        self.server, self.port, self._environment, self.log = server, free_port(), environment, log
        self._process: subprocess.Popen | None = None

    def start(self) -> None:
        """Returns once it answers."""
        module, *options = SERVERS[self.server]
        port = ["-p" if module == "daphne" else "--port", str(self.port)]
        self._process = subprocess.Popen(
            [sys.executable, "-m", module, *port, *options],
            cwd=ROOT, env=self._environment, stdout=self.log.open("ab"), stderr=subprocess.STDOUT,
        )  # fmt: skip
        wait_for(self._listens, what=f"{self.server}: {self.log.read_text()}", patience=60)

    def _listens(self) -> bool:
        assert self._process.poll() is None, self.log.read_text()
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    def kill(self) -> None:
        """kill -9."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        """As a service manager would."""
        self._end(signal.SIGTERM)

    def _end(self, how: signal.Signals) -> None:
        if self._process is not None:
            self._process.send_signal(how)
            try:
                self._process.wait(20)
            except subprocess.TimeoutExpired:
                self._process.kill()
                raise
            self._process = None

    @property
    def memory(self) -> int:
        """Bytes of its own (USS)."""
        return psutil.Process(self._process.pid).memory_full_info().uss


class FullSize:
    """What web processes stand on."""

    def __init__(self, folder: Path):
        self.folder = folder
        self.postgresql, self.valkey = Postgresql(), RedisServer()
        self.environment = production(folder, self.postgresql, self.valkey)

    def start(self) -> None:
        self.postgresql.start()
        self.valkey.start()
        self.run("manage.py", "migrate", "--noinput")
        self.run("manage.py", "collectstatic", "--noinput")

    def stop(self) -> None:
        self.valkey.stop()
        self.postgresql.remove()

    def run(self, *arguments: str) -> str:
        """Python inside the environment; what it prints."""
        return subprocess.run(
            [sys.executable, *arguments],
            cwd=ROOT, env=self.environment, check=True, stdout=subprocess.PIPE, text=True, timeout=120,
        ).stdout  # fmt: skip

    def rooms(self, count: int) -> list[MeetingRoom]:
        """So many rooms, each with a practitioner of its own."""
        made = self.run("-m", "tests.services.web", str(count))
        return [MeetingRoom(**values) for values in json.loads(made.splitlines()[-1])]

    def sql(self, statement: str, *values) -> list[tuple]:
        """Behind everybody's back."""
        with psycopg.connect(self.postgresql.url, autocommit=True) as connection:
            cursor = connection.execute(statement, values)
            return cursor.fetchall() if cursor.description else []

    @contextmanager
    def web(self, *servers: str) -> Iterator[list[Web]]:
        """Web processes, one per server named."""
        with ExitStack() as stack:
            started = []
            for number, server in enumerate(servers):
                process = Web(server, self.environment, self.folder / f"{server}-{number}.log")
                stack.callback(process.stop)
                process.start()
                started.append(process)
            yield started


@pytest.fixture(scope="session")
def full_size(tmp_path_factory) -> Iterator[FullSize]:
    full_size = FullSize(tmp_path_factory.mktemp("full-size"))
    try:
        full_size.start()
        yield full_size
    finally:
        full_size.stop()


def main() -> None:
    """Prints the rooms as one line of JSON."""
    import django

    django.setup()
    print(json.dumps([_make() for _ in range(int(sys.argv[1]))]))


def _make() -> dict:
    from secrets import randbelow, token_hex

    from django.test import Client

    from teleconsult.models import Seat
    from tests.conftest import make_consultation, make_practitioner, verify
    from tests.unit.teleconsult.sockets import cookies, patient_browser, patient_path, practitioner_path

    practitioner = make_practitioner(token_hex(6), f"+336{randbelow(10**8):08}")
    consultation = make_consultation(practitioner)
    doctor, patient = Seat.Role.PRACTITIONER, Seat.Role.PATIENT
    return {
        "pk": consultation.pk,
        "practitioner": practitioner.pk,
        "paths": {doctor: practitioner_path(consultation), patient: patient_path(consultation)},
        "states": {
            doctor: f"/teleconsultation/{consultation.reference}/etat/",
            patient: f"/visio/{consultation.invitation.token}/etat/",
        },
        "cookies": {
            doctor: cookies(verify(Client(), practitioner.user)),
            patient: cookies(patient_browser(consultation.invitation)),
        },
    }


if __name__ == "__main__":
    main()
