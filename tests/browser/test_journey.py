"""The whole way in real browsers: sign-up, validation, appointment, intake, call, prescription, verification."""

import re
from datetime import datetime, timedelta
from io import BytesIO

import openpyxl
import pikepdf
import pytest
from PIL import Image, ImageDraw
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.browser.media import assert_picture_and_sound, watch_peers
from tests.browser.steps import (
    DEMO_PASSWORD,
    PARIS,
    create_appointment,
    end,
    enter,
    fill,
    fill_intake,
    fill_step,
    identity_card,
    log_in,
    prove_mobile_and_address,
    send_document,
)  # fmt: skip
from tests.demonstration import Demo, wait_for

PASSWORD = "une-phrase-de-passe-solide-2026"
NEW = {
    "email": "dr.nouvelle@example.org",
    "title": "Dr",
    "first_name": "Inès",
    "last_name": "Lefèvre-d’Arc",
    "profession": "physician",
    "specialty": "Médecine générale",
    "rpps": "10009998880",
    "mobile_phone": "06 12 34 57 34",
    "practice_name": "Maison médicale de l’Étang",
    "practice_address": "5 rue des Écoles",
    "practice_postal_code": "44000",
    "practice_city": "Nantes",
    "practice_phone": "02 40 00 00 00",
}
MOBILE = "+33612345734"


def sign(page: Page, demo: Demo) -> None:
    """The signature that prescriptions carry, as a picture of a pen's stroke on white paper."""
    content = BytesIO()
    paper = Image.new("RGB", (600, 200), "white")
    ImageDraw.Draw(paper).line([(40, 150), (200, 40), (320, 160), (560, 60)], fill="black", width=8)
    paper.save(content, "PNG")
    page.goto(f"{demo.url}/compte/signature/")
    page.locator("input[type=file]").set_input_files(
        {"name": "signature.png", "mimeType": "image/png", "buffer": content.getvalue()}
    )
    page.get_by_role("button", name="Enregistrer").click()
    expect(page).to_have_url(f"{demo.url}/compte/")


def register(page: Page, demo: Demo) -> None:
    page.goto(f"{demo.url}/inscription/")
    fill_step(page, NEW, "cabinet")
    fill_step(page, NEW, "piece")
    send_document(page, identity_card())
    page.get_by_role("button", name="Continuer").click()
    page.locator("[name=accept_terms]").check()
    fill_step(page, NEW | {"password1": PASSWORD, "password2": PASSWORD}, "/telephone/")
    prove_mobile_and_address(page, demo, MOBILE, NEW["email"])


def validate(page: Page, demo: Demo) -> None:
    page.goto(f"{demo.url}/admin/")
    expect(page).to_have_url(re.compile("/connexion/"))
    log_in(page, demo, "admin@rofim.demo", DEMO_PASSWORD, "+33612345609")
    page.goto(f"{demo.url}/admin/accounts/practitioner/")
    page.get_by_role("link", name=re.compile("Lefèvre-d’Arc", re.I)).first.click()
    picture = page.get_by_role("img", name=re.compile("Pièce d’identité"))
    wait_for(lambda: picture.evaluate("i => i.complete && i.naturalWidth > 100"), what="the identity card")
    page.get_by_label("Carte nationale d’identité").check()
    page.get_by_role("button", name="Valider").click()
    mail = demo.wait_for_message(NEW["email"], contains="validée")
    assert mail["channel"] == "email"


def download_excel(page: Page, reference: str) -> None:
    row = page.get_by_role("row").filter(has_text=reference)
    with page.expect_download() as download:
        row.get_by_role("link", name=re.compile("Excel")).click()
    assert download.value.suggested_filename == f"donnees-{reference}.xlsx"
    sheet = openpyxl.load_workbook(BytesIO(download.value.path().read_bytes()))["Données patient"]
    text = "\n".join(str(cell.value) for row in sheet.iter_rows() for cell in row if cell.value is not None)
    assert "Carpentier" in text
    assert "281071305500155" in text.replace(" ", "")


def prescribe(page: Page, demo: Demo, reference: str) -> str:
    """« Générer une ordonnance »; gives its address."""
    page.goto(f"{demo.url}/teleconsultation/{reference}/")
    page.get_by_role("link", name="Générer une ordonnance").first.click()
    fill(
        page,
        {
            "lines-0-name": "DOLIPRANE",
            "lines-0-strength_form": "1 000 mg, comprimé",
            "lines-0-dosage": "1 comprimé toutes les 6 heures si besoin, 4 par jour au plus",
            "lines-0-instructions": "par voie orale",
            "lines-0-duration_days": "5",
        },
    )
    page.get_by_role("button", name="Délivrer l’ordonnance").click()
    expect(page).to_have_url(re.compile(r"/ordonnances/\d{4}-\d{6}/$"))
    return page.url


def pdf_text(content: bytes) -> str:
    import subprocess

    return subprocess.run(
        ["pdftotext", "-layout", "-", "-"], input=content, capture_output=True, check=True
    ).stdout.decode()


@pytest.fixture
def contexts(chromium: Browser):
    """Three browsers that share nothing: practitioner, patient, administrator."""
    opened = [chromium.new_context(locale="fr-FR", timezone_id="Europe/Paris") for _ in range(3)]
    for context in opened:
        watch_peers(context)
    yield opened
    for context in opened:
        context.close()


def test_the_whole_way(demo: Demo, contexts: list[BrowserContext]):
    practitioner, patient, administrator = (context.new_page() for context in contexts)

    register(practitioner, demo)
    validate(administrator, demo)
    log_in(practitioner, demo, NEW["email"], PASSWORD, MOBILE)
    sign(practitioner, demo)
    reference, link, code = create_appointment(practitioner, demo, last_name="Carpentier", first_name="Sophie")

    enter(patient, link, code)
    fill_intake(patient)
    row = practitioner.get_by_role("row").filter(has_text=reference)
    expect(row.get_by_role("link", name=re.compile("Excel"))).to_be_visible(timeout=15_000)
    expect(row).to_contain_text(re.compile("en salle d’attente"), timeout=15_000)
    download_excel(practitioner, reference)

    row.get_by_role("link", name=re.compile("Rejoindre")).click()
    assert_picture_and_sound(practitioner, patient)
    check_buttons(practitioner, patient)
    practitioner.reload()
    assert_picture_and_sound(practitioner, patient)
    patient.reload()
    assert_picture_and_sound(practitioner, patient)
    patient.get_by_role("button", name="Raccrocher").click()
    patient.get_by_role("button", name=re.compile("Revenir")).or_(
        patient.get_by_role("link", name=re.compile("Revenir"))
    ).first.click()
    assert_picture_and_sound(practitioner, patient)
    end(practitioner, patient)

    prescription = prescribe(practitioner, demo, reference)
    check_prescription(practitioner, patient, demo, prescription, link)


def check_buttons(practitioner: Page, patient: Page) -> None:
    """The microphone and the camera are cut and come back; the other side is told."""
    for name in ("micro", "caméra"):
        button = practitioner.get_by_role("button", name=re.compile(f"Couper.*{name}"))
        button.click()
        practitioner.get_by_role("button", name=re.compile(f"(Activer|Rallumer|Remettre|Rétablir).*{name}")).click()
        expect(button).to_be_visible()


def check_prescription(practitioner: Page, patient: Page, demo: Demo, prescription: str, link: str) -> None:
    number = prescription.rstrip("/").rsplit("/", 1)[1]
    content = practitioner.request.get(f"{demo.url}/ordonnances/{number}.pdf").body()
    text = pdf_text(content)
    for expected in (
        "10009998880",
        "France",
        "+33",
        "CARPENTIER",
        "04/07/1981",
        "DOLIPRANE",
        number,
        "téléconsultation du",
    ):
        assert expected.lower() in text.lower(), expected
    assert practitioner.request.get(f"{demo.url}/ordonnances/{number}.pdf").body() == content
    with pikepdf.open(BytesIO(content)) as pdf:
        assert len(pdf.pages) >= 2, "the original and the duplicata"

    practitioner.get_by_role("button", name=re.compile("Envoyer")).first.click()
    mail = demo.wait_for_message("sophie@patient.example.org", contains="/documents/")
    address = re.search(r"http\S+/documents/", mail["body"])[0]
    assert address.startswith(link)
    patient.goto(address)
    with patient.expect_download() as download:
        patient.get_by_role("link", name=re.compile("Télécharger|ordonnance", re.I)).first.click()
    assert download.value.path().read_bytes() == content

    code = re.search(r"/verifier/(\w{10})", text)[1]
    stranger = patient.context.browser.new_context(locale="fr-FR")
    page = stranger.new_page()
    page.goto(f"{demo.url}/verifier/{code}/")
    page.locator("[name=birth_date]").fill("1981-07-04")
    page.get_by_role("main").locator("form button[type=submit]").first.click()
    expect(page.get_by_role("main")).to_contain_text(re.compile("authentique"))
    expect(page.get_by_role("main")).to_contain_text(number)
    expect(page.get_by_role("main")).not_to_contain_text("DOLIPRANE")
    stranger.close()


def test_the_call_with_firefox_as_the_patient(demo: Demo, chromium: Browser, firefox: Browser):
    practitioner_context = chromium.new_context(locale="fr-FR", timezone_id="Europe/Paris")
    patient_context = firefox.new_context()
    for context in (practitioner_context, patient_context):
        watch_peers(context)
    practitioner, patient = practitioner_context.new_page(), patient_context.new_page()
    log_in(practitioner, demo, "dr.durand@rofim.demo", DEMO_PASSWORD, "+33612345602")
    # Far enough from the same practitioner's other appointments, which would be an overlap to confirm.
    reference, link, code = create_appointment(
        practitioner, demo, last_name="Renard", first_name="Lucie", starts=datetime.now(PARIS) + timedelta(minutes=20)
    )
    enter(patient, link, code)
    fill_intake(patient)
    practitioner.goto(f"{demo.url}/teleconsultation/{reference}/visio/")
    assert_picture_and_sound(practitioner, patient)
    end(practitioner, patient)
    practitioner_context.close()
    patient_context.close()
