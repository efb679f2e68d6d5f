"""The appointment book as a practitioner lives it: created, told, corrected, sent again, moved, cancelled; by keyboard.

And what a patient does who has lost the link.
"""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect

from tests.browser.book_stage import clocks_change
from tests.browser.call_stage import run_inside
from tests.browser.conftest import PHONE
from tests.demonstration import Demo, wait_for

CREATED = re.compile(r"/teleconsultation/\w{6}/$")
# Keys that a practised hand types in ten seconds, five a second.
TEN_SECONDS = 50


@pytest.fixture(scope="module")
def book(demo: Demo) -> dict[str, Any]:
    return run_inside(demo, "tests.browser.book_stage")


@pytest.fixture(scope="module", autouse=True)
def lost_link(book: dict, demo: Demo, chromium: Browser) -> list[str]:
    """What the page says to a stranger and to a patient; asked first, since the worker answers in turns of 10 s."""
    demo.wait_for_message("+33612345649", contains=book["link"])
    context = chromium.new_context(locale="fr-FR", **PHONE)
    page, said = context.new_page(), []
    for contact in ("06 12 34 56 50", "06 12 34 56 49"):
        page.goto(f"{demo.url}/lien-perdu/")
        page.get_by_label("E-mail ou portable").fill(contact)
        page.keyboard.press("Enter")
        expect(page.get_by_role("status").filter(has_text="Si un rendez-vous")).to_be_visible()
        said.append(page.get_by_role("main").inner_text())
    context.close()
    return said


@pytest.fixture
def context(book: dict, demo: Demo, chromium: Browser) -> Iterator[BrowserContext]:
    context = chromium.new_context(locale="fr-FR", timezone_id="Europe/Paris")
    log_in(context, book, demo)
    return context


@pytest.fixture
def page(context: BrowserContext, new_page) -> Page:
    return new_page(context)


def log_in(context: BrowserContext, book: dict, demo: Demo) -> None:
    context.add_cookies([{"name": "session", "value": book["session"], "url": demo.url}])


class Keyboard:
    """Counts what is pressed."""

    def __init__(self, page: Page):
        self.page, self.pressed = page, 0

    def type(self, text: str) -> None:
        self.page.keyboard.type(text)
        self.pressed += len(text)

    def press(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)
        self.pressed += len(keys)


def field(page: Page, name: str) -> Locator:
    return page.locator(f"[name={name}]")


def type_patient(page: Page, first_name: str, phone: str) -> Keyboard:
    """As far as the date."""
    keyboard = Keyboard(page)
    expect(field(page, "patient_last_name")).to_be_focused()
    keyboard.type("Petit")
    keyboard.press("Tab")
    keyboard.type(first_name)
    keyboard.press("Tab")
    keyboard.type(phone)
    keyboard.press("Tab", "Tab")
    expect(field(page, "date")).to_be_focused()
    return keyboard


def pick(row: Locator, name: str) -> None:
    """Opens one of the row's links by keyboard."""
    row.get_by_role("link", name=name).focus()
    row.page.keyboard.press("Enter")


def press(button: Locator) -> None:
    button.focus()
    button.page.keyboard.press("Enter")


def test_a_new_patient_in_ten_seconds_of_keys_and_two_enters_make_one_appointment(page: Page, demo: Demo):
    page.goto(f"{demo.url}/teleconsultation/nouvelle/")
    keyboard = type_patient(page, "Anne", "0612345643")
    keyboard.type("demain")
    # Past the button of the calendar.
    keyboard.press("Tab", "Tab")
    expect(field(page, "time")).to_be_focused()
    keyboard.type("14h30")
    keyboard.press("Enter", "Enter")
    expect(page).to_have_url(CREATED)
    assert keyboard.pressed <= TEN_SECONDS
    main = page.get_by_role("main")
    expect(main).to_contain_text("est créé, l’invitation part")
    expect(main).to_contain_text("à 14:30")
    # What was sent comes by itself as far as it has come.
    expect(page.locator("#sent")).to_contain_text("remis sur le téléphone")
    expect(page.locator("#sent").get_by_role("listitem").filter(has_text=re.compile("^remis"))).to_contain_text(" à ")
    assert len(demo.messages("+33612345643")) == 1
    # The way back is to a new form, not to the one that was sent.
    page.go_back()
    expect(field(page, "patient_last_name")).to_have_value("")
    page.goto(f"{demo.url}/teleconsultation/?q=petit anne")
    expect(page.locator("tbody tr")).to_have_count(1)


def test_a_wrong_form_leads_to_its_first_wrong_field_and_keeps_the_rest(page: Page, demo: Demo):
    page.goto(f"{demo.url}/teleconsultation/nouvelle/")
    keyboard = type_patient(page, "Hugo", "0612345644")
    keyboard.type(f"{clocks_change(3):%d/%m/%Y}")
    keyboard.press("Tab", "Tab")
    keyboard.type("2h30")
    keyboard.press("Enter")
    expect(page).to_have_title(re.compile("^Erreur"))
    expect(page.get_by_role("alert").first).to_contain_text("Il reste quelque chose à corriger")
    expect(field(page, "time")).to_be_focused()
    expect(field(page, "time")).to_have_accessible_description(re.compile("on passe à l’heure d’été"))
    expect(field(page, "patient_first_name")).to_have_value("Hugo")
    # The hour that happens twice.
    twice = f"{clocks_change(10):%d/%m/%Y}"
    field(page, "date").fill(twice)
    press(field(page, "time"))
    expect(field(page, "which").first).to_be_focused()
    expect(page.get_by_role("group", name="Laquelle des deux ?")).to_contain_text("Cette heure existe deux fois")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page).to_have_url(CREATED)
    expect(page.get_by_role("main")).to_contain_text(f"{twice} à 02:30")
    # Two at the same time are possible, knowingly.
    page.goto(f"{demo.url}/teleconsultation/nouvelle/")
    type_patient(page, "Zoé", "0692123456")
    field(page, "date").fill(twice)
    field(page, "time").fill("4h45")
    press(field(page, "time"))
    confirm = page.get_by_label("Garder cet horaire quand même")
    expect(confirm).to_be_focused()
    expect(confirm).to_have_accessible_description(re.compile("déjà un rendez-vous à 04:40 avec Éva Dupont"))
    page.keyboard.press("Space")
    page.keyboard.press("Enter")
    expect(page).to_have_url(CREATED)
    # Her number is of La Réunion.
    expect(page.get_by_role("main")).to_contain_text("Pour le patient : 07:45 à La Réunion")


def test_what_was_typed_outlives_a_cut_network_and_the_end_of_the_login(
    page: Page, context: BrowserContext, demo: Demo, book: dict
):
    page.goto(f"{demo.url}/teleconsultation/nouvelle/")
    keyboard = type_patient(page, "Noé", "0612345646")
    keyboard.press("Tab", "Tab")
    keyboard.type("maintenant")
    context.set_offline(True)
    keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("rien n’est perdu")
    context.set_offline(False)
    context.clear_cookies()
    keyboard.press("Enter")
    expect(page.get_by_role("dialog", name="Votre session est terminée")).to_be_visible()
    log_in(context, book, demo)
    expect(page.get_by_role("dialog")).to_be_hidden()
    press(field(page, "time"))
    expect(page).to_have_url(CREATED)
    expect(page.get_by_role("heading", name="Noé Petit")).to_be_visible()
    expect(page.get_by_role("link", name="Rejoindre")).to_be_visible()


def test_infos_tells_sends_again_and_leads_on_by_keyboard(page: Page, context: BrowserContext, demo: Demo, book: dict):
    page.goto(f"{demo.url}/teleconsultation/")
    row = page.get_by_role("row").filter(has_text=book["unreached"])
    expect(row).to_contain_text("SMS non remis")
    pick(row, "Infos")
    dialog = page.get_by_role("dialog", name="Irène Injoignable")
    expect(dialog).to_contain_text("échec : ce numéro n’est pas attribué")
    code = dialog.locator(".dictate").inner_text()
    link = dialog.get_by_label("Lien du patient").input_value()
    # Without leave to write to the clipboard the link is selected.
    page.evaluate("() => { navigator.clipboard.writeText = () => Promise.reject(new Error()); }")
    press(dialog.get_by_role("button", name="Copier"))
    expect(dialog.get_by_role("status").filter(has_text="à copier")).to_have_count(1)
    assert page.evaluate("getSelection().toString()") == link
    # The one message, by its channel.
    press(dialog.get_by_role("button", name="Renvoyer Invitation, SMS au 06 12 34 56 42"))
    expect(page.locator("#infos-said")).to_have_text("Le message est renvoyé.")
    # The button is gone with the dead letter.
    expect(page.locator("#infos-title")).to_be_focused()
    expect(dialog.get_by_role("button", name="Renvoyer Invitation, SMS")).to_have_count(0)
    expect(dialog.get_by_role("listitem").filter(has_text=re.compile("^remis sur le téléphone"))).to_contain_text(" à ")
    assert code in demo.wait_for_message("+33612345642")["body"]
    renew = dialog.get_by_role("button", name="Nouveau code")
    press(renew)
    expect(dialog.locator(".dictate")).not_to_have_text(code)
    expect(renew).to_be_focused()
    # The rows behind it, too: nobody has to look again.
    page.keyboard.press("Escape")
    expect(page.get_by_role("link", name=f"Infos du rendez-vous {book['unreached']}")).to_be_focused()
    expect(row).to_contain_text(re.compile("SMS (envoyé|reçu)"))

    # The contact corrected: the invitation goes there, with a code that the old number doesn't know.
    pick(row, "Infos")
    press(dialog.get_by_role("link", name="Corriger"))
    phone = page.get_by_label("Téléphone portable")
    phone.fill("01 40 00 00 00")
    press(phone)
    expect(phone).to_be_focused()
    expect(phone).to_have_accessible_description(re.compile("ne peut pas recevoir de SMS"))
    phone.fill("06 12 34 56 47")
    press(phone)
    expect(page.locator("main .messages")).to_contain_text("Le contact est corrigé")
    code = page.locator(".dictate").inner_text()
    assert code in demo.wait_for_message("+33612345647")["body"]
    assert not demo.messages("+33612345642", contains=code)

    press(page.get_by_role("link", name="Déplacer"))
    expect(field(page, "date")).to_be_focused()
    # What is typed replaces the old one.
    wait_for(lambda: page.evaluate("getSelection().toString()"), what="the old date to be selected")
    page.keyboard.type("dans 3 jours")
    press(field(page, "time"))
    expect(page.locator("main .messages")).to_contain_text("Le rendez-vous est déplacé, le patient en est averti.")
    demo.wait_for_message("+33612345647", after=1)
    page.goto(f"{demo.url}/teleconsultation/")
    pick(row, "Infos")
    press(dialog.get_by_role("link", name="Annuler le rendez-vous"))
    press(page.get_by_role("button", name="Annuler le rendez-vous"))
    expect(page.locator("main .messages")).to_contain_text("Le rendez-vous est annulé, le patient en est averti.")
    demo.wait_for_message("+33612345647", after=2)
    page.goto(f"{demo.url}/teleconsultation/?q={book['unreached']}")
    expect(row.get_by_role("button", name="annulée")).to_be_disabled()


def test_the_code_goes_by_another_channel_than_the_link(page: Page, demo: Demo):
    page.goto(f"{demo.url}/teleconsultation/nouvelle/")
    type_patient(page, "Aude", "0612345648")
    page.keyboard.type("dans 5 jours")
    field(page, "time").fill("10h")
    apart = page.get_by_label("Envoyer le code par un autre canal que le lien")
    apart.check()
    page.keyboard.press("Enter")
    expect(apart).to_be_focused()
    expect(apart).to_have_accessible_description(re.compile("Il faut un portable et un e-mail"))
    field(page, "patient_email").fill("aude.petit@patient.demo")
    press(field(page, "time"))
    expect(page).to_have_url(CREATED)
    code = page.locator(".dictate").inner_text()
    sms = demo.wait_for_message("+33612345648")["body"]
    assert code in sms
    assert "/visio/" not in sms
    email = demo.wait_for_message("aude.petit@patient.demo")["body"]
    assert "/visio/" in email
    assert code not in email


def test_a_lost_link_comes_again_and_the_page_says_the_same_to_a_stranger(demo: Demo, book: dict, lost_link: list[str]):
    stranger, patient = lost_link
    assert "Si un rendez-vous à venir est prévu avec ce contact, son lien y arrive" in patient
    assert stranger == patient
    demo.wait_for_message("+33612345649", contains=book["link"], after=1)
    assert demo.messages("+33612345650") == []
