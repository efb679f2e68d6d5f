"""Patients proposed while one types a name: one's own, and as text only."""

import pytest
from django.test import Client

from patients.models import Patient
from tests.conftest import make_consultation

SUGGESTIONS = "/teleconsultation/nouvelle/patients/"


@pytest.fixture
def client(practitioner, client_for) -> Client:
    return client_for(practitioner.user)


def test_another_practitioners_patients_are_never_proposed(client, other_practitioner):
    make_consultation(other_practitioner)
    assert "Carpentier" not in client.post(SUGGESTIONS, {"q": "carp"}).content.decode()


@pytest.mark.parametrize(
    "typed", ["", "x", "\0", "\ud800".encode("utf-8", "surrogatepass"), "<script>", "x" * 5000, "😀", "%"]
)
def test_rubbish_proposes_nobody(client, practitioner, typed):
    make_consultation(practitioner)
    response = client.post(SUGGESTIONS, {"q": typed})
    assert response.status_code in (200, 400)
    assert b"Carpentier" not in response.content


def test_names_go_into_no_address(client):
    assert client.get(f"{SUGGESTIONS}?q=carp").status_code == 405


def test_ones_own_patients_are_proposed_once(client, practitioner):
    make_consultation(practitioner)
    make_consultation(practitioner)
    page = client.post(SUGGESTIONS, {"q": "soph"}).content.decode()
    assert page.count('role="option"') == 1
    assert 'data-phone="06 11 22 33 44"' in page


def test_a_name_is_only_ever_text(client, practitioner):
    Patient.objects.create(practitioner=practitioner, last_name='<img src=x>"', first_name="A")
    assert "<img" not in client.post(SUGGESTIONS, {"q": "a"}).content.decode()
    assert "&lt;img" in client.post(SUGGESTIONS, {"q": "<img"}).content.decode()
