"""Where the visit stands, as JSON over HTTP."""

from datetime import timedelta

from django.test import Client
from django.utils import timezone

from teleconsult.models import Seat
from teleconsult.states import Status
from tests.conftest import make_consultation
from tests.unit.teleconsult.sockets import patient_browser


def state_of(client: Client, consultation) -> dict:
    response = client.get(f"/teleconsultation/{consultation.reference}/etat/")
    assert response.status_code == 200
    assert "no-store" in response["Cache-Control"]
    return response.json()


def test_nobody_else_reads_the_state(consultation, other_practitioner, practitioner, client_for, half_logged_in):
    address = f"/teleconsultation/{consultation.reference}/etat/"
    assert client_for(other_practitioner.user).get(address).status_code == 404
    assert Client().get(address).status_code == 302
    assert half_logged_in(practitioner.user).get(address).status_code == 302
    other_link = make_consultation(practitioner)
    browser = patient_browser(other_link.invitation)
    assert browser.get(f"/visio/{consultation.invitation.token}/etat/").status_code == 302
    assert Client().get("/visio/AAAAAAAAAAAAAAAAAAAAAA/etat/").status_code == 404


def test_the_state_is_only_read(consultation, practitioner, client_for):
    client = client_for(practitioner.user)
    assert client.post(f"/teleconsultation/{consultation.reference}/etat/").status_code == 405
    state_of(client, consultation)
    assert not Seat.objects.exists()


def test_what_the_practitioner_reads(consultation, practitioner, client_for):
    client = client_for(practitioner.user)
    assert {**state_of(client, consultation), "now": None, "opensAt": None} == {
        "status": "open", "peer": False, "endsAt": None, "now": None, "opensAt": None,
    }  # fmt: skip
    now = timezone.now()
    Seat.objects.create(consultation=consultation, role=Seat.Role.PATIENT, epoch=1, last_seen=now, since=now)
    assert state_of(client, consultation)["peer"] is True
    type(consultation).objects.update(status=Status.COMPLETED)
    assert state_of(client, consultation)["status"] == "completed"


def test_the_clock_opens_not_the_worker(practitioner, client_for):
    late = make_consultation(practitioner, status=Status.SCHEDULED)
    early = make_consultation(practitioner, timezone.now() + timedelta(days=1))
    client = client_for(practitioner.user)
    assert state_of(client, late)["status"] == "open"
    assert state_of(client, early)["status"] == "scheduled"


def test_what_the_patient_reads(consultation):
    browser = patient_browser(consultation.invitation)
    now = timezone.now()
    Seat.objects.create(consultation=consultation, role=Seat.Role.PATIENT, epoch=1, last_seen=now)
    response = browser.get(f"/visio/{consultation.invitation.token}/etat/")
    assert (response.json()["peer"], response.json()["status"]) == (False, "open")
    assert "no-store" in response["Cache-Control"]
