"""Redis away and every worker dead: logging in, creating an appointment and entering work on a real web process."""

import re
import time
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import requests
from django.utils import timezone

from tests.conftest import PASSWORD
from tests.demonstration import wait_for
from tests.services.test_outbox_loop import outbox
from tests.services.twilio_standin import TwilioStandIn
from tests.services.web import SITE_URL
from tests.unit.patients.test_intake import VALID

# Seconds that a page may take on a busy machine: the broker may cost it one, the list's socket two.
PATIENCE = 10


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


@pytest.fixture
def site(full_size) -> Iterator[str]:
    """Address of a web process that knew Redis before it went away."""
    with full_size.web("daphne") as [web]:
        url = f"http://127.0.0.1:{web.port}"
        Visitor(url).open("/connexion/")
        with full_size.valkey.away():
            yield url


@pytest.fixture
def twilio() -> Iterator[TwilioStandIn]:
    standin = TwilioStandIn("AC" + "1" * 32, "token")
    yield standin
    standin.close()


@pytest.fixture
def loop_environment(full_size, twilio) -> dict[str, str]:
    return full_size.environment | {
        "SMS_TRANSPORT": "twilio", "TWILIO_API_URL": twilio.url, "TWILIO_SENDER": "+33757000000",
        "TWILIO_ACCOUNT_SID": twilio.account_sid, "TWILIO_AUTH_TOKEN": twilio.token,
    }  # fmt: skip


def in_sms(twilio: TwilioStandIn, pattern: str) -> str:
    """What the first SMS that has it says there; the loop looks every ten seconds."""
    found = wait_for(
        lambda: [match for each in twilio.messages if (match := re.search(pattern, each["body"]))],
        what=f"an SMS with {pattern}", patience=40,
    )  # fmt: skip
    return found[0][1]


def test_logging_in_creating_and_entering(full_size, site, twilio, loop_environment, record_property):
    [room] = full_size.rooms(1)
    [[email]] = full_size.sql(
        "SELECT u.email FROM accounts_user u JOIN accounts_practitioner p ON p.user_id = u.id WHERE p.id = %s",
        room.practitioner,
    )
    doctor, patient = Visitor(site), Visitor(site)
    doctor.open("/connexion/")
    with outbox(loop_environment):
        assert doctor.open("/connexion/", {"email": email, "password": PASSWORD}).status_code == 302
        doctor.open("/connexion/code/")
        code = in_sms(twilio, r"#(\d{6})")
        assert doctor.open("/connexion/code/", {"code": code}).headers["Location"] == "/"
        starts_at = timezone.localtime(timezone.now() + timedelta(minutes=12))
        page = doctor.open("/teleconsultation/nouvelle/").text
        created = doctor.open(
            "/teleconsultation/nouvelle/",
            {
                "patient_last_name": "Le Goff", "patient_first_name": "Jeanne", "patient_phone": "06 12 34 56 78",
                "date": f"{starts_at:%Y-%m-%d}", "time": f"{starts_at:%H:%M}", "which": starts_at.fold,
                "confirm_overlap": "on",
                "creation_key": re.search(r'name="creation_key" value="([\w-]+)"', page)[1],
            },
        )  # fmt: skip
        reference = re.fullmatch(r"/teleconsultation/(\w{6})/", created.headers["Location"])[1]
        assert "Le Goff" in doctor.open("/teleconsultation/").text
        code = in_sms(twilio, r"session vidéo est le (\w{4})")
        link = in_sms(twilio, r"(/visio/[\w-]{22})") + "/"
    # As if it had been made days before: nobody is there to mark it open.
    full_size.sql("UPDATE teleconsult_consultation SET status = 'scheduled' WHERE reference = %s", reference)
    assert "code d’accès" in patient.open(link).text
    assert patient.open(link, {"code": code}).headers["Location"] == f"{link}informations/"
    patient.open(f"{link}informations/")
    assert patient.open(f"{link}informations/", VALID).headers["Location"] == f"{link}salle/"
    assert patient.open(f"{link}salle/").status_code == 200
    assert patient.open(f"{link}etat/").json()["status"] == "open"
    assert doctor.open(f"/teleconsultation/{reference}/etat/").json()["status"] == "open"
    assert doctor.open(f"/teleconsultation/{reference}/visio/").status_code == 200
    record_property("longest_page_s", round(max(doctor.longest, patient.longest), 2))
