"""Registrations over PostgreSQL, where confirmations really meet."""

import json
import os

import pytest

from tests.services.test_outbox_postgresql import run


@pytest.fixture(scope="module")
def raced(database_url, tmp_path_factory) -> dict:
    environment = os.environ | {
        "DJANGO_SETTINGS_MODULE": "rofim.settings", "DATABASE_URL": database_url, "DEBUG": "true",
        "DATA_DIR": str(tmp_path_factory.mktemp("race")), "LOG_LEVEL": "WARNING",
    }  # fmt: skip
    # Eight at once: each thread holds one of the ten connections of psycopg's pool.
    return json.loads(run(environment, "-m", "tests.services.registration_race", "4").splitlines()[-1])


def test_one_account_of_four_registrations_with_one_address(raced):
    assert raced["accounts"] == raced["confirmed"].pop("done") == 1
    assert sum(raced["confirmed"].values()) == 7


def test_one_sms_for_eight_registrations_with_one_number(raced):
    assert raced["asked"] == {"done": 1, "CodeNotSent": 7}
    assert raced["codes"] == 1
