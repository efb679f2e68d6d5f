"""The practitioner's side panel: one question every 5 s, answered with what has changed and nothing else."""

import re
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from patients.documents import add_document
from patients.models import Document, Intake
from rofim.uploads import CleanFile
from teleconsult.models import Seat
from teleconsult.panel import waiting_elsewhere
from teleconsult.states import Status
from tests.conftest import make_consultation
from tests.unit.accounts.helpers import picture

HTMX = {"HX-Request": "true"}


@pytest.fixture(autouse=True)
def folder(settings, tmp_path):
    """A disk of its own."""
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture
def client(client_for, practitioner):
    return client_for(practitioner.user)


@pytest.fixture
def seen(client, consultation) -> dict[str, str]:
    """The versions that the page has when it is opened."""
    return versions(client.get(room(consultation)).content.decode())


def room(consultation) -> str:
    return reverse("teleconsult:practitioner_room", args=[consultation.reference])


def versions(html: str) -> dict[str, str]:
    return dict(re.findall(r'<input type="hidden" name="(\w+)" value="(\w+)" autocomplete="off" data-version>', html))


def ask(client, consultation, seen):
    return client.get(room(consultation), seen, headers=HTMX)


def sit(consultation, role=Seat.Role.PATIENT, *, ago=timedelta(minutes=3), silent=timedelta(0)) -> None:
    now = timezone.now()
    Seat.objects.create(consultation=consultation, role=role, since=now - ago, last_seen=now - silent)


def rename(consultation, first_name: str, last_name: str) -> None:
    patient = consultation.invitation.patient
    patient.first_name, patient.last_name = first_name, last_name
    patient.save()


def test_nothing_new_is_204(client, consultation, seen):
    assert set(seen) == {"intake", "documents", "waiting", "said"}
    assert ask(client, consultation, seen).status_code == 204


def test_invented_versions_are_just_old_ones(client, consultation, seen):
    answer = ask(client, consultation, dict.fromkeys(seen, "<script>"))
    assert versions(answer.content.decode()) == seen


def test_the_intake_is_read_while_it_is_written(client, consultation, seen):
    intake = Intake.objects.create(
        invitation=consultation.invitation, last_name="Carpentier", first_name="Sophie", city="Marseille"
    )
    html = ask(client, consultation, seen).content.decode()
    assert set(versions(html)) == {"intake"}
    assert 'id="panel-intake" hx-swap-oob="true"' in html
    assert "en cours de saisie" in html
    assert "Marseille" in html
    # The number of the invitation while the patient has not given another.
    assert "06\u00a011\u00a022\u00a033\u00a044" in html
    intake.completed_at = timezone.now()
    intake.save()
    assert "en cours de saisie" not in ask(client, consultation, seen | versions(html)).content.decode()


def test_a_document_appears_and_is_said(client, consultation, seen):
    add_document(
        invitation=consultation.invitation, clean=CleanFile(picture(), "image/jpeg"), name="<b>bras.jpg",
        kind=Document.Kind.PATIENT, now=timezone.now(),
    )  # fmt: skip
    html = ask(client, consultation, seen).content.decode()
    assert set(versions(html)) == {"documents", "said"}
    assert "b bras.jpg" in html
    assert "1 document du patient." in html
    assert re.search(r'id="documents-count"[^>]*>&nbsp;· 1<', html)
    assert ask(client, consultation, seen | versions(html)).status_code == 204


def test_who_waits_elsewhere_is_shown_and_said_once(client, consultation, practitioner, seen):
    other = make_consultation(practitioner, status=Status.OPEN)
    rename(other, "Marie", "Dupont")
    sit(other)
    html = ask(client, consultation, seen).content.decode()
    assert set(versions(html)) == {"waiting", "said"}
    local = timezone.localtime(other.starts_at)
    hour = f"rendez-vous de {local:%H:%M}"
    assert f'<b>Marie Dupont</b> attend depuis 3\u00a0min <span class="num">({hour})' in html
    assert "Marie Dupont attend dans sa salle d’attente." in html
    seen |= versions(html)
    # A minute later the line tells four minutes; nothing is said again.
    Seat.objects.update(since=timezone.now() - timedelta(minutes=4))
    html = ask(client, consultation, seen).content.decode()
    assert set(versions(html)) == {"waiting"}
    assert "4\u00a0min" in html
    seen |= versions(html)
    Seat.objects.update(last_seen=None)
    html = ask(client, consultation, seen).content.decode()
    assert set(versions(html)) == {"waiting", "said"}
    assert "Dupont" not in html


def test_only_ones_own_who_are_alone_and_here_wait(consultation, practitioner, other_practitioner):
    now = timezone.now()
    sit(consultation)
    sit(make_consultation(other_practitioner))
    sit(make_consultation(practitioner), silent=timedelta(seconds=61))
    sit(make_consultation(practitioner, status=Status.COMPLETED))
    attended = make_consultation(practitioner)
    sit(attended)
    sit(attended, Seat.Role.PRACTITIONER)
    assert waiting_elsewhere(consultation, now) == []
    for minutes in (2, 8, 5, 1):
        sit(make_consultation(practitioner), ago=timedelta(minutes=minutes))
    waiting = waiting_elsewhere(consultation, now)
    assert [round((now - each.since).total_seconds() / 60) for each in waiting] == [8, 5, 2]


def test_a_shut_room_changes_nothing(client, practitioner):
    ended = make_consultation(practitioner, status=Status.COMPLETED)
    assert ask(client, ended, {}).status_code == 204
