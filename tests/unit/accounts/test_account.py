"""« Mon compte »."""

import io

import pytest
from django.db import connection
from PIL import Image

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


def test_mentions_of_prescriptions(client_for, practitioner):
    client = client_for(practitioner.user)
    assert client.post("/compte/mentions/", {"sector": "<b>1</b>"}).context["form"].errors["sector"]
    assert client.post("/compte/mentions/", {"sector": "x" * 41}).context["form"].errors["sector"]
    data = {"sector": "Conventionné, secteur 1", "approved_association": "on", "status": "validated", "rpps": "1"}
    assert client.post("/compte/mentions/", data).url == "/compte/"
    practitioner.refresh_from_db()
    assert (practitioner.sector, practitioner.approved_association) == ("Conventionné, secteur 1", True)
    assert practitioner.rpps == "10003456786"
