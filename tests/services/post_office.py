"""A site's letterbox on real processes, started as docker-compose.yml starts them, and the count of what arrived."""

import os
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg
import redis
import yaml
from cryptography.fernet import Fernet

from tests.demonstration import ROOT, wait_for
from tests.services.redis_server import RedisServer
from tests.services.smtp_sink import SmtpSink
from tests.services.twilio_standin import TwilioStandIn

BIN = Path(sys.executable).parent
SERVICES = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]
ENDED = ("accepted", "failed", "expired")


@dataclass(frozen=True)
class Count:
    """What became of the messages of one name."""

    messages: int
    arrived: int
    lost: int
    twice: int
    failed: int
    retried: int


class PostOffice:
    """PostgreSQL, Valkey, two SMS accounts and a mail relay; worker, loop and writer as processes."""

    def __init__(self, folder: Path, database_url: str):
        self.folder, self.database_url = folder, database_url
        self.valkey = RedisServer()
        self.valkey.start()
        self.first = TwilioStandIn("AC" + "1" * 32, "first", delay=0.05)
        self.second = TwilioStandIn("AC" + "2" * 32, "second", delay=0.05)
        self.smtp = SmtpSink()
        self.processes: list[subprocess.Popen] = []
        self.environment = {
            "PATH": os.environ["PATH"], "DJANGO_SETTINGS_MODULE": "rofim.settings", "DEBUG": "false",
            "DATA_DIR": str(folder), "SITE_URL": "https://rofim.example", "SECRET_KEY": "s" * 50,
            "FIELD_ENCRYPTION_KEYS": Fernet.generate_key().decode(), "DATABASE_URL": database_url,
            "REDIS_URL": self.valkey.url, "EMAIL_URL": f"smtp://127.0.0.1:{self.smtp.port}", "SMS_TRANSPORT": "twilio",
            "TWILIO_ACCOUNT_SID": self.first.account_sid, "TWILIO_AUTH_TOKEN": self.first.token,
            "TWILIO_API_URL": self.first.url, "TWILIO_SENDER": "+33757000000",
            "TWILIO_SECOND_ACCOUNT_SID": self.second.account_sid, "TWILIO_SECOND_AUTH_TOKEN": self.second.token,
            "TWILIO_SECOND_API_URL": self.second.url, "TWILIO_SECOND_SENDER": "+33757000001",
        }  # fmt: skip
        self.writer = subprocess.Popen(
            [sys.executable, "-m", "tests.services.letter_writer"],
            cwd=ROOT, env=self.environment, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        )  # fmt: skip

    def close(self) -> None:
        for process in [*self.processes]:
            self.kill(process)
        self.writer.stdin.close()
        self.writer.wait(20)
        for server in (self.first, self.second, self.smtp):
            server.close()
        self.valkey.stop()

    def start(self, service: str, **environment: str) -> subprocess.Popen:
        """`worker` or `outbox`, with the command of docker-compose.yml, in a process group of its own."""
        program, *arguments = SERVICES[service]["command"]
        process = subprocess.Popen(
            [str(BIN / program), *arguments], cwd=ROOT, env=self.environment | environment, start_new_session=True,
            stdout=(self.folder / f"{service}.log").open("ab"), stderr=subprocess.STDOUT,
        )  # fmt: skip
        self.processes.append(process)
        return process

    def kill(self, process: subprocess.Popen) -> None:
        """kill -9, with all of its children."""
        os.killpg(process.pid, signal.SIGKILL)
        process.wait(20)
        self.processes.remove(process)

    @contextmanager
    def running(self, *services: str, **environment: str) -> Iterator[list[subprocess.Popen]]:
        """The services, killed at the end if they still run."""
        processes = [self.start(service, **environment) for service in services]
        try:
            yield processes
        finally:
            for process in processes:
                if process in self.processes:
                    self.kill(process)

    def write(self, name: str, count: int, *channels: str, wait: bool = True) -> None:
        """So many messages of this name, SMS and e-mails in turn; without `wait` it goes on meanwhile."""
        self.writer.stdin.write(f"{name} {count} {' '.join(channels)}\n")
        self.writer.stdin.flush()
        if wait:
            self.written()

    def written(self) -> None:
        assert self.writer.stdout.readline() == "written\n"

    def sql(self, statement: str, *values) -> list[tuple]:
        with psycopg.connect(self.database_url, autocommit=True) as connection:
            cursor = connection.execute(statement, values)
            return cursor.fetchall() if cursor.description else []

    def arrivals(self) -> Counter[str]:
        """How often each message arrived, by its UUID: that of the receipt's address, and of the Message-ID."""
        sms = (message for server in (self.first, self.second) for message in server.messages)
        arrived = Counter(message["status_callback"].partition("message=")[2] for message in sms)
        return arrived + Counter(message["Message-ID"].strip("<>").partition("@")[0] for message in self.smtp.messages)

    def count(self, name: str) -> Count:
        """Lost is what neither arrived nor is shown as failed with its reason."""
        arrivals = self.arrivals()
        rows = self.sql("SELECT uuid::text, status, error FROM notifications_outgoingmessage WHERE name = %s", name)
        times = {uuid: arrivals[uuid] for uuid, _, _ in rows}
        failed = {uuid for uuid, status, error in rows if status == "failed" and error}
        return Count(
            messages=len(rows),
            arrived=sum(map(bool, times.values())),
            lost=sum(not times[uuid] and uuid not in failed for uuid in times),
            twice=sum(max(0, times[uuid] - 1) for uuid in times),
            failed=len(failed),
            retried=self.rows("name = %s AND attempts > 1", name),
        )

    def mixed_up(self) -> int:
        """How many messages note another one's number at the provider."""
        ids = {
            message["sid"] + message["account_sid"]: message["status_callback"].partition("message=")[2]
            for server in (self.first, self.second)
            for message in server.messages
        }
        accounts = {"twilio": self.first.account_sid, "second": self.second.account_sid}
        rows = self.sql(
            "SELECT uuid::text, provider_id, provider FROM notifications_outgoingmessage"
            " WHERE channel = 'sms' AND status = 'accepted'"
        )
        return sum(ids[number + accounts[provider]] != uuid for uuid, number, provider in rows)

    def arrived(self, *, since: int = 0) -> int:
        return len(self.first.messages) + len(self.second.messages) + len(self.smtp.messages) - since

    def arrived_of(self, name: str) -> int:
        return self.rows("name = %s AND status = 'accepted'", name)

    def untried(self, name: str) -> int:
        """Those that nobody has tried to the end yet."""
        return self.rows("name = %s AND (attempts = 0 OR status = 'sending')", name)

    def rows(self, condition: str, *values) -> int:
        [[count]] = self.sql(f"SELECT count(*) FROM notifications_outgoingmessage WHERE {condition}", *values)
        return count

    def waiting(self) -> int:
        return self.rows("NOT status = ANY(%s)", list(ENDED))

    def claims_end(self) -> None:
        """Two minutes pass for what the dead hold (delivery.CLAIM_LIFETIME): nobody may be sending any more."""
        self.sql(
            "UPDATE notifications_outgoingmessage SET claimed_at = claimed_at - interval '2 minutes'"
            " WHERE status = 'sending'"
        )

    def pauses_end(self) -> None:
        """So much time passes that what waits is due (FIRST_PAUSE and up), and a breaker may try (breaker.PAUSE)."""
        self.sql(
            "UPDATE notifications_outgoingmessage SET next_attempt_at = now()"
            " WHERE status IN ('queued', 'uncertain') AND next_attempt_at > now()"
        )
        self.sql("UPDATE notifications_smsprovider SET retry_at = now() WHERE retry_at > now()")

    def breaker_closes(self) -> None:
        """As long after an outage as it takes for a first success."""
        self.sql("DELETE FROM notifications_smsprovider")

    def finish(self, *, patience: float = 60.0) -> None:
        """Waits until every message has ended, its pauses over at once."""

        def ended() -> bool:
            self.pauses_end()
            return not self.waiting()

        wait_for(ended, what="an empty outbox", patience=patience)

    def announced(self) -> int:
        """What lies in the broker and no worker has taken."""
        with redis.Redis.from_url(self.valkey.url) as client:
            return client.llen("celery")

    def connections(self) -> int:
        """To the site's database."""
        [[count]] = self.sql(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        return count
