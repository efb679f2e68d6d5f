"""The practitioner's side panel beside the call: tabs, and notes that survive a cut, a reload and a second tab."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.browser.call_stage import Room, open_rooms
from tests.demonstration import Demo

PHONE = {"viewport": {"width": 360, "height": 740}, "has_touch": True, "is_mobile": True}


@pytest.fixture(scope="module")
def room(demo: Demo) -> Room:
    (room,) = open_rooms(demo)
    return room


@pytest.fixture
def practitioner(room: Room, chromium: Browser) -> Iterator[BrowserContext]:
    context = room.practitioner(chromium, viewport={"width": 1280, "height": 800})
    yield context
    context.close()


@pytest.fixture
def phone(room: Room, chromium: Browser) -> Iterator[BrowserContext]:
    context = room.practitioner(chromium, **PHONE)
    yield context
    context.close()


def look(page: Page, name: str) -> None:
    """A picture of the page, where somebody wants to see it."""
    if folder := os.environ.get("SCREENSHOTS"):
        page.screenshot(path=Path(folder) / f"{name}.png")


def notes(page: Page):
    return page.get_by_label("Notes pour vous-même")


def test_tabs_by_keyboard(room, practitioner):
    page = practitioner.new_page()
    page.goto(room.practitioner_url)
    page.get_by_role("tab", name="Patient").focus()
    page.keyboard.press("ArrowRight")
    expect(page.get_by_role("tab", name="Documents")).to_be_focused()
    expect(page.get_by_role("tabpanel", name="Documents")).to_be_visible()
    page.keyboard.press("ArrowRight")
    expect(page.get_by_role("tab", name="Notes")).to_be_focused()
    expect(page.get_by_role("tabpanel", name="Notes")).to_be_visible()
    expect(page.get_by_role("tabpanel", name="Patient")).to_be_hidden()
    page.keyboard.press("Tab")
    expect(notes(page)).to_be_focused()
    look(page, "notes-1280")


def test_notes_survive_a_cut_a_reload_and_a_second_tab(room, practitioner):
    page = practitioner.new_page()
    page.goto(room.practitioner_url)
    page.get_by_role("tab", name="Notes").click()
    notes(page).fill("Toux sèche depuis trois jours.")
    expect(page.get_by_text("Enregistré à")).to_be_visible()
    # A cut: said, kept, and back after a reload in spite of it.
    page.route("**/notes/", lambda route: route.abort())
    notes(page).fill("Toux sèche depuis trois jours. Pas de fièvre.")
    expect(page.get_by_text("Non enregistré")).to_be_visible()
    page.unroute("**/notes/")
    page.reload()
    page.get_by_role("tab", name="Notes").click()
    expect(notes(page)).to_have_value("Toux sèche depuis trois jours. Pas de fièvre.")
    expect(page.get_by_text("Enregistré à")).to_be_visible()
    # The appointment's page, open beside the call.
    beside = practitioner.new_page()
    beside.goto(room.practitioner_url.removesuffix("visio/"))
    notes(beside).fill("Revoir dans une semaine.")
    expect(beside.get_by_text("Enregistré à")).to_be_visible()
    notes(page).fill("Toux.")
    expect(page.get_by_text("modifiées dans une autre fenêtre")).to_be_visible()
    look(page, "notes-conflict-1280")
    page.get_by_role("button", name="Garder les deux").click()
    expect(notes(page)).to_have_value("Toux.\n\nRevoir dans une semaine.")
    expect(page.get_by_text("Enregistré à")).to_be_visible()
    beside.reload()
    expect(notes(beside)).to_have_value("Toux.\n\nRevoir dans une semaine.")


def test_on_a_phone_nothing_is_cut_off(room, phone):
    page = phone.new_page()
    page.goto(room.practitioner_url)
    page.locator("#panel-toggle").click()
    expect(page.locator("#panel")).to_be_in_viewport()
    look(page, "patient-360")
    page.get_by_role("tab", name="Notes").click()
    expect(notes(page)).to_be_in_viewport()
    look(page, "notes-360")
    assert page.evaluate("document.documentElement.scrollWidth") <= 360


def test_ticks_are_stored_one_by_one(room, practitioner):
    page = practitioner.new_page()
    page.goto(room.practitioner_url)
    expect(page.get_by_text("0 sur 4")).to_be_visible()
    page.get_by_label("Pièce d’identité présentée").check()
    # Whoever types the place has asked for it.
    page.get_by_label("Lieu, si vous voulez le noter").fill("À son domicile, Marseille")
    page.get_by_label("Personnes présentes").check()
    expect(page.get_by_text("3 sur 4")).to_be_visible()
    expect(page.locator("[data-kind=people] [data-part=at]")).not_to_be_empty()
    # One that was not stored goes back.
    page.route("**/verifications/", lambda route: route.abort())
    page.get_by_label("Numéro où le rappeler").click()
    expect(page.get_by_text("Non enregistré")).to_be_visible()
    expect(page.get_by_label("Numéro où le rappeler")).not_to_be_checked()
    page.unroute("**/verifications/")
    page.get_by_label("Personnes présentes").uncheck()
    expect(page.locator("[data-kind=people] [data-part=at]")).to_be_empty()
    page.reload()
    expect(page.get_by_text("2 sur 4")).to_be_visible()
    expect(page.get_by_label("Lieu, si vous voulez le noter")).to_have_value("À son domicile, Marseille")
    look(page, "checks-1280")
    page.goto(room.practitioner_url.removesuffix("visio/"))
    expect(page.get_by_text("Vérification retirée\u00a0: personnes présentes")).to_be_visible()
    look(page, "detail-1280")
