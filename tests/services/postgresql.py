"""A private PostgreSQL: its own folder, its own loopback port, gone at the end. Nothing of the machine's is touched."""

import os
import shutil
import signal
import subprocess
import tempfile
from pathlib import Path

import psycopg

from rofim.demo.environment import free_port
from tests.demonstration import wait_for

DEBIAN = Path("/usr/lib/postgresql")


class PostgresqlMissing(RuntimeError):
    """apt install postgresql"""


def _binaries() -> Path:
    """Folder of the newest initdb and postgres: Debian's, else the one on the path."""
    found = sorted(DEBIAN.glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    if found:
        return found[-1].parent
    if on_path := shutil.which("initdb"):
        return Path(on_path).resolve().parent
    raise PostgresqlMissing("PostgreSQL is not installed: apt install postgresql")


class Postgresql:
    """A cluster with one empty database; `url` goes into DATABASE_URL."""

    def __init__(self) -> None:
        self.binaries = _binaries()
        # Short: a Unix socket's path has 107 characters. Not below /tmp/pytest-of-root, which only root may enter.
        self.folder = Path(tempfile.mkdtemp(prefix="rofim-pg-", dir="/tmp"))
        # PostgreSQL refuses to run as root: Debian's own user then.
        self.as_user: list[str] = []
        if os.geteuid() == 0:
            self.as_user = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups", "--"]
            shutil.chown(self.folder, "postgres", "postgres")
        self.process: subprocess.Popen[bytes] | None = None
        self.port = free_port()
        self.url = f"postgres://rofim@127.0.0.1:{self.port}/postgres"
        self._run("initdb", "-D", "data", "-U", "rofim", "--auth=trust", "--encoding=UTF8", "--no-sync", "--no-locale")

    def _run(self, program: str, *arguments: str) -> None:
        subprocess.run(
            [*self.as_user, str(self.binaries / program), *arguments],
            cwd=self.folder, check=True, capture_output=True, timeout=60,
        )  # fmt: skip

    def start(self) -> None:
        """Returns once it answers (under 1 s)."""
        self.process = subprocess.Popen(
            [
                *self.as_user, str(self.binaries / "postgres"), "-D", "data", "-p", str(self.port),
                "-c", "listen_addresses=127.0.0.1", "-c", f"unix_socket_directories={self.folder}",
                "-c", "fsync=off", "-c", "max_connections=100",
            ],
            cwd=self.folder, stdout=subprocess.DEVNULL, stderr=(self.folder / "log").open("ab"),
        )  # fmt: skip
        wait_for(self._answers, what="PostgreSQL")

    def create(self, name: str, *, template: str = "template0") -> str:
        """Another database in the same cluster, empty or a copy of `template`; its DATABASE_URL."""
        with psycopg.connect(self.url, autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
        return self.url.removesuffix("postgres") + name

    def stop(self) -> None:
        """SIGINT is PostgreSQL's « fast » shutdown: it cuts what is connected."""
        if self.process is not None:
            self.process.send_signal(signal.SIGINT)
            self.process.wait(20)
            self.process = None

    def remove(self) -> None:
        """Stops it and leaves nothing."""
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _answers(self) -> bool:
        assert self.process is not None
        assert self.process.poll() is None, (self.folder / "log").read_text()
        ready = [str(self.binaries / "pg_isready"), "-q", "-h", "127.0.0.1", "-p", str(self.port)]
        return subprocess.run(ready, check=False).returncode == 0
