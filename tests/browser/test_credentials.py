"""Another mobile by both codes, a forgotten password by a link: in a browser, with the letters that left."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.steps import DEMO_PASSWORD, fill, log_in
from tests.browser.test_accessibility import OVERFLOW, faults
from tests.browser.test_panel import PHONE
from tests.demonstration import Demo

EMAIL, OLD, NEW = "dr.nouvelle@rofim.demo", "+33612345604", "+33798765432"
NEW_PASSWORD = "quatre mots tout à fait neufs"


def inspect(page: Page) -> None:
    assert page.evaluate(OVERFLOW) <= 0
    assert faults(page) == []


@pytest.fixture
def phones(chromium: Browser) -> Iterator[tuple[Page, Page]]:
    contexts = [chromium.new_context(**PHONE) for _ in range(2)]
    yield contexts[0].new_page(), contexts[1].new_page()
    for context in contexts:
        context.close()


def test_another_mobile_then_another_password(demo: Demo, phones):
    page, forgetful = phones
    log_in(page, demo, EMAIL, DEMO_PASSWORD, OLD)
    page.goto(f"{demo.url}/compte/portable/")
    # The login was a moment ago: it is asked all the same.
    expect(page.get_by_role("heading", name="Confirmez que c’est vous")).to_be_visible()
    inspect(page)
    sent = demo.count_codes(OLD)
    fill(page, {"password": DEMO_PASSWORD})
    page.get_by_role("button", name="Recevoir un code par SMS").click()
    expect(page.get_by_label("Code reçu par SMS")).to_be_visible()
    inspect(page)
    # The sixth digit sends the form.
    page.get_by_label("Code reçu par SMS").fill(demo.sms_code(OLD, after=sent))
    expect(page.get_by_role("heading", name="Changer de portable")).to_be_visible()
    inspect(page)
    fill(page, {"mobile_phone": "07 98 76 54 32"})
    page.get_by_role("button", name="Recevoir le code").click()
    expect(page.get_by_role("heading", name="Vérifiez le nouveau portable")).to_be_visible()
    page.get_by_label("Code reçu par SMS").fill(demo.sms_code(NEW))
    expect(page.get_by_text("Vos codes arrivent désormais sur votre nouveau portable")).to_be_visible()
    expect(page.get_by_role("main")).to_contain_text("07 98 76 54 32")
    assert "n'arrivent plus sur ce numéro" in demo.wait_for_message(OLD, contains="n'arrivent plus")["body"]

    forgetful.goto(f"{demo.url}/connexion/")
    forgetful.get_by_role("link", name=re.compile("oublié")).click()
    fill(forgetful, {"email": EMAIL})
    forgetful.get_by_role("button", name="Recevoir le lien").click()
    expect(forgetful.get_by_role("heading", name="Consultez votre messagerie")).to_be_visible()
    letter = demo.wait_for_message(EMAIL, contains="Pour choisir un nouveau mot de passe")
    link = re.search(r"http\S+/mot-de-passe/\S+", letter["body"])[0]
    forgetful.goto(link)
    assert forgetful.url != link
    fill(forgetful, {"new_password1": NEW_PASSWORD, "new_password2": NEW_PASSWORD})
    expect(forgetful.locator("[data-strength]")).to_be_visible()
    inspect(forgetful)
    forgetful.get_by_role("button", name="Changer le mot de passe").click()
    forgetful.get_by_role("link", name="Se connecter").first.click()
    # Not logged in by it: password and code, which arrives on the new mobile. The session of before has ended.
    log_in(forgetful, demo, EMAIL, NEW_PASSWORD, NEW)
    page.goto(f"{demo.url}/compte/")
    expect(page).to_have_url(re.compile("/connexion/"))
