"""Discussion, files and the patient's picture, from browser to browser, beside the call."""

import hashlib
import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Route, expect

from tests.browser.call_stage import Room, open_rooms
from tests.demonstration import Demo

DESKTOP = {"viewport": {"width": 1280, "height": 800}}
PHONE = {"viewport": {"width": 360, "height": 740}, "has_touch": True, "is_mobile": True}
_WATCH_PROGRESS = """() => {
  window.__steps = [];
  new MutationObserver(() => {
    const words = document.querySelector(".file-words")?.textContent;
    if (words && words !== window.__steps.at(-1)) window.__steps.push(words);
  }).observe(document.getElementById("chat"), { subtree: true, childList: true, characterData: true });
}"""


@pytest.fixture
def room(demo: Demo) -> Room:
    return open_rooms(demo)[0]


@pytest.fixture
def enter() -> Iterator[Callable[..., Page]]:
    """Opens a page in a context that closes with the test; its console stays clean."""
    contexts: list[BrowserContext] = []
    errors: list[str] = []

    def enter(context: BrowserContext, url: str) -> Page:
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.on("console", lambda message: message.type == "error" and errors.append(message.text))
        page.goto(url)
        return page

    yield enter
    for context in contexts:
        context.close()
    # The documents refuse one picture on purpose; anything else in the console is a bug (a CSP violation, too).
    assert [error for error in errors if "400 (Bad Request)" not in error] == []


@pytest.fixture
def call(room: Room, chromium: Browser, enter) -> tuple[Page, Page]:
    """Both in the call, the practitioner at a desk, the patient with a phone."""
    doctor = enter(room.practitioner(chromium, **DESKTOP), room.practitioner_url)
    patient = enter(room.patient(chromium, **PHONE), room.patient_url)
    for page in (doctor, patient):
        live(page)
    return doctor, patient


def live(page: Page) -> None:
    expect(page.locator("#room")).to_have_attribute("data-phase", "live", timeout=30_000)
    expect(page.locator("[data-part=chat]")).to_be_visible(timeout=15_000)


def look(page: Page, name: str) -> None:
    """A picture of the page, where somebody wants to see it."""
    if folder := os.environ.get("SCREENSHOTS"):
        page.screenshot(path=Path(folder) / f"{name}.png")


def open_drawer(page: Page) -> None:
    page.locator("[data-part=chat]").click()
    expect(page.get_by_role("complementary", name="Discussion")).to_be_visible()


def write(page: Page, words: str) -> None:
    page.get_by_label("Votre message").fill(words)
    page.get_by_label("Votre message").press("Enter")


def messages(page: Page):
    return page.locator("[data-part=chat-log] .text")


def last(page: Page):
    return page.locator("[data-part=chat-log] li").last


def test_messages(call):
    doctor, patient = call
    open_drawer(doctor)
    expect(doctor.get_by_label("Votre message")).to_be_focused()
    doctor.get_by_label("Votre message").press_sequentially("Bonjour,")
    doctor.keyboard.press("Shift+Enter")
    doctor.keyboard.type("voir https://ameli.fr. <b>non</b>")
    doctor.keyboard.press("Enter")
    expect(last(doctor)).to_contain_text("reçu")
    # Shut: a word on the stage and a number on the button, both lead to the message.
    toast = patient.get_by_role("button", name=re.compile("Bonjour, voir"))
    expect(toast).to_be_visible()
    expect(patient.get_by_role("button", name="Discussion, 1 nouveau message")).to_be_visible()
    look(patient, "chat-toast-360")
    toast.click()
    expect(messages(patient)).to_have_text("Bonjour,\nvoir https://ameli.fr. <b>non</b>")
    link = patient.get_by_role("link", name="https://ameli.fr")
    expect(link).to_have_attribute("rel", "noopener noreferrer")
    write(patient, "Bonjour docteur")
    expect(messages(doctor)).to_have_text([re.compile("Bonjour,"), "Bonjour docteur"])
    look(doctor, "chat-1280")
    look(patient, "chat-360")
    patient.set_viewport_size({"width": 320, "height": 400})
    expect(patient.get_by_label("Votre message")).to_be_in_viewport()
    look(patient, "chat-320-keyboard")
    assert patient.evaluate("document.documentElement.scrollWidth") <= 320
    patient.get_by_label("Votre message").press("Escape")
    expect(patient.get_by_role("complementary", name="Discussion")).to_be_hidden()
    expect(patient.locator("[data-part=chat]")).to_be_focused()


def test_a_message_that_is_too_long_stays_where_it_was_typed(call):
    doctor, _ = call
    open_drawer(doctor)
    write(doctor, "x" * 4001)
    expect(doctor.get_by_role("alert").filter(has_text="Votre message est trop long")).to_be_visible()
    expect(doctor.get_by_label("Votre message")).to_have_value("x" * 4001)
    expect(messages(doctor)).to_have_count(0)


def test_history_survives_a_reload(call):
    doctor, patient = call
    open_drawer(doctor)
    write(doctor, "Prenez-le deux fois par jour")
    expect(last(doctor)).to_contain_text("reçu")
    patient.reload()
    # Written before the call is back.
    write(doctor, "Vous êtes là ?")
    live(patient)
    open_drawer(patient)
    expect(messages(patient)).to_have_text(["Prenez-le deux fois par jour", "Vous êtes là ?"], timeout=15_000)
    expect(messages(doctor)).to_have_text(["Prenez-le deux fois par jour", "Vous êtes là ?"])
    expect(last(doctor)).to_contain_text("reçu")
    write(patient, "Oui")
    expect(messages(doctor)).to_have_count(3)


def test_a_file_of_5_mb(call, tmp_path):
    doctor, patient = call
    content = os.urandom(5 * 1024 * 1024)
    path = tmp_path / "radio du 12.dcm"
    path.write_bytes(content)
    open_drawer(patient)
    open_drawer(doctor)
    doctor.evaluate(_WATCH_PROGRESS)
    patient.locator("[data-part=chat-files]").set_input_files(path)
    expect(last(doctor).get_by_role("link", name="Télécharger radio du 12.dcm")).to_be_visible(timeout=30_000)
    expect(last(patient)).to_contain_text("5 Mo · reçu")
    assert len([step for step in doctor.evaluate("window.__steps") if "sur 5" in step]) >= 3
    with doctor.expect_download() as download:
        last(doctor).get_by_role("link").click()
    assert download.value.suggested_filename == "radio du 12.dcm"
    assert hashlib.sha256(download.value.path().read_bytes()).digest() == hashlib.sha256(content).digest()


def test_a_picture_is_shown_small_and_a_page_is_not_opened(call, tmp_path):
    doctor, patient = call
    open_drawer(doctor)
    open_drawer(patient)
    picture = tmp_path / "peau.jpg"
    picture.write_bytes(patient.locator("[data-part=self]").screenshot(type="jpeg"))
    page = tmp_path / "page.svg"
    page.write_text("<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>")
    patient.locator("[data-part=chat-files]").set_input_files([picture, page])
    expect(doctor.get_by_role("img", name="Aperçu de peau.jpg")).to_be_visible(timeout=15_000)
    expect(doctor.get_by_role("link", name="Télécharger page.svg")).to_be_visible()
    expect(doctor.get_by_role("img", name="Aperçu de page.svg")).to_have_count(0)
    look(doctor, "chat-files-1280")
    look(patient, "chat-files-360")
    empty, big = tmp_path / "vide.txt", tmp_path / "film.mp4"
    empty.touch()
    with big.open("wb") as file:
        file.truncate(50 * 1024 * 1024 + 1)
    patient.locator("[data-part=chat-files]").set_input_files([empty, big])
    expect(patient.get_by_role("alert").filter(has_text="vide.txt")).to_contain_text("« film.mp4 » dépasse 50 Mo")
    expect(patient.locator("[data-part=chat-log] li")).to_have_count(2)


def test_snapshot(room, chromium, enter):
    def refuse(route: Route) -> None:
        route.fulfill(status=400, json={"error": "Cette image n’a pas pu être lue."})

    doctor = enter(room.practitioner(chromium, **DESKTOP), room.practitioner_url)
    address = f"**{doctor.locator('#room').get_attribute('data-documents')}"
    doctor.route(address, refuse)
    patient = enter(room.patient(chromium, **PHONE), room.patient_url)
    live(doctor)
    live(patient)
    ask = doctor.get_by_role("button", name="Prendre une photo")
    question = patient.get_by_role("dialog", name=re.compile("souhaite prendre une photo de votre image"))

    ask.click()
    expect(doctor.get_by_text("En attente de l’accord du patient")).to_be_visible()
    expect(question).to_be_visible()
    look(patient, "snapshot-question-360")
    # A key that was meant for something else is no answer.
    patient.keyboard.press("Enter")
    patient.keyboard.press("Space")
    expect(question).to_be_visible()
    patient.get_by_role("button", name="Refuser").click()
    expect(doctor.get_by_text("Le patient a refusé la photo.")).to_be_visible()
    expect(doctor.get_by_role("dialog")).to_have_count(0)

    ask.click()
    patient.get_by_role("button", name="Accepter").click()
    preview = doctor.get_by_role("dialog", name=re.compile("Photo de"))
    expect(preview).to_be_visible()
    width = doctor.locator("[data-part=remote]").evaluate("video => video.videoWidth")
    assert doctor.locator("[data-part=snapshot-still]").evaluate("canvas => canvas.width") == width > 0
    look(doctor, "snapshot-preview-1280")
    preview.get_by_role("button", name="Recommencer").click()
    preview.get_by_role("button", name="Prendre la photo").click()
    preview.get_by_role("button", name="Enregistrer dans les documents").click()
    expect(preview.get_by_role("alert")).to_have_text("Cette image n’a pas pu être lue.")
    doctor.unroute(address)
    preview.get_by_role("button", name="Enregistrer dans les documents").click()
    expect(preview).to_be_hidden()
    expect(patient.get_by_text("La photo a été enregistrée dans votre dossier.")).to_be_visible()
    expect(doctor.get_by_role("tab", name="Documents · 1")).to_be_visible(timeout=15_000)

    # Enough for one picture: the next one is asked for again.
    expect(question).to_be_hidden()
    ask.click()
    expect(question).to_be_visible()
    doctor.get_by_role("button", name="Annuler").click()
    expect(question).to_be_hidden()


def test_firefox_and_chromium(room, firefox, chromium, enter, tmp_path):
    doctor = enter(room.practitioner(firefox, **DESKTOP), room.practitioner_url)
    patient = enter(room.patient(chromium, **DESKTOP), room.patient_url)
    for page in (doctor, patient):
        live(page)
        open_drawer(page)
    write(doctor, "Bonjour")
    expect(messages(patient)).to_have_text("Bonjour")
    expect(last(doctor)).to_contain_text("reçu")
    path = tmp_path / "lettre.pdf"
    path.write_bytes(os.urandom(300_000))
    for sender, receiver in ((doctor, patient), (patient, doctor)):
        sender.locator("[data-part=chat-files]").set_input_files(path)
        expect(last(receiver).get_by_role("link", name="Télécharger lettre.pdf")).to_be_visible(timeout=20_000)
        expect(last(sender)).to_contain_text("reçu")


def test_a_file_goes_on_after_hanging_up_and_coming_back(call, tmp_path):
    doctor, patient = call
    content = os.urandom(40 * 1024 * 1024)
    path = tmp_path / "scanner.zip"
    path.write_bytes(content)
    open_drawer(doctor)
    open_drawer(patient)
    doctor.locator("[data-part=chat-files]").set_input_files(path)
    expect(last(patient)).to_contain_text(" sur 40 Mo", timeout=30_000)
    doctor.get_by_role("button", name="Raccrocher").click()
    expect(last(doctor)).not_to_contain_text("reçu")
    arrived = last(patient).locator("progress").evaluate("bar => bar.value")
    assert arrived > 0
    write(doctor, "Je reviens")
    expect(last(doctor)).to_contain_text("en attente")
    doctor.get_by_role("button", name="Revenir dans la consultation").click()
    live(doctor)
    file = doctor.locator("[data-part=chat-log] .file")
    expect(file).to_contain_text("40 Mo · reçu", timeout=90_000)
    expect(messages(patient)).to_have_text("Je reviens")
    expect(patient.locator("[data-part=chat-log] .file")).to_have_count(1)
    with patient.expect_download() as download:
        patient.get_by_role("link", name="Télécharger scanner.zip").click()
    assert hashlib.sha256(download.value.path().read_bytes()).digest() == hashlib.sha256(content).digest()
