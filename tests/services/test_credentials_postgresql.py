"""Links and codes that change how one logs in, over PostgreSQL, where uses of the same one really meet."""

import json
import os

from tests.services.test_outbox_postgresql import run


def test_eight_uses_at_once_change_once(database_url, tmp_path):
    environment = os.environ | {
        "DJANGO_SETTINGS_MODULE": "rofim.settings", "DATABASE_URL": database_url, "DATA_DIR": str(tmp_path),
        "DEBUG": "true", "LOG_LEVEL": "WARNING",
    }  # fmt: skip
    # Eight: each thread holds one of the ten connections of psycopg's pool until all are at the start.
    counted = json.loads(run(environment, "-m", "tests.services.credentials_race", "8").splitlines()[-1])
    assert counted["through"] == {"password": 1, "mobile": 1, "email": 1, "email_back": 1}
    assert counted["told"] == {
        "password_changed email": 1, "mobile_changed email": 1, "mobile_changed sms": 1,
        "email_changed email": 1, "email_taken_away email": 1, "email_given_back email": 1,
    }  # fmt: skip
