"""What the tests of this room share: a filled registration, files, the last code that left."""

import io
import re
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from urllib.parse import quote

import pikepdf
import time_machine
from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.utils import timezone
from PIL import Image

from accounts.models import Practitioner
from rofim.notifications.models import OutgoingMessage
from tests import conftest

PASSWORD = "un-mot-de-passe-bien-long"


def picture(kind="JPEG", size=(640, 400), colour="white", **options) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", size, colour).save(out, kind, **options)
    return out.getvalue()


def with_document(practitioner: Practitioner, content: bytes, mimetype: str) -> Practitioner:
    practitioner.identity_document_type = mimetype
    practitioner.identity_document.save("x", ContentFile(content))
    return practitioner


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


def steps_of(data: dict) -> dict[str, dict]:
    """What each step of the form posts of `data`."""
    names = {
        "piece": {"identity_document"},
        "acces": {"email", "mobile_phone", "password1", "password2", "accept_terms"},
        "cabinet": {name for name in data if name.startswith(("practice_", "place_"))},
    }
    names["vous"] = data.keys() - names["piece"] - names["acces"] - names["cabinet"]
    return {
        step: {key: data[key] for key in names[step] & data.keys()} for step in ("vous", "cabinet", "piece", "acces")
    }


def fill_in(client, *, until: str = "acces", **changes):
    """The steps of « Inscription » up to `until`; the last answer."""
    for step, posted in steps_of(registration(**changes)).items():
        answer = client.post(f"/inscription/?etape={step}", posted)
        if step == until:
            break
    return answer


def prove_mobile(client):
    """The code of the newest SMS, typed."""
    return client.post("/inscription/telephone/", {"code": last_code()})


def confirmation_links() -> list[str]:
    """The paths in the e-mails that confirm an address, newest first."""
    bodies = OutgoingMessage.objects.filter(name="accounts/registration_link").values_list("body", flat=True)
    return [re.search(r"http://[^/]+(/inscription/confirmer/\S+)", body)[1] for body in bodies]


def last_code() -> str:
    """The six digits of the newest SMS."""
    body = OutgoingMessage.objects.filter(name="accounts/login_code").first().body
    return re.search(r"code est (\d{6})", body)[1]


def codes_sent() -> int:
    return OutgoingMessage.objects.filter(name="accounts/login_code").count()


def wrong(code: str) -> str:
    return f"{(int(code) + 1) % 1_000_000:06d}"


def confirm(client: Client, page: str) -> Client:
    """Proves both factors once more on the way to `page`, which an open session asks for."""
    confirmation = f"/compte/confirmation/?next={quote(page, safe='')}"
    assert client.post(confirmation, {"password": conftest.PASSWORD}).url == confirmation
    assert client.post(confirmation, {"code": last_code()}).url == page
    return client


def new_recovery_codes(client: Client) -> list[str]:
    """« Créer dix codes », clicked once."""
    page = client.get("/compte/codes/")
    return client.post("/compte/codes/", {"ticket": page.context["ticket"]}).context["codes"]


def left(name: str) -> int:
    """How many messages of this name left."""
    return OutgoingMessage.objects.filter(name=f"accounts/{name}").count()


def letter(name: str) -> OutgoingMessage:
    """The newest e-mail of this name."""
    return OutgoingMessage.objects.filter(name=f"accounts/{name}", channel="email").first()


def path_in(message: OutgoingMessage, start: str) -> str:
    """The path of the link in an e-mail, which begins with `start`."""
    return re.search(rf"https?://[^/]+({start}\S+)", message.body)[1]


def give_password(client: Client, user, password: str = conftest.PASSWORD, **extra):
    """The first page of the login."""
    return client.post("/connexion/", {"email": user.email, "password": password, **extra})


def is_in(client: Client) -> bool:
    return client.get("/compte/").status_code == 200


def fail(client: Client, email: str, times: int, **extra) -> list[int]:
    """Wrong passwords, 11 s apart: none is too soon."""
    statuses = []
    start = timezone.now()
    for n in range(times):
        with time_machine.travel(start + timedelta(seconds=11 * n), tick=False):
            statuses.append(client.post("/connexion/", {"email": email, "password": f"faux-{n}"}, **extra).status_code)
    return statuses


def logs_in(email: str, password: str = conftest.PASSWORD) -> bool:
    """With a code by SMS after the password."""
    client = Client()
    if client.post("/connexion/", {"email": email, "password": password}).status_code != 302:
        return False
    client.post("/connexion/code/", {"code": last_code()})
    return client.get("/compte/").status_code == 200


def at_once(action: Callable[[], object], *refusals: type[Exception], count: int = 4) -> list[bool]:
    """Whether each of `count` calls at the same moment went through, those refused first."""
    gate = threading.Barrier(count)

    def attempt() -> bool:
        gate.wait()
        try:
            action()
        except refusals:
            return False
        finally:
            connection.close()
        return True

    with ThreadPoolExecutor(count) as pool:
        return sorted(outcome.result() for outcome in [pool.submit(attempt) for _ in range(count)])


def stored_files() -> list[Path]:
    return [path for path in Path(settings.MEDIA_ROOT).rglob("*") if path.is_file()]
