"""The trail over PostgreSQL, where processes really append at the same time, and rows from before the chain."""

import json
import os

import psycopg
import pytest

from tests.services.test_outbox_postgresql import run


def test_old_rows_and_eight_processes_at_once_make_one_unbroken_chain(empty_database_url, tmp_path):
    environment = os.environ | {
        "DJANGO_SETTINGS_MODULE": "rofim.settings", "DATABASE_URL": empty_database_url, "DATA_DIR": str(tmp_path),
        "DEBUG": "true", "LOG_LEVEL": "WARNING",
    }  # fmt: skip
    found = json.loads(run(environment, "-m", "tests.services.audit_race", "8", "50").splitlines()[-1])
    assert found == {"old": [100, ""], "all": [500, ""]}
    with psycopg.connect(empty_database_url, autocommit=True) as database:
        # Every event was chained by the process that wrote it: none was left for later.
        assert database.execute("SELECT count(*), max(position) FROM accounts_auditlink").fetchone() == (500, 500)
        for change in (
            "DELETE FROM accounts_auditevent", "UPDATE accounts_auditevent SET action = 'x'",
            "DELETE FROM accounts_auditlink", "UPDATE accounts_auditlink SET digest = 'x'",
        ):  # fmt: skip
            with pytest.raises(psycopg.errors.RaiseException, match="append-only"):
                database.execute(change)
