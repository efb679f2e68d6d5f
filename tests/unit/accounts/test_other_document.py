"""« Demander une autre pièce »: the link, and what it takes."""

import re
from datetime import timedelta
from pathlib import Path

import pytest
import time_machine
from django.core.files.storage import default_storage
from django.test import Client
from django.utils import timezone

from accounts.models import AuditEvent, Practitioner
from accounts.services import decisions
from accounts.services.documents import LinkDead, link_token, practitioner_of_link, replace_document
from rofim.notifications.models import OutgoingMessage
from rofim.uploads import JPEG, PDF, CleanFile
from tests.conftest import make_practitioner
from tests.unit.accounts.helpers import pdf, picture, upload

pytestmark = pytest.mark.django_db

QUEUE = "/admin/accounts/practitioner/"
REASON = {"preset": "La pièce est périmée."}


@pytest.fixture
def asked(pending_practitioner, administrator) -> Practitioner:
    """Another document was asked for."""
    now = timezone.now()
    decisions.request_document(practitioner=pending_practitioner, by=administrator, reason="Floue.", now=now)
    return pending_practitioner


def link_of(practitioner: Practitioner) -> str:
    body = OutgoingMessage.objects.filter(name="accounts/document_requested").first().body
    return re.search(r"http://localhost:8000(/inscription/autre-piece/\S+)", body)[1]


@pytest.mark.parametrize("token", ["x", "1-1.abc", "é", "1" * 500, "..", "999-1700000000000000.AAAA"])
def test_a_forged_link_opens_nothing(client, asked, token):
    assert client.get(f"/inscription/autre-piece/{token}/").status_code == 410
    answer = client.post(f"/inscription/autre-piece/{token}/", {"identity_document": upload(picture())})
    assert answer.status_code == 410
    assert Practitioner.objects.get().status == "incomplete"


def test_the_link_of_another_site_is_not_signed_by_us(client, asked, settings):
    link = link_of(asked)
    settings.SECRET_KEY = "another"
    assert client.get(link).status_code == 410


def test_the_links_host_is_ours_whatever_the_request_says(client_for, administrator, waiting, settings):
    settings.ALLOWED_HOSTS = ["*"]
    client_for(administrator).post(
        f"{QUEUE}{waiting.pk}/autre-piece/", REASON, headers={"host": "evil.example"}
    )  # fmt: skip
    message = OutgoingMessage.objects.get(name="accounts/document_requested")
    assert "evil" not in message.body + message.body_html


def test_the_link_lives_fourteen_days(client, asked):
    link = link_of(asked)
    with time_machine.travel(timezone.now() + timedelta(days=13, hours=23), tick=False):
        assert client.get(link).status_code == 200
    with time_machine.travel(timezone.now() + timedelta(days=14, minutes=1), tick=False):
        assert client.get(link).status_code == 410
        assert client.post(link, {"identity_document": upload(picture())}).status_code == 410


def test_the_link_dies_at_the_next_decision(client, asked, administrator):
    first = link_of(asked)
    later = timezone.now() + timedelta(minutes=1)
    decisions.request_document(practitioner=asked, by=administrator, reason="Encore floue.", now=later)
    second = link_of(asked)
    assert client.get(first).status_code == 410
    assert client.get(second).status_code == 200
    decisions.refuse_practitioner(practitioner=asked, by=administrator, reason="x", now=timezone.now())
    assert client.get(second).status_code == 410


def test_the_link_serves_once(client, asked):
    link = link_of(asked)
    assert client.post(link, {"identity_document": upload(picture())}).status_code == 302
    assert client.get(link).status_code == 410
    assert client.post(link, {"identity_document": upload(picture(colour="red"))}).status_code == 410


def test_two_uploads_at_once_leave_one_file(asked):
    now = timezone.now()
    stale = Practitioner.objects.get(pk=asked.pk)
    replace_document(practitioner=asked, document=CleanFile(picture(), JPEG), now=now)
    with pytest.raises(LinkDead):
        replace_document(practitioner=stale, document=CleanFile(picture(), JPEG), now=now)
    assert len(default_storage.listdir("identity")[1]) == 1


@pytest.mark.parametrize(
    "content", [b"", b"GIF89a", b"<script>alert(1)</script>", b"\xff\xd8\xff broken", b"%PDF-1.7 broken", b"\0" * 999]
)
def test_a_file_that_is_none_says_so_and_keeps_the_link(client, asked, content):
    link = link_of(asked)
    answer = client.post(link, {"identity_document": upload(content)})
    assert answer.status_code == 200
    assert answer.context["form"].errors["identity_document"]
    asked.refresh_from_db()
    assert asked.status == "incomplete"
    assert client.get(link).status_code == 200
    assert not default_storage.exists("identity") or not default_storage.listdir("identity")[1]


def test_no_file_too_heavy_a_file_and_too_many_tries(client, asked, settings):
    link = link_of(asked)
    assert "Choisissez le fichier" in client.post(link).content.decode()
    settings.UPLOAD_MAX_BYTES = 1000
    assert "trop lourd" in client.post(link, {"identity_document": upload(b"\xff" * 1500)}).content.decode()
    for _ in range(18):
        client.post(link)
    assert client.post(link, {"identity_document": upload(picture())}).status_code == 429
    assert Practitioner.objects.get().status == "incomplete"


def test_looking_at_the_link_changes_nothing(client, asked):
    for method in (client.get, client.head):
        method(link_of(asked))
    answer = client.get(link_of(asked))
    assert "no-store" in answer["Cache-Control"]
    assert (Practitioner.objects.get().status, Practitioner.objects.get().decision_reason) == ("incomplete", "Floue.")


def test_another_document_is_asked_for_sent_and_back_in_its_place(client_for, administrator, waiting, client):
    later = make_practitioner("Plustard", "+33612345611", "pending", submitted_at=timezone.now())
    Practitioner.objects.filter(pk=waiting.pk).update(submitted_at=timezone.now() - timedelta(hours=5))
    desk = client_for(administrator)
    desk.post(f"{QUEUE}{waiting.pk}/autre-piece/", REASON | {"reason": "Valable jusqu’en 2019."})
    assert [row.pk for row in desk.get(QUEUE).context["cl"].result_list] == [later.pk]
    assert [row.pk for row in desk.get(f"{QUEUE}?etat=incomplete").context["cl"].result_list] == [waiting.pk]
    message = OutgoingMessage.objects.get(name="accounts/document_requested")
    assert message.to == waiting.user.email
    for text in (message.body, message.body_html):
        assert "La pièce est périmée. Valable jusqu’en 2019." in text
        assert link_of(waiting) in text
    page = client.get(link_of(waiting)).content.decode()
    assert "La pièce est périmée." in page
    answer = client.post(link_of(waiting), {"identity_document": upload(pdf(pages=2), "a.pdf", PDF)}, follow=True)
    assert "votre pièce est reçue" in answer.content.decode()
    waiting.refresh_from_db()
    assert (waiting.status, waiting.identity_document_type) == ("pending", PDF)
    assert [row.pk for row in desk.get(QUEUE).context["cl"].result_list] == [waiting.pk, later.pk]
    assert Path(default_storage.path(waiting.identity_document.name)).read_bytes().startswith(b"gAAAA")
    actions = list(AuditEvent.objects.filter(about=f"practitioner/{waiting.pk}").values_list("action", flat=True))
    assert actions == ["document.replaced", "document.requested"]


def test_the_person_reads_what_is_missing_when_logged_in(client_for, asked):
    page = client_for(asked.user).get("/").content.decode()
    assert "il nous faut une autre pièce d’identité" in page
    assert "Floue." in page


def test_link_token_is_bound_to_its_request(asked):
    assert practitioner_of_link(link_token(asked), now=timezone.now()) == asked
    asked.decided_at += timedelta(microseconds=1)
    with pytest.raises(LinkDead):
        practitioner_of_link(link_token(asked), now=timezone.now())


def test_a_stranger_needs_no_login_for_the_link_and_a_practitioner_gets_nothing_more(asked, client_for, practitioner):
    assert Client().get(link_of(asked)).status_code == 200
    assert Client().get("/inscription/autre-piece/recue/").status_code == 200
    assert client_for(practitioner.user).get(f"{QUEUE}{asked.pk}/change/").status_code == 404
