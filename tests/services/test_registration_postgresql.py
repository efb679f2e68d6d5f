"""Registrations over PostgreSQL, where confirmations really meet."""

import json
import os

from tests.services.test_outbox_postgresql import run


def test_one_account_of_four_registrations_with_one_address(database_url, tmp_path):
    environment = os.environ | {
        "DJANGO_SETTINGS_MODULE": "rofim.settings", "DATABASE_URL": database_url, "DATA_DIR": str(tmp_path),
        "DEBUG": "true", "LOG_LEVEL": "WARNING",
    }  # fmt: skip
    # Eight confirmations: each thread holds one of the ten connections of psycopg's pool.
    said = json.loads(run(environment, "-m", "tests.services.registration_race", "4").splitlines()[-1])
    assert (said["accounts"], said["confirmed"], said["refused"]) == (1, 1, 7)
