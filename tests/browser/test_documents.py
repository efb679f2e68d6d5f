"""A photo from the patient's phone in the doctor's panel, and a prescription written without leaving the call."""

import io
import re

import pytest
from PIL import Image
from playwright.sync_api import Browser, expect

from tests.browser.call_stage import Room, open_rooms
from tests.browser.media import assert_picture_and_sound, watch_peers
from tests.browser.test_panel import PHONE, look
from tests.demonstration import Demo, wait_for


@pytest.fixture(scope="module")
def rooms(demo: Demo) -> list[Room]:
    return open_rooms(demo, count=2)


@pytest.fixture
def call(rooms: list[Room], chromium: Browser):
    """The doctor at a desk, the patient on a phone, in one call."""
    contexts = [rooms[0].practitioner(chromium, viewport={"width": 1280, "height": 800}),
                rooms[0].patient(chromium, **PHONE)]  # fmt: skip
    for context in contexts:
        watch_peers(context)
    doctor, patient = (context.new_page() for context in contexts)
    patient.goto(rooms[0].patient_url)
    yield doctor, patient
    for context in contexts:
        context.close()


def photo(name: str, mimetype="image/jpeg", content: bytes | None = None) -> dict:
    out = io.BytesIO()
    Image.new("RGB", (800, 600), "#8899bb").save(out, "JPEG")
    return {"name": name, "mimeType": mimetype, "buffer": content or out.getvalue()}


def test_a_photo_arrives_and_a_prescription_leaves_while_the_call_goes_on(rooms, call, chromium):
    doctor, patient = call
    # In the waiting room: one that is taken, one that is not, one taken back.
    patient.get_by_role("button", name="Ajouter une photo ou un document").click()
    box = patient.get_by_label("Ajouter une photo ou un document")
    box.set_input_files([photo("bras.jpg"), photo("texte.gif", "image/gif", b"GIF89a"), photo("flou.jpg")])
    expect(patient.get_by_text(re.compile("texte.gif.*n’est pas lisible"))).to_be_visible()
    expect(patient.get_by_role("button", name="Supprimer flou.jpg")).to_be_visible()
    look(patient, "shared-360")
    patient.get_by_role("button", name="Supprimer flou.jpg").click()
    expect(patient.get_by_role("button", name="Supprimer flou.jpg")).to_have_count(0)

    doctor.goto(rooms[0].practitioner_url)
    assert_picture_and_sound(doctor, patient)
    tab = doctor.get_by_role("tab", name=re.compile("Documents"))
    expect(tab).to_have_text("Documents\u00a0· 1")
    tab.click()
    # Another one, during the call: no reload.
    box.set_input_files([photo("dos.jpg")])
    expect(tab).to_have_text("Documents\u00a0· 2", timeout=15_000)
    doctor.get_by_role("link", name="Agrandir dos.jpg").click()
    dialog = doctor.get_by_role("dialog", name="dos.jpg")
    expect(dialog.get_by_role("img", name="dos.jpg")).to_have_js_property("naturalWidth", 800)
    doctor.keyboard.press("Escape")
    expect(dialog).to_be_hidden()

    # Somebody else arrives meanwhile, and goes.
    waiting = doctor.get_by_text(re.compile("attend depuis"))
    other = rooms[1].patient(chromium)
    other.new_page().goto(rooms[1].patient_url)
    expect(waiting).to_be_visible(timeout=15_000)
    other.close()

    doctor.get_by_role("button", name="Générer une ordonnance").click()
    paper = doctor.frame_locator("#prescription-frame")
    paper.get_by_label("Médicament").first.fill("DOLIPRANE")
    doctor.get_by_role("button", name="Revenir au dossier").click()
    expect(doctor.get_by_role("button", name="Générer une ordonnance")).to_be_focused()
    doctor.keyboard.press("Enter")
    expect(paper.get_by_label("Médicament").first).to_have_value("DOLIPRANE")
    for name, value in {
        "strength_form": "1 000 mg, comprimé", "dosage": "1 comprimé 3 fois par jour",
        "instructions": "par voie orale", "duration_days": "5",
    }.items():  # fmt: skip
        paper.locator(f"[name=lines-0-{name}]").fill(value)
    look(doctor, "prescription-1280")
    paper.get_by_role("button", name="Délivrer l’ordonnance").click()
    paper.get_by_role("button", name="Envoyer par e-mail").click(timeout=60_000)
    expect(paper.get_by_text("E-mail envoyé à sophie@patient.demo")).to_be_visible()
    expect(doctor).to_have_url(rooms[0].practitioner_url)
    assert_picture_and_sound(doctor, patient)


def test_what_was_typed_is_a_draft_when_the_call_is_left(rooms, chromium):
    context = rooms[1].practitioner(chromium, viewport={"width": 1280, "height": 800})
    page = context.new_page()
    page.goto(rooms[1].practitioner_url)
    page.get_by_role("button", name="Générer une ordonnance").click()
    paper = page.frame_locator("#prescription-frame")
    paper.get_by_label("Médicament").first.fill("SPASFON")
    # The script is there, which hides the empty lines: nothing else keeps what is typed.
    expect(paper.locator("[data-line]:visible")).to_have_count(1)
    page.goto(f"{rooms[1].url}/ordonnances/")

    def is_kept() -> bool:
        page.goto(rooms[1].practitioner_url.replace("visio/", "ordonnances/"))
        return page.get_by_role("link", name="Reprendre le brouillon").is_visible()

    wait_for(is_kept, what="the draft")
    context.close()
