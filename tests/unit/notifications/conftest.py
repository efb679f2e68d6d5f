from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils import timezone

from rofim.notifications.models import OutgoingMessage
from tests.unit.notifications import transport


@pytest.fixture(autouse=True)
def sms_transport(settings):
    settings.SMS_TRANSPORT = "tests.unit.notifications.transport"
    transport.reset()
    return transport


@pytest.fixture
def make_message(db) -> Callable[..., OutgoingMessage]:
    """A queued SMS with a code, useless in an hour."""

    def make(**fields) -> OutgoingMessage:
        values = {
            "channel": "sms", "name": "patients/invitation", "to": "+33611223344", "about": "invitation/1",
            "body": "Le code est le 7K2M.\nhttps://rofim.example/visio/abcdefghijklmnopqrstuv",
            "expires_at": timezone.now() + timedelta(hours=1),
        }  # fmt: skip
        return OutgoingMessage.objects.create(**(values | fields))

    return make
