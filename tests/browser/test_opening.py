"""« 30 min avant le rendez-vous la session est ouverte pour le patient »: by the clock, with every worker stopped."""

import re
from datetime import datetime, timedelta

from playwright.sync_api import Browser, expect

from tests.browser.steps import DEMO_PASSWORD, PARIS, create_appointment, log_in
from tests.demonstration import Demo


def test_the_waiting_notice_opens_by_itself_while_every_worker_is_stopped(demo: Demo, chromium: Browser):
    contexts = [chromium.new_context(locale="fr-FR", timezone_id="Europe/Paris") for _ in range(2)]
    practitioner, patient = (context.new_page() for context in contexts)
    log_in(practitioner, demo, "dr.durand@rofim.demo", DEMO_PASSWORD, "+33612345602")
    opens = datetime.now(PARIS).replace(second=0, microsecond=0) + timedelta(minutes=1)
    _, link, code = create_appointment(
        practitioner, demo, last_name="Nguyen", first_name="Paul", starts=opens + timedelta(minutes=30)
    )
    with demo.without_workers():
        patient.goto(link)
        if datetime.now(PARIS) < opens:
            expect(patient.get_by_role("main")).to_contain_text(f"Votre session ouvrira à {opens:%H:%M}")
        patient.get_by_role("button", name="Continuer").wait_for(timeout=75_000)
        assert datetime.now(PARIS) >= opens
        patient.locator("[name=code]").fill(code)
        patient.get_by_role("button", name="Continuer").click()
        expect(patient).to_have_url(re.compile("/informations/$"))
    for context in contexts:
        context.close()
