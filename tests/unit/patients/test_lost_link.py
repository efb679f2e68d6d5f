"""« J’ai perdu mon lien »: what it never tells and never sends, then what it sends, to whom."""

import re
from datetime import timedelta
from importlib import import_module
from urllib.parse import quote

import pytest
from django.apps import apps
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from patients import services, tasks
from patients.models import Invitation, LinkRequest, Patient
from rofim.notifications.models import OutgoingMessage
from tests.conftest import make_consultation, make_practitioner

URL = "/lien-perdu/"
KNOWN = {"email": "sophie@example.org", "phone": "06 11 22 33 44"}
UNKNOWN = {"email": "personne@example.org", "phone": "06 99 88 77 66"}
pytestmark = pytest.mark.django_db


@pytest.fixture
def invitation(practitioner) -> Invitation:
    return make_consultation(practitioner, timezone.now() + timedelta(days=1)).invitation


def ask(contact: str, **extra):
    return Client(**extra).post(URL, {"contact": contact}, follow=True)


def sent() -> list[tuple[str, str]]:
    return [(row.channel, row.to) for row in OutgoingMessage.objects.order_by("pk")]


def without_token(page: bytes) -> bytes:
    """The page without the token of its form, another one each time."""
    return re.sub(rb'(?<=name="csrfmiddlewaretoken" value=")[^"]+', b"", page)


# --- What it never does -------------------------------------------------------------------------------
@pytest.mark.parametrize("kind", ["email", "phone"])
def test_known_or_not_the_answer_and_the_work_are_the_same(invitation, kind):
    answers = []
    for contact in (KNOWN[kind], UNKNOWN[kind]):
        with CaptureQueriesContext(
            connection,
        ) as queries:
            response = Client().post(URL, {"contact": contact})
        page = without_token(Client().get(response["Location"]).content)
        answers.append((response.status_code, response["Location"], page, len(queries)))
    assert answers[0] == answers[1]
    # Nothing is rendered or written for anybody while the visitor waits, but the same one row.
    assert sent() == []
    assert LinkRequest.objects.count() == 2


@pytest.mark.parametrize(
    ("contact", "words"),
    [
        ("", "Tapez l’e-mail ou le portable"),
        ("   ", "Tapez l’e-mail ou le portable"),
        ("sophie", "Tapez un e-mail"),
        ("sophie@", "n’est pas complète"),
        ("04 91 00 00 00", "ne peut pas recevoir de SMS"),
        ("+1 202 555 0123", "France ou d’outre-mer"),
        ("<script>alert(1)</script>@x", "n’est pas complète"),
        ("😀@example.org", "n’est pas complète"),
        ("sophie\u202e@example.org", "n’est pas complète"),
        ("sophié@example.org", "n’est pas complète"),
        ("a" * 300 + "@example.org", "254"),
        ("sophie\0@example.org", "nul"),
        ("\ud800@example.org", ""),
    ],
)
def test_what_is_no_contact_is_refused_beside_the_field_and_writes_nothing(contact, words):
    body = f"contact={quote(contact.encode('utf-8', 'surrogatepass'))}"
    response = Client().post(URL, body, content_type="application/x-www-form-urlencoded")
    assert response.status_code in (200, 400)
    assert words in response.content.decode()
    assert "<script>alert" not in response.content.decode()
    assert not LinkRequest.objects.exists()


def test_a_get_asks_for_nothing():
    assert Client().get(f"{URL}?demande=1&contact=sophie@example.org").status_code == 200
    assert not LinkRequest.objects.exists()


def test_one_contact_three_times_an_hour_and_the_fourth_is_told_the_same(invitation):
    pages = [without_token(ask(KNOWN["email"], REMOTE_ADDR=f"192.0.2.{number}").content) for number in range(5)]
    assert len(set(pages)) == 1
    assert LinkRequest.objects.count() == 3


def test_no_telephone_rings_all_day(invitation, monkeypatch):
    start = timezone.now()
    for hour in range(12):
        monkeypatch.setattr(timezone, "now", lambda hour=hour: start + timedelta(hours=hour))
        for number in range(3):
            ask(KNOWN["phone"], REMOTE_ADDR=f"192.0.2.{10 * hour + number}")
    assert LinkRequest.objects.count() == 6
    # The next day it is the patient's again.
    monkeypatch.setattr(timezone, "now", lambda: start + timedelta(hours=25))
    ask(KNOWN["phone"])
    assert LinkRequest.objects.count() == 7


def test_one_address_tries_no_list(invitation):
    answers = [ask(f"p{number}@example.org", REMOTE_ADDR="192.0.2.9") for number in range(11)]
    assert [each.status_code for each in answers] == [200] * 10 + [429]
    assert "réessayez dans une heure" in answers[-1].content.decode()
    assert LinkRequest.objects.count() == 10


def test_an_unknown_contact_gets_nothing(invitation):
    ask(UNKNOWN["email"])
    ask(UNKNOWN["phone"])
    assert tasks.answer_link_requests() == 0
    assert sent() == []
    assert not LinkRequest.objects.exists()


@pytest.mark.parametrize("reason", Invitation.ClosedReason.values)
def test_the_link_of_what_has_ended_is_not_sent(invitation, reason):
    services.close_invitation(invitation=invitation, reason=reason, now=timezone.now())
    ask(KNOWN["email"])
    assert tasks.answer_link_requests() == 0


def test_nothing_of_what_nobody_has_closed_yet_is_sent_too_late(practitioner):
    make_consultation(practitioner, timezone.now() - timedelta(hours=4))
    ask(KNOWN["email"])
    assert tasks.answer_link_requests() == 0


def test_a_request_is_answered_once_whoever_finds_it(invitation):
    ask(KNOWN["email"])
    request = LinkRequest.objects.get()
    for _ in range(2):
        tasks.answer_link_request(request=request, now=timezone.now())
    assert sent() == [("email", "sophie@example.org")]


def test_nothing_of_the_contact_is_kept(invitation):
    ask(KNOWN["email"])
    [row] = LinkRequest.objects.values()
    assert "sophie" not in str(row)
    assert row["contact_digest"] == Patient.objects.get().email_digest != ""


# --- What it does ---------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("sophie@example.org", ("email", "sophie@example.org")),
        ("  Sophie@Example.ORG ", ("email", "sophie@example.org")),
        ("0611223344", ("sms", "+33611223344")),
        ("+33 6 11 22 33 44", ("sms", "+33611223344")),
        ("0033611223344", ("sms", "+33611223344")),
    ],
)
def test_the_link_goes_to_the_contact_typed_and_to_no_other(invitation, typed, expected):
    assert "Si un rendez-vous à venir est prévu" in ask(typed).content.decode()
    assert tasks.answer_link_requests() == 1
    assert sent() == [expected]
    assert invitation.token in OutgoingMessage.objects.get().body


def test_every_appointment_of_that_contact_with_whomever_five_at_most(practitioner):
    other = make_practitioner("Durand", "+33612345602")
    for days in range(1, 8):
        make_consultation(practitioner if days % 2 else other, timezone.now() + timedelta(days=days))
    ask(KNOWN["phone"])
    assert tasks.answer_link_requests() == 5
    assert sent() == [("sms", "+33611223344")] * 5


def test_a_corrected_contact_is_found_and_the_old_one_no_more(invitation):
    services.change_contact(patient=invitation.patient, email="sophie.c@example.org", phone="")
    ask(KNOWN["email"])
    ask(KNOWN["phone"])
    assert tasks.answer_link_requests() == 0
    ask("sophie.c@example.org")
    assert tasks.answer_link_requests() == 1


def test_the_patients_who_were_there_before_are_indexed_by_the_migration(invitation):
    kept = Patient.objects.values("email_digest", "phone_digest").get()
    Patient.objects.update(email_digest="", phone_digest="")
    import_module("patients.migrations.0010_reach").index_contacts(apps, None)
    assert Patient.objects.values("email_digest", "phone_digest").get() == kept


@pytest.mark.parametrize("url", ["/", "/aide/patient/", "/visio/AAAAAAAAAAAAAAAAAAAAAA/"])
def test_it_is_linked_from_where_one_looks_for_it(url):
    assert reverse("patients:lost_link") in Client().get(url).content.decode()
