"""« Mon compte » and the forgotten password."""

import io
import re
from datetime import timedelta

import pytest
import time_machine
from django.db import connection
from django.test import Client, TestCase
from django.utils import timezone
from PIL import Image

from accounts import notify
from rofim.notifications import services as services_of_letterbox
from rofim.notifications.models import OutgoingMessage
from tests.unit.accounts.helpers import last_code, pdf, picture, upload

pytestmark = pytest.mark.django_db

NEW = "un-tout-autre-mot-de-passe"


def ink() -> bytes:
    page = Image.new("RGB", (800, 400), "white")
    page.paste("black", (100, 180, 700, 220))
    out = io.BytesIO()
    page.save(out, "PNG")
    return out.getvalue()


def reset_link(client: Client, email: str) -> str:
    client.post("/mot-de-passe/", {"email": email})
    body = OutgoingMessage.objects.filter(name="accounts/password_reset").first().body
    return re.search(r"https?://[^/]+(/mot-de-passe/\S+)", body)[1]


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


def test_reset_answers_the_same_for_known_and_unknown(client, practitioner):
    known = client.post("/mot-de-passe/", {"email": practitioner.user.email})
    unknown = client.post("/mot-de-passe/", {"email": "personne@example.org"})
    assert known.url == unknown.url == "/mot-de-passe/envoye/"
    assert client.get(known.url).status_code == 200
    assert OutgoingMessage.objects.filter(name="accounts/password_reset").count() == 1


def test_reset_works_as_hard_for_an_unknown_address(client, practitioner, monkeypatch):
    """The time of the answer tells nothing: a message is rendered and written for both, announced for both."""
    written, announced = [], []
    monkeypatch.setattr(services_of_letterbox, "announce", announced.append)
    monkeypatch.setattr(notify, "announce", announced.append)
    render = services_of_letterbox._render_html
    monkeypatch.setattr(services_of_letterbox, "_render_html", lambda *a: written.append(a) or render(*a))
    for email in (practitioner.user.email, "personne@example.org"):
        with TestCase.captureOnCommitCallbacks(execute=True):
            client.post("/mot-de-passe/", {"email": email})
    assert len(written) == len(announced) == 2
    assert OutgoingMessage.objects.get().to == practitioner.user.email


@pytest.mark.parametrize("email", ["", "x", "<script>@x", "a\0@b.fr", "é@b.fr", "a" * 300 + "@b.fr"])
def test_reset_of_nonsense(client, email):
    answer = client.post("/mot-de-passe/", {"email": email})
    assert answer.status_code == 200
    assert answer.context["form"].errors["email"]


def test_three_links_an_hour(client, practitioner):
    for _ in range(5):
        client.post("/mot-de-passe/", {"email": practitioner.user.email})
    assert OutgoingMessage.objects.filter(name="accounts/password_reset").count() == 3


def test_forged_host_is_not_in_the_link(client, practitioner, settings):
    settings.ALLOWED_HOSTS = ["*"]
    client.post("/mot-de-passe/", {"email": practitioner.user.email}, headers={"host": "evil.example"})
    body = OutgoingMessage.objects.get(name="accounts/password_reset").body
    assert "evil.example" not in body
    assert settings.SITE_URL in body


def test_link_works_once_for_30_minutes_and_never_logs_in(client, practitioner):
    link = reset_link(client, practitioner.user.email)
    form = client.get(link).url
    assert link != form
    # Django's token reads the local clock: travel in the zone of the settings.
    with time_machine.travel(timezone.localtime() + timedelta(minutes=31), tick=False):
        assert "plus valable" in Client().get(link, follow=True).content.decode()
    answer = client.post(form, {"new_password1": NEW, "new_password2": NEW})
    assert answer.url == "/mot-de-passe/termine/"
    assert client.get(answer.url).status_code == 200
    assert client.get("/compte/").status_code == 302
    assert "plus valable" in Client().get(link, follow=True).content.decode()
    # The code by SMS is still asked for.
    answer = client.post("/connexion/", {"email": practitioner.user.email, "password": NEW})
    assert answer.url == "/connexion/code/"
    assert client.get("/compte/").status_code == 302
    assert client.post("/connexion/code/", {"code": last_code()}).url == "/"


def test_nonsense_link(client):
    for address in ("/mot-de-passe/MQ/set-password/", "/mot-de-passe/%F0%9F%98%80/abc-def/"):
        assert "plus valable" in client.get(address).content.decode()


def test_reset_ends_other_sessions_and_tells_the_owner(client, client_for, practitioner):
    inside = client_for(practitioner.user)
    form = client.get(reset_link(client, practitioner.user.email)).url
    assert client.post(form, {"new_password1": "court", "new_password2": "court"}).status_code == 200
    client.post(form, {"new_password1": NEW, "new_password2": NEW})
    assert inside.get("/compte/").status_code == 302
    assert OutgoingMessage.objects.filter(name="accounts/password_changed").count() == 1


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
