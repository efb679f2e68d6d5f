"""The rehearsal in a real browser, with a fake camera: all green, refused, silent; and what the practitioner reads."""

import re

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.browser.call_stage import Room, open_rooms
from tests.demonstration import Demo

PATIENCE = 25_000
REFUSE = """navigator.mediaDevices.getUserMedia = async () => {
  throw new DOMException("refused", "NotAllowedError");
};"""
# A track of true silence, as a muted headset gives.
SILENCE = """const open = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
navigator.mediaDevices.getUserMedia = async (constraints) => {
  const stream = await open(constraints);
  for (const track of stream.getAudioTracks()) {
    stream.removeTrack(track);
    track.stop();
    const context = new AudioContext();
    stream.addTrack(context.createMediaStreamDestination().stream.getAudioTracks()[0]);
  }
  return stream;
};"""
FACEBOOK = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_4 like Mac OS X) AppleWebKit/605.1.15 [FBAN/FBIOS;FBAV/450.0]"


@pytest.fixture
def room(demo: Demo) -> Room:
    return open_rooms(demo)[0]


def line(page: Page, name: str):
    return page.locator(f"[data-check={name}]")


def rehearse(context: BrowserContext, url: str, *, hears: bool = True) -> Page:
    """From « Commencer » to the verdict."""
    page = context.new_page()
    page.goto(url)
    page.get_by_role("button", name="Commencer le test").click()
    page.get_by_role("button", name="Tester le son").click(timeout=PATIENCE)
    page.get_by_role("group", name="Vous l’entendez").get_by_role("button", name="Oui" if hears else "Non").click()
    expect(page.locator("#verdict")).to_be_visible(timeout=PATIENCE)
    return page


def row_of(room: Room, browser: Browser):
    context = room.practitioner(browser)
    page = context.new_page()
    page.goto(f"{room.url}/teleconsultation/")
    return context, page.get_by_role("row").filter(has_text=room.reference)


def test_all_is_well_and_the_practitioner_reads_so(room: Room, chromium: Browser):
    # The link suffices: no code was typed in this browser.
    context = chromium.new_context(locale="fr-FR")
    faults: list[str] = []
    context.on("weberror", lambda error: faults.append(str(error.error)))
    context.on("console", lambda message: message.type == "error" and faults.append(message.text))
    page = rehearse(context, f"{room.url}/visio/{room.token}/test/")
    for name in ("browser", "page", "camera", "microphone", "loudspeaker", "connection"):
        expect(line(page, name)).to_have_attribute("data-state", "green", timeout=PATIENCE)
    expect(page.locator("#verdict")).to_have_attribute("data-result", "green")
    expect(page.locator("#verdict")).to_contain_text("Votre praticien voit ce résultat", timeout=PATIENCE)
    assert not faults
    doctor, row = row_of(room, chromium)
    expect(row).to_contain_text(re.compile(r"a testé son matériel\s: tout va bien"))
    doctor.close()
    context.close()


def test_a_refused_camera_is_red_with_its_reason(room: Room, chromium: Browser):
    context = chromium.new_context(locale="fr-FR")
    context.add_init_script(REFUSE)
    page = rehearse(context, f"{room.url}/visio/{room.token}/test/")
    for name in ("camera", "microphone"):
        expect(line(page, name)).to_have_attribute("data-state", "red")
        expect(line(page, name)).to_contain_text("pas autorisé")
    expect(line(page, "camera")).to_contain_text("à gauche de l’adresse")
    expect(line(page, "camera").get_by_role("img", name=re.compile("à gauche de l’adresse"))).to_be_visible()
    expect(line(page, "microphone")).to_contain_text("les mêmes que pour la caméra")
    expect(page.locator("#verdict")).to_have_attribute("data-result", "red")
    expect(page.locator("#verdict")).to_contain_text("Votre praticien voit ce résultat", timeout=PATIENCE)
    doctor, row = row_of(room, chromium)
    expect(row).to_contain_text(re.compile(r"test du matériel\s: caméra non autorisée, micro non autorisé"))
    doctor.close()
    context.close()


def test_a_silent_microphone_and_an_unheard_sound_are_orange(demo: Demo, chromium: Browser):
    context = chromium.new_context(locale="fr-FR")
    context.add_init_script(SILENCE)
    page = rehearse(context, f"{demo.url}/test/", hears=False)
    expect(line(page, "microphone")).to_have_attribute("data-state", "orange")
    expect(line(page, "microphone")).to_contain_text("Votre micro ne capte rien")
    expect(line(page, "loudspeaker")).to_have_attribute("data-state", "orange")
    expect(page.locator("#verdict")).to_have_attribute("data-result", "orange")
    expect(page.locator("#verdict")).not_to_contain_text("médecin")
    page.get_by_role("button", name="Oui").click()
    expect(line(page, "loudspeaker")).to_have_attribute("data-state", "green")
    page.get_by_role("button", name="Recommencer").click()
    expect(page.locator("#verdict")).to_be_hidden()
    expect(line(page, "camera")).to_have_attribute("data-state", "green", timeout=PATIENCE)
    context.close()


def test_inside_another_application_it_says_where_to_open_the_link(demo: Demo, chromium: Browser):
    context = chromium.new_context(locale="fr-FR", user_agent=FACEBOOK)
    page = context.new_page()
    page.goto(f"{demo.url}/test/")
    expect(line(page, "browser")).to_have_attribute("data-state", "red")
    expect(line(page, "browser")).to_contain_text("Facebook")
    expect(line(page, "browser")).to_contain_text("Ouvrir dans Safari")
    expect(line(page, "browser").get_by_role("img", name=re.compile("menu de l’application"))).to_be_visible()
    expect(line(page, "browser").get_by_role("button", name="Copier le lien")).to_be_visible()
    context.close()
