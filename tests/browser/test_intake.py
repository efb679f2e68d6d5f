"""« Données patient » with its saving as one goes, in a real browser."""

import re
from datetime import datetime, timedelta

from playwright.sync_api import Browser, expect

from tests.browser.steps import DEMO_PASSWORD, PARIS, create_appointment, enter, fill, log_in
from tests.demonstration import Demo


def test_a_forgotten_consent_can_still_be_given(demo: Demo, chromium: Browser):
    practitioner, page = (chromium.new_context(locale="fr-FR", timezone_id="Europe/Paris").new_page() for _ in range(2))
    log_in(practitioner, demo, "dr.durand@rofim.demo", DEMO_PASSWORD, "+33612345602")
    _, link, code = create_appointment(
        practitioner, demo, last_name="Moreau", first_name="Jules", starts=datetime.now(PARIS) + timedelta(minutes=2)
    )
    enter(page, link, code)
    fill(page, {"birth_date": "1981-07-04", "sex": "male"})
    page.get_by_role("button", name="Continuer").click()
    expect(page.get_by_role("main")).to_contain_text("Sans votre accord, la téléconsultation ne peut pas avoir lieu.")
    expect(page.locator("[name=birth_date]")).to_have_value("1981-07-04")
    page.locator("[name=consent]").check()
    page.get_by_role("button", name="Continuer").click()
    expect(page).to_have_url(re.compile("/salle/$"))
    for opened in (practitioner, page):
        opened.context.close()
