"""The supervisor of the demonstration: starts everything, leaves nothing, says clearly what is wrong."""

import os
import signal
import socket
import subprocess
import sys
import urllib.request
from pathlib import Path

import psutil
import pytest

from tests.demonstration import ROOT, Demo, clean_environment, wait_for


@pytest.fixture
def demo(tmp_path):
    demo = Demo(tmp_path / "demo")
    demo.start()
    yield demo
    if demo.process.poll() is None:
        demo.stop()


def everyone(demo: Demo) -> list[psutil.Process]:
    supervisor = psutil.Process(demo.process.pid)
    return [supervisor, *supervisor.children(recursive=True)]


def get(url: str) -> int:
    with urllib.request.urlopen(url, timeout=10) as answer:
        return answer.status


def test_it_starts_shows_its_people_and_leaves_nobody_behind(demo):
    assert get(f"{demo.url}/demo/messages/") == 200
    printed = "".join(demo.output)
    for address in ("dr.martin@", "dr.durand@", "dr.attente@", "admin@", "demo-teleconsultation", "/visio/"):
        assert address in printed
    wait_for(lambda: demo.messages("sophie@patient.demo"), what="the invitation of the appointment in ten minutes")
    # The database holds sessions: nobody else on the machine reads it.
    assert not (demo.folder / "db.sqlite3").stat().st_mode & 0o077
    processes = everyone(demo)
    assert len(processes) >= 5
    assert demo.stop() == 0
    assert not [p for p in processes if p.is_running() and p.status() != psutil.STATUS_ZOMBIE]


def test_two_run_side_by_side_and_keep_their_letters_apart(demo, tmp_path):
    second = Demo(tmp_path / "second")
    second.start()
    wait_for(lambda: second.messages("sophie@patient.demo"), what="the second one's invitation")
    links = {d.wait_for_message("sophie@patient.demo")["body"].split("/visio/")[1][:22] for d in (demo, second)}
    assert len(links) == 2
    assert second.stop() == 0


def run_to_its_end(folder: Path, port: int) -> subprocess.CompletedProcess:
    command = [sys.executable, "manage.py", "demo", "--port", str(port), "--dir", str(folder)]
    return subprocess.run(command, cwd=ROOT, env=clean_environment(), capture_output=True, text=True, timeout=60)


def test_a_taken_port_is_said(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = run_to_its_end(tmp_path / "demo", port)
    assert done.returncode == 1
    assert f"Le port {port} est déjà pris" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_taken_folder_is_said(demo):
    done = run_to_its_end(demo.folder, demo.port + 1)
    assert done.returncode == 1
    assert "tourne déjà" in done.stderr


@pytest.mark.parametrize("name", ["valkey", "web", "worker", "outbox"])
def test_the_death_of_a_child_ends_it_with_its_name(demo, name):
    processes = everyone(demo)
    children = sorted(psutil.Process(demo.process.pid).children(), key=lambda p: p.pid)
    os.kill(children[["valkey", "web", "worker", "outbox"].index(name)].pid, signal.SIGKILL)
    assert demo.process.wait(20) == 1
    wait_for(lambda: f"« {name} » s’est arrêté" in "".join(demo.output), what="the name of the dead")
    assert not [p for p in processes if p.is_running() and p.status() != psutil.STATUS_ZOMBIE]


def test_a_killed_supervisor_takes_its_children_along(demo):
    children = psutil.Process(demo.process.pid).children(recursive=True)
    demo.process.kill()
    _, alive = psutil.wait_procs(children, timeout=15)
    assert not alive


def test_a_second_start_keeps_people_and_appointments(demo):
    wait_for(lambda: demo.messages("sophie@patient.demo"), what="the first invitation")
    before = len(demo.messages())
    demo.stop()
    again = Demo(demo.folder)
    again.start()
    assert len(again.messages()) == before
    again.stop()
