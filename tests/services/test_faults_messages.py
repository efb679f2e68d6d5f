"""1,000 messages, SMS and e-mails in turn, under every fault of reliability.md that is about messages: nothing lost, at
most one in a hundred twice, and what failed says why.

Worker and loop run with the commands of docker-compose.yml over PostgreSQL and Valkey; to kill is SIGKILL for the whole
process group. Moved in the rows, not waited for: the two minutes after which a claim is a dead worker's, the pauses
between tries, the minute of the circuit breaker. The ten seconds of the loop, the five of an SMS provider that hangs
and all of SMTP are real.
"""

import dataclasses
import json
import time
from collections.abc import Callable, Iterator

import pytest

from tests.demonstration import wait_for
from tests.services.post_office import Count, PostOffice

MESSAGES = 1000
WAITING_EMAILS = "name = 'hanging' AND channel = 'email' AND status <> 'accepted'"


@pytest.fixture(scope="module")
def office(database_url, tmp_path_factory) -> Iterator[PostOffice]:
    office = PostOffice(tmp_path_factory.mktemp("post-office"), database_url)
    yield office
    office.close()


@pytest.fixture
def told(office, record_property) -> Callable[..., Count]:
    """Counts the messages of one name, says so, and holds the counts against the bars."""
    start = time.monotonic()

    def tell(name: str, **more: float) -> Count:
        count = office.count(name)
        row = dataclasses.asdict(count) | more | {"seconds": round(time.monotonic() - start, 1)}
        record_property(name, json.dumps(row))
        print(json.dumps({"fault": name} | row))
        assert count.lost == 0, row
        assert count.twice <= count.messages / 100, row
        assert office.mixed_up() == 0
        return count

    return tell


def test_all_workers_dead_and_no_broker(office, told):
    office.valkey.stop()
    office.write("alone", MESSAGES)
    with office.running("outbox"):
        wait_for(lambda: not office.waiting(), what="an empty outbox", patience=90)
    office.valkey.start()
    assert told("alone").twice == 0


def test_workers_killed_while_they_send(office, told):
    """The loop comes after them, so that it is always a worker who is hit."""
    kills, in_flight = 5, []
    office.first.delay = 0.15
    for _ in range(kills):
        seen = office.arrived()
        with office.running("worker") as [worker]:
            office.write("killed", MESSAGES // kills, wait=False)
            wait_for(lambda seen=seen: office.arrived(since=seen) > 100, what="a busy worker", patience=60)
            office.kill(worker)
        office.written()
        in_flight.append(office.rows("status = 'sending'") - sum(in_flight))
    office.first.delay = 0.05
    office.claims_end()
    with office.running("outbox"):
        office.finish()
    told("killed", kills=kills, in_flight=sum(in_flight))
    assert all(in_flight), in_flight


def test_broker_flushed_and_restarted(office, told):
    with office.running("worker", "outbox"):
        office.write("broker", MESSAGES, wait=False)
        wait_for(lambda: office.arrived_of("broker") > 100, what="a busy worker", patience=60)
        office.valkey.command("FLUSHALL")
        wait_for(lambda: office.arrived_of("broker") > 300, what="more", patience=60)
        office.valkey.stop()
        office.valkey.start()
        office.written()
        wait_for(lambda: not office.waiting(), what="an empty outbox", patience=90)
        # The worker has found the new one.
        office.write("after", 20)
        wait_for(lambda: not office.announced(), what="a worker that takes", patience=60)
        wait_for(lambda: not office.waiting(), what="an empty outbox")
    assert told("broker").twice == told("after").twice == 0


def test_providers_in_trouble(office, told):
    """A quarter of the messages meets each fault; what waits meets the following ones, too. Then all is well again."""
    # Wrong credentials first: they end what they meet.
    names = ("credentials", "away", "busy", "hanging")
    office.smtp.unknown = r"busy-\d*1@"
    with office.running("worker", "outbox"):
        for name in names:
            trouble(office, name)
            start = time.monotonic()
            office.write(name, MESSAGES // len(names))
            if name == "hanging":
                wait_for(lambda: not office.rows(WAITING_EMAILS), what="the e-mails", patience=60)
                promptly = round(time.monotonic() - start, 1)
                assert office.first.hanging.is_set()
            wait_for(lambda name=name: not office.untried(name), what="a try for each", patience=60)
        trouble(office, "")
        office.finish()
    # Those that were tried before the breaker opened; the others waited.
    assert 5 <= told("credentials").failed < 40
    assert told("away").failed == 0
    assert told("busy").failed == len(office.smtp.refused) > 0
    assert told("hanging", emails_left_after=promptly).failed == 0
    reasons = office.sql("SELECT DISTINCT error FROM notifications_outgoingmessage WHERE status = 'failed'")
    assert {reason for [reason] in reasons} == {
        "adresse refusée par le serveur du destinataire (550)", "identifiants refusés par le prestataire SMS"
    }  # fmt: skip


def trouble(office: PostOffice, name: str) -> None:
    """What the providers do under this name; all is well under another one."""
    office.first.token = "another" if name == "credentials" else "first"
    office.first.outage = {"away": 500, "busy": 429, "hanging": "hang"}.get(name)
    office.smtp.outage = "451 try again later" if name == "busy" else ""
    if name == "away":
        office.smtp.close()
    elif not office.smtp.is_open:
        office.smtp.open()
    office.breaker_closes()


def test_a_second_account_takes_over(office, told):
    names = ("second-500", "second-429", "second-hanging", "second-credentials")
    with office.running("worker", "outbox", SMS_TRANSPORT="twilio,second"):
        for name, outage in zip(names, (500, 429, "hang", None), strict=True):
            office.first.outage, office.first.token = outage, "first" if outage else "another"
            office.breaker_closes()
            office.write(name, 60, "sms")
            wait_for(lambda name=name: not office.untried(name), what="a try for each", patience=60)
        office.first.outage, office.first.token = None, "first"
        office.finish()
    for name in names:
        assert told(name).failed == 0
