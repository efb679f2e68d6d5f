"""The list changes by itself, calls for attention, and an appointment is made by keyboard in under 10 seconds."""

import re
import time
from collections.abc import Callable

from playwright.sync_api import Browser, Page, expect

from tests.browser.call_stage import Room
from tests.browser.conftest import PHONE
from tests.browser.steps import phase
from tests.demonstration import wait_for

# What the operating system would show, and the notes that would sound.
_WATCH_ALERTS = """
window.__shown = [];
window.__notes = 0;
window.Notification = class {
  static get permission() { return localStorage.getItem("leave") ?? "default"; }
  static async requestPermission() { localStorage.setItem("leave", "granted"); }
  constructor(title) { window.__shown.push(title); }
  close() { window.__shown.push("closed"); }
};
const start = OscillatorNode.prototype.start;
OscillatorNode.prototype.start = function (...parts) { window.__notes += 1; return start.apply(this, parts); };
document.hasFocus = () => false;
"""


def test_a_patient_who_comes_is_seen_heard_and_notified(
    room: Room, chromium: Browser, new_page: Callable[..., Page], demo
):
    doctor = new_page(room.practitioner(chromium), _WATCH_ALERTS)
    doctor.goto(f"{demo.url}/teleconsultation/?q={room.reference}")
    button = doctor.locator("#notifications")
    expect(button).to_have_attribute("aria-pressed", "false")
    # No browser sounds before the first click on a page; the button says so.
    expect(doctor.get_by_role("button", name="Permettre le son")).to_be_visible()
    refusal = doctor.get_by_text("Votre navigateur bloque les notifications")
    doctor.evaluate("localStorage.setItem('leave', 'denied')")
    button.click()
    expect(refusal).to_be_visible()
    doctor.evaluate("localStorage.removeItem('leave')")
    button.click()
    expect(refusal).to_be_hidden()
    expect(doctor.get_by_role("button", name="Son", exact=True)).to_be_visible()
    expect(button).to_have_attribute("aria-pressed", "true")
    doctor.goto(f"{demo.url}/teleconsultation/")
    expect(button).to_have_attribute("aria-pressed", "true")
    doctor.get_by_role("heading", name="Téléconsultation").click()
    row = doctor.get_by_role("row").filter(has_text=room.reference)
    patient = new_page(room.patient(chromium, **PHONE))
    patient.goto(room.patient_url)
    phase(patient, "waiting")
    # By the socket: the page's own look comes after 20 s.
    expect(row).to_contain_text("en salle d’attente", timeout=8_000)
    expect(doctor).to_have_title(re.compile(r"^\(\d+\) "))
    [shown, *_] = wait_for(lambda: doctor.evaluate("__shown"), what="the notification")
    assert shown.endswith(("vous attend", "vous attendent"))
    wait_for(lambda: doctor.evaluate("__notes") >= 2, what="the sound")


def test_an_appointment_by_keyboard_in_under_ten_seconds(
    room: Room, chromium: Browser, new_page: Callable[..., Page], demo
):
    page = new_page(room.practitioner(chromium))
    page.goto(f"{demo.url}/teleconsultation/nouvelle/")
    started = time.monotonic()
    page.keyboard.type("dial", delay=40)
    option = page.get_by_role("listbox", name="Vos patients").get_by_role("option")
    expect(option).to_contain_text("Diallo Mamadou")
    page.keyboard.press("ArrowDown")
    expect(option).to_have_attribute("aria-selected", "true")
    page.keyboard.press("Enter")
    expect(page.locator("[name=patient_first_name]")).to_have_value("Mamadou")
    expect(page.locator("[name=date]")).to_be_focused()
    page.keyboard.type("dans 3 semaines", delay=20)
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.type("6h07", delay=20)
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(r"/teleconsultation/\w{6}/$"))
    assert time.monotonic() - started < 10
    expect(page.get_by_role("main")).to_contain_text("à 06:07")
