"""What a call survives: reloads, a second tab, a dead connection or socket, another browser."""

import re

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.call_stage import Room
from tests.browser.media import assert_picture_and_sound, received
from tests.browser.steps import phase, says
from tests.demonstration import wait_for


def test_a_reload_on_either_side_brings_the_call_back(call: tuple[Page, Page]):
    for page in call:
        page.reload()
        assert_picture_and_sound(*call)


def test_a_second_tab_takes_over_and_the_first_takes_back(call: tuple[Page, Page], room: Room):
    practitioner, patient = call
    second = practitioner.context.new_page()
    second.goto(room.practitioner_url)
    phase(practitioner, "replaced")
    says(practitioner, "Cette consultation est ouverte dans un autre onglet ou sur un autre appareil.")
    assert_picture_and_sound(second, patient)
    practitioner.get_by_role("button", name="Reprendre ici").click()
    phase(second, "replaced")
    assert_picture_and_sound(practitioner, patient)


def test_a_connection_that_dies_without_a_word_is_made_anew(call: tuple[Page, Page]):
    practitioner, patient = call
    patient.evaluate("window.__peers.at(-1).close()")
    phase(practitioner, "interrupted", patience=20)
    says(practitioner, "Nous rétablissons la connexion avec Sophie Carpentier.")
    wait_for(lambda: received(patient)["framesDecoded"] > 10, what="another connection", patience=60)
    assert_picture_and_sound(practitioner, patient)


def test_without_a_socket_the_media_goes_on(call: tuple[Page, Page]):
    _, patient = call
    patient.evaluate("window.__sockets.at(-1).close()")
    before = [received(page)["framesDecoded"] for page in call]
    connections = [page.evaluate("window.__peers.length") for page in call]
    wait_for(
        lambda: all(received(page)["framesDecoded"] > old + 60 for page, old in zip(call, before, strict=True)),
        what="pictures while the socket comes back",
    )
    wait_for(lambda: patient.evaluate("window.__sockets.length") == 2, what="the new socket")
    assert [page.evaluate("window.__peers.length") for page in call] == connections
    for page in call:
        phase(page, "live")


@pytest.mark.parametrize("side", ["patient", "practitioner"])
def test_with_firefox_on_one_side(room: Room, chromium: Browser, firefox: Browser, new_page, side: str):
    patient = new_page(room.patient(firefox if side == "patient" else chromium))
    patient.goto(room.patient_url)
    phase(patient, "waiting")
    practitioner = new_page(room.practitioner(firefox if side == "practitioner" else chromium))
    practitioner.goto(room.practitioner_url)
    assert_picture_and_sound(practitioner, patient)
    patient.reload()
    assert_picture_and_sound(practitioner, patient)
    practitioner.reload()
    assert_picture_and_sound(practitioner, patient)


def test_candidates_travel_in_the_description(call: tuple[Page, Page]):
    for page in call:
        sent = page.evaluate("window.__sent")
        assert sent.count("description") == 1
        assert sent.count("candidate") <= 10


def test_sound_goes_before_picture(call: tuple[Page, Page]):
    for page in call:
        priorities = page.evaluate(
            """window.__peers.at(-1).getSenders().map(
              (sender) => [sender.track.kind, sender.getParameters().encodings[0].networkPriority])"""
        )
        assert priorities == [["audio", "high"], ["video", "low"]]


def test_out_of_the_network_and_back(call: tuple[Page, Page]):
    _, patient = call
    connections = patient.evaluate("window.__peers.length")
    patient.context.set_offline(True)
    patient.evaluate("window.__sockets.at(-1).close()")
    lost = patient.locator("[data-part=socket-lost]")
    expect(lost).to_be_visible(timeout=10_000)
    patient.context.set_offline(False)
    expect(lost).to_be_hidden(timeout=2000)
    assert_picture_and_sound(*call)
    assert patient.evaluate("window.__peers.length") == connections


def test_a_picture_that_stops_is_told_and_the_sound_goes_on(call: tuple[Page, Page]):
    practitioner, patient = call
    patient.evaluate("window.__peers.at(-1).getSenders().find((s) => s.track.kind === 'video').track.stop()")
    expect(practitioner.locator("[data-part=silent]")).to_have_text(
        "L’image de Sophie Carpentier est arrêtée.", timeout=20_000
    )
    expect(practitioner.locator("[data-part=face]")).to_be_visible()
    phase(practitioner, "live")
    before = received(practitioner)["totalAudioEnergy"]
    wait_for(lambda: received(practitioner)["totalAudioEnergy"] > before, what="the sound")


def test_after_a_minute_both_read_who_is_missing_and_what_to_do(room: Room, chromium: Browser, new_page):
    practitioner, patient = new_page(room.practitioner(chromium)), new_page(room.patient(chromium))
    for page, address in ((practitioner, room.practitioner_url), (patient, room.patient_url)):
        page.clock.install()
        page.goto(address)
    phase(practitioner, "live")
    phase(patient, "live")
    patient.get_by_role("button", name="Raccrocher").click()
    says(practitioner, "Sophie Carpentier a quitté l’appel.")
    number = practitioner.locator("[data-part=status]").get_by_role("link", name=re.compile(r"06\s39\s98\s55\s66"))
    expect(number).to_be_hidden()
    practitioner.clock.fast_forward(61_000)
    says(practitioner, "Sophie Carpentier n’est pas de retour.")
    expect(number).to_have_attribute("href", "tel:+33639985566")
    patient.get_by_role("button", name="Revenir dans la consultation").click()
    phase(practitioner, "live")
    practitioner.get_by_role("button", name="Raccrocher").click()
    says(patient, "Dr Claire Martin a quitté l’appel.")
    patient.clock.fast_forward(61_000)
    says(patient, "On peut aussi vous téléphoner.")
