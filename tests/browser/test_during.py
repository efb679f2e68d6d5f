"""What makes the call comfortable: keys, menu, words about the connection, less picture where it is too much."""

import re
from collections.abc import Callable
from itertools import pairwise

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.browser.call_stage import open_rooms
from tests.browser.media import assert_picture_and_sound, watch_peers
from tests.demonstration import Demo, wait_for

PHONE = {"viewport": {"width": 320, "height": 640}, "has_touch": True, "is_mobile": True}
# A connection on whose way up a third gets lost, when asked for; and hours that pass four times as fast.
_LOSSY = """
const getStats = RTCPeerConnection.prototype.getStats;
RTCPeerConnection.prototype.getStats = async function (...parts) {
  const report = await getStats.apply(this, parts);
  if (!window.__lossy) return report;
  const lose = (entry) => (entry.type === "remote-inbound-rtp" ? {...entry, fractionLost: 0.3} : entry);
  return new Map([...report].map(([id, entry]) => [id, lose(entry)]));
};
const now = performance.now.bind(performance);
performance.now = () => 4 * now();
"""
# A picture in a window of its own needs a desktop, which a headless browser hasn't.
_DETACHED = """
HTMLVideoElement.prototype.requestPictureInPicture = async function () {
  window.__detached = this.dataset.part;
  Object.defineProperty(document, "pictureInPictureElement", {get: () => this, configurable: true});
  this.dispatchEvent(new Event("enterpictureinpicture"));
};
"""
_SCREEN = """() => {
  navigator.mediaDevices.getDisplayMedia = async () => {
    const canvas = Object.assign(document.createElement("canvas"), {width: 1280, height: 800});
    const context = canvas.getContext("2d");
    setInterval(() => context.fillRect(Math.random() * 1280, 0, 9, 800), 50);
    const stream = canvas.captureStream(15);
    window.__screen = stream.getVideoTracks()[0];
    return stream;
  };
}"""
_HEIGHT = """async () => {
  const report = await window.__peers.at(-1).getStats();
  const sent = [...report.values()].find(({type, kind}) => type === "outbound-rtp" && kind === "video");
  return sent?.frameHeight ?? 0;
}"""
# Every word in passing at once; gives where they stand, from top to bottom.
_SAY_EVERYTHING = """() => {
  for (const part of ["warning", "chat-toast", "snapshot-note", "toast-words"]) {
    const element = document.querySelector(`[data-part="${part}"]`);
    element.textContent = "Quelques mots. ".repeat(6);
    element.hidden = false;
  }
  return ["warning", "toast", "chat-toast", "snapshot-note", "snapshot"]
    .map((part) => document.querySelector(`[data-part="${part}"]`)?.getBoundingClientRect().toJSON())
    .filter(Boolean);
}"""
_LIMIT = """() => {
  const {sender} = window.__peers.at(-1).getTransceivers().find(({receiver}) => receiver.track.kind === "video");
  const [{active, maxBitrate, maxFramerate}] = sender.getParameters().encodings;
  return [active, maxBitrate ?? null, maxFramerate];
}"""


@pytest.fixture(scope="module")
def call(demo: Demo, chromium: Browser):
    """One call for all these tests: the practitioner at a desk, the patient on the smallest of phones."""
    [room] = open_rooms(demo)
    practitioner = _page(room.practitioner(chromium), _LOSSY + _DETACHED)
    patient = _page(room.patient(chromium, **PHONE))
    patient.goto(room.patient_url)
    practitioner.goto(room.practitioner_url)
    assert_picture_and_sound(practitioner, patient)
    for page in (practitioner, patient):
        expect(page.locator("[data-part=quality]")).to_be_visible(timeout=15_000)
    yield practitioner, patient
    for page in (practitioner, patient):
        page.context.close()


def _page(context, script: str = "") -> Page:
    watch_peers(context)
    context.add_init_script(script)
    return context.new_page()


def part(page: Page, name: str) -> Locator:
    return page.locator(f"[data-part={name}]")


def _until(condition: Callable[[], bool], what: str) -> None:
    wait_for(condition, what=what, patience=25)


def test_the_keys_press_the_buttons_and_can_be_switched_off(call):
    practitioner, patient = call
    practitioner.locator("body").press("m")
    expect(practitioner.get_by_role("button", name="Activer le micro")).to_have_attribute(
        "title", "Activer le micro (M)"
    )
    expect(part(patient, "remote-muted")).to_be_visible()
    practitioner.keyboard.down(" ")
    expect(part(patient, "remote-muted")).to_be_hidden()
    practitioner.keyboard.up(" ")
    expect(part(patient, "remote-muted")).to_be_visible()
    practitioner.keyboard.press("Control+m")
    notes = practitioner.get_by_role("tab", name="Notes")
    notes.click()
    practitioner.get_by_role("textbox", name=re.compile("notes", re.I)).press_sequentially("mce ?")
    expect(part(practitioner, "camera")).to_have_attribute("title", "Couper la caméra (C)")
    expect(part(practitioner, "help-dialog")).to_be_hidden()
    notes.press("m")
    expect(part(patient, "remote-muted")).to_be_hidden()

    practitioner.keyboard.press("?")
    dialog = practitioner.get_by_role("dialog", name="Raccourcis clavier")
    dialog.get_by_role("checkbox", name="Utiliser ces raccourcis").uncheck()
    practitioner.keyboard.press("c")
    practitioner.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    practitioner.keyboard.press("c")
    camera = practitioner.get_by_role("button", name="Couper la caméra")
    expect(camera).to_have_attribute("title", "Couper la caméra")
    assert camera.get_attribute("aria-keyshortcuts") is None
    practitioner.get_by_role("button", name="Plus").click()
    practitioner.get_by_role("menuitem", name="Raccourcis clavier").click()
    dialog.get_by_role("checkbox").check()
    dialog.get_by_role("button", name="Fermer").click()


def test_who_speaks_while_muted_is_told(call):
    _, patient = call
    patient.get_by_role("button", name="Couper le micro").click()
    toast = part(patient, "toast")
    expect(toast).to_contain_text("Votre micro est coupé.", timeout=15_000)
    toast.get_by_role("button", name="Activer le micro").click()
    expect(patient.get_by_role("button", name="Couper le micro")).to_be_visible()
    expect(part(patient, "toast-words")).to_be_empty()


def test_a_ring_shows_who_speaks(call):
    practitioner, _ = call
    for name in ("own", "name"):
        expect(practitioner.locator(f"[data-part={name}][data-speaking=true]")).to_be_attached(timeout=15_000)


def test_the_menu_is_walked_with_the_keyboard(call):
    practitioner, _ = call
    button = practitioner.get_by_role("button", name="Plus")
    button.press("Enter")
    menu = practitioner.get_by_role("menu", name="Plus")
    expect(menu.get_by_role("menuitem", name="Réglages")).to_be_focused()
    practitioner.keyboard.press("ArrowUp")
    expect(menu.get_by_role("menuitem", name="Raccourcis clavier")).to_be_focused()
    practitioner.keyboard.press("ArrowDown")
    practitioner.keyboard.press("ArrowDown")
    expect(menu.get_by_role("menuitemcheckbox", name="Image dans l’image")).to_be_focused()
    practitioner.keyboard.press("Escape")
    expect(menu).to_be_hidden()
    expect(button).to_be_focused()


def test_the_picture_in_a_window_of_its_own(call):
    practitioner, _ = call
    practitioner.locator("body").press("p")
    entry = part(practitioner, "picture-in-picture")
    expect(entry).to_have_attribute("aria-checked", "true")
    wait_for(lambda: practitioner.evaluate("window.__detached") == "remote", what="the window")


def test_less_picture_by_hand_for_both_and_all_of_it_again(call):
    practitioner, patient = call
    patient.get_by_role("button", name="Plus").click()
    patient.get_by_role("menuitemcheckbox", name="Économiser la connexion").click()
    for page in call:
        _until(lambda page=page: page.evaluate(_LIMIT) == [True, 150_000, 12], "the limit on both sides")
        _until(lambda page=page: 0 < page.evaluate(_HEIGHT) <= 180, "a small picture")
    assert_picture_and_sound(practitioner, patient)
    patient.get_by_role("button", name="Plus").click()
    patient.get_by_role("menuitemcheckbox", name="Économiser la connexion", checked=True).click()
    for page in call:
        _until(lambda page=page: page.evaluate(_LIMIT) == [True, None, 30], "no limit any more")
        _until(lambda page=page: page.evaluate(_HEIGHT) > 180, "a larger picture")


def test_the_connection_in_words_and_the_sound_kept_while_the_picture_is_suspended(call):
    practitioner, patient = call
    practitioner.evaluate("window.__lossy = true")
    pill = part(practitioner, "quality")
    expect(pill).to_have_text("mauvaise connexion", timeout=15_000)
    expect(part(practitioner, "toast-words")).to_contain_text("Votre connexion est faible")
    expect(part(practitioner, "toast-action")).to_have_text("Économiser la connexion")
    pill.click()
    expect(part(practitioner, "quality-detail")).to_contain_text("rapprochez-vous du Wi-Fi ou coupez la caméra.")
    expect(part(practitioner, "quality-figures")).to_contain_text(re.compile(r"30\s%\sà\sl’envoi"))
    practitioner.keyboard.press("Escape")
    # Both are told; the other one sees a face, not a picture that stands still.
    expect(part(practitioner, "self-suspended")).to_be_visible(timeout=30_000)
    expect(part(patient, "remote-suspended")).to_have_text("Image suspendue pour garder le son")
    expect(part(patient, "face")).to_be_visible()
    wait_for(lambda: practitioner.evaluate(_LIMIT)[0] is False, what="no picture to be sent")
    practitioner.evaluate("window.__lossy = false")
    expect(part(patient, "face")).to_be_hidden(timeout=60_000)
    expect(part(patient, "remote-suspended")).to_be_hidden()
    assert_picture_and_sound(practitioner, patient)


@pytest.mark.parametrize("width", [320, 360])
def test_the_bar_has_room_for_every_button_on_a_phone(call, width: int):
    _, patient = call
    patient.set_viewport_size({"width": width, "height": 640})
    # With both that only some have: a second camera, and the discussion.
    for name in ("flip", "chat"):
        part(patient, name).evaluate("button => { button.hidden = false; }")
    buttons = [button.bounding_box() for button in part(patient, "bar").get_by_role("button").all()]
    assert len(buttons) == 6
    assert all(box["width"] >= 44 and box["height"] >= 44 for box in buttons)
    assert min(box["x"] for box in buttons) >= 4
    assert max(box["x"] + box["width"] for box in buttons) <= width - 4
    assert len({box["y"] for box in buttons}) == 1
    assert patient.evaluate("document.documentElement.scrollWidth") == width
    patient.get_by_role("button", name="Plus").click()
    menu = patient.get_by_role("menu")
    for name in ("Plein écran", "Économiser la connexion"):
        expect(menu.get_by_text(name)).to_be_visible()
    patient.keyboard.press("Escape")


def test_a_shared_screen_is_said_on_the_own_picture_and_ends_in_the_browsers_own_bar(call):
    practitioner, patient = call
    for sharer, other in ((practitioner, patient), (patient, practitioner)):
        sharer.evaluate(_SCREEN)
        if sharer is patient:
            sharer.get_by_role("button", name="Plus").click()
            sharer.get_by_role("menuitem", name="Partager l’écran").click()
        else:
            sharer.get_by_role("button", name="Partager l’écran").click()
        expect(part(sharer, "self-sharing")).to_have_text("Vous partagez votre écran")
        expect(part(other, "remote")).to_have_class(re.compile("whole"))
        remote = part(other, "remote")
        _until(lambda remote=remote: remote.evaluate("it => it.videoWidth / it.videoHeight") == 1.6, "the screen")
        # The browser's own « stop sharing » ends the track without asking the page.
        sharer.evaluate("window.__screen.stop(); window.__screen.dispatchEvent(new Event('ended'))")
        expect(part(sharer, "self-sharing")).to_be_hidden()
        expect(remote).not_to_have_class(re.compile("whole"))
    assert_picture_and_sound(practitioner, patient)


def test_nothing_said_in_passing_covers_anything_else(call):
    practitioner, patient = call
    expect(part(practitioner, "snapshot")).to_be_visible(timeout=15_000)
    said = practitioner.evaluate(_SAY_EVERYTHING)
    assert len(said) == 5
    assert [(a, b) for a, b in pairwise(said) if a["bottom"] > b["top"]] == []
    assert said[-1]["bottom"] <= part(practitioner, "bar").bounding_box()["y"]
    patient.evaluate(_SAY_EVERYTHING)
    patient.get_by_role("button", name="Raccrocher").click()
    patient.get_by_role("button", name="Revenir dans la consultation").click()
    assert_picture_and_sound(practitioner, patient)


def test_the_bar_has_room_beside_the_prescription(call):
    practitioner, _ = call
    practitioner.set_viewport_size({"width": 1024, "height": 700})
    practitioner.get_by_role("button", name="Générer une ordonnance").click()
    stage, bar = practitioner.locator(".stage").bounding_box(), part(practitioner, "bar").bounding_box()
    assert stage["width"] < 500
    assert bar["x"] >= 0
    assert bar["x"] + bar["width"] <= stage["width"]
    # The discussion covers neither one's own picture nor what is said over the other's.
    practitioner.set_viewport_size({"width": 1280, "height": 800})
    part(practitioner, "chat").click()
    drawer = part(practitioner, "chat-drawer").bounding_box()
    for beside in (part(practitioner, "own"), part(practitioner, "name"), part(practitioner, "snapshot")):
        box = beside.bounding_box()
        assert box["x"] + box["width"] <= drawer["x"]
    part(practitioner, "chat-close").click()
    # On a narrow screen the discussion takes the place of the panel.
    practitioner.set_viewport_size({"width": 360, "height": 740})
    practitioner.get_by_role("button", name="Dossier", exact=True).click()
    part(practitioner, "chat").click()
    expect(practitioner.get_by_role("button", name="Revenir au dossier")).to_be_hidden()
    expect(part(practitioner, "chat-text")).to_be_visible()
