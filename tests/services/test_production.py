"""Full size, as docker-compose.yml sets it: PostgreSQL, Valkey, two web processes and a worker behind a TLS proxy."""

import os
import re
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urljoin

import pytest
from cryptography.fernet import Fernet

from rofim.demo.environment import free_port
from tests.demonstration import ROOT, wait_for

# What the proxy adds to each request.
PROXIED = {"Host": "rofim.example", "X-Forwarded-Proto": "https", "X-Forwarded-For": "192.0.2.7"}
BIN = Path(sys.executable).parent


class Site:
    """The processes of one deployment."""

    def __init__(self, environment: dict[str, str]):
        self.environment = environment
        self.processes: list[subprocess.Popen] = []
        self.ports = [free_port(), free_port()]

    def manage(self, *arguments: str) -> None:
        subprocess.run(
            [sys.executable, "manage.py", *arguments], cwd=ROOT, env=self.environment, check=True, capture_output=True
        )

    def start(self, *command: str) -> None:
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "start_new_session": True}
        self.processes.append(
            subprocess.Popen([str(BIN / command[0]), *command[1:]], cwd=ROOT, env=self.environment, **quiet)
        )

    def stop(self) -> None:
        for process in self.processes:
            os.killpg(process.pid, signal.SIGTERM)
        for process in self.processes:
            process.wait(20)


class Browser:
    """Keeps cookies as a browser behind the proxy would."""

    def __init__(self) -> None:
        self.cookies: dict[str, str] = {}

    def open(self, url: str, data: bytes | None = None, **headers: str) -> tuple[int, dict[str, str], str]:
        cookie = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        request = urllib.request.Request(url, data, PROXIED | {"Cookie": cookie} | headers)
        try:
            answer = urllib.request.urlopen(request, timeout=20)
        except urllib.error.HTTPError as error:
            answer = error
        with answer:
            for line in answer.headers.get_all("Set-Cookie") or []:
                name, value = line.split(";")[0].split("=", 1)
                assert "Secure" in line, line
                self.cookies[name] = value
            return answer.status, dict(answer.headers), answer.read().decode(errors="replace")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    from tests.services.postgresql import Postgresql
    from tests.services.redis_server import RedisServer

    folder = tmp_path_factory.mktemp("production")
    postgresql, valkey = Postgresql(), RedisServer()
    postgresql.start()
    valkey.start()
    site = Site(
        {
            "PATH": os.environ["PATH"], "DEBUG": "false", "DATA_DIR": str(folder),
            "STATIC_ROOT": str(folder / "static"), "SITE_URL": "https://rofim.example", "TRUST_PROXY": "true",
            "SECRET_KEY": "s" * 50,
            "FIELD_ENCRYPTION_KEYS": Fernet.generate_key().decode(), "DATABASE_URL": postgresql.url,
            "REDIS_URL": valkey.url, "EMAIL_URL": "dummymail://", "SMS_TRANSPORT": "console",
        }
    )  # fmt: skip
    try:
        site.manage("collectstatic", "--noinput")
        site.manage("migrate", "--noinput")
        for port in site.ports:
            site.start(
                "daphne", "-v", "0", "-b", "127.0.0.1", "-p", str(port), "--proxy-headers", "rofim.asgi:application"
            )
        site.start("celery", "-A", "rofim", "worker", "--beat", f"--schedule={folder / 'beat'}", "--pool=threads")
        site.start("python", "manage.py", "outbox")
        yield site
    finally:
        site.stop()
        valkey.stop()
        postgresql.stop()


@pytest.fixture(scope="module")
def urls(site: Site) -> list[str]:
    """Both web processes, once they and the worker are ready."""

    def is_ready(url: str) -> bool:
        try:
            return Browser().open(f"{url}/sante/pret/")[0] == 200
        except OSError:
            return False

    addresses = [f"http://127.0.0.1:{port}" for port in site.ports]
    for address in addresses:
        wait_for(lambda address=address: is_ready(address), what=f"{address}/sante/pret/", patience=60)
    return addresses


def test_every_file_that_a_page_needs_is_there_and_may_be_kept_for_ever(urls):
    browser = Browser()
    waiting = {"/", "/inscription/", "/connexion/", "/aide/patient/"}
    seen: set[str] = set()
    while waiting - seen:
        address = (waiting - seen).pop()
        seen.add(address)
        status, headers, text = browser.open(urls[0] + address)
        assert status == 200, address
        if address.startswith("/static/"):
            assert "immutable" in headers["Cache-Control"], address
        if address.endswith(".js"):
            found = re.findall(r"""(?:from|import)\s*\(?["'](\.[^"']+)["']""", text)
        elif address.endswith(".css"):
            found = re.findall(r"""url\(["']?(?!data:)([^"')]+)""", text)
        else:
            found = re.findall(r"""(?:src|href)="(/static/[^"]+)""", text)
        waiting |= {urljoin(address, link).split("#")[0] for link in found}
    assert len(seen) > 10


def test_the_headers_of_a_site_behind_tls(urls):
    _, headers, _ = Browser().open(f"{urls[0]}/connexion/")
    assert headers["Strict-Transport-Security"].startswith("max-age=63072000")
    assert headers["X-Frame-Options"] == "DENY"
    assert "unsafe" not in headers["Content-Security-Policy"]
    assert "http:" not in headers["Content-Security-Policy"]
    assert headers["Cache-Control"] == "no-store, private"


@pytest.mark.parametrize("path", ["/demo/messages/", "/demo/messages.json"])
def test_the_demonstration_is_not_there(urls, path):
    assert Browser().open(urls[0] + path)[0] == 404


def test_a_forged_host_is_refused(urls):
    assert Browser().open(f"{urls[0]}/", Host="evil.example")[0] == 400


def test_what_one_process_began_another_goes_on_with(urls):
    browser = Browser()
    _, _, page = browser.open(f"{urls[0]}/connexion/")
    token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', page)[1]
    form = f"csrfmiddlewaretoken={token}&email=nobody%40example.org&password=wrong".encode()
    status, _, page = browser.open(f"{urls[1]}/connexion/", form, Origin="https://rofim.example")
    assert status == 200
    assert "n’est pas le bon" in page
    status, _, _ = browser.open(f"{urls[1]}/connexion/", form, Origin="https://evil.example")
    assert status == 403
