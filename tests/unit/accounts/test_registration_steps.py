"""The steps of « Inscription »: what is kept between them, the document on its own, what is left behind and deleted."""

import io
from datetime import timedelta

import pytest
import time_machine
from django.core.files.storage import default_storage
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.utils import timezone
from PIL import Image

from accounts.models import Registration, SMSDevice
from rofim.celery import purge
from tests.unit.accounts.helpers import (
    PASSWORD,
    fill_in,
    pdf,
    picture,
    prove_mobile,
    registration,
    steps_of,
    stored_files,
    upload,
)  # fmt: skip
from tests.unit.accounts.test_uploads import HOSTILE, heic

pytestmark = pytest.mark.django_db

FORM, SEND, PREVIEW = "/inscription/", "/inscription/piece/", "/inscription/piece/apercu.jpg"
SCRIPT = {"x-requested-with": "XMLHttpRequest"}


def send(client: Client, content: bytes, name="carte.jpg"):
    return client.post(SEND, {"identity_document": upload(content, name)}, headers=SCRIPT)


# --- Refusals ---


@pytest.mark.parametrize(("step", "to"), [("cabinet", ""), ("piece", ""), ("acces", ""), ("<script>", ""), ("", "")])
def test_a_step_can_not_be_jumped_to(client, step, to):
    for answer in (client.get(FORM, {"etape": step}), client.post(f"{FORM}?etape={step}", registration())):
        assert answer.url == FORM + to
    assert not Registration.objects.exists()


def test_the_first_step_that_lacks_something_is_opened(client):
    fill_in(client, until="cabinet")
    assert client.get(f"{FORM}?etape=acces").url == f"{FORM}?etape=piece"


def test_another_browser_sees_nothing_of_it(client):
    fill_in(client, until="piece")
    assert client.get(PREVIEW).status_code == 200
    stranger = Client()
    assert stranger.get(PREVIEW).status_code == 404
    assert "Bernard" not in stranger.get(FORM).content.decode()
    assert stranger.post(SEND, {"remove": "1"}).status_code == 302
    assert Registration.objects.get().identity_document


@pytest.mark.parametrize(("content", "said"), HOSTILE.values(), ids=HOSTILE)
def test_hostile_document_is_refused_with_words_and_not_stored(client, content, said):
    answer = send(client, content)
    assert answer.status_code == 400
    assert said in answer.json()["error"]
    assert stored_files() == []


def test_a_field_that_does_not_count_keeps_no_megabytes(client):
    fill_in(client, until="vous", adeli="9" * 1_000_000)
    assert len(Registration.objects.get().typed["adeli"]) < 300


def test_no_document_is_said(client):
    assert client.post(SEND, {}, headers=SCRIPT).json()["error"] == "Choisissez le fichier de votre pièce d’identité."


def test_sixty_documents_an_hour_from_one_address(client, monkeypatch):
    monkeypatch.setattr("accounts.throttling.allow", lambda name, *_, **__: name != "registration-document")
    assert "Trop de fichiers" in send(client, picture()).json()["error"]


def test_the_step_itself_takes_no_more_files_than_the_script(client, monkeypatch):
    """Reading a file costs up to 15 s of a processor: the way without script is counted too."""
    fill_in(client, until="cabinet")
    monkeypatch.setattr("accounts.throttling.allow", lambda bucket, *_, **__: bucket != "registration-document")
    monkeypatch.setattr("accounts.forms.registration.clean_upload", lambda _: pytest.fail("the file was read"))
    answer = client.post(f"{FORM}?etape=piece", {"identity_document": upload(picture())}, follow=True)
    assert "Trop de fichiers" in answer.content.decode()
    assert stored_files() == []


def test_a_full_disk_is_said_and_leaves_nothing(client, monkeypatch):
    def full(*_, **__):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("accounts.services.registration.default_storage.save", full)
    assert "n’a pas pu être enregistré" in send(client, picture()).json()["error"]
    assert not Registration.objects.get().identity_document


# --- What is kept ---


def test_a_reload_or_the_way_back_shows_what_was_typed(client):
    fill_in(client, until="cabinet", practice_city="Lyon", place_meant="13007 Lyon")
    assert 'value="Bernard"' in client.get(FORM).content.decode()
    page = client.get(f"{FORM}?etape=cabinet").content.decode()
    assert 'value="3 rue d’Endoume"' in page
    assert 'value="Lyon"' in page
    assert '<option value="Marseille">' in page


def test_address_and_mobile_come_back_and_passwords_do_not(client):
    fill_in(client)
    page = client.get(f"{FORM}?etape=acces").content.decode()
    assert 'value="lea.bernard@example.org"' in page
    assert PASSWORD not in page


def test_nothing_is_readable_in_the_database(client):
    fill_in(client)
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM accounts_registration")
        row = repr(cursor.fetchall())
    for canary in (PASSWORD, "Bernard", "Endoume", "10003456786", "lea.bernard", "carte"):
        assert canary not in row


@pytest.mark.parametrize(
    ("content", "name", "shown"),
    [
        (picture(size=(1600, 1000)), "recto <b>😀.JPG", "recto b.jpg"),
        (heic((1600, 1000)), "IMG_1.HEIC", "IMG_1.jpg"),
        (pdf(), "carte.pdf", "carte.pdf"),
        (picture("PNG"), "😀.png", "document.jpg"),
    ],
    ids=["jpeg", "heic", "pdf", "png"],
)
def test_the_document_is_sent_at_once_and_shown(client, content, name, shown):
    answer = send(client, content, name)
    page = answer.content.decode()
    assert answer.status_code == 200
    assert shown in page
    assert PREVIEW in page
    preview = client.get(PREVIEW)
    assert preview["Content-Type"] == "image/jpeg"
    assert "no-store" in preview["Cache-Control"]
    assert Image.open(io.BytesIO(preview.content)).format == "JPEG"
    # The step is complete with it: nothing is chosen again.
    for step in ("vous", "cabinet"):
        client.post(f"{FORM}?etape={step}", steps_of(registration())[step])
    assert client.post(f"{FORM}?etape=piece", {}).url == f"{FORM}?etape=acces"
    assert default_storage.open(Registration.objects.get().identity_document.name).read()


def test_another_document_replaces_the_first(client, django_capture_on_commit_callbacks):
    send(client, picture())
    (first,) = stored_files()
    with django_capture_on_commit_callbacks(execute=True):
        send(client, pdf())
    (second,) = stored_files()
    assert first != second


def test_the_document_is_taken_back(client, django_capture_on_commit_callbacks):
    fill_in(client, until="piece")
    with django_capture_on_commit_callbacks(execute=True):
        assert client.post(SEND, {"remove": "1"}).url == f"{FORM}?etape=piece"
    assert stored_files() == []
    assert client.get(PREVIEW).status_code == 404
    assert client.get(f"{FORM}?etape=acces").url == f"{FORM}?etape=piece"


def test_everything_can_be_wiped(client, django_capture_on_commit_callbacks):
    fill_in(client)
    with django_capture_on_commit_callbacks(execute=True):
        assert client.post("/inscription/effacer/").url == FORM
    assert not Registration.objects.exists()
    assert not SMSDevice.objects.exists()
    assert stored_files() == []
    assert "Bernard" not in client.get(FORM).content.decode()
    # The second click, and a browser that has begun nothing.
    assert client.post("/inscription/effacer/").url == FORM


# --- What is left behind ---


@pytest.mark.parametrize(
    ("until", "hours", "left"),
    [
        ("piece", 23, 1),
        ("piece", 25, 0),
        ("acces", 23, 1),
        ("acces", 25, 0),
        ("mobile", 25, 1),
        ("mobile", 71, 1),
        ("mobile", 73, 0),
    ],
)
def test_the_night_deletes_what_was_abandoned(client, django_capture_on_commit_callbacks, until, hours, left):
    fill_in(client, until="piece" if until == "piece" else "acces")
    if until == "mobile":
        prove_mobile(client)
    later = time_machine.travel(timezone.now() + timedelta(hours=hours), tick=False)
    with later, django_capture_on_commit_callbacks(execute=True):
        purge()
    assert Registration.objects.count() == left
    assert len(stored_files()) == left
    # With it goes the number that its code went to.
    assert SMSDevice.objects.count() == (1 if until == "acces" and left else 0)


def test_a_dry_run_deletes_nothing(client, capsys):
    fill_in(client, until="piece")
    with time_machine.travel(timezone.now() + timedelta(hours=25), tick=False):
        call_command("purge", "--dry-run")
        assert "registration: 1 to delete" in capsys.readouterr().out
        assert Registration.objects.exists()
        # Past its time it is not shown either, purged or not.
        assert client.get(PREVIEW).status_code == 404
