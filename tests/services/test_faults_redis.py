"""Redis away and every worker dead: logging in, creating an appointment and entering work on a real web process."""

import re
import subprocess
import sys
import time
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import requests

from tests.conftest import PASSWORD
from tests.demonstration import ROOT, wait_for
from tests.services.twilio_standin import TwilioStandIn
from tests.services.web import SITE_URL
from tests.unit.patients.test_intake import VALID

# Seconds that a page may take: the broker may cost it one, the list's socket two.
PATIENCE = 5


class Visitor:
    """A browser behind the proxy, which reads no answer of 500 and waits for none."""

    def __init__(self, url: str):
        self.url = url
        self.cookies: dict[str, str] = {}
        self.longest = 0.0

    def open(self, path: str, form: dict[str, Any] | None = None) -> requests.Response:
        """A page, or where a form leads: redirects are left to the caller."""
        headers = {
            "Host": "rofim.example", "X-Forwarded-Proto": "https", "X-Forwarded-For": "192.0.2.7", "Origin": SITE_URL,
            "Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items()),
        }  # fmt: skip
        if form is not None:
            form = form | {"csrfmiddlewaretoken": self.cookies["__Host-csrf"]}
        start = time.monotonic()
        answer = requests.request(
            "GET" if form is None else "POST", self.url + path, data=form, headers=headers, allow_redirects=False,
            timeout=PATIENCE,
        )  # fmt: skip
        self.longest = max(self.longest, time.monotonic() - start)
        assert answer.status_code < 500, (path, answer.status_code)
        self.cookies |= {cookie.name: cookie.value for cookie in answer.cookies}
        return answer


def test_logging_in_creating_and_entering(full_size, record_property):
    [room] = full_size.rooms(1)
    [[email]] = full_size.sql(
        "SELECT u.email FROM accounts_user u JOIN accounts_practitioner p ON p.user_id = u.id WHERE p.id = %s",
        room.practitioner,
    )
    twilio = TwilioStandIn("AC" + "1" * 32, "token")
    with full_size.web("daphne") as [web]:
        doctor, patient = (Visitor(f"http://127.0.0.1:{web.port}") for _ in range(2))
        doctor.open("/connexion/")
        full_size.valkey.stop()
        # Without a broker the loop brings the code and the invitation.
        loop = subprocess.Popen(
            [sys.executable, "manage.py", "outbox"], cwd=ROOT,
            env=full_size.environment | {
                "SMS_TRANSPORT": "twilio", "TWILIO_API_URL": twilio.url, "TWILIO_SENDER": "+33757000000",
                "TWILIO_ACCOUNT_SID": twilio.account_sid, "TWILIO_AUTH_TOKEN": twilio.token,
            },
        )  # fmt: skip

        def sms(pattern: str) -> re.Match[str]:
            return wait_for(
                lambda: next((found for each in twilio.messages if (found := re.search(pattern, each["body"]))), None),
                what=pattern, patience=40,
            )  # fmt: skip

        try:
            assert doctor.open("/connexion/", {"email": email, "password": PASSWORD}).status_code == 302
            doctor.open("/connexion/code/")
            assert doctor.open("/connexion/code/", {"code": sms(r"#(\d{6})")[1]}).headers["Location"] == "/"
            starts = datetime.now(ZoneInfo("Europe/Paris")) + timedelta(minutes=12)
            page = doctor.open("/teleconsultation/nouvelle/").text
            created = doctor.open(
                "/teleconsultation/nouvelle/",
                {
                    "patient_last_name": "Le Goff", "patient_first_name": "Jeanne", "patient_phone": "06 12 34 56 78",
                    "date": f"{starts:%Y-%m-%d}", "time": f"{starts:%H:%M}", "confirm_overlap": "on",
                    "creation_key": re.search(r'name="creation_key" value="(\w+)"', page)[1],
                },
            )  # fmt: skip
            reference = re.fullmatch(r"/teleconsultation/(\w{6})/", created.headers["Location"])[1]
            assert "Le Goff" in doctor.open("/teleconsultation/").text
            code = sms(r"session vidéo est le (\w{4})")[1]
            link = sms(r"(/visio/[\w-]{22})")[1] + "/"
        finally:
            loop.kill()
            loop.wait(10)
        # Nobody has marked it open.
        full_size.sql("UPDATE teleconsult_consultation SET status = 'scheduled' WHERE reference = %s", reference)
        assert "code d’accès" in patient.open(link).text
        assert patient.open(link, {"code": code}).headers["Location"] == f"{link}informations/"
        patient.open(f"{link}informations/")
        assert patient.open(f"{link}informations/", VALID).headers["Location"] == f"{link}salle/"
        assert patient.open(f"{link}salle/").status_code == 200
        assert patient.open(f"{link}etat/").json()["status"] == "open"
        assert doctor.open(f"/teleconsultation/{reference}/etat/").json()["status"] == "open"
        assert doctor.open(f"/teleconsultation/{reference}/visio/").status_code == 200
        full_size.valkey.start()
    twilio.close()
    record_property("longest_page_s", round(max(doctor.longest, patient.longest), 2))
