"""« Mon compte »."""

import io
from urllib.parse import quote

import pytest
from django.db import connection
from PIL import Image

from accounts.forms.account import NotificationsForm
from accounts.models import AuditEvent
from patients.notify import send_code_dead
from prescriptions.models import Prescription
from rofim.notifications.models import OutgoingMessage
from tests.conftest import make_consultation
from tests.unit.accounts.helpers import pdf, picture, upload

pytestmark = pytest.mark.django_db

NEW = "un-tout-autre-mot-de-passe"


def ink() -> bytes:
    page = Image.new("RGB", (800, 400), "white")
    page.paste("black", (100, 180, 700, 220))
    out = io.BytesIO()
    page.save(out, "PNG")
    return out.getvalue()


# --- Refusals ---


def test_administrator_has_no_signature(client_for, administrator):
    client = client_for(administrator)
    for address in ("/compte/signature/", "/compte/signature.png", "/compte/mentions/"):
        assert client.get(address).status_code == 404
    assert client.get("/compte/").status_code == 200


def test_signature_of_another_person_has_no_address(client_for, practitioner, other_practitioner):
    client_for(practitioner.user).post("/compte/signature/", {"signature": upload(ink())})
    assert client_for(other_practitioner.user).get("/compte/signature.png").status_code == 404


@pytest.mark.parametrize("content", [b"", b"texte", b"\xff" * (20 * 1024 * 1024), pdf(), picture()[:200]])
def test_no_signature_of_bad_files(client_for, practitioner, content):
    answer = client_for(practitioner.user).post("/compte/signature/", {"signature": upload(content)})
    assert answer.status_code == 200
    assert answer.context["form"].errors["signature"]
    practitioner.refresh_from_db()
    assert not practitioner.signature


# --- The account ---


def test_own_data(client_for, practitioner, other_practitioner):
    page = client_for(practitioner.user).get("/compte/").content.decode()
    for shown in ("Dr Claire Martin", "dr.martin@example.org", "06 12 34 56 01", "10003456786", "12 quai du Port"):
        assert shown in page
    assert "Durand" not in page


def test_signature_is_cleaned_encrypted_shown_and_removed(client_for, practitioner):
    client = client_for(practitioner.user)
    assert client.post("/compte/signature/", {"signature": upload(ink())}).url == "/compte/"
    practitioner.refresh_from_db()
    signature = Image.open(io.BytesIO(bytes(practitioner.signature)))
    assert signature.format == "PNG"
    assert signature.height <= 300
    with connection.cursor() as cursor:
        cursor.execute("SELECT signature FROM accounts_practitioner")
        assert bytes(cursor.fetchone()[0]).startswith(b"gAAAA")
    answer = client.get("/compte/signature.png")
    assert answer.content == bytes(practitioner.signature)
    assert "no-store" in answer["Cache-Control"]
    client.post("/compte/signature/", {"remove": "1"})
    assert client.get("/compte/signature.png").status_code == 404


def test_a_signature_is_looked_at_before_it_is_kept(client_for, practitioner):
    client = client_for(practitioner.user)
    answer = client.post("/compte/signature/", {"signature": upload(ink()), "preview": "1"})
    assert answer["Content-Type"] == "image/png"
    preview = Image.open(io.BytesIO(answer.content))
    assert preview.mode == "LA"
    practitioner.refresh_from_db()
    assert not practitioner.signature
    answer = client.post("/compte/signature/", {"signature": upload(b"texte"), "preview": "1"})
    assert answer.status_code == 422
    assert "lisible" in answer.json()["error"]
    assert client.post("/compte/signature/", {"preview": "1"}).status_code == 422
    assert not AuditEvent.objects.filter(action="signature.saved").exists()
    # What is kept is what was shown.
    shown = client.post("/compte/signature/", {"signature": upload(ink()), "preview": "1"}).content
    client.post("/compte/signature/", {"signature": upload(ink())})
    practitioner.refresh_from_db()
    assert bytes(practitioner.signature) == shown


def test_mentions_of_prescriptions(client_for, practitioner):
    client = client_for(practitioner.user)
    assert client.post("/compte/mentions/", {"sector": "<b>1</b>"}).context["form"].errors["sector"]
    assert client.post("/compte/mentions/", {"sector": "x" * 41}).context["form"].errors["sector"]
    data = {"sector": "Conventionné, secteur 1", "approved_association": "on", "status": "validated", "rpps": "1"}
    assert client.post("/compte/mentions/", data).url == "/compte/"
    practitioner.refresh_from_db()
    assert (practitioner.sector, practitioner.approved_association) == ("Conventionné, secteur 1", True)
    assert practitioner.rpps == "10003456786"


PRACTICE = {
    "practice_name": "Maison de santé du Panier", "practice_address": "4 rue du Panier",
    "practice_postal_code": "13002", "practice_city": "Marseille", "practice_phone": "04 91 11 22 33",
}  # fmt: skip


def test_the_practice_is_changed_on_the_trail_and_nothing_else(client_for, practitioner):
    client = client_for(practitioner.user)
    assert "12 quai du Port" in client.get("/compte/cabinet/").text
    data = PRACTICE | {"rpps": "1", "last_name": "Autre", "profession": "dentist", "title": "Pr", "status": "pending"}
    assert client.post("/compte/cabinet/", data).url == "/compte/"
    practitioner.refresh_from_db()
    assert practitioner.practice_name == "Maison de santé du Panier"
    assert str(practitioner.practice_phone) == "+33491112233"
    assert (practitioner.rpps, practitioner.title, practitioner.status) == ("10003456786", "Dr", "validated")
    assert practitioner.user.last_name == "Martin"
    assert AuditEvent.objects.filter(action="practice.changed", about=f"practitioner/{practitioner.pk}").count() == 1
    # The same again is no change.
    client.post("/compte/cabinet/", data)
    assert AuditEvent.objects.filter(action="practice.changed").count() == 1


@pytest.mark.parametrize("value", ["", "<script>", "a\0b", "\ud800", "x" * 300, "😀", "a\u202eb"])
def test_nonsense_practice_is_said_beside_the_field_and_kept(client_for, practitioner, value):
    client = client_for(practitioner.user)
    for name in PRACTICE:
        data = PRACTICE | {name: value}
        body = "&".join(f"{key}={quote(each.encode('utf-8', 'surrogatepass'))}" for key, each in data.items())
        answer = client.post("/compte/cabinet/", body, content_type="application/x-www-form-urlencoded")
        assert answer.status_code == 200
        assert answer.context["form"].errors.keys() == {name}
    practitioner.refresh_from_db()
    assert practitioner.practice_name == "Cabinet du Vieux-Port"
    page = client.post("/compte/cabinet/", PRACTICE | {"practice_phone": "12"}).text
    assert "Maison de santé du Panier" in page
    assert "12 quai du Port" not in page


def test_an_issued_prescription_keeps_its_practice(client_for, practitioner):
    consultation = make_consultation(practitioner)
    issued = Prescription.objects.create(
        practitioner=practitioner, consultation=consultation, number="2026-000001", status=Prescription.Status.ISSUED,
        verification_code="ABCDE23456", pdf=b"%PDF-1.7 as issued",
    )  # fmt: skip
    client_for(practitioner.user).post("/compte/cabinet/", PRACTICE)
    issued.refresh_from_db()
    assert bytes(issued.pdf) == b"%PDF-1.7 as issued"


def test_notifications(client_for, practitioner, administrator):
    client = client_for(practitioner.user)
    assert client.get("/compte/notifications/").status_code == 405
    client.post("/compte/notifications/", {"mail_code_dead": "on", "is_staff": "on", "email": "x@example.org"})
    user = practitioner.user
    user.refresh_from_db()
    assert (user.mail_new_browser, user.mail_code_dead, user.is_staff) == (False, True, False)
    assert user.email == "dr.martin@example.org"
    assert AuditEvent.objects.filter(action="notifications.changed").count() == 1
    assert "Toujours envoyés" in client.get("/compte/").text
    # An administrator has an account as well, and nothing of a practitioner's.
    page = client_for(administrator).get("/compte/").text
    assert "Mon cabinet" not in page
    assert "Fermer mon compte" not in page
    assert "mail_new_browser" in page
    assert "mail_unreached" not in page
    client_for(administrator).post("/compte/notifications/", {"mail_new_browser": "on"})
    administrator.refresh_from_db()
    assert administrator.mail_unreached


def test_each_choice_of_the_page_is_kept(client_for, practitioner):
    client, names = client_for(practitioner.user), set(NotificationsForm.base_fields)
    for name in names:
        client.post("/compte/notifications/", {name: "on"})
        practitioner.user.refresh_from_db()
        assert {each for each in names if getattr(practitioner.user, each)} == {name}
        assert client.get("/compte/").content.count(b"checked") == 1


@pytest.mark.parametrize("wanted", [True, False])
def test_a_dead_code_is_told_to_who_wants_it(practitioner, wanted):
    practitioner.user.mail_code_dead = wanted
    practitioner.user.save()
    send_code_dead(invitation=make_consultation(practitioner).invitation)
    assert OutgoingMessage.objects.filter(name="patients/code_dead").exists() == wanted
