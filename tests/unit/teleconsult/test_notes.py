"""Notes for oneself: whose they are, that they are encrypted, and that no tab overwrites another unseen."""

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from patients.access import SESSION_KEY
from teleconsult.models import Consultation, ConsultationNotes
from teleconsult.record import NotesChanged, notes_of, save_notes
from teleconsult.states import Status
from tests.conftest import make_consultation

pytestmark = pytest.mark.django_db


def url(consultation: Consultation, name: str = "consultation_notes") -> str:
    return reverse(f"teleconsult:{name}", args=[consultation.reference])


def write(consultation: Consultation, text: str, version: int = 0) -> ConsultationNotes:
    return save_notes(consultation=consultation, text=text, version=version, now=timezone.now())


@pytest.fixture
def client(practitioner, client_for) -> Client:
    return client_for(practitioner.user)


def test_anothers_notes_do_not_exist(consultation, other_practitioner, client_for):
    write(consultation, "toux")
    answer = client_for(other_practitioner.user).post(url(consultation), {"text": "x", "version": 1})
    assert answer.status_code == 404
    assert notes_of(consultation).text == "toux"


def test_the_patient_reads_them_nowhere(consultation):
    write(consultation, "canari-des-notes")
    invitation = consultation.invitation
    patient = Client()
    patient.get("/")
    session = patient.session
    session[SESSION_KEY] = {str(invitation.pk): invitation.code_version}
    session.save()
    patient.cookies["session"] = session.session_key
    assert patient.post(url(consultation), {"text": "x", "version": 1}).status_code == 302
    for name in ("patients:intake", "teleconsult:patient_room", "prescriptions:patient_documents"):
        page = patient.get(reverse(name, args=[invitation.token]), follow=True)
        assert "canari-des-notes" not in page.content.decode()


def test_they_are_not_in_the_administration(administrator, client_for):
    from django.contrib import admin

    assert ConsultationNotes not in admin.site._registry


def test_they_are_encrypted_at_rest(consultation):
    write(consultation, "canari-des-notes")
    with connection.cursor() as cursor:
        cursor.execute("SELECT text FROM teleconsult_consultationnotes")
        (stored,) = cursor.fetchone()
    assert "canari" not in stored
    assert notes_of(consultation).text == "canari-des-notes"


@pytest.mark.parametrize("bad", [{"text": "x" * 20_001, "version": 0}, {"text": "x"}, {"text": "x", "version": -1}])
def test_what_makes_no_sense_is_refused(client, consultation, bad):
    assert client.post(url(consultation), bad).status_code == 400
    assert not ConsultationNotes.objects.exists()


def test_the_longest_notes_are_kept_whole(client, consultation):
    text = "\n" + "é" * 19_998 + " "
    assert client.post(url(consultation), {"text": text, "version": 0}).json() == {"version": 1}
    assert notes_of(consultation).text == text


def test_two_tabs_do_not_overwrite_each_other(client, consultation):
    assert client.post(url(consultation), {"text": "toux", "version": 0}).json() == {"version": 1}
    answer = client.post(url(consultation), {"text": "fièvre", "version": 0})
    assert (answer.status_code, answer.json()) == (409, {"version": 1, "text": "toux"})
    assert client.post(url(consultation), {"text": "toux et fièvre", "version": 1}).json() == {"version": 2}


def test_the_same_text_again_is_no_conflict(consultation):
    assert write(consultation, "toux").version == 1
    assert write(consultation, "toux").version == 1
    with pytest.raises(NotesChanged):
        write(consultation, "")


def test_they_can_be_emptied(consultation):
    write(consultation, "toux")
    assert write(consultation, "", version=1).text == ""


@pytest.mark.parametrize("status", list(Status))
def test_before_during_and_after(client, practitioner, status):
    consultation = make_consultation(practitioner, status=status)
    assert client.post(url(consultation), {"text": "toux", "version": 0}).status_code == 200
    page = client.get(url(consultation, "consultation_detail")).content.decode()
    assert "\ntoux</textarea>" in page
    assert 'data-version="1"' in page


def test_they_are_beside_the_call(client, consultation):
    write(consultation, "<b>toux</b>")
    page = client.get(url(consultation, "practitioner_room")).content.decode()
    assert "&lt;b&gt;toux&lt;/b&gt;</textarea>" in page
    assert 'id="tab-notes"' in page
