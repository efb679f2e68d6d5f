"""« Données patient » with its saving as one goes, in a real browser."""

import re

from playwright.sync_api import Browser, expect

from tests.browser.test_journey import fill
from tests.demonstration import Demo


def test_a_forgotten_consent_can_still_be_given(demo: Demo, chromium: Browser):
    body = demo.wait_for_message("sophie@patient.demo", contains="session vidéo")["body"]
    page = chromium.new_context(locale="fr-FR", timezone_id="Europe/Paris").new_page()
    page.goto(re.search(r"http\S+/visio/\S{22}", body)[0])
    page.locator("[name=code]").fill(re.search(r"session vidéo est le (\w{4})\.", body)[1])
    page.get_by_role("button", name="Continuer").click()
    expect(page).to_have_url(re.compile("/informations/$"))
    fill(page, {"birth_date": "1981-07-04", "sex": "female"})
    page.get_by_role("button", name="Continuer").click()
    expect(page.get_by_role("main")).to_contain_text("Sans votre accord, la téléconsultation ne peut pas avoir lieu.")
    expect(page.locator("[name=birth_date]")).to_have_value("1981-07-04")
    page.locator("[name=consent]").check()
    page.get_by_role("button", name="Continuer").click()
    expect(page).to_have_url(re.compile("/salle/$"))
    page.context.close()
