"""The races of the login over PostgreSQL, where they really meet."""

import json
import os

import pytest

from tests.services.test_outbox_postgresql import run


@pytest.fixture(scope="module")
def races(database_url, tmp_path_factory) -> dict:
    environment = os.environ | {
        "DJANGO_SETTINGS_MODULE": "rofim.settings", "DATABASE_URL": database_url,
        "DATA_DIR": str(tmp_path_factory.mktemp("login")), "DEBUG": "true", "LOG_LEVEL": "ERROR",
    }  # fmt: skip
    return json.loads(run(environment, "-m", "tests.services.login_race").splitlines()[-1])


def test_twelve_wrong_codes_count_five(races):
    assert races["wrong_codes"] == {"counted": 5, "outcomes": {"CodeRefused": 12}}


def test_the_right_code_lets_one_in(races):
    assert races["right_code"]["outcomes"] == {"None": 1, "CodeRefused": 7}


def test_one_sms_leaves(races):
    assert races["sms_asked_for"] == {"outcomes": {"None": 1, "CodeNotSent": 7}, "sent": 1}


def test_a_recovery_code_lets_one_in(races):
    assert races["recovery_code"] == {"outcomes": {"in": 1, "CodeRefused": 7}, "left": 9}


def test_an_app_s_code_lets_one_in_and_failures_are_read_one_by_one(races):
    assert races["app_code"]["right"] == {"in": 1, "CodeRefused": 7}
    assert races["app_code"]["wrong"] == {"CodeRefused": 8}
    # The eight that met in one moment: one was read, the others came too soon.
    assert races["app_code"]["failures"] == 2


def test_passwords_at_once_are_slowed_down_all_the_same(races):
    assert races["passwords"]["answers"] == {"200": 6, "429": 2}


def test_one_login_is_completed_once(races):
    assert races["logins"]["answers"]["/"] == 1
    assert races["logins"]["sessions"] == 1
