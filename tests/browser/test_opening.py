"""« 30 min avant le rendez-vous la session est ouverte pour le patient »: by the clock, with every worker stopped."""

import re
from datetime import datetime, timedelta

from playwright.sync_api import Browser, Page, expect

from tests.browser.steps import DEMO_PASSWORD, PARIS, create_appointment, fill, log_in
from tests.demonstration import Demo


def move(page: Page, address: str, starts: datetime) -> None:
    """Another hour for the appointment."""
    page.goto(address)
    fill(page, {"date": starts.strftime("%d/%m/%Y"), "time": starts.strftime("%H:%M")})
    page.get_by_role("button", name="Déplacer le rendez-vous").click()
    expect(page.locator("main .messages")).to_contain_text("Le rendez-vous est déplacé")


def test_the_waiting_notice_opens_by_itself_while_every_worker_is_stopped(demo: Demo, chromium: Browser):
    contexts = [chromium.new_context(locale="fr-FR", timezone_id="Europe/Paris") for _ in range(2)]
    practitioner, patient = (context.new_page() for context in contexts)
    log_in(practitioner, demo, "dr.durand@rofim.demo", DEMO_PASSWORD, "+33612345602")
    opens = datetime.now(PARIS).replace(second=0, microsecond=0) + timedelta(minutes=1)
    starts = opens + timedelta(minutes=30)
    reference, link, code = create_appointment(practitioner, demo, last_name="Nguyen", first_name="Paul", starts=starts)
    with demo.without_workers():
        patient.goto(link)
        if datetime.now(PARIS) < opens:
            expect(patient.get_by_role("main")).to_contain_text(f"Votre session ouvrira à {opens:%H:%M}")
        patient.get_by_role("button", name="Continuer").wait_for(timeout=75_000)
        assert datetime.now(PARIS) >= opens
        patient.locator("[name=code]").fill(code)
        patient.get_by_role("button", name="Continuer").click()
        expect(patient).to_have_url(re.compile("/informations/$"))

    # Moved while the patient fills the intake: the gate says so, and what was typed and sent is there on the way back.
    patient.wait_for_load_state()
    move(practitioner, f"{demo.url}/teleconsultation/{reference}/modifier/", starts + timedelta(days=1))
    patient.locator("[name=address]").fill("12 rue de la République")
    patient.get_by_role("button", name="Continuer").click()
    expect(patient.get_by_role("main")).to_contain_text("Votre rendez-vous a été déplacé à cette date.")
    move(practitioner, f"{demo.url}/teleconsultation/{reference}/modifier/", starts)
    patient.goto(link)
    expect(patient).to_have_url(re.compile("/informations/$"))
    expect(patient.locator("[name=address]")).to_have_value("12 rue de la République")
    for context in contexts:
        context.close()
