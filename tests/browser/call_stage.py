"""A room of its own in a running demonstration: an appointment, and two sessions already past their doors.

Run as a program inside the demonstration's environment it makes them in its database; other tests try the doors.
"""

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, BrowserContext

from tests.demonstration import ROOT, Demo


@dataclass(frozen=True)
class Room:
    """One consultation that may be entered now."""

    url: str
    reference: str
    token: str
    practitioner_session: str
    patient_session: str

    @property
    def practitioner_url(self) -> str:
        return f"{self.url}/teleconsultation/{self.reference}/visio/"

    @property
    def patient_url(self) -> str:
        return f"{self.url}/visio/{self.token}/salle/"

    def practitioner(self, browser: Browser, **options) -> BrowserContext:
        """A browser in which the practitioner has logged in with both factors."""
        return self._context(browser, self.practitioner_session, options)

    def patient(self, browser: Browser, **options) -> BrowserContext:
        """A browser in which the patient has typed the code."""
        return self._context(browser, self.patient_session, options)

    def _context(self, browser: Browser, session: str, options: dict) -> BrowserContext:
        context = browser.new_context(locale="fr-FR", timezone_id="Europe/Paris", **options)
        context.add_cookies([{"name": "session", "value": session, "url": self.url}])
        return context


def open_rooms(demo: Demo, *, count: int = 1, seconds_left: int | None = None) -> list[Room]:
    """`count` new rooms; with `seconds_left` of the time limit if the consultation is to have begun already."""
    made = run_inside(demo, "tests.browser.call_stage", str(count), str(seconds_left or 0))
    return [Room(url=demo.url, **values) for values in made]


def run_inside(demo: Demo, module: str, *arguments: str) -> Any:
    """What a program prints last, as JSON, when it runs in the demonstration's environment and database."""
    secrets = json.loads((Path(demo.folder) / "secrets.json").read_text())
    environment = os.environ | demo.environment | {
        "DEMO": "true", "DEBUG": "false", "DATA_DIR": str(demo.folder), "SITE_URL": demo.url,
        "SECRET_KEY": secrets["SECRET_KEY"], "FIELD_ENCRYPTION_KEYS": secrets["FIELD_ENCRYPTION_KEYS"],
        "DJANGO_SETTINGS_MODULE": "rofim.settings",
    }  # fmt: skip
    made = subprocess.run(
        [sys.executable, "-m", module, *arguments],
        cwd=ROOT, env=environment, check=True, capture_output=True, text=True,
    )  # fmt: skip
    return json.loads(made.stdout.splitlines()[-1])


def main() -> None:
    """Prints the rooms as one line of JSON."""
    import django

    django.setup()
    count, seconds_left = int(sys.argv[1]), int(sys.argv[2])
    print(json.dumps([_make(seconds_left) for _ in range(count)]))


def _make(seconds_left: int) -> dict[str, str]:
    from datetime import date, timedelta

    from django.conf import settings
    from django.contrib.sessions.backends.db import SessionStore
    from django.utils import timezone

    from accounts.models import Practitioner, RateCount
    from patients.access import SESSION_KEY as INVITATIONS
    from patients.models import Intake
    from teleconsult.models import Consultation
    from teleconsult.services import schedule_consultation
    from teleconsult.states import Status

    now = timezone.now()
    practitioner = Practitioner.objects.select_related("user").get(user__email="dr.martin@rofim.demo")
    # Every call of the suite is hers: more than one contact is written to in a day.
    RateCount.objects.filter(bucket="sent-by-hand/contact").delete()
    consultation = schedule_consultation(
        practitioner=practitioner, last_name="Carpentier", first_name="Sophie", email="sophie@patient.demo", phone="",
        starts_at=now + timedelta(minutes=5), by=practitioner.user, now=now,
    )  # fmt: skip
    Intake.objects.create(
        invitation=consultation.invitation, last_name="Carpentier", first_name="Sophie", birth_date=date(1981, 7, 4),
        birth_postal_code="13001", birth_city="Marseille", sex=Intake.Sex.FEMALE, address="12 rue de la République",
        postal_code="13002", city="Marseille", phone="+33639985566", nir="281071305500187", insurer="CPAM 13",
        beneficiary=Intake.Beneficiary.INSURED, mutual_name="Harmonie Mutuelle", mutual_member_number="4471 8820",
        consented_at=now, completed_at=now,
    )  # fmt: skip
    if seconds_left:
        started_at = now - settings.CONSULTATION_MAX_DURATION + timedelta(seconds=seconds_left)
        Consultation.objects.filter(pk=consultation.pk).update(status=Status.IN_PROGRESS, started_at=started_at)
    patient_session = SessionStore()
    patient_session[INVITATIONS] = {str(consultation.invitation.pk): consultation.invitation.code_version}
    patient_session.create()
    return {
        "reference": consultation.reference, "token": consultation.invitation.token,
        "practitioner_session": login_of(practitioner.user), "patient_session": patient_session.session_key,
    }  # fmt: skip


def login_of(user: Any) -> str:
    """The key of a session past both factors; for programs that `run_inside` runs."""
    from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
    from django.contrib.sessions.backends.db import SessionStore
    from django.utils import timezone
    from django_otp import DEVICE_ID_SESSION_KEY
    from django_otp.plugins.otp_static.models import StaticDevice

    from accounts.models import LoginSession

    device, _ = StaticDevice.objects.get_or_create(user=user, name="browser tests")
    session, now = SessionStore(), timezone.now()
    session.update({
        SESSION_KEY: str(user.pk), BACKEND_SESSION_KEY: "django.contrib.auth.backends.ModelBackend",
        HASH_SESSION_KEY: user.get_session_auth_hash(), DEVICE_ID_SESSION_KEY: device.persistent_id,
    })  # fmt: skip
    session.create()
    LoginSession.objects.create(user=user, session_key=session.session_key, started_at=now, last_seen_at=now)
    return session.session_key


if __name__ == "__main__":
    main()
