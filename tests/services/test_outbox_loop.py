"""The letterbox's own loop, as a process: nothing needs a worker or a broker to leave."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from django_twilio import settings as twilio_settings

from rofim.demo.environment import free_port
from tests.demonstration import ROOT, wait_for
from tests.services.test_outbox_postgresql import run

QUEUE = """
import django, json, sys
django.setup()
from datetime import timedelta
from django.utils import timezone
from rofim.notifications.models import OutgoingMessage
OutgoingMessage.objects.bulk_create(
    OutgoingMessage(channel="sms", name="loop", to=f"+3361{number:07}", body=f"message {number}",
                    expires_at=timezone.now() + timedelta(hours=1))
    for number in range(int(sys.argv[1]))
)
"""
COUNT = """
import django, json
django.setup()
from django.db.models import Count
from rofim.notifications.models import OutgoingMessage
print(json.dumps(dict(OutgoingMessage.objects.order_by().values_list("status").annotate(Count("pk")))))
"""
# Whoever held a message longer is dead (delivery.CLAIM_LIFETIME); what waits is due.
TWO_MINUTES_PASS = """
import django
django.setup()
from datetime import timedelta
from django.db.models import F
from rofim.notifications.models import OutgoingMessage
rows = OutgoingMessage.objects
rows.filter(status="sending").update(claimed_at=F("claimed_at") - timedelta(minutes=2))
rows.update(next_attempt_at=F("next_attempt_at") - timedelta(minutes=2))
"""


@contextmanager
def outbox(environment: dict[str, str]) -> Iterator[subprocess.Popen]:
    """The loop, killed at the end if it still runs."""
    process = subprocess.Popen([sys.executable, "manage.py", "outbox"], cwd=ROOT, env=environment)
    try:
        yield process
    finally:
        process.kill()
        process.wait(10)


@pytest.fixture
def environment(database_url, twilio, tmp_path) -> dict[str, str]:
    """A site without any worker, whose broker is gone."""
    return os.environ | {
        "DJANGO_SETTINGS_MODULE": "rofim.settings", "DATABASE_URL": database_url, "DATA_DIR": str(tmp_path),
        "SMS_TRANSPORT": "twilio", "TWILIO_API_URL": twilio.url, "TWILIO_SENDER": "+33757000000", "DEBUG": "true",
        "TWILIO_ACCOUNT_SID": twilio_settings.TWILIO_ACCOUNT_SID, "LOG_LEVEL": "ERROR",
        "TWILIO_AUTH_TOKEN": twilio_settings.TWILIO_AUTH_TOKEN, "REDIS_URL": f"redis://127.0.0.1:{free_port()}/0",
    }  # fmt: skip


def count(environment: dict[str, str]) -> dict[str, int]:
    return json.loads(run(environment, "-c", COUNT))


def test_killed_again_and_again_it_loses_nothing_and_repeats_nothing(environment, twilio):
    run(environment, "-c", QUEUE, "400")
    # One answer is lost each time, too: the message has left, and nobody knows.
    twilio.answers.extend((["ok"] * 49 + ["lost"]) * 3)
    for sent in (80, 160, 240):
        with outbox(environment) as loop:
            wait_for(lambda sent=sent: len(twilio.messages) >= sent, what=f"{sent} messages", patience=60)
            loop.send_signal(signal.SIGKILL)
            loop.wait(10)
        run(environment, "-c", TWO_MINUTES_PASS)
    with outbox(environment) as loop:
        wait_for(lambda: count(environment) == {"accepted": 400}, what="an empty outbox", patience=90)
        loop.terminate()
        assert loop.wait(15) == 0
    # At most 1 % twice (reliability.md); here nothing, since the provider is asked first.
    assert len(twilio.messages) == len({message["to"] for message in twilio.messages}) == 400
