"""The steps of a consultation that several browser tests take, each with the page that takes it."""

import re
from datetime import datetime, timedelta
from io import BytesIO
from zoneinfo import ZoneInfo

import pillow_heif
from PIL import Image
from playwright.sync_api import Page, expect

from tests.demonstration import Demo, wait_for

PARIS = ZoneInfo("Europe/Paris")
DEMO_PASSWORD = "demo-teleconsultation"
PATIENT_MOBILE = "06 12 34 58 66"


def fill(page: Page, values: dict[str, str]) -> None:
    """Fills fields by their HTML names."""
    for name, value in values.items():
        field = page.locator(f"[name={name}]:visible").first
        if field.evaluate("e => e.tagName") == "SELECT":
            field.select_option(value)
        elif field.get_attribute("type") == "radio":
            page.locator(f"[name={name}][value='{value}']").check()
        else:
            field.fill(value)


def identity_card(kind: str = "JPEG") -> dict:
    """A picture as a telephone would take it (JPEG, HEIF), or a PDF."""
    content = BytesIO()
    pillow_heif.register_heif_opener()
    Image.new("RGB", (1200, 800), (200, 220, 230)).save(content, kind)
    name, mimetype = {
        "JPEG": ("carte.jpg", "image/jpeg"),
        "HEIF": ("IMG_0042.HEIC", "image/heic"),
        "PDF": ("carte.pdf", "application/pdf"),
    }[kind]
    return {"name": name, "mimeType": mimetype, "buffer": content.getvalue()}


def fill_step(page: Page, person: dict[str, str], next_step: str) -> None:
    """Fills what of `person` the open step asks for, and goes on to the next."""
    for name, value in person.items():
        # One by one: the profession shows the number that it has.
        if page.locator(f"[name={name}]:visible").count():
            fill(page, {name: value})
    page.get_by_role("button", name=re.compile("Continuer|S’inscrire")).click()
    expect(page).to_have_url(re.compile(f"{next_step}$"))


def send_document(page: Page, document: dict) -> None:
    """It leaves as soon as it is chosen, and is shown."""
    page.locator("[name=identity_document]").set_input_files(document)
    preview = page.get_by_role("img", name="Aperçu de votre pièce d’identité")
    wait_for(
        lambda: preview.count() and preview.evaluate("i => i.complete && i.naturalWidth > 100"), what="the preview"
    )


def prove_mobile_and_address(page: Page, demo: Demo, mobile: str, email: str) -> None:
    """The code of the SMS, then the link of the e-mail and its button."""
    page.locator("input[autocomplete=one-time-code]").fill(demo.sms_code(mobile))
    expect(page).to_have_url(f"{demo.url}/inscription/merci/")
    expect(page.get_by_role("main")).to_contain_text(email)
    mail = demo.wait_for_message(email, contains="/confirmer/")
    page.goto(re.search(r"http\S+/confirmer/\S+", mail["body"])[0])
    page.get_by_role("button", name="Confirmer").click()
    expect(page.get_by_role("main")).to_contain_text("Vous recevez un email lorsque votre inscription est validée")


def log_in(page: Page, demo: Demo, email: str, password: str, mobile: str) -> None:
    """Password, then the code of the SMS."""
    sent = demo.count_codes(mobile)
    page.goto(f"{demo.url}/connexion/")
    fill(page, {"email": email, "password": password})
    page.get_by_role("button", name="Continuer").click()
    expect(page).to_have_url(re.compile("/connexion/code/"))
    # Complete, it leaves by itself.
    page.locator("input[autocomplete=one-time-code]").fill(demo.sms_code(mobile, after=sent))
    expect(page).not_to_have_url(re.compile("/connexion/"))


def create_appointment(
    page: Page, demo: Demo, *, last_name: str, first_name: str, starts: datetime | None = None
) -> tuple[str, str, str]:
    """From « accueil » to the created appointment; gives reference, link and code as the patient's SMS has them."""
    page.goto(demo.url)
    page.get_by_role("main").get_by_role("link", name=re.compile("Téléconsultation")).click()
    page.get_by_role("link", name="Créer un rendez-vous de téléconsultation").first.click()
    starts = starts or datetime.now(PARIS) + timedelta(minutes=12)
    fill(
        page,
        {
            "patient_last_name": last_name,
            "patient_first_name": first_name,
            "patient_email": f"{first_name.lower()}@patient.example.org",
            "patient_phone": PATIENT_MOBILE,
            "date": starts.strftime("%Y-%m-%d"),
            "time": starts.strftime("%H:%M"),
        },
    )
    sent = len(demo.messages("+33612345866"))
    page.get_by_role("button", name="Créer la session de consultation").click()
    expect(page).to_have_url(re.compile(r"/teleconsultation/\w{6}/$"))
    reference = page.url.rstrip("/").rsplit("/", 1)[1]
    sms = demo.wait_for_message("+33612345866", after=sent)
    assert sms["body"].startswith("Bonjour, Vous avez une consultation médicale à distance avec le Dr")
    assert starts.strftime("%d/%m/%Y à %H:%M") in sms["body"]
    email = demo.wait_for_message(f"{first_name.lower()}@patient.example.org")
    link = re.search(r"http\S+/visio/\S{22}", sms["body"])[0]
    code = re.search(r"session vidéo est le (\w{4})\.", sms["body"])[1]
    assert link in email["body"]
    assert code in email["body"]
    page.goto(f"{demo.url}/teleconsultation/")
    row = page.get_by_role("row").filter(has_text=reference)
    expect(row).to_contain_text("Aucune")
    expect(row).to_contain_text(starts.strftime("%d/%m/%Y à %H:%M"))
    row.get_by_role("link", name=re.compile("Infos")).click()
    expect(page.get_by_role("dialog")).to_contain_text(re.compile(r"\s*".join(code)))
    page.keyboard.press("Escape")
    return reference, link, code


def enter(page: Page, link: str, code: str) -> None:
    """The gate: a wrong code says so, the right one opens."""
    page.goto(link)
    expect(page.get_by_role("main")).to_contain_text("Vous avez rendez-vous avec le")
    expect(page.get_by_role("main")).to_contain_text(
        re.compile("Veuillez taper le code d’accès qui vous a été transmis")
    )
    wrong = "ZZZZ" if code != "ZZZZ" else "YYYY"
    page.locator("[name=code]").fill(wrong)
    page.get_by_role("button", name="Continuer").click()
    expect(page.get_by_role("main")).to_contain_text("4 essais")
    page.locator("[name=code]").fill(code.lower())
    page.get_by_role("button", name="Continuer").click()
    expect(page).to_have_url(re.compile("/informations/$"))


def fill_intake(page: Page) -> None:
    fill(
        page,
        {
            "birth_date": "1981-07-04",
            "birth_postal_code": "13001",
            "birth_city": "Marseille",
            "sex": "female",
            "address": "12 rue de la République",
            "postal_code": "13002",
            "city": "Marseille",
            "phone": "06 12 34 58 66",
            "nir": "2 81 07 13 055 001 55",
            "beneficiary": "insured",
            "insurer": "CPAM des Bouches-du-Rhône",
            "mutual_name": "Harmonie Mutuelle",
            "mutual_member_number": "4471 8820",
        },
    )
    page.locator("[name=consent]").check()
    page.locator("main form").get_by_role("button", name=re.compile("Continuer|Enregistrer|Valider")).last.click()
    expect(page).to_have_url(re.compile("/salle/$"))


def end(practitioner: Page, patient: Page) -> None:
    practitioner.get_by_role("button", name="Terminer la consultation").first.click()
    practitioner.get_by_role("dialog").get_by_role("button", name=re.compile("Terminer")).click()
    expect(patient.get_by_role("main")).to_contain_text(re.compile("consultation est terminée", re.I), timeout=15_000)
    expect(practitioner).to_have_url(re.compile(r"/teleconsultation/\w{6}/$"), timeout=15_000)


def phase(page: Page, expected: str, patience: float = 15) -> None:
    expect(page.locator("#room")).to_have_attribute("data-phase", expected, timeout=patience * 1000)


def says(page: Page, words: str) -> None:
    """On the stage, for everybody to see, and once more for a screen reader."""
    expect(page.locator("[data-part=status]")).to_be_visible()
    expect(page.locator("[data-part=status]")).to_contain_text(words)
    expect(page.get_by_role("status").filter(has_text=words)).to_have_count(1)
