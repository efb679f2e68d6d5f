"""« Synthèse » of a completed consultation, and the next appointment of the same patient."""

from datetime import datetime, timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from patients.models import Patient
from teleconsult.feedback import give_feedback
from teleconsult.models import Consultation, ConsultationCheck, ConsultationEvent, Incident
from teleconsult.services import complete_consultation
from teleconsult.states import Status
from teleconsult.summary import summarise
from tests.conftest import make_consultation

pytestmark = pytest.mark.django_db
NOW = timezone.now().replace(microsecond=0)


@pytest.fixture
def client(practitioner, client_for) -> Client:
    return client_for(practitioner.user)


def end(practitioner, actor_role=ConsultationEvent.ActorRole.PRACTITIONER) -> Consultation:
    """18 minutes and 5 seconds, with a cut of 12 s on the patient's side."""
    running = make_consultation(practitioner, status=Status.IN_PROGRESS, started_at=NOW - timedelta(seconds=1085))
    started = running.started_at
    Incident.objects.create(
        consultation=running, role="patient", kind="lost", started_at=started, ended_at=started + timedelta(seconds=12)
    )
    ConsultationCheck.objects.create(consultation=running, kind="place", detail="À Brest", at=started)
    complete_consultation(consultation=running, actor_role=actor_role, actor=None, reason="completed", now=NOW)
    return running


@pytest.fixture
def ended(practitioner) -> Consultation:
    return end(practitioner)


def page_of(client: Client, consultation: Consultation) -> str:
    return client.get(reverse("teleconsult:consultation_detail", args=[consultation.reference])).content.decode()


@pytest.mark.parametrize("status", [Status.OPEN, Status.IN_PROGRESS, Status.CANCELLED, Status.MISSED])
def test_there_is_none_before_the_end_nor_of_what_did_not_take_place(client, practitioner, status):
    other = make_consultation(practitioner, status=status, started_at=NOW, ended_at=NOW)
    assert summarise(other, NOW) is None
    assert "Synthèse" not in page_of(client, other)


def test_everything_in_one_place(client, ended):
    give_feedback(consultation=ended, rating=4, comment="<b>Bien</b> reçu", now=NOW)
    page = page_of(client, ended).replace("\u00a0", " ")
    for expected in (
        "Synthèse", summarise(ended, NOW).held, "18 min 5 s", "le professionnel de santé", "Coupure de 12 s", "À Brest",
        "4/5", "&lt;b&gt;Bien&lt;/b&gt; reçu", "Prochain rendez-vous",
        reverse("prescriptions:report_create", args=[ended.reference]),
        reverse("prescriptions:consultation_prescriptions", args=[ended.reference]),
    ):  # fmt: skip
        assert expected in page
    # Once: the summary takes the place of the sections.
    assert page.count("Coupure de 12 s") == page.count("Vérifications avec le patient") == 1


@pytest.mark.parametrize(
    ("start", "held"),
    [
        ("2020-03-18T20:45:00+00:00", "le 18/03/2020 de 21:45 à 22:05"),
        ("2020-03-18T22:45:00+00:00", "du 18/03/2020 à 23:45 au 19/03/2020 à 00:05"),
    ],
)
def test_from_when_to_when_over_midnight_too(practitioner, start, held):
    started_at = datetime.fromisoformat(start)
    times = {"started_at": started_at, "ended_at": started_at + timedelta(minutes=20)}
    assert summarise(make_consultation(practitioner, status=Status.COMPLETED, **times), NOW).held == held


def test_the_limit_ends_it_too(practitioner):
    assert summarise(end(practitioner, ConsultationEvent.ActorRole.SYSTEM), NOW).ended_by == "à la durée maximale"


def test_the_note_is_shown_nowhere_else(client, ended):
    give_feedback(consultation=ended, rating=4, comment="", now=NOW)
    assert "4/5" not in client.get(reverse("teleconsult:consultation_list")).content.decode()


CREATE = "teleconsult:consultation_create"


@pytest.mark.parametrize("reference", ["", "zzzzzz", "../x", "é" * 300])
def test_what_is_no_appointment_is_404(client, reference):
    assert client.get(reverse(CREATE), {"suite": reference}).status_code == 404


def test_anothers_patient_is_not_filled_in(ended, other_practitioner, client_for):
    stranger = client_for(other_practitioner.user)
    for method in (stranger.get, stranger.post):
        assert method(f"{reverse(CREATE)}?suite={ended.reference}").status_code == 404


def test_the_patient_is_filled_in_and_the_hour_is_left_to_choose(client, ended):
    answer = client.get(reverse(CREATE), {"suite": ended.reference})
    page = answer.content.decode()
    for expected in ("Carpentier", "Sophie", "sophie@example.org", "06 11 22 33 44", ended.reference):
        assert expected in page
    assert not answer.context["form"]["date"].value()
    assert not answer.context["form"]["time"].value()


def appointment(client: Client, earlier: Consultation, **changes) -> Consultation:
    tomorrow = timezone.localdate() + timedelta(days=1)
    data = {
        "patient_last_name": "Carpentier", "patient_first_name": "Sophie", "patient_email": "sophie@example.org",
        "patient_phone": "06 11 22 33 44", "date": tomorrow.isoformat(), "time": "10:00",
    }  # fmt: skip
    answer = client.post(f"{reverse(CREATE)}?suite={earlier.reference}", data | changes)
    assert answer.status_code == 302, answer.content.decode()
    return Consultation.objects.get(reference=answer.url.rstrip("/").rsplit("/", 1)[1])


def test_the_next_appointment_is_the_same_patients(client, ended):
    assert appointment(client, ended).patient == ended.patient


def test_another_name_or_address_is_another_row(client, ended):
    other = appointment(client, ended, patient_first_name="Marc")
    assert other.patient != ended.patient
    assert Patient.objects.get(pk=ended.patient.pk).first_name == "Sophie"
