"""Fixtures of the outbox's services."""

import os
import secrets
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from django.utils import timezone
from django_twilio import settings as twilio_settings

from rofim.notifications.models import OutgoingMessage
from tests.demonstration import ROOT
from tests.services.postgresql import Postgresql
from tests.services.smtp_sink import SmtpSink
from tests.services.twilio_standin import TwilioStandIn

BODY = "Le code est le 7K2M.\nhttps://rofim.example/visio/abcdefghijklmnopqrstuv"


@pytest.fixture
def twilio(settings) -> Iterator[TwilioStandIn]:
    """The SMS provider, with the account that the settings name."""
    standin = TwilioStandIn(twilio_settings.TWILIO_ACCOUNT_SID, twilio_settings.TWILIO_AUTH_TOKEN)
    settings.SMS_TRANSPORT, settings.TWILIO_API_URL, settings.TWILIO_SENDER = "twilio", standin.url, "+33757000000"
    yield standin
    standin.close()


@pytest.fixture
def smtp(settings) -> Iterator[SmtpSink]:
    """The mail relay."""
    sink = SmtpSink()
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT, settings.EMAIL_USE_TLS = "127.0.0.1", sink.port, False
    settings.EMAIL_HOST_USER = settings.EMAIL_HOST_PASSWORD = ""
    yield sink
    sink.close()


@pytest.fixture(scope="session")
def cluster() -> Iterator[Postgresql]:
    """A PostgreSQL of the test run's own."""
    cluster = Postgresql()
    try:
        cluster.start()
        yield cluster
    finally:
        cluster.remove()


@pytest.fixture(scope="session")
def migrated(cluster, tmp_path_factory) -> str:
    """Name of the database that others are copies of: every table, no row but the migrations'."""
    environment = os.environ | {
        "DJANGO_SETTINGS_MODULE": "rofim.settings", "DEBUG": "true", "DATABASE_URL": cluster.create("migrated"),
        "DATA_DIR": str(tmp_path_factory.mktemp("migrated")),
    }  # fmt: skip
    command = (sys.executable, "manage.py", "migrate", "--verbosity=0")
    subprocess.run(command, cwd=ROOT, env=environment, check=True, timeout=180)
    return "migrated"


@pytest.fixture(scope="module")
def database_url(cluster, migrated) -> str:
    """DATABASE_URL of a PostgreSQL database with the product's tables, of the test module's own."""
    return cluster.create(f"test_{secrets.token_hex(4)}", template=migrated)


@pytest.fixture
def empty_database_url(cluster) -> str:
    """DATABASE_URL of a PostgreSQL database without any table."""
    return cluster.create(f"empty_{secrets.token_hex(4)}")


@pytest.fixture
def outgoing_sms(transactional_db) -> Callable[..., OutgoingMessage]:
    """A queued SMS, useless in an hour."""

    def make(**fields) -> OutgoingMessage:
        values = {
            "channel": "sms", "name": "patients/invitation", "to": "+33611223344", "body": BODY,
            "expires_at": timezone.now() + timedelta(hours=1),
        }  # fmt: skip
        return OutgoingMessage.objects.create(**(values | fields))

    return make
