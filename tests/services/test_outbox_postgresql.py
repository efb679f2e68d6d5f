"""The outbox over PostgreSQL, where processes really run at the same time."""

import json
import os
import subprocess
import sys

from django_twilio import settings as twilio_settings

from tests.demonstration import ROOT


def run(environment: dict[str, str], *command: str) -> str:
    done = subprocess.run(
        [sys.executable, *command], cwd=ROOT, env=environment, capture_output=True, text=True, timeout=180
    )
    assert done.returncode == 0, done.stderr[-4000:]
    return done.stdout


def test_eight_workers_send_each_of_200_messages_once(database_url, twilio, tmp_path):
    environment = os.environ | {
        "DJANGO_SETTINGS_MODULE": "rofim.settings", "DATABASE_URL": database_url, "DATA_DIR": str(tmp_path),
        "SMS_TRANSPORT": "twilio", "TWILIO_API_URL": twilio.url, "TWILIO_SENDER": "+33757000000", "DEBUG": "true",
        "TWILIO_ACCOUNT_SID": twilio_settings.TWILIO_ACCOUNT_SID, "LOG_LEVEL": "WARNING",
        "TWILIO_AUTH_TOKEN": twilio_settings.TWILIO_AUTH_TOKEN,
    }  # fmt: skip
    counted = json.loads(run(environment, "-m", "tests.services.outbox_race", "200", "8"))
    assert counted == {"rows": {"accepted": 200}, "claims": 200}
    assert len(twilio.messages) == 200
    assert len({message["to"] for message in twilio.messages}) == 200
