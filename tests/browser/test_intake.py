"""« Données patient » with its saving as one goes, in a real browser; the way to it in English, on a telephone."""

import re
from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import PHONE
from tests.browser.steps import DEMO_PASSWORD, PARIS, create_appointment, enter, fill, log_in
from tests.demonstration import Demo

# Letters that English has not, but for the button and the doctor's name.
FRENCH = re.compile("[àâçéèêëîïôùûœ«»]")


@pytest.fixture(scope="module")
def invitation(demo: Demo, chromium: Browser) -> Iterator[tuple[str, str]]:
    """Link and code of Jules Moreau's appointment."""
    practitioner = chromium.new_context(locale="fr-FR", timezone_id="Europe/Paris").new_page()
    log_in(practitioner, demo, "dr.durand@rofim.demo", DEMO_PASSWORD, "+33612345602")
    _, link, code = create_appointment(
        practitioner, demo, last_name="Moreau", first_name="Jules", starts=datetime.now(PARIS) + timedelta(minutes=2)
    )
    yield link, code
    practitioner.context.close()


def test_a_forgotten_consent_can_still_be_given(invitation: tuple[str, str], chromium: Browser):
    page = chromium.new_context(locale="fr-FR", timezone_id="Europe/Paris").new_page()
    enter(page, *invitation)
    fill(page, {"birth_date": "1981-07-04", "sex": "male"})
    page.get_by_role("button", name="Continuer").click()
    expect(page.get_by_role("main")).to_contain_text("Sans votre accord, la téléconsultation ne peut pas avoir lieu.")
    expect(page.locator("[name=birth_date]")).to_have_value("1981-07-04")
    page.locator("[name=consent]").check()
    page.get_by_role("button", name="Continuer").click()
    expect(page).to_have_url(re.compile("/salle/$"))
    page.context.close()


def assert_english(page: Page) -> None:
    expect(page.locator("html")).to_have_attribute("lang", "en")
    assert not FRENCH.search(re.sub("Français|Hélène", "", page.get_by_role("main").inner_text()))
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_the_patient_chooses_english_on_the_gate(invitation: tuple[str, str], chromium: Browser):
    link, code = invitation
    page = chromium.new_context(locale="en-GB", **PHONE).new_page()
    page.goto(link)
    expect(page.locator("html")).to_have_attribute("lang", "fr")
    page.get_by_role("button", name="English").press("Enter")
    expect(page.get_by_role("heading", name="You have an appointment with")).to_be_visible()
    assert_english(page)
    page.get_by_label("Please type the access code").fill(code)
    page.get_by_role("button", name="Continue").click()
    page.wait_for_url("**/salle/")
    expect(page.locator("#lobby-status")).to_have_text("The call will start by itself.")
    assert_english(page)
    page.get_by_role("link", name="Complete your details").click()
    fill(page, {"birth_postal_code": "130", "birth_city": "Leeds"})
    # What the script says, and what it has from the server.
    expect(page.locator("[data-saved]")).to_have_text("Saved, except for the answers to correct.")
    expect(page.locator("[data-error-of=birth_postal_code]")).to_contain_text("The postcode has 5 digits")
    assert_english(page)
    page.context.close()
