"""patients:shared_documents — who is refused, what is refused, and what is left on the disk."""

from datetime import timedelta
from pathlib import Path

import pytest
from django.core.files.storage import default_storage
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from patients import documents, services
from patients.models import Document, Invitation
from rofim.retention import purge
from rofim.uploads import CleanFile
from tests.conftest import make_consultation
from tests.unit.accounts.helpers import pdf, picture, upload
from tests.unit.accounts.test_uploads import HOSTILE

SCRIPT = {"X-Requested-With": "XMLHttpRequest"}
Kind = Document.Kind


@pytest.fixture(autouse=True)
def folder(settings, tmp_path) -> Path:
    """A disk of its own."""
    settings.MEDIA_ROOT = tmp_path
    return tmp_path


@pytest.fixture
def invitation(consultation) -> Invitation:
    return consultation.invitation


@pytest.fixture
def inside(invitation) -> Client:
    return enter(invitation)


def enter(invitation: Invitation) -> Client:
    """A browser that typed the code."""
    client = Client()
    client.post(reverse("patients:gate", args=[invitation.token]), {"code": "7K2M"})
    return client


def address(invitation: Invitation) -> str:
    return reverse("patients:shared_documents", args=[invitation.token])


def deletion(document: Document) -> str:
    return reverse("patients:shared_document_delete", args=[document.invitation.token, document.pk])


def add(invitation: Invitation, kind=Kind.PATIENT, content: bytes | None = None) -> Document:
    clean = CleanFile(content or picture(), "image/jpeg")
    return documents.add_document(invitation=invitation, clean=clean, name="bras.jpg", kind=kind, now=timezone.now())


def files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def close(invitation: Invitation) -> None:
    services.close_invitation(invitation=invitation, reason=Invitation.ClosedReason.COMPLETED, now=timezone.now())


def test_without_the_code_nothing_is_added(invitation, folder):
    answer = Client().post(address(invitation), {"file": upload(picture())})
    assert answer.url == reverse("patients:gate", args=[invitation.token])
    assert not files(folder)


def test_anothers_code_adds_and_deletes_nothing(invitation, other_practitioner):
    own = add(invitation)
    stranger = enter(make_consultation(other_practitioner).invitation)
    gate = reverse("patients:gate", args=[invitation.token])
    assert stranger.post(address(invitation), {"file": upload(picture())}).url == gate
    assert stranger.post(deletion(own)).url == gate
    assert Document.objects.get() == own


def test_another_invitations_document_is_not_deleted(invitation, inside, practitioner):
    other = add(make_consultation(practitioner).invitation)
    inside.post(reverse("patients:shared_document_delete", args=[invitation.token, other.pk]))
    inside.post(reverse("patients:shared_document_delete", args=[invitation.token, 2**63]))
    assert Document.objects.get() == other


def test_the_practitioners_picture_is_not_the_patients_to_delete(invitation, inside):
    snapshot = add(invitation, Kind.SNAPSHOT)
    inside.post(deletion(snapshot))
    assert "Supprimer" not in inside.get(address(invitation)).content.decode()
    assert Document.objects.get() == snapshot


def test_after_the_end_nothing_is_added_or_deleted(invitation, inside, folder):
    own = add(invitation)
    close(invitation)
    gate = reverse("patients:gate", args=[invitation.token])
    for answer in (
        inside.get(address(invitation)),
        inside.post(address(invitation), {"file": upload(picture())}),
        inside.post(deletion(own)),
    ):
        assert answer.url == gate
    assert Document.objects.get() == own
    with pytest.raises(documents.Closed):
        add(invitation)
    assert len(files(folder)) == 1


@pytest.mark.parametrize(("content", "said"), HOSTILE.values(), ids=HOSTILE)
def test_a_bad_file_is_refused_in_french(content, said, invitation, inside, folder):
    answer = inside.post(address(invitation), {"file": upload(content, "photo.jpg")}, headers=SCRIPT)
    assert answer.status_code == 400
    assert said in answer.json()["error"]
    assert not Document.objects.exists()
    assert not files(folder)


def test_no_file_is_said_beside_the_field(invitation, inside):
    page = inside.post(address(invitation)).content.decode()
    assert "Choisissez un fichier." in page


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("Résultat (2).PDF", "Résultat (2).jpg"),
        ("<script>alert(1)</script>.jpg", "script.jpg"),
        ("photo\u202egpj.exe", "photo gpj.jpg"),
        ("😀.png", "document.jpg"),
        ("x" * 300 + ".jpg", "x" * 80 + ".jpg"),
        ("sans", "sans.jpg"),
        ("\ud800.jpg", "document.jpg"),
    ],
)
def test_the_name_is_kept_as_text(name, kept):
    assert documents.presentable_name(Path(name).name, CleanFile(b"", "image/jpeg")) == kept


def test_the_eleventh_is_refused_and_leaves_no_file(invitation, inside, folder):
    for _ in range(10):
        add(invitation)
    answer = inside.post(address(invitation), {"file": upload(picture())}, headers=SCRIPT)
    assert "10\u00a0fichiers au plus" in answer.json()["error"]
    assert len(files(folder)) == 10
    # What was photographed in the call takes nobody's place.
    add(invitation, Kind.SNAPSHOT)


def test_adding_without_end_is_stopped(invitation, monkeypatch):
    monkeypatch.setattr(documents, "ADDED_AN_HOUR", 2)
    for _ in range(2):
        documents.delete_own_document(invitation=invitation, pk=add(invitation).pk)
    with pytest.raises(documents.TooOften):
        add(invitation)


def test_a_full_disk_is_said_and_leaves_nothing(invitation, inside, monkeypatch, folder):
    def full(self, name, content):
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_bytes(b"half")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("django.core.files.storage.FileSystemStorage._save", full)
    answer = inside.post(address(invitation), {"file": upload(picture())}, headers=SCRIPT)
    assert "réessayez dans quelques minutes" in answer.json()["error"]
    assert not Document.objects.exists()
    assert not files(folder)


def test_what_is_kept_is_encrypted_and_clean(invitation, inside, folder):
    answer = inside.post(address(invitation), {"file": upload(picture(comment=b"CANARI"), "Bras.heic")}, headers=SCRIPT)
    assert answer.status_code == 200
    assert "<html" not in answer.content.decode()
    document = Document.objects.get()
    assert (document.kind, document.name, document.content_type) == ("patient", "Bras.jpg", "image/jpeg")
    (stored,) = files(folder)
    assert not stored.read_bytes().startswith(b"\xff\xd8\xff")
    assert document.file.read().startswith(b"\xff\xd8\xff")
    assert document.thumbnail_uri in answer.content.decode()


def test_without_a_script_the_page_comes_back(invitation, inside):
    answer = inside.post(address(invitation), {"file": upload(pdf(), "analyse.pdf")}, follow=True)
    assert answer.redirect_chain == [(address(invitation), 302)]
    assert "analyse.pdf" in answer.content.decode()
    assert "no-store" in answer["Cache-Control"]


def test_deleting_takes_the_file_and_twice_is_once(invitation, inside, folder, django_capture_on_commit_callbacks):
    own = add(invitation)
    with django_capture_on_commit_callbacks(execute=True):
        assert inside.post(deletion(own), headers=SCRIPT).status_code == 200
    assert inside.post(deletion(own), headers=SCRIPT).status_code == 200
    assert not files(folder)


def test_deleting_without_a_script_comes_back(invitation, inside):
    assert inside.post(deletion(add(invitation))).url == address(invitation)


def test_they_can_be_added_from_the_intake_too(invitation, inside):
    page = inside.get(reverse("patients:intake", args=[invitation.token])).content.decode()
    assert f'data-shared="{address(invitation)}"' in page


def test_documents_and_their_files_go_after_ninety_days(practitioner, folder, django_capture_on_commit_callbacks):
    now = timezone.now()
    old, recent = (make_consultation(practitioner, now - timedelta(days=days)).invitation for days in (91, 89))
    gone, kept = add(old), add(recent)
    with django_capture_on_commit_callbacks(execute=True):
        assert purge(now=now, dry_run=True)["document"] == 1
    assert default_storage.exists(gone.file.name)
    with django_capture_on_commit_callbacks(execute=True):
        assert purge(now=now)["document"] == 1
    assert Document.objects.get() == kept
    assert len(files(folder)) == 1
