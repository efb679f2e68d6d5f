"""« Inscription » in a real browser: a HEIC, a PDF, hostile files, a reload half way, a telephone, no mouse."""

import re

from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import PHONE
from tests.browser.steps import (
    fill,
    fill_step,
    identity_card,
    log_in,
    prove_mobile_and_address,
    send_document,
)  # fmt: skip
from tests.demonstration import Demo, wait_for

PASSWORD = "quatre cyprès bleus"
PERSON = {
    "email": "dr.heic@example.org",
    "title": "Dr",
    "first_name": "Anaïs",
    "last_name": "O’Brien-Nguyễn",
    "profession": "physician",
    "specialty": "Cardiologie",
    "rpps": "10009998880",
    "mobile_phone": "06 12 34 57 41",
    "practice_name": "Cabinet du Phare",
    "practice_address": "2 quai Ouest",
    "practice_postal_code": "97400",
    "practice_city": "Saint-Denis",
    "practice_phone": "0262 20 00 00",
}


def refused(page: Page, name: str, content: bytes) -> None:
    """The words stand beside the field, nothing is shown as received."""
    file = {"name": name, "mimeType": "application/pdf", "buffer": content}
    page.locator("[name=identity_document]").set_input_files(file)
    expect(page.get_by_role("alert")).to_contain_text("PDF")
    expect(page.locator("[name=identity_document]")).to_have_attribute("aria-invalid", "true")
    expect(page.locator("figure.sent")).to_have_count(0)


def test_with_a_heic_after_hostile_files_and_a_reload_in_each_step(demo: Demo, chromium: Browser):
    page = chromium.new_context(locale="fr-FR", timezone_id="Europe/Paris").new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto(f"{demo.url}/inscription/")
    # The profession decides which number is asked for.
    expect(page.locator("[name=rpps]")).to_be_hidden()
    page.locator("[name=profession]").select_option("psychologist")
    expect(page.locator("[name=adeli]")).to_be_visible()
    fill(page, {"first_name": PERSON["first_name"], "profession": "physician"})
    expect(page.locator("[name=adeli]")).to_be_hidden()
    page.reload()
    expect(page.locator("[name=first_name]")).to_have_value(PERSON["first_name"])
    fill_step(page, PERSON | {"rpps": "10009998881"}, "/inscription/")
    expect(page.get_by_text("Ce n° RPPS n’existe pas")).to_be_visible()
    fill_step(page, PERSON, "cabinet")

    # One commune for the postal code: written in.
    page.locator("[name=practice_postal_code]").fill("97400")
    expect(page.locator("[name=practice_city]")).to_have_value("Saint-Denis")
    page.go_back()
    expect(page.locator("[name=last_name]")).to_have_value(PERSON["last_name"])
    page.go_forward()
    expect(page.locator("[name=practice_city]")).to_have_value("Saint-Denis")
    fill_step(page, PERSON, "piece")

    refused(page, "carte.pdf", b"<script>alert(1)</script>")
    refused(page, "carte.pdf", b"%PDF-1.7\n" + b"\0" * 99)
    send_document(page, identity_card("HEIF"))
    page.reload()
    expect(page.get_by_text("IMG_0042")).to_be_visible()
    page.get_by_role("button", name="Continuer").click()

    # A wrong field loses no password; a reload does, and nothing of it is in the browser.
    passwords = {"password1": PASSWORD, "password2": PASSWORD}
    fill(page, {"email": PERSON["email"], "mobile_phone": "04 91 00 00 00"} | passwords)
    expect(page.get_by_text("olide", exact=False)).to_be_visible()
    fill_step(page, {}, "acces")
    expect(page.get_by_text("Ce numéro fixe ne peut pas recevoir de SMS")).to_be_visible()
    expect(page.locator("[name=password1]")).to_have_value(PASSWORD)
    assert PASSWORD not in page.evaluate("JSON.stringify([{...localStorage}, {...sessionStorage}])")
    page.reload()
    expect(page.locator("[name=email]")).to_have_value(PERSON["email"])
    expect(page.locator("[name=password1]")).to_have_value("")
    page.locator("[name=accept_terms]").check()
    fill_step(page, PERSON | passwords, "/telephone/")
    wait_for(lambda: page.evaluate("sessionStorage.length") == 0, what="what was typed to be forgotten")
    prove_mobile_and_address(page, demo, "+33612345741", PERSON["email"])
    log_in(page, demo, PERSON["email"], PASSWORD, "+33612345741")
    expect(page.get_by_role("main")).to_contain_text(re.compile("inscription est en cours de validation"))
    assert errors == []
    page.context.close()


def press_through(page: Page, values: dict[str, str]) -> None:
    """From the first field of the step to « Continuer », by the keyboard alone."""
    page.locator("main form :is(input, select):visible").first.focus()
    for _ in range(20):
        name, kind = page.evaluate("[document.activeElement.name, document.activeElement.type]")
        if kind == "checkbox":
            page.keyboard.press("Space")
        elif name in values:
            if not kind.startswith("select"):
                page.keyboard.press("Control+A")
            page.keyboard.type(values[name])
        if page.evaluate("'onward' in document.activeElement.dataset"):
            page.keyboard.press("Enter")
            return
        page.keyboard.press("Tab")
    raise AssertionError("the button of the step can't be reached")


def test_with_a_pdf_on_a_telephone_by_the_keyboard(demo: Demo, chromium: Browser):
    page = chromium.new_context(locale="fr-FR", timezone_id="Europe/Paris", **PHONE).new_page()
    person = PERSON | {
        "email": "pdf@example.org",
        "mobile_phone": "06 12 34 57 42",
        "profession": "Orthophoniste",
        "adeli": "139300012",
        "password1": PASSWORD,
        "password2": PASSWORD,
    }
    del person["rpps"]
    page.goto(f"{demo.url}/inscription/")
    press_through(page, person)
    expect(page).to_have_url(re.compile("cabinet$"))
    press_through(page, person)
    expect(page).to_have_url(re.compile("piece$"))
    send_document(page, identity_card("PDF"))
    expect(page.get_by_text("première page")).to_be_visible()
    page.get_by_role("button", name="Supprimer").press("Enter")
    expect(page.locator("figure.sent")).to_have_count(0)
    expect(page.locator("[name=identity_document]")).to_be_focused()
    send_document(page, identity_card("PDF"))
    page.get_by_role("button", name="Continuer").press("Enter")
    expect(page).to_have_url(re.compile("acces$"))
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    press_through(page, person)
    expect(page).to_have_url(re.compile("/telephone/$"))
    prove_mobile_and_address(page, demo, "+33612345742", "pdf@example.org")
    page.context.close()
