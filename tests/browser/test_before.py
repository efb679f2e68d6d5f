"""The waiting room on a phone, refusals with their pictures, and « Réglages » during the call."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, Playwright, expect

from tests.browser.call_stage import Room, open_rooms
from tests.browser.conftest import CHROMIUM_ARGUMENTS, _path
from tests.browser.media import assert_picture_and_sound
from tests.browser.test_accessibility import OVERFLOW
from tests.browser.test_rehearsal import REFUSE, SILENCE
from tests.demonstration import Demo, wait_for

PHONE = {"viewport": {"width": 360, "height": 740}, "has_touch": True, "is_mobile": True}
FACEBOOK = (
    "Mozilla/5.0 (Linux; Android 14; SM-A146U Build/UP1A.231005.007; wv) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Version/4.0 Chrome/122.0.6261.88 Mobile Safari/537.36 [FB_IAB/FB4A;FBAV/453.0.0.40.107;]"
)
# The devices whose names match `window.__unplugged` are not there.
UNPLUG = """
const list = MediaDevices.prototype.enumerateDevices;
window.__unplugged = /^$/;
MediaDevices.prototype.enumerateDevices = async function () {
  return (await list.call(this)).filter(({ label }) => !window.__unplugged.test(label));
};
"""


@pytest.fixture(scope="module")
def three_of_each(playwright: Playwright) -> Iterator[Browser]:
    """Chromium with three cameras (the second gives depths, which no encoder takes), microphones and loudspeakers."""
    fake = "--use-fake-device-for-media-stream"
    arguments = [f"{fake}=device-count=3" if argument == fake else argument for argument in CHROMIUM_ARGUMENTS]
    browser = playwright.chromium.launch(executable_path=_path("CHROMIUM", "/usr/bin/chromium"), args=arguments)
    yield browser
    browser.close()


@pytest.fixture
def room(demo: Demo) -> Room:
    return open_rooms(demo)[0]


@pytest.fixture
def call(room: Room, three_of_each: Browser, new_page) -> tuple[Page, Page]:
    """Practitioner and patient see and hear each other."""
    patient = new_page(room.patient(three_of_each))
    patient.goto(room.patient_url)
    practitioner = new_page(room.practitioner(three_of_each), UNPLUG)
    practitioner.goto(room.practitioner_url)
    assert_picture_and_sound(practitioner, patient)
    return practitioner, patient


def camera_of(page: Page, selector: str) -> str:
    return page.locator(selector).evaluate("e => e.srcObject?.getVideoTracks()[0]?.getSettings().deviceId ?? ''")


def settings(page: Page):
    """The open dialog."""
    page.get_by_role("button", name="Plus", exact=True).click()
    page.get_by_role("menuitem", name="Réglages").click()
    dialog = page.get_by_role("dialog", name="Réglages")
    expect(dialog).to_be_visible()
    return dialog


def test_the_waiting_room_on_a_phone(room: Room, three_of_each: Browser, new_page):
    context = room.patient(three_of_each, **PHONE)
    page = new_page(context)
    page.goto(room.patient_url)
    lobby = page.locator("#lobby")
    camera = lobby.get_by_label("Caméra", exact=True)
    expect(camera).to_be_visible()
    assert page.evaluate(OVERFLOW) == 0

    lobby.get_by_role("button", name="Tester le son").click()
    question = lobby.get_by_role("group", name="Vous l’entendez")
    question.get_by_role("button", name="Non").click()
    expect(lobby).to_contain_text("Montez le volume")
    question.get_by_role("button", name="Oui").click()
    expect(lobby).to_contain_text("Parfait, le son marche.")
    expect(question).to_be_hidden()
    expect(lobby.get_by_label("Haut-parleur").locator("option")).not_to_have_count(0)
    expect(page.locator("#lobby-level")).to_be_visible()

    # The choice outlives the tab: the next visit finds it again.
    before = camera_of(page, "#lobby-picture")
    cameras = camera.locator("option").evaluate_all("all => all.map(o => o.value)")
    other = next(value for value in cameras if value != before)
    camera.select_option(other)
    wait_for(lambda: camera_of(page, "#lobby-picture") == other, what="the other camera")
    page.close()
    later = context.new_page()
    later.goto(room.patient_url)
    wait_for(lambda: camera_of(later, "#lobby-picture") == other, what="the camera of the last visit")


def test_sound_only_is_a_choice_that_lasts(room: Room, chromium: Browser, new_page):
    patient = new_page(room.patient(chromium))
    patient.goto(room.patient_url)
    patient.get_by_role("button", name="Continuer sans caméra").click()
    expect(patient.locator("#lobby")).to_contain_text("Sans caméra\u00a0: le médecin vous entendra.")
    patient.reload()
    expect(patient.get_by_role("button", name="Utiliser la caméra")).to_be_visible()
    expect(patient.locator("#lobby-problem")).to_be_hidden()
    practitioner = new_page(room.practitioner(chromium))
    practitioner.goto(room.practitioner_url)
    expect(patient.locator("#room")).to_have_attribute("data-phase", "live", timeout=15_000)
    expect(patient.locator("[data-part=problem]")).to_be_hidden()
    expect(practitioner.locator("[data-part=face]")).to_be_visible()
    # A <video> that waits for a picture which never comes keeps the page loading.
    assert practitioner.locator("[data-part=remote]").evaluate("video => video.srcObject") is None


def test_a_silent_microphone_is_said(room: Room, chromium: Browser, new_page):
    page = new_page(room.patient(chromium), SILENCE)
    page.goto(room.patient_url)
    page.locator("#lobby-title").click()
    expect(page.locator("#lobby [data-level=hint]")).to_contain_text("Nous ne vous entendons pas", timeout=20_000)


def test_a_refused_camera_shows_where_to_press_and_the_call_goes_on(room: Room, chromium: Browser, new_page):
    page = new_page(room.patient(chromium), REFUSE)
    page.goto(room.patient_url)
    problem = page.locator("#lobby-problem")
    expect(problem).to_contain_text("La caméra et le micro ne sont pas autorisés.")
    expect(problem.get_by_role("listitem")).to_have_count(2)
    picture = problem.get_by_role("img", name=re.compile("à gauche de l’adresse"))
    expect(picture.locator("use")).to_have_attribute("href", re.compile(r"/help\.[\w.]*svg#chrome$"))
    wait_for(
        lambda: picture.locator("use").evaluate("use => use.getBBox().width") > 200, what="the picture to be drawn"
    )
    # Allowed meanwhile: the same button tries again.
    page.evaluate("delete navigator.mediaDevices.getUserMedia")
    problem.get_by_role("button", name="Réessayer").click()
    expect(problem).to_be_hidden()
    wait_for(lambda: camera_of(page, "#lobby-picture"), what="the own picture")


def test_inside_an_application_the_way_out_is_shown(room: Room, chromium: Browser, new_page):
    context = room.patient(chromium, user_agent=FACEBOOK, **PHONE)
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    page = new_page(context, "delete MediaDevices.prototype.getUserMedia;")
    page.goto(room.patient_url)
    stage = page.locator("[data-part=status]")
    expect(stage).to_contain_text("Cette page est ouverte dans l’application Facebook.")
    expect(stage.get_by_role("img", name=re.compile("Ouvrir dans Chrome"))).to_be_visible()
    out = stage.get_by_role("link", name="Ouvrir dans le navigateur")
    expect(out).to_have_attribute("href", re.compile(rf"^intent://localhost:\d+/visio/{room.token}/salle/#Intent;"))
    stage.get_by_role("button", name="Copier le lien").click()
    expect(stage.get_by_role("button", name="Lien copié")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()") == room.patient_url
    assert page.evaluate(OVERFLOW) == 0


def test_inside_an_application_the_gate_says_so_before_the_code(room: Room, chromium: Browser, new_page):
    page = new_page(chromium.new_context(user_agent=FACEBOOK, locale="fr-FR", **PHONE))
    page.goto(f"{room.url}/visio/{room.token}/")
    expect(page.locator("#outside")).to_contain_text("ouvrez-la dans Chrome")
    browser = new_page(chromium.new_context(locale="fr-FR"))
    browser.goto(f"{room.url}/visio/{room.token}/")
    expect(browser.locator("#outside")).to_be_hidden()


def test_devices_are_switched_during_the_call_without_negotiating(call: tuple[Page, Page]):
    practitioner, patient = call
    described = "window.__peers.map((peer) => [peer.connectionState, peer.localDescription?.sdp])"
    before = practitioner.evaluate(described)
    dialog = settings(practitioner)
    for label in ("Caméra", "Micro", "Haut-parleur"):
        select = dialog.get_by_label(label, exact=True)
        expect(select).to_be_visible()
        current = select.input_value()
        values = select.locator("option").evaluate_all("all => all.map(o => o.value)")
        select.select_option(next(value for value in reversed(values) if value != current))
    chosen = dialog.get_by_label("Caméra", exact=True).input_value()
    wait_for(lambda: camera_of(practitioner, "[data-part=self]") == chosen, what="the chosen camera")
    assert camera_of(practitioner, "[data-part=settings-picture]") == chosen
    speaker = dialog.get_by_label("Haut-parleur").input_value()
    wait_for(
        lambda: practitioner.locator("[data-part=voice]").evaluate("e => e.sinkId") == speaker,
        what="the chosen loudspeaker",
    )
    assert_picture_and_sound(practitioner, patient)
    assert practitioner.evaluate(described) == before
    expect(dialog.locator("#settings-level")).to_be_visible()
    practitioner.keyboard.press("Escape")
    expect(dialog).to_be_hidden()


def test_a_microphone_pulled_out_is_replaced_and_a_new_headset_offered(call: tuple[Page, Page]):
    practitioner, patient = call
    note = practitioner.locator("[data-part=device-note]")
    changes = "navigator.mediaDevices.dispatchEvent(new Event('devicechange'))"
    settings(practitioner)
    practitioner.keyboard.press("Escape")
    practitioner.evaluate(f"window.__unplugged = /Audio (Input|Output) 2/; {changes}")
    practitioner.evaluate(
        "() => new Promise((resolve) => setTimeout(resolve)).then(() => navigator.mediaDevices.enumerateDevices())"
    )
    expect(note.locator("[data-note=box]")).to_be_hidden()
    practitioner.evaluate(f"window.__unplugged = /^$/; {changes}")
    expect(note).to_contain_text(re.compile("Nouvel appareil\\s: Fake Audio Input 2"))
    note.get_by_role("button", name="Utiliser").click()
    expect(note.locator("[data-note=box]")).to_be_hidden()
    sent = """() => window.__peers.at(-1).getSenders().find(({ track }) => track?.kind === "audio")?.track"""
    wait_for(lambda: practitioner.evaluate(f"({sent})()?.label") == "Fake Audio Input 2", what="the headset")

    # Longer ago than a device that ends as soon as it opens.
    practitioner.evaluate("const now = Date.now; Date.now = () => now() + 60_000")
    practitioner.evaluate(f"({sent})().onended()")
    expect(note).to_contain_text("Votre micro n’est plus là")
    expect(practitioner.locator("[data-part=problem]")).to_be_hidden()
    assert_picture_and_sound(practitioner, patient)
