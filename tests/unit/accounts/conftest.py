"""What the tests of accounts share: files of their own, and whoever waits for a decision."""

from collections.abc import Iterator

import pytest
import time_machine
from django.utils import timezone

from accounts.models import Practitioner
from rofim.uploads import JPEG
from tests.unit.accounts.helpers import picture, with_document


@pytest.fixture(autouse=True)
def _files(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture
def stopped_clock() -> Iterator[None]:
    """For what changes by the second: a session's time left, an SMS that is late after 1.5 s, « today » at midnight."""
    with time_machine.travel(timezone.now(), tick=False):
        yield


@pytest.fixture
def waiting(pending_practitioner) -> Practitioner:
    return with_document(pending_practitioner, picture(), JPEG)
