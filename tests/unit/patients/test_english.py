"""The patients' pages in English: chosen by whom, everywhere on them, and nowhere else."""

import re
from datetime import timedelta
from html import unescape
from io import BytesIO

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from openpyxl import load_workbook

from patients import notify, services
from patients.models import Intake, Invitation
from rofim.notifications.models import OutgoingMessage
from tests.conftest import make_consultation
from tests.unit.patients.walk import walk
from tests.unit.teleconsult.sockets import change, patient_browser

pytestmark = pytest.mark.django_db
# English has no such letters or quotes, and none of these words; the button says « Français » in either language.
FRENCH = re.compile(
    r"[àâçéèêëîïôùûœ«»]|\b(avec|cette|dans|de|des|du|est|et|la|le|les|ne|ou|par|pas|pour|sur|un|une|votre|vous)\b",
    re.IGNORECASE,
)
SWITCH = re.compile(r'<form[^>]*class="language">.*?</form>', re.DOTALL)
SAID = re.compile(r'>([^<>]+)<|(?:aria-label|title|placeholder|alt)="([^"]+)"')


@pytest.fixture
def invitation(consultation) -> Invitation:
    return consultation.invitation


def address(invitation: Invitation, name: str = "gate") -> str:
    return reverse(f"patients:{name}", args=[invitation.token])


def lang(response) -> str:
    found = re.search(r'<html lang="(\w+)">', response.content.decode())
    assert found is not None
    return found[1]


def choose(client: Client, invitation: Invitation, language: str, **more):
    data = {"language": language, "next": address(invitation)} | more
    return client.post(address(invitation, "appointment_language"), data)


def language_of(invitation: Invitation) -> str:
    invitation.refresh_from_db()
    return invitation.language


def said(page: str) -> list[str]:
    """What a page says and what it is called to a screen reader, tags and scripts apart."""
    page = re.sub(r"<(script|style)\b.*?</\1>", "", SWITCH.sub("", page), flags=re.DOTALL)
    return [unescape(text or name).strip() for text, name in SAID.findall(page)]


# --- What must not happen


def test_the_choice_refuses_unknown_links_and_languages(client, invitation):
    assert client.post("/visio/AAAAAAAAAAAAAAAAAAAAAA/langue/", {"language": "en"}).status_code == 404
    assert client.get(address(invitation, "appointment_language")).status_code == 405
    for wrong in ("de", "", "en\0", "EN", "x" * 3000):
        choose(client, invitation, wrong)
        assert language_of(invitation) == "fr"
    forged = Client(enforce_csrf_checks=True)
    assert choose(forged, invitation, "en").status_code == 403
    assert language_of(invitation) == "fr"


@pytest.mark.parametrize(
    "elsewhere", ["https://evil.example/", "//evil.example", "javascript:alert(1)", "/\\evil.example"]
)
def test_the_choice_never_leads_to_another_site(client, invitation, elsewhere):
    for response in (
        choose(client, invitation, "en", next=elsewhere),
        client.post(reverse("patients:language"), {"language": "en", "next": elsewhere}),
    ):
        assert response.status_code == 302
        assert "evil" not in response["Location"]
        assert "javascript" not in response["Location"]


@pytest.mark.parametrize(
    "name",
    ["home", "accounts:account", "teleconsult:consultation_list", "teleconsult:consultation_create",
     "prescriptions:prescription_list", "accounts:login", "help_patient", "privacy"],
)  # fmt: skip
def test_everything_else_stays_french(client_for, practitioner, name):
    client = client_for(practitioner.user) if name != "accounts:login" else Client()
    client.cookies["language"] = "en"
    response = client.get(reverse(name), headers={"accept-language": "en-GB,en;q=0.9"})
    assert response.status_code == 200
    assert lang(response) == "fr"
    assert "js/lib/english.js" not in response.content.decode()
    assert not SWITCH.search(response.content.decode())


def test_the_administration_stays_french(client_for, administrator):
    response = client_for(administrator).get(reverse("admin:index"), headers={"accept-language": "en"})
    assert 'lang="fr"' in response.content.decode()


def test_the_practitioner_of_an_english_patient_reads_french(client_for, consultation, invitation):
    change(invitation, language="en")
    now = timezone.now()
    Intake.objects.create(
        invitation=invitation, last_name="Carpentier", first_name="Sophie", sex="female", birth_date=now.date(),
        completed_at=now,
    )  # fmt: skip
    client = client_for(consultation.practitioner.user)
    client.cookies["language"] = "en"
    room = client.get(reverse("teleconsult:practitioner_room", args=[consultation.reference]))
    assert lang(room) == "fr"
    assert "Couper le micro" in room.content.decode()
    file = client.get(reverse("teleconsult:consultation_export", args=[consultation.reference]))
    cells = [cell.value for row in load_workbook(BytesIO(file.content)).active.iter_rows() for cell in row]
    assert {"Informations personnelles", "Prénom", "Féminin"} <= set(cells)


def test_what_leaves_from_an_english_page_for_the_practitioner_is_french(client, invitation):
    change(invitation, language="en", code_failures=9)
    client.post(address(invitation), {"code": "ZZZZ"})
    assert "Dix codes faux" in OutgoingMessage.objects.get(name="patients/code_dead").body


# --- A link mistyped so that it is no link any more

WITHOUT_A_PAGE = ["/visoi/AAAAAAAAAAAAAAAAAAAAAA/", "/VISIO/AAAAAAAAAAAAAAAAAAAAAA/", "/visio", "/x"]


@pytest.mark.parametrize("path", [*WITHOUT_A_PAGE, "/visio/AAAAAAAAAAAAAAAAAAAAAA/"])
def test_a_mistyped_link_is_explained_in_the_visitors_language(client, path):
    response = client.get(path, headers={"accept-language": "en-GB,en;q=0.9"})
    assert response.status_code == 404
    assert lang(response) == "en"
    assert "Accept-Language" in response["Vary"]
    assert 'href="/lien-perdu/">have it sent again</a>' in response.content.decode()
    assert not [words for words in said(response.content.decode()) if FRENCH.search(words)]
    assert lang(client.get(path)) == lang(client.get(path, headers={"accept-language": "fr,en;q=0.5"})) == "fr"
    # The page's own button, whatever the browser prefers.
    client.post(reverse("patients:language"), {"language": "en", "next": path})
    assert lang(client.get(path, headers={"accept-language": "fr"})) == "en"


@pytest.mark.parametrize("path", [*WITHOUT_A_PAGE, "/teleconsultation/Igs3ff/"])
def test_a_practitioners_mistyped_address_is_explained_in_french(client_for, practitioner, path):
    response = client_for(practitioner.user).get(path, headers={"accept-language": "en"})
    assert response.status_code == 404
    assert lang(response) == "fr"
    assert not SWITCH.search(response.content.decode())


# --- Every page


@pytest.mark.parametrize("language", ["en", "fr"])
def test_every_page_speaks_its_language(practitioner, language):
    for name, response in walk(practitioner, language):
        page = response.content.decode()
        if response["Content-Type"].startswith("text/html") and "<html" in page:
            assert lang(response) == language, name
            assert f'lang="{"fr" if language == "en" else "en"}"' in page, name
            assert ("js/lib/english.js" in page) == (language == "en"), name
        french = [words for words in said(page) if FRENCH.search(words)]
        if response["Content-Type"] == "application/json":
            french = FRENCH.findall(
                response.json().get("error", "") + " ".join(response.json().get("errors", {}).values())
            )
        if language == "en":
            assert not french, (name, french)
        elif "<html" in page:
            assert french, name


# --- Who chooses


def test_the_appointments_language_is_that_of_its_pages(client, invitation):
    german = {"accept-language": "de"}
    assert lang(client.get(address(invitation), headers={"accept-language": "en"})) == "fr"
    change(invitation, language="en")
    assert lang(client.get(address(invitation), headers=german)) == "en"
    assert language_of(invitation) == "en"


def test_the_patient_chooses_and_everything_of_the_appointment_follows(client, invitation):
    page = client.get(address(invitation)).content.decode()
    assert address(invitation, "appointment_language") in page
    response = choose(client, invitation, "en")
    assert (response.status_code, response["Location"]) == (302, address(invitation))
    assert lang(client.get(address(invitation))) == "en"
    assert "You have an appointment with" in client.get(address(invitation)).content.decode()
    browser = patient_browser(invitation)
    assert "Your details" in browser.get(address(invitation, "intake")).content.decode()
    notify.send_invitation(invitation=Invitation.objects.get(pk=invitation.pk))
    assert all("Your access code" in each.body or "access code" in each.body for each in OutgoingMessage.objects.all())
    choose(client, invitation, "fr")
    assert lang(client.get(address(invitation))) == "fr"


def test_another_appointment_keeps_its_language(client, invitation):
    other = make_consultation(invitation.practitioner).invitation
    choose(client, invitation, "en")
    assert lang(client.get(address(other))) == "fr"
    assert language_of(other) == "fr"


@pytest.mark.parametrize("name", ["patients:lost_link", "teleconsult:rehearsal"])
def test_a_public_page_follows_the_choice_else_the_browser(client, name):
    url = reverse(name)
    assert lang(client.get(url)) == "fr"
    assert lang(client.get(url, headers={"accept-language": "de, es;q=0.8"})) == "fr"
    english = client.get(url, headers={"accept-language": "en-US,en;q=0.9"})
    assert lang(english) == "en"
    assert {"Accept-Language", "Cookie"} <= set(english["Vary"].split(", "))
    response = client.post(reverse("patients:language"), {"language": "en", "next": url})
    assert response["Location"] == url
    assert response.cookies["language"]["httponly"]
    assert lang(client.get(url)) == "en"
    client.post(reverse("patients:language"), {"language": "fr", "next": url})
    assert lang(client.get(url, headers={"accept-language": "en"})) == "fr"


# --- Hours


def test_an_hour_says_where_it_runs(client, invitation):
    change(invitation, language="en", time_zone="America/Guadeloupe")
    starts_at = timezone.make_aware(timezone.datetime(2031, 1, 15, 20, 45))
    services.reschedule_invitation(invitation=invitation, starts_at=starts_at)
    page = unescape(client.get(address(invitation)).content.decode())
    assert "on 15 January 2031 at 20:45 Paris time, 15:45 in Guadeloupe" in page
    assert "Your session opens at 20:15 Paris time, on Wednesday 15 January 2031." in page


def test_the_french_gate_gives_the_hour_of_paris_alone(client, invitation):
    change(invitation, time_zone="America/Guadeloupe", starts_at=timezone.now() + timedelta(minutes=5))
    assert "Guadeloupe" not in client.get(address(invitation)).content.decode()
