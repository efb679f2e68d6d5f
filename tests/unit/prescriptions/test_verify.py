"""`/verifier/`: authentic or not, without a word of health, and not for guessing."""

from datetime import date

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from prescriptions import services, verification
from tests.unit.prescriptions.conftest import make_draft

BORN = {"birth_date": "1981-07-04"}


def check(code: str, data: dict | None = None, **extra) -> tuple[int, str]:
    response = Client().post(reverse("prescriptions:verify", args=[code]), BORN | (data or {}), **extra)
    return response.status_code, response.content.decode()


def main_part(page: str) -> str:
    return page.partition("<main")[2].replace("ABCDE23456", "CODE")


def test_unknown_code_and_wrong_birth_date_answer_alike(issued):
    unknown = check("ABCDE23456")
    wrong = check(issued.verification_code, {"birth_date": "1981-07-05"})
    malformed = check("x" * 50)
    assert "Aucune ordonnance ne correspond" in unknown[1]
    assert unknown[0] == wrong[0] == malformed[0] == 200
    for page in (unknown[1], wrong[1], malformed[1]):
        assert "Martin" not in main_part(page)
        assert issued.number not in page
        assert "Aucune ordonnance ne correspond" in page


def test_a_draft_cannot_be_verified(consultation):
    make_draft(consultation)
    with pytest.raises(verification.NotFound):
        verification.find(code="", birth_date=date(1981, 7, 4), address="192.0.2.1", now=timezone.now())


def test_an_authentic_one_shows_nothing_of_the_patients_health(issued):
    status, page = check(issued.verification_code)
    assert status == 200
    for expected in ("authentique", issued.number, "Dr Claire Martin", issued.content["issued_on"], "délivrée"):
        assert expected in page
    for hidden in ("DOLIPRANE", "Carpentier", "CARPENTIER", "Sophie", "comprimé"):
        assert hidden not in page


@pytest.mark.parametrize(
    "change", [str.lower, lambda code: f" {code[:5]} {code[5:]} ", lambda code: f"{code[:5]}-{code[5:]}"]
)
def test_the_code_is_read_as_people_write_it(issued, change):
    assert "authentique" in check(change(issued.verification_code))[1]


def test_a_cancelled_one_says_so(issued, practitioner):
    services.cancel_prescription(prescription=issued, reason="Allergie", by=practitioner.user, now=timezone.now())
    page = check(issued.verification_code)[1]
    assert "annulée" in page
    assert "authentique" not in page
    assert "Allergie" not in page


def upload(content: bytes) -> dict:
    return {"document": SimpleUploadedFile("ordonnance.pdf", content, "application/pdf")}


def test_the_file_is_unchanged_or_not(issued):
    assert "Le fichier est inchangé" in check(issued.verification_code, upload(bytes(issued.pdf)))[1]
    changed = bytearray(issued.pdf)
    changed[len(changed) // 2] ^= 1
    assert "n’est pas celui qui a été délivré" in check(issued.verification_code, upload(bytes(changed)))[1]


@pytest.mark.parametrize(
    ("content", "message"),
    [(b"", "vide"), (b"\x89PNG\r\n\x1a\n", "pas un PDF"), (b"%PDF-" + b"x" * 20_000_000, "dépasse 10 Mo")],
)
def test_a_file_that_is_no_paper_of_ours(issued, content, message):
    status, page = check(issued.verification_code, upload(content))
    assert status == 200
    assert message in page
    assert "authentique" not in page


@pytest.mark.parametrize("birth_date", ["", "hier", "31/02/1980", "2999-01-01", "<script>", "a\x00", "🙂", "\u202e1"])
def test_a_bad_birth_date_is_answered(issued, birth_date):
    status, page = check(issued.verification_code, {"birth_date": birth_date})
    assert status == 200
    assert 'aria-invalid="true"' in page
    assert "<script>" not in page.replace('<script type="module"', "").replace("<script src", "")


def test_twenty_tries_an_hour_for_a_code_then_nothing_even_if_right(issued):
    for _ in range(20):
        assert check(issued.verification_code, {"birth_date": "1981-07-05"})[0] == 200
    status, page = check(issued.verification_code, REMOTE_ADDR="192.0.2.7")
    assert status == 429
    assert "Trop d’essais" in page
    assert "authentique" not in page


def test_sixty_tries_an_hour_for_an_address(issued):
    for rank in range(60):
        check(f"ABCDE23{rank:03d}")
    assert check(issued.verification_code)[0] == 429
    assert check(issued.verification_code, REMOTE_ADDR="192.0.2.7")[0] == 200


def test_the_page_that_asks_for_the_code():
    client, address = Client(), "/verifier/"
    assert client.get(address).status_code == 200
    assert client.post(address, {"code": "abcde 23456"})["Location"] == "/verifier/ABCDE23456/"
    for bad in ("", "court", "é" * 10, "x" * 400, "a\x00bcdefghi", "💊" * 10):
        response = client.post(address, {"code": bad})
        assert response.status_code == 200
        assert 'aria-invalid="true"' in response.content.decode()


def test_looking_costs_nothing_and_shows_nothing(issued):
    page = Client().get(reverse("prescriptions:verify", args=[issued.verification_code])).content.decode()
    assert "Date de naissance" in page
    assert "Martin" not in page
