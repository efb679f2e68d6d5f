"""« Mon compte » in a browser: a drawn signature, another open session, and the end of an idle one."""

import re
import sqlite3
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import PHONE
from tests.browser.steps import DEMO_PASSWORD, log_in
from tests.demonstration import Demo, wait_for

EMAIL, MOBILE = "dr.durand@rofim.demo", "+33612345602"


@pytest.fixture(scope="module")
def state(demo: Demo, chromium: Browser, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Cookies of Dr Durand, whom no other test plays."""
    context = chromium.new_context(locale="fr-FR")
    log_in(context.new_page(), demo, EMAIL, DEMO_PASSWORD, mobile=MOBILE)
    path = tmp_path_factory.mktemp("account") / "state.json"
    context.storage_state(path=path)
    context.close()
    return path


def last_used(demo: Demo, page: Page, ago: timedelta) -> None:
    """As if nobody had touched this page's session for so long."""
    key = next(cookie["value"] for cookie in page.context.cookies() if cookie["name"] == "session")
    seen = (datetime.now(UTC) - ago).strftime("%Y-%m-%d %H:%M:%S.%f")
    with sqlite3.connect(demo.folder / "db.sqlite3", timeout=20) as database:
        changed = database.execute("UPDATE accounts_loginsession SET last_seen_at=? WHERE session_key=?", (seen, key))
    database.close()
    assert changed.rowcount == 1


def look_again(page: Page) -> None:
    """The page comes to the front: it asks how long the session lasts."""
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")


def sign(page: Page, box: dict[str, float], height: float) -> None:
    """A line over the pad, at this part of its height."""
    page.mouse.move(box["x"] + 40, box["y"] + box["height"] * height)
    page.mouse.down()
    page.mouse.move(box["x"] + 220, box["y"] + box["height"] * (height + 0.1), steps=8)
    page.mouse.up()


def test_draw_a_signature(demo, chromium, new_page, state):
    page = new_page(chromium.new_context(**PHONE, locale="fr-FR", storage_state=state))
    page.goto(f"{demo.url}/compte/signature/")
    save = page.get_by_role("button", name="Enregistrer ma signature")
    expect(save).to_be_disabled()
    pad = page.locator("canvas")
    pad.scroll_into_view_if_needed()
    box = pad.bounding_box()
    printed = page.get_by_role("img", name="Votre signature, telle qu’elle sera imprimée")
    shape = "e => e.complete && e.naturalWidth ? e.naturalHeight / e.naturalWidth : 0"
    sign(page, box, 0.3)
    expect(printed).to_be_visible()
    one_line = wait_for(lambda: printed.evaluate(shape), what="the preview")
    sign(page, box, 0.7)
    wait_for(lambda: printed.evaluate(shape) > 2 * one_line, what="two lines, which are higher than one")
    page.get_by_role("button", name="Annuler le trait").click()
    wait_for(lambda: printed.evaluate(shape) == one_line, what="one line again")
    page.get_by_role("button", name="Effacer").click()
    expect(printed).to_be_hidden()
    expect(save).to_be_disabled()
    sign(page, box, 0.5)
    save.click()
    expect(page).to_have_url(f"{demo.url}/compte/")
    expect(page.get_by_role("main")).to_contain_text("Votre signature est enregistrée")
    kept = page.get_by_role("img", name="Votre signature")
    assert kept.evaluate("e => e.decode().then(() => e.naturalWidth)") > 300


def test_see_and_end_another_session(demo, chromium, new_page, state):
    here = new_page(chromium.new_context(locale="fr-FR", storage_state=state))
    windows = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0"
    there = new_page(chromium.new_context(locale="fr-FR", user_agent=windows))
    log_in(there, demo, EMAIL, DEMO_PASSWORD, mobile=MOBILE)
    letter = demo.wait_for_message(EMAIL, contains="Firefox sur Windows")
    assert "Nouvelle connexion" in letter["subject"]
    here.goto(f"{demo.url}/compte/#sessions")
    sessions = here.get_by_role("region", name="Sessions ouvertes")
    expect(sessions.get_by_role("listitem").filter(has_text="cette session")).to_have_count(1)
    sessions.get_by_role("button", name=re.compile("Déconnecter Firefox sur Windows")).click()
    expect(here.get_by_role("main")).to_contain_text("est fermée")
    expect(sessions).not_to_contain_text("Firefox sur Windows")
    there.goto(f"{demo.url}/compte/")
    expect(there).to_have_url(re.compile("/connexion/"))


def test_an_idle_session_warns_stays_and_ends_without_losing_the_form(demo, chromium, new_page, state):
    context = chromium.new_context(locale="fr-FR", storage_state=state)
    page = new_page(context)
    page.goto(f"{demo.url}/compte/cabinet/")
    name = page.get_by_label("Nom du cabinet")
    name.fill("Maison de santé des Terreaux")
    dialog = page.get_by_role("dialog")

    last_used(demo, page, timedelta(minutes=28, seconds=10))
    look_again(page)
    expect(dialog).to_contain_text(re.compile(r"se termine dans\s+1:\d\d"))
    dialog.get_by_role("button", name="Rester connecté").click()
    expect(dialog).to_be_hidden()

    last_used(demo, page, timedelta(minutes=31))
    look_again(page)
    expect(dialog).to_contain_text("Votre session est terminée")
    # Nobody reads on, and Escape opens nothing.
    page.keyboard.press("Escape")
    page.keyboard.press("Escape")
    expect(dialog).to_be_visible()
    expect(name).to_be_hidden()
    assert page.title() == "Session terminée — Rofim"

    with context.expect_page() as opened:
        dialog.get_by_role("link", name="Se reconnecter").click()
    other = opened.value
    sent = demo.count_codes(MOBILE)
    other.get_by_label("Adresse e-mail").fill(EMAIL)
    other.locator("[name=password]").fill(DEMO_PASSWORD)
    other.get_by_role("button", name="Continuer").click()
    expect(other).to_have_url(re.compile("/connexion/code/"))
    other.locator("input[autocomplete=one-time-code]").fill(demo.sms_code(MOBILE, after=sent))
    expect(other.get_by_role("main")).to_contain_text("Vous êtes reconnecté")

    look_again(page)
    expect(dialog).to_be_hidden()
    expect(name).to_have_value("Maison de santé des Terreaux")
    page.get_by_role("button", name="Enregistrer").click()
    expect(page.get_by_role("main")).to_contain_text("Votre cabinet est enregistré")
    expect(page.get_by_role("main")).to_contain_text("Maison de santé des Terreaux")
