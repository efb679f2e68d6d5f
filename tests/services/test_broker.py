"""A page never waits for a dead broker, and never breaks on one."""

import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator

import pytest

from rofim.demo.environment import free_port
from tests.demonstration import ROOT

ANNOUNCE = """
import django, json, time
django.setup()
from rofim.notifications.tasks import announce
seconds = []
for pk in range(3):
    start = time.monotonic()
    announce(pk)
    seconds.append(time.monotonic() - start)
print(json.dumps(seconds))
"""


@pytest.fixture(params=["refuses", "accepts and says nothing", "accepts no more"])
def broken_port(request) -> Iterator[int]:
    """A port where no broker answers."""
    if request.param == "refuses":
        yield free_port()
        return
    with socket.create_server(("127.0.0.1", 0), backlog=0 if request.param == "accepts no more" else 16) as silent:
        port = silent.getsockname()[1]
        waiting = []
        if request.param == "accepts no more":
            # Fills the queue of connections: the next SYN is not answered, as from a host that is gone.
            for _ in range(3):
                client = socket.socket()
                client.setblocking(False)
                client.connect_ex(("127.0.0.1", port))
                waiting.append(client)
        yield port
        for client in waiting:
            client.close()


def test_three_messages_wait_one_second_in_all(broken_port, tmp_path):
    environment = os.environ | {
        "DJANGO_SETTINGS_MODULE": "rofim.settings", "DEBUG": "true", "DATA_DIR": str(tmp_path),
        "REDIS_URL": f"redis://127.0.0.1:{broken_port}/0",
    }  # fmt: skip
    done = subprocess.run(
        [sys.executable, "-c", ANNOUNCE], cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stderr
    # Three that wait for themselves take three seconds.
    assert sum(json.loads(done.stdout)) < 2.5, done.stdout
