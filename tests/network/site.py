"""The site of the network tests: Valkey, two web processes behind one address, and a relay.

Run as a program inside its environment it makes the database and the demonstration's people.
"""

import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from cryptography.fernet import Fernet

from rofim.demo.environment import free_port
from tests.browser.call_stage import Room, open_rooms
from tests.demonstration import ROOT, clean_environment, wait_for
from tests.network.network import SITE, Home, Network
from tests.services.coturn import SECRET, Coturn
from tests.services.redis_server import RedisServer

# Where browsers find it: `localhost` is a secure context, and their name resolution leads it to the site.
PORT = 8000
URL = f"http://localhost:{PORT}"


class Web:
    """One web process, which may be killed and started again."""

    def __init__(self, environment: dict[str, str], log: Path):
        self.port = free_port()
        self._environment, self._log = environment, log
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Returns once it listens."""
        command = ("daphne", "-v", "0", "-b", "0.0.0.0", "-p", str(self.port), "rofim.asgi:application")
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                [Path(sys.executable).parent / command[0], *command[1:]],
                cwd=ROOT, env=clean_environment() | self._environment, stdout=log, stderr=log,
            )  # fmt: skip
        wait_for(self._listens, what="a web process")

    def _listens(self) -> bool:
        assert self._process is not None
        assert self._process.poll() is None, self._log.read_text()
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    def kill(self) -> None:
        """SIGKILL: it says good-bye to nobody."""
        if self._process is not None:
            self._process.kill()
            self._process.wait(10)
            self._process = None


class Site:
    """Stands for a demonstration where tests make their rooms (`folder`, `url`, `environment`)."""

    url = URL

    def __init__(self, network: Network, folder: Path):
        self.network, self.folder = network, folder
        self.redis = RedisServer()
        self.coturn = Coturn(SITE)
        secrets = {"SECRET_KEY": "s" * 50, "FIELD_ENCRYPTION_KEYS": Fernet.generate_key().decode()}
        (folder / "secrets.json").write_text(json.dumps(secrets))
        self.environment = secrets | {
            "DEMO": "true", "DEBUG": "false", "DATA_DIR": str(folder), "DJANGO_SETTINGS_MODULE": "rofim.settings",
            "SITE_URL": URL, "REDIS_URL": self.redis.url, "SMS_TRANSPORT": "console", "EMAIL_URL": "dummymail://",
            "TURN_URL": self.coturn.url, "TURN_SECRET": SECRET,
        }  # fmt: skip
        self.webs = [Web(self.environment, folder / f"web{number}.log") for number in (1, 2)]
        # The same site with TURN_RELAY_ONLY.
        self.relaying = Web(self.environment | {"TURN_RELAY_ONLY": "true"}, folder / "relaying.log")

    def start(self) -> None:
        """Everything but the web process that relays only; each home at a web process of its own."""
        self.redis.start()
        subprocess.run(
            [sys.executable, "-m", "tests.network.site"],
            cwd=ROOT, env=clean_environment() | self.environment, check=True,
        )  # fmt: skip
        self.start_relay()
        for web in self.webs:
            web.start()
        self.send_home()

    @contextmanager
    def relaying_only(self) -> Iterator[None]:
        """Both homes at a site that has TURN_RELAY_ONLY."""
        self.relaying.start()
        try:
            for home in (*self.network.homes, None):
                self.send(home, self.relaying)
            yield
        finally:
            self.send_home()
            self.relaying.kill()

    def start_relay(self) -> None:
        """Its peers are of this network only."""
        peers = (SITE, *(home.address for home in self.network.homes))
        self.coturn.start(*(f"--allowed-peer-ip={address}" for address in peers))

    def send_home(self) -> None:
        """Each home to a web process of its own, as the site itself."""
        for home, web in zip((*self.network.homes, None), (*self.webs, self.webs[0]), strict=True):
            self.send(home, web)

    def send(self, home: Home | None, web: Web) -> None:
        """New connections of this home (None: of the site itself) go to this web process."""
        self.network.route(home, PORT, web.port)

    def stop(self) -> None:
        for web in (*self.webs, self.relaying):
            web.kill()
        self.redis.stop()
        self.coturn.remove()

    def open_room(self) -> Room:
        """A new appointment that may be entered now."""
        return open_rooms(self)[0]


def main() -> None:
    import django

    django.setup()
    from django.core.management import call_command
    from django.utils import timezone

    from rofim.demo import seed

    os.umask(0o077)
    call_command("migrate", verbosity=0, interactive=False)
    seed.seed(now=timezone.now())


if __name__ == "__main__":
    main()
