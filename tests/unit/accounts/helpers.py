"""What the tests of this room share: a filled registration, files, the last code that left."""

import io
import re
from importlib import import_module
from pathlib import Path

import pikepdf
from django.apps import apps
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

from rofim.notifications.models import OutgoingMessage

PASSWORD = "un-mot-de-passe-bien-long"


def picture(kind="JPEG", size=(640, 400), colour="white", **options) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", size, colour).save(out, kind, **options)
    return out.getvalue()


def upload(content: bytes, name="carte.jpg", mimetype="image/jpeg") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content, mimetype)


def pdf(*, pages=1, root=None, encryption=None) -> bytes:
    out = io.BytesIO()
    with pikepdf.new() as document:
        for _ in range(pages):
            document.add_blank_page(page_size=(200, 200))
        for key, value in (root or {}).items():
            document.Root[key] = document.make_indirect(value)
        document.save(out, encryption=encryption or False)
    return out.getvalue()


def registration(**changes) -> dict:
    data = {
        "email": "Lea.Bernard@Example.org",
        "password1": PASSWORD,
        "password2": PASSWORD,
        "title": "Dr",
        "first_name": "Léa",
        "last_name": "Bernard",
        "profession": "physician",
        "specialty": "Médecine générale",
        "rpps": "10003456786",
        "adeli": "",
        "billing_number": "",
        "mobile_phone": "06 12 34 56 78",
        "practice_name": "Cabinet du Port",
        "practice_address": "3 rue d’Endoume",
        "practice_postal_code": "13007",
        "practice_city": "Marseille",
        "practice_phone": "04 91 00 00 00",
        "identity_document": upload(picture()),
        "accept_terms": "on",
    }
    data |= changes
    return {name: value for name, value in data.items() if value is not None}


def make_groups() -> None:
    """The groups of the migration once more: tests with real transactions empty their tables."""
    (migration,) = (Path(__file__).parents[3] / "accounts" / "migrations").glob("*_validation.py")
    import_module(f"accounts.migrations.{migration.stem}").make_groups(apps, None)


def last_code() -> str:
    """The six digits of the newest SMS."""
    body = OutgoingMessage.objects.filter(name="accounts/login_code").first().body
    return re.search(r"code est (\d{6})", body)[1]


def codes_sent() -> int:
    return OutgoingMessage.objects.filter(name="accounts/login_code").count()


def wrong(code: str) -> str:
    return f"{(int(code) + 1) % 1_000_000:06d}"
