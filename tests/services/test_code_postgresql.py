"""The access code over PostgreSQL, where guesses really meet."""

import json
import os

from tests.services.test_outbox_postgresql import run


def test_eight_guesses_at_once_are_counted_one_by_one(database_url, tmp_path):
    environment = os.environ | {
        "DJANGO_SETTINGS_MODULE": "rofim.settings", "DATABASE_URL": database_url, "DATA_DIR": str(tmp_path),
        "DEBUG": "true", "LOG_LEVEL": "WARNING",
    }  # fmt: skip
    # Eight: each thread holds one of the ten connections of psycopg's pool until all are at the start.
    counted = json.loads(run(environment, "-m", "tests.services.code_race", "8").splitlines()[-1])
    assert counted == {"counted": 5, "outcomes": {"WrongCode": 4, "LinkLocked": 4}}
