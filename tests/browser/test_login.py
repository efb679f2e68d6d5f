"""The login in a browser: by SMS, by app, by recovery code, and while no SMS leaves."""

import base64
import re
import time
from collections.abc import Iterator

import pytest
from django_otp.oath import hotp
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import PHONE
from tests.browser.steps import DEMO_PASSWORD, log_in
from tests.demonstration import Demo

EMAIL, MOBILE = "dr.attente@rofim.demo", "+33612345603"


@pytest.fixture
def page(demo: Demo, chromium: Browser, new_page) -> Iterator[Page]:
    return new_page(chromium.new_context(locale="fr-FR", **PHONE))


def give_password(page: Page, demo: Demo) -> None:
    page.goto(f"{demo.url}/connexion/")
    page.locator("[name=email]").fill(EMAIL)
    page.locator("[name=password]").fill(DEMO_PASSWORD)
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("/connexion/code/"))


def shown(secret: str, step: int) -> str:
    """What the app shows during one step of 30 s."""
    return f"{hotp(base64.b32decode(secret), step):06d}"


def test_by_sms_with_a_wrong_code_first(page: Page, demo: Demo):
    sent = demo.count_codes(MOBILE)
    give_password(page, demo)
    code = demo.sms_code(MOBILE, after=sent)
    field = page.locator("input[autocomplete=one-time-code]")
    expect(field).to_be_focused()
    page.keyboard.type(f"{(int(code) + 1) % 1_000_000:06d}")
    expect(page.get_by_role("main")).to_contain_text("Il vous reste 4 essais")
    # Nothing goes by itself any more; what is typed replaces the wrong code, which the page's script has selected.
    page.wait_for_load_state()
    expect(field).to_be_focused()
    page.keyboard.type(code)
    expect(field).to_have_value(code)
    page.keyboard.press("Enter")
    expect(page).to_have_url(f"{demo.url}/")


def test_another_code_after_the_countdown(page: Page, demo: Demo):
    sent = demo.count_codes(MOBILE)
    give_password(page, demo)
    again = page.get_by_role("button", name="Renvoyer un code")
    expect(page.locator("[data-sms-state=delivered]")).to_be_visible()
    # One second here, sixty elsewhere (unit tests), counted by the page’s script, which runs before the page is loaded.
    page.wait_for_load_state()
    again.click()
    page.locator("input[autocomplete=one-time-code]").fill(demo.sms_code(MOBILE, after=sent + 1))
    expect(page).to_have_url(f"{demo.url}/")


def test_an_app_is_tied_asked_for_and_untied_and_a_recovery_code_helps_while_no_sms_leaves(
    page: Page, demo: Demo, chromium: Browser, new_page
):
    log_in(page, demo, EMAIL, DEMO_PASSWORD, MOBILE)
    page.goto(f"{demo.url}/compte/application/")
    page.get_by_role("button", name="Commencer").click()
    page.get_by_text("Taper la clé à la main").click()
    secret = page.locator(".secret").inner_text().replace(" ", "")
    assert page.get_by_role("img", name="Code QR").evaluate("e => e.decode().then(() => e.naturalWidth)") > 100
    step = int(time.time()) // 30
    page.locator("[name=code]").fill(shown(secret, step))
    page.get_by_role("button", name="Activer").click()
    expect(page.locator(".messages")).to_contain_text("L’application est prête")

    other = new_page(chromium.new_context(locale="fr-FR"))
    give_password(other, demo)
    expect(other.get_by_label("Code de votre application")).to_be_focused()
    # That one has served; half a minute either way is the clock's.
    other.keyboard.type(shown(secret, step + 1))
    expect(other).to_have_url(f"{demo.url}/")

    page.goto(f"{demo.url}/compte/application/")
    page.get_by_role("button", name="Retirer l’application").click()
    expect(page.locator(".messages")).to_contain_text("L’application est retirée")
    page.goto(f"{demo.url}/compte/codes/")
    page.get_by_role("button", name=re.compile("Créer dix codes")).click()
    code = page.locator(".recovery li").first.inner_text()
    # The button is shown by the page's script; from then on a reload asks anew and sends no form.
    expect(page.get_by_role("button", name="Imprimer")).to_be_visible()
    page.reload()
    expect(page.get_by_role("main")).to_contain_text("Il vous en reste 10")
    expect(page.locator(".recovery")).to_have_count(0)

    with demo.without_workers():
        give_password(other := new_page(chromium.new_context(locale="fr-FR")), demo)
        start = time.monotonic()
        expect(other.get_by_role("status").filter(has_text="L’envoi du SMS tarde")).to_be_visible()
        assert time.monotonic() - start < 3
        other.get_by_role("link", name="utiliser un code de secours").click()
        other.get_by_label("Code de secours", exact=True).fill(code)
        other.keyboard.press("Enter")
        expect(other).to_have_url(f"{demo.url}/")
