"""A running demonstration, and the letters that it sent: the stage of browser and supervisor tests."""

import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil

from rofim.demo.environment import free_port

ROOT = Path(__file__).parents[1]


class Demo:
    """One demonstration of its own."""

    def __init__(self, folder: Path, *, environment: dict[str, str] | None = None):
        self.folder = folder
        self.port = free_port()
        self.url = f"http://localhost:{self.port}"
        self.environment = environment or {}
        self.output: list[str] = []

    def start(self, *, patience: float = 120.0) -> None:
        """Returns once the welcome is printed; fails with what was printed instead."""
        self.process = subprocess.Popen(
            [sys.executable, "manage.py", "demo", "--port", str(self.port), "--dir", str(self.folder)],
            cwd=ROOT,
            env=clean_environment() | self.environment,
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        ready = threading.Event()

        def read() -> None:
            assert self.process.stdout
            for line in self.process.stdout:
                self.output.append(line)
                if "Ctrl-C" in line:
                    ready.set()
            ready.set()

        threading.Thread(target=read, daemon=True).start()
        if not ready.wait(patience):
            self.stop()
            raise AssertionError(f"not ready after {patience} s: {''.join(self.output)}")
        assert self.process.poll() is None, "".join(self.output)

    def stop(self) -> int:
        """SIGTERM, as a service manager would; gives the exit status."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(60)

    @contextmanager
    def without_workers(self) -> Iterator[None]:
        """Worker and outbox, the last two that it started, stand still: nothing is sent, nothing is opened."""
        children = sorted(psutil.Process(self.process.pid).children(), key=lambda child: child.pid)[-2:]
        for child in children:
            os.killpg(child.pid, signal.SIGSTOP)
        try:
            yield
        finally:
            for child in children:
                os.killpg(child.pid, signal.SIGCONT)

    def messages(self, to: str = "", *, contains: str = "") -> list[dict[str, Any]]:
        """What left, newest first, to one address or number."""
        with urllib.request.urlopen(f"{self.url}/demo/messages.json", timeout=10) as answer:
            messages = json.load(answer)
        return [m for m in messages if to in m["to"] and contains in m["body"]]

    def wait_for_message(
        self, to: str, *, contains: str = "", after: int = 0, patience: float = 60.0
    ) -> dict[str, Any]:
        """The newest message to `to` once more than `after` of them have come."""
        found = wait_for(
            lambda: len(self.messages(to, contains=contains)) > after and self.messages(to, contains=contains),
            what=f"a message to {to} with « {contains} »",
            patience=patience,
        )
        return found[0]

    def sms_code(self, to: str, *, after: int = 0) -> str:
        """The six digits of the newest login code sent to a number."""
        body = self.wait_for_message(to, contains="#", after=after)["body"]
        return re.search(r"#(\d{6})", body)[1]

    def count_codes(self, to: str) -> int:
        """How many login codes were sent to a number so far."""
        return len(self.messages(to, contains="#"))


def wait_for(condition: Any, *, what: str, patience: float = 60.0) -> Any:
    """The first true value of `condition()`, asked again until then."""
    deadline = time.monotonic() + patience
    while not (value := condition()):
        assert time.monotonic() < deadline, f"waited {patience} s for {what}"
        time.sleep(0.1)
    return value


def clean_environment() -> dict[str, str]:
    # The test run's own settings (a folder, DEBUG) must not reach the demonstration.
    return {k: v for k, v in os.environ.items() if k not in ("DEBUG", "DATA_DIR", "DJANGO_SETTINGS_MODULE", "DEMO_DIR")}
