"""The list: nobody else's rows, the words of each row, the same number of queries for 3 and for 60 of them."""

import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from patients.models import Intake
from rofim.notifications.models import OutgoingMessage
from teleconsult.models import Seat
from teleconsult.states import Status
from tests.conftest import make_consultation

URL = "/teleconsultation/"


def page_of(client, query: str = "", **headers) -> str:
    response = client.get(f"{URL}{query}", headers=headers)
    assert response.status_code == 200
    return re.sub(r"\s+", " ", response.content.decode())


@pytest.fixture
def client(practitioner, client_for):
    return client_for(practitioner.user)


def wait(consultation, minutes: int) -> None:
    now = timezone.now()
    Seat.objects.create(
        consultation=consultation, role=Seat.Role.PATIENT, since=now - timedelta(minutes=minutes), last_seen=now
    )


def say(consultation, status: str, **fields) -> OutgoingMessage:
    return OutgoingMessage.objects.create(
        channel="sms", name="patients/invitation", about=f"invitation/{consultation.invitation_id}", to="+33611223344",
        status=status, expires_at=timezone.now() + timedelta(days=1), **fields,
    )  # fmt: skip


# --- Refusals -------------------------------------------------------------------------------------
def test_another_practitioners_rows_are_not_there(client, other_practitioner):
    theirs = make_consultation(other_practitioner)
    for query in ("", f"?q={theirs.reference}", "?q=Carpentier"):
        assert f"/{theirs.reference}/" not in page_of(client, query)


@pytest.mark.parametrize(
    "query",
    ["?page=0", "?page=-1", "?page=x", "?page=99999999999999999999", "?avenir=%E2%80%AE", "?q=%3Cscript%3E", "?q=😀",
     "?q=" + "x" * 3000, "?q=%ED%A0%80", "?q=%00", "?version=x&version=y"],
)  # fmt: skip
def test_what_is_typed_into_the_address_breaks_nothing(client, consultation, query):
    response = client.get(URL + query)
    assert response.status_code in (200, 400)
    assert b"<script>'" not in response.content


def test_only_get(client):
    assert client.post(URL).status_code == 405


# --- Rows -----------------------------------------------------------------------------------------
def test_a_row_reads_as_in_the_source(client, consultation):
    page = page_of(client)
    for words in (consultation.reference, "Sophie Carpentier", "Aucune", "Rejoindre", "Aujourd’hui"):
        assert words in page
    assert timezone.localtime(consultation.starts_at).strftime("%d/%m/%Y à %H:%M") in page


def test_the_empty_list_teaches(client):
    page = page_of(client)
    assert "rendez-vous</span> pour l’instant" in page
    assert "30 minutes avant" in page


@pytest.mark.parametrize(
    ("status", "reason"),
    [(Status.COMPLETED, "terminée"), (Status.CANCELLED, "annulée"), (Status.MISSED, "manquée")],
)
def test_an_ended_one_says_so_and_cannot_be_joined(client, practitioner, status, reason):
    make_consultation(practitioner, status=status)
    page = page_of(client)
    assert f"disabled>{reason}</button>" in page
    assert "Rejoindre</a>" not in page


def test_before_it_opens_it_says_when(client, practitioner):
    starts_at = timezone.now() + timedelta(days=2)
    make_consultation(practitioner, starts_at)
    opens_at = timezone.localtime(starts_at - timedelta(minutes=30))
    page = page_of(client)
    assert re.search(rf"disabled>ouvre le {opens_at:%d/%m}(/\d{{4}})? à {opens_at:%H:%M}</button>", page)
    assert "À venir" in page


def test_the_excel_button_comes_with_the_completed_intake(client, consultation):
    intake = Intake.objects.create(invitation=consultation.invitation, last_name="C", first_name="S")
    assert "Aucune" in page_of(client)
    intake.completed_at = timezone.now()
    intake.save()
    page = page_of(client)
    assert f"/{consultation.reference}/donnees.xlsx" in page
    assert "Aucune" not in page


def test_who_waits_is_shown_until_the_practitioner_comes(client, consultation):
    wait(consultation, 3)
    assert "en salle d’attente depuis 3\xa0min".replace("\xa0", " ") in page_of(client)
    Seat.objects.create(
        consultation=consultation, role=Seat.Role.PRACTITIONER, since=timezone.now(), last_seen=timezone.now()
    )
    assert "en salle d’attente depuis" not in page_of(client)


@pytest.mark.parametrize(
    ("status", "words"),
    [("queued", "SMS en cours d’envoi"), ("accepted", "SMS envoyé"), ("delivered", "SMS reçu"),
     ("failed", "Patient pas joint : SMS non remis — donnez le lien et le code par téléphone"),
     ("expired", "SMS non envoyé")],
)  # fmt: skip
def test_what_became_of_the_invitation_is_told(client, consultation, status, words):
    say(consultation, status)
    assert words in page_of(client).replace("\xa0", " ")


def test_a_locked_link_is_told(client, consultation):
    invitation = consultation.invitation
    invitation.locked_until = timezone.now() + timedelta(minutes=10)
    invitation.save()
    assert f"Lien bloqué jusqu’à {timezone.localtime(invitation.locked_until):%H:%M}" in page_of(client)


# --- Sections, pages, search ------------------------------------------------------------------------
def test_the_past_is_paged_by_fifty(client, practitioner):
    for days in range(1, 53):
        make_consultation(practitioner, timezone.now() - timedelta(days=days), status=Status.COMPLETED)
    assert page_of(client).count("donnees") == 0
    assert page_of(client).count("disabled>terminée") == 50
    assert page_of(client, "?page=2").count("disabled>terminée") == 2


def test_another_page_begins_where_its_section_does_and_leaves_the_other_section_alone(client, practitioner):
    for days in range(1, 53):
        make_consultation(practitioner, timezone.now() - timedelta(days=days), status=Status.COMPLETED)
        make_consultation(practitioner, timezone.now() + timedelta(days=days))
    page = page_of(client, "?avenir=2&page=2")
    for address, section in (("?avenir=1&amp;page=2", "section-avenir"), ("?avenir=2&amp;page=1", "section-page")):
        assert f'href="{address}#{section}"' in page
        assert f' id="{section}"' in page


def test_a_cancelled_one_is_not_to_come(client, practitioner):
    make_consultation(practitioner, timezone.now() + timedelta(days=2), status=Status.CANCELLED)
    page = page_of(client)
    assert "À venir" not in page
    assert page.index("Passés et annulés") < page.index("disabled>annulée")


def test_what_was_cancelled_today_stays_in_its_place_and_is_not_counted(client, practitioner):
    make_consultation(practitioner)
    make_consultation(practitioner, status=Status.CANCELLED)
    page = page_of(client)
    assert ">1 rendez-vous aujourd’hui" in page
    assert "Passés et annulés" not in page


def test_an_open_one_of_after_midnight_is_already_in_today(client, practitioner):
    make_consultation(practitioner, timezone.now() + timedelta(minutes=29))
    assert "Aujourd’hui" in page_of(client)


@pytest.mark.parametrize("typed", ["carpentier", "CARP", "Sophie Carpentier", "carpentier sophie"])
def test_found_by_name_whatever_the_case(client, consultation, typed):
    assert f"/{consultation.reference}/" in page_of(client, f"?q={typed}")


def test_found_by_number_and_not_found_is_said(client, consultation):
    assert f"/{consultation.reference}/" in page_of(client, f"?q={consultation.reference}")
    assert "Aucun rendez-vous ne répond à « Durand »" in page_of(client, "?q=Durand").replace("\xa0", " ")


# --- Without reload ---------------------------------------------------------------------------------
def test_htmx_gets_the_table_alone_and_nothing_while_nothing_changes(client, consultation):
    version = re.search(r'name="version" value="(\w{16})', page_of(client))[1]
    assert client.get(f"{URL}?version={version}", headers={"HX-Request": "true"}).status_code == 204
    wait(consultation, 3)
    fragment = page_of(client, f"?version={version}", **{"HX-Request": "true"})
    assert "<html" not in fragment
    assert "en salle d’attente" in fragment
    new = re.search(r'name="version" value="(\w{16})', fragment)[1]
    assert new != version
    assert client.get(f"{URL}?version={new}", headers={"HX-Request": "true"}).status_code == 204


def test_who_waits_is_told_beside_what_a_search_found(client, practitioner, other_practitioner, consultation):
    wait(consultation, 3)
    wait(make_consultation(other_practitioner), 3)
    page = page_of(client, "?q=Durand")
    assert page.count("est en salle d’attente") == 1
    assert f'href="/teleconsultation/{consultation.reference}/visio/"' in page


def test_a_search_is_paged(client, practitioner):
    for days in range(1, 53):
        make_consultation(practitioner, timezone.now() - timedelta(days=days), status=Status.COMPLETED)
    assert page_of(client, "?q=carp").count("disabled>terminée") == 50
    second = page_of(client, "?q=carp&page=2")
    assert second.count("disabled>terminée") == 2
    assert "q=carp&amp;page=1" in second


def test_the_same_number_of_queries_for_3_and_60_rows(client, practitioner):
    def fill(count: int) -> None:
        for index in range(count):
            status = (Status.OPEN, Status.COMPLETED, Status.SCHEDULED)[index % 3]
            hours = {Status.OPEN: 0, Status.COMPLETED: -30, Status.SCHEDULED: 50}[status]
            row = make_consultation(practitioner, timezone.now() + timedelta(hours=hours), status=status)
            Intake.objects.create(invitation=row.invitation, last_name="C", first_name="S", completed_at=timezone.now())
            wait(row, 1)
            say(row, "accepted")

    def count() -> list[int]:
        found = []
        for query in ("", "?page=2", "?q=carpentier so", "?q=abcdef"):
            with CaptureQueriesContext(connection) as queries:
                page_of(client, query)
            found.append(len(queries))
        return found

    fill(3)
    few = count()
    fill(57)
    assert count() == few
