"""What the tests of accounts share: files of their own, and whoever waits for a decision."""

import pytest

from accounts.models import Practitioner
from rofim.uploads import JPEG
from tests.unit.accounts.helpers import picture, with_document


@pytest.fixture(autouse=True)
def _files(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture
def waiting(pending_practitioner) -> Practitioner:
    return with_document(pending_practitioner, picture(), JPEG)
