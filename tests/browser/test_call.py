"""The call between two real browsers: picture and sound, the buttons, the end, and what is missing on one side."""

import re

from playwright.sync_api import Browser, Page, expect

from tests.browser.call_stage import Room, open_rooms
from tests.browser.conftest import PHONE
from tests.browser.media import assert_picture_and_sound, received
from tests.browser.steps import phase, says
from tests.demonstration import Demo, wait_for

# The two shapes of a refused camera: the browser's own refusal, and no device at all.
_REFUSE = """
navigator.mediaDevices.getUserMedia = async (wanted) => {
  if (wanted.video) throw new DOMException("no", "NotAllowedError");
  return MediaDevices.prototype.getUserMedia.call(navigator.mediaDevices, wanted);
};
"""
# A browser that lets no page sound before a gesture. Chromium's own idea of one, navigator.userActivation, counts the
# leave to use the camera, too: it would come sooner or later than the sound.
_SILENT = """
let touched = false;
addEventListener("pointerdown", () => (touched = true), true);
const play = HTMLMediaElement.prototype.play;
HTMLMediaElement.prototype.play = function () {
  return this.muted || touched ? play.call(this) : Promise.reject(new DOMException("no", "NotAllowedError"));
};
"""
_NOTHING = """
navigator.mediaDevices.getUserMedia = async () => { throw new DOMException("no", "NotFoundError"); };
"""


def test_the_waiting_room_then_the_call_without_a_click(room: Room, chromium: Browser, new_page):
    patient = new_page(room.patient(chromium, **PHONE))
    patient.goto(room.patient_url)
    lobby = patient.locator("#lobby")
    expect(lobby).to_contain_text(re.compile("le Dr Claire Martin vous rejoindra dans un instant"))
    expect(patient.locator("#lobby-status")).to_have_text("L’appel commencera tout seul.")
    picture = patient.locator("#lobby-picture")
    wait_for(lambda: picture.evaluate("video => video.videoWidth"), what="the own picture")
    for label in ("Caméra", "Micro"):
        expect(lobby.get_by_label(label, exact=True).locator("option").first).to_be_attached()
    patient.mouse.click(5, 5)
    wait_for(lambda: patient.locator("#lobby-level").evaluate("meter => meter.value > 0"), what="the level of the beep")

    practitioner = new_page(room.practitioner(chromium))
    practitioner.goto(room.practitioner_url)
    assert_picture_and_sound(practitioner, patient)
    expect(lobby).to_be_hidden()
    for page, name in ((practitioner, "Sophie Carpentier"), (patient, "Dr Claire Martin")):
        expect(page.get_by_role("heading", level=1)).to_have_text(name)
        expect(page.locator("[data-part=time]")).to_have_text(re.compile(r"^00:\d\d · reste\s3\sh\s29"))
        expect(page.locator("[data-part=announce]")).to_have_text(f"En communication avec {name}.")
        # It takes two measures; and a loaded machine rightly finds itself too slow for its own picture.
        words = re.compile("connexion|surchargé")
        expect(page.locator("[data-part=quality]")).to_contain_text(words, timeout=20_000)
    expect(practitioner.get_by_role("region", name="Données patient")).to_contain_text("2 81 07 13 055 001 87")


def test_hanging_up_and_coming_back(call: tuple[Page, Page]):
    practitioner, patient = call
    patient.get_by_role("button", name="Raccrocher").click()
    phase(patient, "left")
    says(practitioner, "Sophie Carpentier a quitté l’appel.")
    wait_for(
        lambda: patient.evaluate("!document.querySelector('[data-part=self]').srcObject"), what="the camera to stop"
    )
    patient.get_by_role("button", name="Revenir dans la consultation").click()
    assert_picture_and_sound(practitioner, patient)
    practitioner.get_by_role("button", name="Raccrocher").click()
    says(patient, "Dr Claire Martin a quitté l’appel.")
    practitioner.get_by_role("button", name="Revenir dans la consultation").click()
    assert_picture_and_sound(practitioner, patient)


def test_microphone_and_camera_are_cut_and_come_back(call: tuple[Page, Page]):
    practitioner, patient = call
    patient.get_by_role("button", name="Couper le micro").click()
    expect(practitioner.locator("[data-part=remote-muted]")).to_be_visible()
    patient.get_by_role("button", name="Couper la caméra").click()
    expect(practitioner.locator("[data-part=face]")).to_be_visible()
    patient.reload()
    phase(patient, "live")
    # Off stays off.
    expect(practitioner.locator("[data-part=remote-muted]")).to_be_visible()
    expect(practitioner.locator("[data-part=face]")).to_be_visible()
    patient.get_by_role("button", name="Activer le micro").click()
    patient.get_by_role("button", name="Activer la caméra").click()
    expect(practitioner.locator("[data-part=remote-muted]")).to_be_hidden()
    expect(practitioner.locator("[data-part=face]")).to_be_hidden()
    assert_picture_and_sound(practitioner, patient)


def test_the_end_is_the_end_for_both(call: tuple[Page, Page], room: Room):
    practitioner, patient = call
    practitioner.get_by_role("button", name="Terminer la consultation").click()
    dialog = practitioner.get_by_role("dialog", name="Terminer la consultation ?")
    dialog.get_by_role("button", name="Continuer la consultation").click()
    expect(dialog).to_be_hidden()
    assert_picture_and_sound(practitioner, patient)
    practitioner.get_by_role("button", name="Terminer la consultation").click()
    dialog.get_by_role("button", name="Terminer la consultation").click()
    expect(practitioner).to_have_url(re.compile(f"/teleconsultation/{room.reference}/$"))
    phase(patient, "ended")
    expect(patient.get_by_role("heading", name="La consultation est terminée")).to_be_focused()
    expect(patient.get_by_role("link", name="Voir mes documents")).to_have_attribute("href", re.compile("/documents/$"))
    patient.reload()
    expect(patient.get_by_role("heading", name="La consultation est terminée")).to_be_visible()


def test_the_time_limit_ends_it_for_both(demo: Demo, chromium: Browser, new_page):
    [room] = open_rooms(demo, seconds_left=15)
    pages = [new_page(room.practitioner(chromium)), new_page(room.patient(chromium))]
    for page, address in zip(pages, (room.practitioner_url, room.patient_url), strict=True):
        page.goto(address)
    practitioner, patient = pages
    for page in pages:
        phase(page, "ended", patience=30)
    says(practitioner, "La durée maximale est atteinte.")
    expect(patient.get_by_role("heading", name="La consultation est terminée")).to_be_focused()
    expect(patient.locator("#after").get_by_text("La durée maximale est atteinte.")).to_be_visible()
    expect(patient.get_by_role("group", name="Comment s’est passée la consultation")).to_be_visible()


def test_two_minutes_before_the_end_both_are_told(demo: Demo, chromium: Browser, new_page):
    [room] = open_rooms(demo, seconds_left=135)
    pages = [new_page(room.practitioner(chromium)), new_page(room.patient(chromium))]
    for page, address in zip(pages, (room.practitioner_url, room.patient_url), strict=True):
        page.goto(address)
    for page in pages:
        warning = page.get_by_role("alert").filter(has_text=re.compile(r"se termine dans 2\sminutes"))
        expect(warning).to_be_visible(timeout=30_000)


def test_a_refused_camera_is_explained_and_sound_goes_on(room: Room, chromium: Browser, new_page):
    patient = new_page(room.patient(chromium), _REFUSE)
    patient.goto(room.patient_url)
    expect(patient.locator("#lobby-problem")).to_contain_text("La caméra n’est pas autorisée.")
    expect(patient.locator("#lobby-problem")).to_contain_text("La consultation a lieu avec le son seul.")
    practitioner = new_page(room.practitioner(chromium))
    practitioner.goto(room.practitioner_url)
    phase(practitioner, "live")
    expect(practitioner.locator("[data-part=face]")).to_be_visible()
    wait_for(lambda: received(practitioner)["totalAudioEnergy"] > 0, what="the patient's voice")
    wait_for(lambda: received(patient)["framesDecoded"] > 10, what="the practitioner's picture")


def test_no_device_at_all_still_sees_and_hears(room: Room, chromium: Browser, new_page):
    practitioner = new_page(room.practitioner(chromium), _NOTHING)
    practitioner.goto(room.practitioner_url)
    expect(practitioner.get_by_role("alert")).to_contain_text("Aucune caméra ni micro trouvés.")
    practitioner.get_by_role("button", name="Continuer", exact=True).click()
    expect(practitioner.locator("[data-part=problem]")).to_be_hidden()
    patient = new_page(room.patient(chromium))
    patient.goto(room.patient_url)
    wait_for(lambda: received(practitioner)["framesDecoded"] > 10, what="the patient's picture")


def test_sound_that_the_browser_keeps_back_is_offered(room: Room, chromium: Browser, new_page):
    patient = new_page(room.patient(chromium), _SILENT)
    practitioner = new_page(room.practitioner(chromium))
    patient.goto(room.patient_url)
    practitioner.goto(room.practitioner_url)
    button = patient.get_by_role("button", name="Activer le son")
    expect(button).to_be_visible(timeout=15_000)
    wait_for(lambda: received(patient)["framesDecoded"] > 10, what="the picture all the same")
    button.click()
    expect(button).to_be_hidden()
    wait_for(lambda: patient.evaluate("!document.querySelector('[data-part=voice]').paused"), what="the voice to play")


def test_an_insecure_page_says_so(room: Room, chromium: Browser, new_page):
    script = "Object.defineProperty(window, 'isSecureContext', {get: () => false});"
    patient = new_page(room.patient(chromium), script)
    patient.goto(room.patient_url)
    says(patient, "Cette page n’est pas sécurisée.")


def test_everything_is_reached_with_the_keyboard(call: tuple[Page, Page]):
    practitioner, _ = call
    reached = set()
    practitioner.locator("body").focus()
    for _ in range(26):
        practitioner.keyboard.press("Tab")
        reached.add(
            practitioner.evaluate("document.activeElement.ariaLabel || document.activeElement.textContent.trim()")
        )
    assert {
        "Couper le micro", "Couper la caméra", "Partager l’écran", "Plein écran", "Raccrocher",
        "Générer une ordonnance", "Terminer la consultation",
    } <= reached  # fmt: skip


def test_the_file_is_a_drawer_on_a_phone(room: Room, chromium: Browser, new_page):
    practitioner = new_page(room.practitioner(chromium, **PHONE))
    practitioner.goto(room.practitioner_url)
    panel = practitioner.get_by_role("complementary", name="Dossier du patient")
    expect(panel).to_be_hidden()
    practitioner.get_by_role("button", name="Dossier", exact=True).click()
    expect(panel.get_by_role("button", name="Générer une ordonnance")).to_be_visible()
    panel.get_by_role("button", name="Fermer le dossier").click()
    expect(panel).to_be_hidden()
    width = practitioner.evaluate("document.documentElement.scrollWidth")
    assert width <= 360
