"""What the practitioner reads and photographs: only of one's own consultation, only in the call, only with consent."""

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.models import AuditEvent
from patients.documents import add_document
from patients.models import Document
from rofim.uploads import CleanFile
from teleconsult.states import Status
from tests.conftest import make_consultation
from tests.unit.accounts.helpers import pdf, picture, upload


@pytest.fixture(autouse=True)
def folder(settings, tmp_path):
    """A disk of its own."""
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture
def running(practitioner):
    return make_consultation(practitioner, status=Status.IN_PROGRESS, started_at=timezone.now())


@pytest.fixture
def client(client_for, practitioner):
    return client_for(practitioner.user)


def address(consultation) -> str:
    return reverse("teleconsult:consultation_documents", args=[consultation.reference])


def file_address(consultation, document) -> str:
    return reverse("teleconsult:consultation_document", args=[consultation.reference, document.pk])


def snapshot(**changes) -> dict:
    data = {"kind": "snapshot", "consent": "1", "file": upload(picture(), "blob")} | changes
    return {name: value for name, value in data.items() if value is not None}


def add(consultation, mimetype="image/jpeg", name="bras.jpg") -> Document:
    content = picture() if mimetype == "image/jpeg" else pdf()
    return add_document(
        invitation=consultation.invitation, clean=CleanFile(content, mimetype), name=name,
        kind=Document.Kind.PATIENT, now=timezone.now(),
    )  # fmt: skip


def test_anothers_documents_do_not_exist(client_for, other_practitioner, running):
    document = add(running)
    stranger = client_for(other_practitioner.user)
    assert stranger.get(file_address(running, document)).status_code == 404
    assert stranger.post(address(running), snapshot()).status_code == 404
    assert Document.objects.count() == 1


def test_a_document_is_found_under_its_own_consultation_only(client, practitioner, running):
    elsewhere = add(make_consultation(practitioner))
    assert client.get(file_address(running, elsewhere)).status_code == 404
    assert client.get(file_address(running, elsewhere).replace(f"/{elsewhere.pk}/", f"/{2**63}/")).status_code == 404


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"consent": None}, "accord"),
        ({"consent": ""}, "accord"),
        ({"kind": None}, "Photo inconnue"),
        ({"kind": "patient"}, "choix"),
        ({"file": None}, "Choisissez un fichier"),
        ({"file": upload(b"bonjour")}, "pas lisible"),
        ({"file": upload(pdf())}, "pas lisible"),
        ({"file": upload(b"")}, "vide"),
    ],
)
def test_a_bad_picture_is_refused_in_french(changes, said, client, running):
    answer = client.post(address(running), snapshot(**changes))
    assert answer.status_code == 400
    assert said in answer.json()["error"]
    assert not Document.objects.exists()


@pytest.mark.parametrize("status", [Status.OPEN, Status.COMPLETED])
def test_a_picture_is_taken_in_the_call_only(status, client, practitioner):
    consultation = make_consultation(practitioner, status=status)
    assert "pendant la consultation" in client.post(address(consultation), snapshot()).json()["error"]
    assert not Document.objects.exists()


def test_a_picture_is_kept_with_its_hour_and_consent(client, running):
    answer = client.post(address(running), snapshot())
    document = Document.objects.get()
    assert answer.status_code == 201
    assert answer.json() == {"id": document.pk, "url": file_address(running, document)}
    assert (document.kind, document.consented_at) == ("snapshot", document.added_at)
    assert running.events.get().kind == "snapshot"
    page = client.get(reverse("teleconsult:consultation_detail", args=[running.reference])).content.decode()
    assert "Photo du patient prise, avec son accord" in page
    assert document.name in page


def test_a_picture_is_shown_and_each_look_is_on_the_trail(client, running):
    document = add(running)
    answer = client.get(file_address(running, document))
    assert (answer["Content-Type"], answer.content[:3]) == ("image/jpeg", b"\xff\xd8\xff")
    assert answer["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert answer["Cache-Control"] == "no-store, private"
    assert answer["Content-Disposition"].startswith("inline")
    download = client.get(file_address(running, document), {"telecharger": ""})
    assert download["Content-Disposition"] == 'attachment; filename="bras.jpg"'
    assert AuditEvent.objects.filter(action="document.read", about=f"document/{document.pk}").count() == 2


def test_a_pdf_is_never_opened_in_the_page(client, running):
    document = add(running, "application/pdf", "résultat.pdf")
    answer = client.get(file_address(running, document))
    assert answer["Content-Type"] == "application/pdf"
    assert answer["Content-Disposition"].startswith("attachment")
    assert "sandbox" in answer["Content-Security-Policy"]
