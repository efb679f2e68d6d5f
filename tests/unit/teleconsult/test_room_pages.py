"""The two pages of the call: who is sent away, and where to."""

import re
from datetime import date, timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from patients.access import SESSION_KEY
from patients.models import Intake
from teleconsult.panel import age_in_words
from teleconsult.states import Status
from tests.conftest import make_consultation

pytestmark = pytest.mark.django_db


def room(consultation) -> str:
    return reverse("teleconsult:practitioner_room", args=[consultation.reference])


def salle(consultation) -> str:
    return reverse("teleconsult:patient_room", args=[consultation.invitation.token])


def patient_of(consultation) -> Client:
    """A browser in which the code was typed."""
    client = Client()
    client.get("/")
    session = client.session
    session[SESSION_KEY] = {str(consultation.invitation.pk): consultation.invitation.code_version}
    session.save()
    client.cookies["session"] = session.session_key
    return client


def fill_intake(consultation, **fields) -> Intake:
    values = {"last_name": "Carpentier", "first_name": "Sophie", "completed_at": timezone.now()}
    return Intake.objects.create(invitation=consultation.invitation, **(values | fields))


def test_anothers_room_does_not_exist(client_for, other_practitioner, consultation):
    assert client_for(other_practitioner.user).get(room(consultation)).status_code == 404


def test_without_both_factors_or_validation_nobody_enters(
    half_logged_in, client_for, consultation, pending_practitioner
):
    user = consultation.practitioner.user
    assert reverse("accounts:login") in half_logged_in(user).get(room(consultation)).url
    assert client_for(pending_practitioner.user).get(room(consultation)).url == reverse("home")


def test_before_the_time_it_says_when(client_for, practitioner):
    tomorrow = make_consultation(practitioner, timezone.now() + timedelta(days=1))
    answer = client_for(practitioner.user).get(room(tomorrow), follow=True)
    assert answer.redirect_chain[-1][0] == reverse("teleconsult:consultation_detail", args=[tomorrow.reference])
    opens_at = timezone.localtime(tomorrow.invitation.opens_at)
    assert f"le {opens_at:%d/%m/%Y à %H:%M}" in answer.content.decode()


@pytest.mark.parametrize(
    ("status", "word"), [(Status.COMPLETED, "terminée"), (Status.CANCELLED, "annulée"), (Status.MISSED, "manquée")]
)
def test_after_the_end_it_says_so(client_for, practitioner, status, word):
    ended = make_consultation(practitioner, status=status)
    answer = client_for(practitioner.user).get(room(ended), follow=True)
    assert f"La visio est fermée\u00a0: la consultation est {word}." in answer.content.decode()


def test_the_room_knows_its_socket(client_for, consultation):
    page = client_for(consultation.practitioner.user).get(room(consultation))
    known = rf'data-socket="(/ws/teleconsultation/{consultation.reference}/\?page=\w{{16}})"'
    assert len(set(re.findall(known, page.content.decode()))) == 1
    assert "no-store" in page["Cache-Control"]


def test_the_intake_comes_alone_for_htmx(client_for, consultation):
    client = client_for(consultation.practitioner.user)
    htmx = {"HX-Request": "true"}
    assert "aucune pour l’instant" in client.get(room(consultation), headers=htmx).content.decode()
    fill_intake(consultation, nir="281071305500187", sex="female", birth_date=date(1981, 7, 4), beneficiary="insured")
    fragment = client.get(room(consultation), headers=htmx).content.decode()
    assert "<html" not in fragment
    for expected in ("2 81 07 13 055 001 87", "Née le", "04/07/1981", "Assurée"):
        assert expected in fragment


def test_the_number_to_call_is_the_intakes_else_the_invitations_and_for_the_practitioner_only(client_for, consultation):
    client = client_for(consultation.practitioner.user)
    consultation.patient.phone = "+33639980011"
    consultation.patient.save()
    assert 'href="tel:+33639980011"' in client.get(room(consultation)).content.decode()
    fill_intake(consultation, phone="+33639985566")
    words = client.get(room(consultation)).content.decode()
    assert 'data-part="phone" hidden>Vous pouvez l’appeler au <a class="num" href="tel:+33639985566">06' in words
    assert "tel:" not in patient_of(consultation).get(salle(consultation)).content.decode()


def test_what_the_patient_typed_is_text(client_for, consultation):
    fill_intake(consultation, last_name="<script>alert(1)</script>")
    page = client_for(consultation.practitioner.user).get(room(consultation)).content.decode()
    assert "<script>alert" not in page


def test_without_the_code_the_patient_is_at_the_gate(consultation):
    assert Client().get(salle(consultation)).url == reverse("patients:gate", args=[consultation.invitation.token])


def test_anothers_code_opens_nothing(practitioner, consultation):
    other = make_consultation(practitioner)
    answer = patient_of(other).get(salle(consultation))
    assert answer.url == reverse("patients:gate", args=[consultation.invitation.token])


def test_before_the_intake_is_complete_the_intake(consultation):
    client = patient_of(consultation)
    intake = reverse("patients:intake", args=[consultation.invitation.token])
    assert client.get(salle(consultation)).url == intake
    fill_intake(consultation, completed_at=None)
    assert client.get(salle(consultation)).url == intake


def test_the_waiting_room_says_who_comes(consultation):
    fill_intake(consultation)
    page = patient_of(consultation).get(salle(consultation)).content.decode()
    assert "le Dr Claire Martin vous rejoindra dans un instant" in page


def test_after_the_end_the_documents(practitioner):
    ended = make_consultation(practitioner, status=Status.COMPLETED)
    answer = patient_of(ended).get(salle(ended), follow=True)
    assert answer.redirect_chain[-1][0] == reverse("prescriptions:patient_documents", args=[ended.invitation.token])
    assert "La consultation est terminée" in answer.content.decode()


@pytest.mark.parametrize("status", [Status.CANCELLED, Status.MISSED])
def test_a_cancelled_or_missed_one_is_explained_at_the_gate(practitioner, status):
    over = make_consultation(practitioner, status=status)
    assert patient_of(over).get(salle(over)).url == reverse("patients:gate", args=[over.invitation.token])


@pytest.mark.parametrize(
    ("born", "words"),
    [
        (date(1981, 7, 4), "38 ans"),
        (date(2018, 3, 19), "23 mois"),
        (date(2018, 3, 18), "2 ans"),
        (date(2020, 3, 10), "0 mois"),
    ],
)
def test_age_is_counted_as_doctors_do(born, words):
    assert age_in_words(born, date(2020, 3, 18)) == words
