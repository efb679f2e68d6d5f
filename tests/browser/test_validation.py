"""An administrator looks at a proof of identity, asks for another one, gets it by the link, and validates."""

import io
import re

import pytest
from PIL import Image
from playwright.sync_api import Browser, Page, expect

from tests.browser.steps import DEMO_PASSWORD, log_in
from tests.demonstration import Demo

WHO = "dr.nouvelle@rofim.demo"


@pytest.fixture
def desk(demo: Demo, chromium: Browser, new_page) -> Page:
    page = new_page(chromium.new_context(viewport={"width": 1280, "height": 900}))
    log_in(page, demo, "admin@rofim.demo", DEMO_PASSWORD, "+33612345609")
    return page


def width(page: Page) -> float:
    return page.locator("[data-viewer] img:visible").bounding_box()["width"]


def open_registration(page: Page, demo: Demo) -> None:
    page.goto(f"{demo.url}/admin/accounts/practitioner/")
    page.get_by_role("link", name="Dr Inès Nouvelle").click()
    image = page.get_by_role("img", name=re.compile("Pièce d’identité de Dr Inès Nouvelle"))
    expect(image).to_be_visible()
    expect(image).not_to_have_js_property("naturalWidth", 0)


def test_another_document_is_asked_for_and_the_registration_validated(demo: Demo, desk: Page, chromium, new_page):
    open_registration(desk, demo)
    whole = width(desk)
    desk.get_by_role("button", name="Agrandir").click()
    assert width(desk) == pytest.approx(whole * 1.35, rel=0.02)
    view = desk.locator("[data-part=view]")
    view.press("+")
    assert width(desk) > whole * 1.7
    view.hover()
    desk.keyboard.down("Control")
    desk.mouse.wheel(0, 100)
    desk.keyboard.up("Control")
    expect(desk.get_by_text("× 1,4")).to_be_visible()
    view.press("0")
    assert width(desk) == pytest.approx(whole)
    view.press("r")
    # A quarter: the lying card stands.
    box = desk.locator("[data-viewer] img:visible").bounding_box()
    assert box["height"] > box["width"]
    view.press("0")
    desk.get_by_role("button", name="Page suivante").click()
    expect(desk.get_by_text("Page 2 sur 2")).to_be_visible()
    expect(desk.locator("[data-page='2']")).not_to_have_js_property("naturalWidth", 0)
    expect(desk.get_by_role("button", name="Page suivante")).to_be_disabled()

    desk.get_by_text("Demander une autre pièce").first.click()
    desk.get_by_label("La pièce est périmée.").check()
    desk.get_by_role("button", name="Demander une autre pièce").click()
    expect(desk.get_by_text("Une autre pièce est demandée à Dr Inès Nouvelle")).to_be_visible()

    message = demo.wait_for_message(WHO, contains="/inscription/piece/")
    phone = new_page(chromium.new_context(viewport={"width": 360, "height": 740}))
    phone.goto(re.search(r"http\S+/inscription/piece/\S+", message["body"])[0])
    expect(phone.get_by_text("La pièce est périmée.")).to_be_visible()
    picture = io.BytesIO()
    Image.new("RGB", (900, 600), "#ddeedd").save(picture, "JPEG")
    chosen = {"name": "passeport.jpg", "mimeType": "image/jpeg", "buffer": picture.getvalue()}
    phone.get_by_label("Votre pièce d’identité").set_input_files(chosen)
    expect(phone.get_by_role("img", name="Aperçu de votre pièce d’identité")).to_be_visible()
    phone.get_by_role("button", name="Envoyer cette pièce").click()
    expect(phone.get_by_role("heading", name="Merci, votre pièce est reçue")).to_be_visible()

    tab = desk.context.new_page()
    for page in (tab, desk):
        open_registration(page, demo)
    desk.get_by_label("Passeport").check()
    desk.get_by_role("button", name="Valider").click()
    expect(desk.get_by_text("L’inscription de Dr Inès Nouvelle est validée.")).to_be_visible()
    expect(desk.get_by_role("link", name="Dr Inès Nouvelle")).to_have_count(0)
    demo.wait_for_message(WHO, contains="Votre inscription est validée par Rofim")
    # Pressed again in a tab of before: nothing happens twice.
    tab.get_by_label("Passeport").check()
    tab.get_by_role("button", name="Valider").click()
    expect(tab.get_by_text(re.compile("Déjà décidé"))).to_be_visible()
