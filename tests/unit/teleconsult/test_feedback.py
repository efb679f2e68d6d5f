"""« Comment s’est passée la consultation ? »: who may answer, when, and what is kept."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from patients.access import SESSION_KEY
from teleconsult.feedback import NotCompleted, give_feedback
from teleconsult.models import Consultation, Feedback
from teleconsult.states import Status
from tests.conftest import make_consultation

pytestmark = pytest.mark.django_db


@pytest.fixture
def ended(practitioner) -> Consultation:
    now = timezone.now()
    ended_at = now - timedelta(minutes=2)
    return make_consultation(
        practitioner, status=Status.COMPLETED, started_at=now - timedelta(minutes=20), ended_at=ended_at
    )


def patient_of(consultation: Consultation) -> Client:
    client = Client()
    session = client.session
    session[SESSION_KEY] = {str(consultation.invitation.pk): consultation.invitation.code_version}
    session.save()
    return client


def url(consultation: Consultation, name: str = "teleconsult:patient_feedback") -> str:
    return reverse(name, args=[consultation.invitation.token])


def text_of(answer) -> str:
    return answer.content.decode().replace("\u00a0", " ")


def test_a_stranger_with_the_link_gives_no_opinion(ended):
    assert Client().post(url(ended), {"rating": 1}).url == url(ended, "patients:gate")
    assert not Feedback.objects.exists()


def test_the_patient_of_another_appointment_neither(ended, practitioner):
    other = make_consultation(practitioner, status=Status.COMPLETED)
    assert patient_of(other).post(url(ended), {"rating": 1}).url == url(ended, "patients:gate")
    assert not Feedback.objects.exists()


@pytest.mark.parametrize("status", [Status.OPEN, Status.IN_PROGRESS, Status.CANCELLED, Status.MISSED])
def test_only_of_a_consultation_that_took_place_and_ended(practitioner, status):
    other = make_consultation(practitioner, status=status)
    for send in (patient_of(other).get, patient_of(other).post):
        assert send(url(other), {"rating": 5}).url == url(other, "patients:gate")
    with pytest.raises(NotCompleted):
        give_feedback(consultation=other, rating=5, comment="", now=timezone.now())
    assert not Feedback.objects.exists()


def test_nobody_is_told_that_an_opinion_is_required(ended):
    page = text_of(patient_of(ended).get(url(ended)))
    assert "Comment s’est passée la consultation ?" in page
    assert "(obligatoire)" not in page


def test_a_new_code_closes_what_the_older_one_opened(ended):
    client = patient_of(ended)
    type(ended.invitation).objects.filter(pk=ended.invitation.pk).update(code_version=2)
    assert client.post(url(ended), {"rating": 1}).url == url(ended, "patients:gate")
    assert not Feedback.objects.exists()


@pytest.mark.parametrize(
    ("bad", "words"),
    [
        ({}, "Choisissez une réponse"),
        ({"rating": "0"}, "Choisissez une des cinq réponses"),
        ({"rating": "6"}, "Choisissez une des cinq réponses"),
        ({"rating": "x"}, "Choisissez une des cinq réponses"),
        ({"rating": "4", "comment": "é" * 1_001}, "votre texte en a 1001"),
        ({"rating": "4", "comment": "a\x00b"}, "caractère"),
        ({"rating": "4", "comment": "a\x1bb"}, "illisible"),
        ({"rating": "4", "comment": "merci \u202egnihton"}, "illisible"),
        ({"rating": "4", "comment": "a\u200fb"}, "illisible"),
    ],
)
def test_what_is_no_answer_is_said_beside_the_field_and_keeps_the_text(ended, bad, words):
    page = text_of(patient_of(ended).post(url(ended), bad))
    assert words in page
    assert (bad.get("comment", "") or "Envoyer")[:3].strip("\x00a") in page
    assert not Feedback.objects.exists()


def test_a_lone_surrogate_is_no_text(ended):
    body = "rating=4&comment=%ED%A0%80"
    answer = patient_of(ended).post(url(ended), body, content_type="application/x-www-form-urlencoded")
    assert "illisible" in text_of(answer)
    assert not Feedback.objects.exists()


def test_a_second_answer_changes_the_first(ended):
    client = patient_of(ended)
    assert client.post(url(ended), {"rating": "2", "comment": "coupé"}).url == url(
        ended, "prescriptions:patient_documents"
    )
    assert client.post(url(ended), {"rating": "5", "comment": " Très\r\nbien 👍 "}).status_code == 302
    answer = Feedback.objects.get()
    assert (answer.rating, answer.comment) == (5, "Très\nbien 👍")
    page = text_of(client.get(url(ended)))
    assert 'value="5" required id="id_rating_0" checked' in page or 'value="5" id="id_rating_0" checked' in page
    assert "bien 👍" in page


def test_the_text_is_encrypted_at_rest_and_nobody_keeps_the_page(ended):
    answer = patient_of(ended).post(url(ended), {"rating": "1", "comment": "canari"})
    assert answer["Cache-Control"] == "no-store, private"
    with connection.cursor() as cursor:
        cursor.execute("SELECT comment FROM teleconsult_feedback")
        assert "canari" not in cursor.fetchone()[0]


@pytest.mark.parametrize("rating", [0, 6])
def test_the_database_takes_one_to_five(ended, rating):
    with pytest.raises(IntegrityError), transaction.atomic():
        Feedback.objects.create(consultation=ended, rating=rating, given_at=timezone.now())


def test_the_question_stands_with_the_documents_until_it_is_answered(ended):
    client = patient_of(ended)
    documents = url(ended, "prescriptions:patient_documents")
    page = text_of(client.get(documents))
    assert "La consultation est terminée" in page
    assert "Comment s’est passée la consultation ?" in page
    client.post(url(ended), {"rating": "4", "comment": "<script>alert(1)</script>"})
    page = text_of(client.get(documents))
    assert "Merci, votre avis est enregistré" in page
    assert "&lt;script&gt;" in page
    assert "Modifier mon avis" in page
    assert 'name="rating"' not in page


def test_before_the_end_the_documents_ask_nothing(consultation):
    page = text_of(patient_of(consultation).get(url(consultation, "prescriptions:patient_documents")))
    assert "Vos documents" in page
    assert "Comment s’est passée" not in page
    assert "terminée" not in page
