"""« Tester mon micro et ma caméra »: refusals first, then what is kept and what the practitioner reads."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from patients import rehearsal, services
from patients.models import Invitation
from tests.conftest import make_consultation
from tests.unit.teleconsult.sockets import PATIENCE, Socket, application, headers, is_refused

pytestmark = pytest.mark.django_db

NOBODY = "A" * 22
TURN = {"TURN_URL": "turn:turn.example.org:3478", "TURN_SECRET": "secret"}


@pytest.fixture
def invitation(practitioner) -> Invitation:
    """Of an appointment in a week."""
    return make_consultation(practitioner, timezone.now() + timedelta(days=7)).invitation


def page(token: str) -> str:
    return reverse("teleconsult:patient_rehearsal", args=[token])


def relay(token: str) -> str:
    return reverse("teleconsult:patient_rehearsal_relay", args=[token])


def close(invitation: Invitation) -> None:
    services.close_invitation(invitation=invitation, reason="completed", now=timezone.now())


def kept(invitation: Invitation) -> tuple:
    invitation.refresh_from_db()
    return invitation.rehearsal_result, invitation.rehearsal_reasons, invitation.rehearsal_at is not None


NOTHING = ("", [], False)

# --- Refusals -----------------------------------------------------------------------------------


@pytest.mark.parametrize("method", ["get", "post", "put"])
@pytest.mark.parametrize("token", [NOBODY, "x", "é" * 22])
def test_an_unknown_link_is_404(client, token, method):
    assert getattr(client, method)(relay(token)).status_code == 404
    assert getattr(client, method)(page(token)).status_code == (405 if method == "put" else 404)


@pytest.mark.parametrize("method", ["put", "patch", "delete"])
def test_other_methods_are_refused(client, invitation, method):
    for address in (reverse("teleconsult:rehearsal"), page(invitation.token), relay(invitation.token)):
        assert getattr(client, method)(address).status_code == 405
    assert client.post(reverse("teleconsult:rehearsal")).status_code == 405
    assert client.get(relay(invitation.token)).status_code == 405


def test_without_the_csrf_token_nothing_is_kept_nor_given(invitation, settings):
    settings.TURN_URL, settings.TURN_SECRET = TURN.values()
    client = Client(enforce_csrf_checks=True)
    client.get(page(invitation.token))
    assert client.post(page(invitation.token), {"reason": "microphone-silent"}).status_code == 403
    assert client.post(relay(invitation.token)).status_code == 403
    assert kept(invitation) == NOTHING


def test_from_another_site_nothing_is_kept(invitation):
    client = Client(enforce_csrf_checks=True)
    client.get(page(invitation.token))
    token = {"X-CSRFToken": client.cookies["csrf"].value}
    elsewhere = client.post(page(invitation.token), headers=token | {"Origin": "https://elsewhere.example"})
    assert elsewhere.status_code == 403
    assert kept(invitation) == NOTHING
    assert client.post(page(invitation.token), headers=token | {"Origin": "http://testserver"}).status_code == 200


@pytest.mark.parametrize("reasons", [["nonsense"], ["microphone-silent", "<script>"], [""], ["camera-refused"] * 50])
def test_other_reasons_are_refused(client, invitation, reasons):
    assert client.post(page(invitation.token), {"reason": reasons}).status_code == 400
    assert kept(invitation) == NOTHING


def test_after_the_end_nothing_more(client, invitation, settings):
    settings.TURN_URL, settings.TURN_SECRET = TURN.values()
    close(invitation)
    assert client.get(page(invitation.token))["Location"] == reverse("patients:gate", args=[invitation.token])
    assert client.post(page(invitation.token)).status_code == 409
    assert client.post(relay(invitation.token)).status_code == 409
    assert kept(invitation) == NOTHING


def test_the_relay_is_throttled_per_address_across_links(client, practitioner, invitation, settings):
    settings.TURN_URL, settings.TURN_SECRET = TURN.values()
    other = make_consultation(practitioner).invitation
    answers = [client.post(relay((invitation, other)[turn % 2].token)).status_code for turn in range(21)]
    assert answers == [200] * 20 + [429]
    assert client.post(relay(invitation.token), REMOTE_ADDR="198.51.100.9").status_code == 200


def test_the_page_shows_nothing_of_the_appointment(client, consultation, invitation):
    text = client.get(page(invitation.token)).content.decode()
    for secret in (invitation.code, invitation.patient.last_name, invitation.patient.first_name, "7K2M"):
        assert secret not in text


def test_the_public_page_has_nothing_to_report_to(client):
    text = client.get(reverse("teleconsult:rehearsal")).content.decode()
    assert "Tester mon micro et ma caméra" in text
    assert "data-report" not in text
    assert "data-relay" not in text
    assert "rehearsal-form" not in text


# --- What is given and kept ------------------------------------------------------------------------


def test_the_link_suffices_days_before(client, invitation):
    response = client.get(page(invitation.token))
    assert response.status_code == 200
    assert "no-store" in response["Cache-Control"]
    assert f'data-report="{page(invitation.token)}"' in response.content.decode()
    assert kept(invitation) == NOTHING


def test_without_turn_there_is_no_relay_to_try(client, invitation, settings):
    settings.TURN_URL = ""
    assert client.post(relay(invitation.token)).json() == {"iceServers": []}


def test_the_credential_lives_ten_minutes(client, invitation, settings):
    settings.TURN_URL, settings.TURN_SECRET = TURN.values()
    before = timezone.now()
    response = client.post(relay(invitation.token))
    (server,) = response.json()["iceServers"]
    expiry, owner = server["username"].split(":")
    left = datetime.fromtimestamp(int(expiry), UTC) - before
    assert timedelta(minutes=9, seconds=58) <= left <= timedelta(minutes=10, seconds=30)
    assert owner == f"rehearsal-{invitation.pk}"
    assert "no-store" in response["Cache-Control"]


@pytest.mark.parametrize(
    ("reasons", "result", "words"),
    [
        ([], "green", "a testé son matériel : tout va bien"),
        (["microphone-silent"], "orange", "test du matériel : micro muet"),
        (
            ["microphone-silent", "camera-refused", "camera-refused"],
            "red",
            "test du matériel : caméra non autorisée, micro muet",
        ),
    ],
)
def test_the_result_follows_from_the_reasons_and_is_read_in_the_list_and_the_infos(
    client, client_for, invitation, reasons, result, words
):
    response = client.post(page(invitation.token), {"reason": reasons, "result": "green"})
    assert response.json() == {"result": result}
    assert kept(invitation) == (result, rehearsal.checked(reasons), True)
    doctor, reference = client_for(invitation.practitioner.user), invitation.consultation.reference
    listed = doctor.get(reverse("teleconsult:consultation_list")).content.decode()
    [shown] = re.findall(r'<small class="rehearsal (\w+)">\s*<svg.*?</svg>\s*(.*?)</small>', listed, re.DOTALL)
    assert (shown[0], shown[1].replace("\u00a0", " ")) == (result, words)
    for name in ("consultation_infos", "consultation_detail"):
        address = reverse(f"teleconsult:{name}", args=[reference])
        headers = {"HX-Request": "true"} if name == "consultation_infos" else {}
        text = doctor.get(address, headers=headers).content.decode().replace("\u00a0", " ")
        assert words[1:] in text


def test_the_newest_rehearsal_counts(client, invitation):
    client.post(page(invitation.token), {"reason": "microphone-silent"})
    client.post(page(invitation.token))
    assert kept(invitation) == ("green", [], True)


def test_without_a_rehearsal_nothing_is_said(client_for, invitation):
    listed = client_for(invitation.practitioner.user).get(reverse("teleconsult:consultation_list"))
    assert "matériel" not in listed.content.decode()
    assert rehearsal.in_words(invitation) == ""


def test_a_code_of_another_version_breaks_nothing(invitation):
    invitation.rehearsal_at, invitation.rehearsal_reasons = timezone.now(), ["forgotten", "camera-missing"]
    assert rehearsal.in_words(invitation).endswith("pas de caméra")


def test_the_gate_leads_to_it(client, consultation, invitation):
    for waiting_or_code in (invitation, consultation.invitation):
        gate = client.get(reverse("patients:gate", args=[waiting_or_code.token])).content.decode()
        assert page(waiting_or_code.token) in gate
    assert reverse("teleconsult:rehearsal") in client.get("/").content.decode()
    assert reverse("teleconsult:rehearsal") in client.get(reverse("help_patient")).content.decode()


# --- The socket that only opens ----------------------------------------------------------------------


async def test_the_knock_opens_for_this_site_alone():
    socket = Socket(application, "/ws/test/", headers(Client()))
    accepted, _ = await socket.connect(PATIENCE)
    assert accepted
    assert await socket.closed() == 1000
    for origin in (None, "https://elsewhere.example"):
        assert await is_refused("/ws/test/", Client(), origin)
