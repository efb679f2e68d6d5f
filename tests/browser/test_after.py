"""After the call: the patient's answer and documents on a phone; the practitioner's summary, report and next visit."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.browser.call_stage import Room, open_rooms
from tests.browser.test_accessibility import OVERFLOW, faults
from tests.browser.test_panel import PHONE, look
from tests.demonstration import Demo


@pytest.fixture(scope="module")
def room(demo: Demo) -> Room:
    # Begun, so that it can be ended without a call.
    (room,) = open_rooms(demo, seconds_left=3600)
    return room


@pytest.fixture
def practitioner(room: Room, chromium: Browser) -> Iterator[BrowserContext]:
    context = room.practitioner(chromium, viewport={"width": 1280, "height": 800})
    yield context
    context.close()


@pytest.fixture
def phone(room: Room, chromium: Browser) -> Iterator[BrowserContext]:
    context = room.patient(chromium, **PHONE)
    yield context
    context.close()


def inspect(page: Page, name: str) -> None:
    """Nothing sticks out, axe finds nothing, and a picture for whoever wants one."""
    look(page, name)
    assert page.evaluate(OVERFLOW) <= 0
    assert faults(page) == []


def test_the_way_after_the_call(room, demo, practitioner, phone):
    patient, page = phone.new_page(), practitioner.new_page()
    patient.goto(room.patient_url)
    expect(patient.locator("#room")).to_have_attribute("data-phase", "waiting")
    page.goto(room.practitioner_url.removesuffix("visio/"))
    notes = page.get_by_label("Notes pour vous-même")
    notes.fill("Gorge rouge.")
    expect(page.get_by_text("Enregistré à")).to_be_visible()
    page.get_by_role("button", name="Terminer la consultation").click()

    # The patient's page says so by itself, and asks.
    expect(patient.get_by_role("heading", name="La consultation est terminée")).to_be_focused()
    inspect(patient, "after-room-360")
    question = patient.get_by_role("group", name="Comment s’est passée la consultation")
    patient.get_by_role("button", name="Envoyer mon avis").click()
    expect(patient.get_by_text("Choisissez une réponse")).to_be_visible()
    inspect(patient, "after-feedback-refused-360")
    question.get_by_label("Très mal").focus()
    patient.keyboard.press("Space")
    patient.keyboard.press("ArrowUp")
    expect(question.get_by_label("Mal", exact=True)).to_be_checked()
    question.get_by_label("Bien", exact=True).check()
    patient.get_by_label("Un mot de plus").fill("Merci 👍")
    patient.get_by_role("button", name="Envoyer mon avis").click()
    expect(patient).to_have_url(re.compile("/documents/$"))
    expect(patient.get_by_text("Merci, votre avis est enregistré")).to_be_visible()
    inspect(patient, "after-documents-360")

    # The practitioner's summary, then the report.
    page.reload()
    expect(page.get_by_role("region", name="Synthèse")).to_contain_text("4/5")
    expect(page.get_by_role("link", name="Rédiger le compte rendu")).to_be_visible()
    inspect(page, "after-summary-1280")
    page.get_by_role("link", name="Compte rendu", exact=True).click()
    page.get_by_role("button", name="Reprendre mes notes").click()
    expect(page.get_by_label("Examen et observations")).to_have_value("Gorge rouge.")
    page.get_by_role("button", name="Délivrer le compte rendu").click()
    expect(page.get_by_text("Écrivez la conclusion")).to_be_visible()
    inspect(page, "after-report-create-1280")
    page.get_by_label("Conclusion et conduite à tenir").fill("Repos. Revoir si fièvre.")
    page.get_by_role("button", name="Délivrer le compte rendu").click()
    expect(page).to_have_url(re.compile("/compte-rendu/1/$"))
    sent = len(demo.messages("sophie@patient.demo"))
    page.get_by_role("button", name="Envoyer par e-mail").click()
    expect(page.get_by_text("E-mail envoyé à")).to_be_visible()
    inspect(page, "after-report-detail-1280")
    letter = demo.wait_for_message("sophie@patient.demo", after=sent)
    assert f"/visio/{room.token}/documents/" in letter["body"]

    # The patient takes it home.
    patient.reload()
    with patient.expect_download() as download:
        patient.get_by_role("link", name="Télécharger le compte rendu").click()
    assert download.value.path().read_bytes().startswith(b"%PDF-1.7")

    # The next appointment, without typing the patient again.
    page.goto(room.practitioner_url.removesuffix("visio/"))
    page.get_by_role("link", name="Prochain rendez-vous").click()
    expect(page.get_by_label("Nom", exact=False).first).to_have_value("Carpentier")
    expect(page.get_by_label("Date")).to_be_focused()
    inspect(page, "after-next-1280")
