"""A real coturn on a free port of this machine, with the configuration that production gets."""

import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from rofim.demo.environment import free_port
from tests.demonstration import ROOT, wait_for
from tests.services.turn_client import TurnClient, TurnError

SECRET = "coturn-tests"
LOOPBACK = "127.0.0.1"


class Coturn:
    """Can be stopped and started again under the same port, as a restart would.

    It listens on loopback and on the first of `addresses`, and relays from all of them; nothing here loosens what the
    configuration refuses.
    """

    def __init__(self, *addresses: str) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="rofim-turn-", dir="/tmp"))
        self.port, self.tls_port = free_port(), free_port()
        self._addresses = addresses or (LOOPBACK, "::1")
        self.url = f"turn:{self._addresses[0]}:{self.port}"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self, *more: str) -> None:
        """Returns once it answers; `more` goes behind the configuration on the command line."""
        binary = shutil.which("turnserver")
        assert binary, "coturn is missing: `make test` installs it"
        log = self.folder / "log"
        with log.open("ab") as output:
            self._process = subprocess.Popen(
                [
                    binary, "-c", str(ROOT / "rofim/deploy/turnserver.conf"), "--realm=rofim.test",
                    f"--static-auth-secret={SECRET}", f"--listening-port={self.port}",
                    f"--tls-listening-port={self.tls_port}", f"--userdb={self.folder / 'turndb'}",
                    f"--pidfile={self.folder / 'pid'}", "--log-file=stdout",
                    *(f"--listening-ip={address}" for address in {LOOPBACK, self._addresses[0]}),
                    *(f"--relay-ip={address}" for address in self._addresses), *more,
                ],
                cwd=self.folder, stdout=output, stderr=output,
            )  # fmt: skip
        wait_for(self._answers, what="coturn")

    def _answers(self) -> bool:
        assert self._process is not None
        assert self._process.poll() is None, (self.folder / "log").read_text()
        # TCP is the listener that every test has.
        try:
            with TurnClient(self.port, transport="tcp", patience=1) as client:
                return client.bind()
        except (OSError, TurnError):
            return False

    def kill(self) -> None:
        """Like a crash: nobody is told."""
        if self._process is not None:
            self._process.kill()
            self._process.wait(10)
            self._process = None

    def remove(self) -> None:
        """Stops it and leaves nothing."""
        self.kill()
        shutil.rmtree(self.folder, ignore_errors=True)


@pytest.fixture(scope="module")
def coturn() -> Iterator[Coturn]:
    """Not started yet: every module says with what."""
    server = Coturn()
    yield server
    server.remove()
