"""« Mot de passe oublié »: what is refused, then the new password."""

import re
from datetime import timedelta

import pytest
import time_machine
from django.test import Client, TestCase
from django.utils import timezone

from accounts import links, notify
from accounts.models import AuditEvent, OneTimeLink, Practitioner, User
from rofim.notifications import services as services_of_letterbox
from rofim.notifications.models import OutgoingMessage
from tests.conftest import PASSWORD
from tests.unit.accounts.helpers import last_code, left

pytestmark = pytest.mark.django_db

NEW = "un-tout-autre-mot-de-passe"
NEW_PASSWORD = {"new_password1": NEW, "new_password2": NEW}


def reset_link(client: Client, email: str) -> str:
    client.post("/mot-de-passe/", {"email": email})
    body = OutgoingMessage.objects.filter(name="accounts/password_reset").first().body
    return re.search(r"https?://[^/]+(/mot-de-passe/\S+)", body)[1]


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
    with time_machine.travel(timezone.now() + timedelta(minutes=31), tick=False):
        assert "plus valable" in Client().get(link, follow=True).content.decode()
    answer = client.post(form, NEW_PASSWORD)
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
        assert "<title>Ce lien n’est plus valable" in client.get(address).content.decode()


def test_reset_ends_other_sessions_and_tells_the_owner(client, client_for, practitioner):
    inside = client_for(practitioner.user)
    form = client.get(reset_link(client, practitioner.user.email)).url
    assert client.post(form, {"new_password1": "court", "new_password2": "court"}).status_code == 200
    client.post(form, NEW_PASSWORD)
    assert inside.get("/compte/").status_code == 302
    assert OutgoingMessage.objects.filter(name="accounts/password_changed").count() == 1


# --- The link ---


def test_a_scanners_get_uses_nothing_up_and_its_address_leaks_nowhere(client, practitioner):
    link = reset_link(client, practitioner.user.email)
    for _ in range(3):
        Client().get(link)
        Client().head(link)
    token = link.rstrip("/").rsplit("/", 1)[1]
    answer = client.get(link)
    assert answer.status_code == 302
    assert token not in answer.url
    page = client.get(answer.url)
    assert token not in page.content.decode()
    assert "no-store" in page["Cache-Control"]
    # The address without the token is nothing to another browser.
    assert "plus valable" in Client().post(answer.url, NEW_PASSWORD).content.decode()
    assert client.post(answer.url, NEW_PASSWORD).url == "/mot-de-passe/termine/"


def test_only_a_digest_of_the_link_is_kept(client, practitioner):
    token = reset_link(client, practitioner.user.email).rstrip("/").rsplit("/", 1)[1]
    row = OneTimeLink.objects.values().get()
    assert token not in str(row)
    assert practitioner.user.email not in str(row)


def test_the_newest_link_counts(client, practitioner):
    old, new = (reset_link(client, practitioner.user.email) for _ in range(2))
    assert "plus valable" in Client().get(old).content.decode()
    assert client.get(new).status_code == 302


def test_a_form_left_open_dies_with_the_link(client, practitioner):
    """Two browsers have the form of one link: the second to send it is told, and nothing changes."""
    link, other = reset_link(client, practitioner.user.email), Client()
    forms = [(browser, browser.get(link).url) for browser in (client, other)]
    assert client.post(forms[0][1], NEW_PASSWORD).url == "/mot-de-passe/termine/"
    answer = other.post(forms[1][1], {"new_password1": "encore-un-autre-mot", "new_password2": "encore-un-autre-mot"})
    assert "Demander un autre lien" in answer.content.decode()
    assert User.objects.get().check_password(NEW)


@pytest.mark.parametrize("change", [{"password": "x"}, {"email": "autre@example.org"}, {"is_active": False}])
def test_the_link_dies_when_the_account_changes(client, practitioner, change):
    form = client.get(reset_link(client, practitioner.user.email)).url
    User.objects.update(**change)
    assert "plus valable" in client.post(form, NEW_PASSWORD).content.decode()
    assert not User.objects.get().check_password(NEW)


def test_the_link_of_another_opens_nothing(client, practitioner, other_practitioner):
    mine, other = (reset_link(client, p.user.email).split("/") for p in (practitioner, other_practitioner))
    assert "plus valable" in client.get("/".join([*other[:3], mine[3], ""])).content.decode()


@pytest.mark.parametrize("status", ["refused", "suspended"])
def test_no_link_for_a_closed_account_nor_a_word_about_it(client, practitioner, status):
    form = client.get(reset_link(client, practitioner.user.email)).url
    Practitioner.objects.update(status=status)
    assert "plus valable" in client.post(form, NEW_PASSWORD).content.decode()
    assert client.post("/mot-de-passe/", {"email": practitioner.user.email}).url == "/mot-de-passe/envoye/"
    assert left("password_reset") == 1
    assert User.objects.get().check_password(PASSWORD)


def test_twenty_an_hour_from_one_address(client, db):
    for number in range(20):
        assert client.post("/mot-de-passe/", {"email": f"personne{number}@example.org"}).status_code == 302
    answer = client.post("/mot-de-passe/", {"email": "personne@example.org"})
    assert "Trop de liens" in answer.content.decode()
    # A header that anybody can send makes no other address.
    answer = client.post("/mot-de-passe/", {"email": "x@example.org"}, headers={"x-forwarded-for": "203.0.113.9"})
    assert "Trop de liens" in answer.content.decode()


def test_an_administrator_resets_the_same_way(client, administrator):
    form = client.get(reset_link(client, administrator.email)).url
    assert client.post(form, NEW_PASSWORD).url == "/mot-de-passe/termine/"
    assert client.get("/admin/").status_code == 302
    assert AuditEvent.objects.filter(action="password.reset", actor=administrator).count() == 1


def test_an_email_change_on_its_way_dies_with_a_reset(client, practitioner):
    now = timezone.now()
    token = links.make_link(user=practitioner.user, purpose=links.Purpose.EMAIL, now=now, email="x@evil.example")
    client.post(client.get(reset_link(client, practitioner.user.email)).url, NEW_PASSWORD)
    with pytest.raises(links.LinkDead):
        links.find_link(purpose=links.Purpose.EMAIL, token=token, now=now)


def test_whoever_is_logged_in_here_is_out_afterwards(client_for, practitioner):
    here = client_for(practitioner.user)
    form = here.get(reset_link(here, practitioner.user.email)).url
    answer = here.post(form, NEW_PASSWORD, follow=True)
    assert answer.redirect_chain == [("/mot-de-passe/termine/", 302)]
    assert answer.status_code == 200
    assert here.get("/compte/").status_code == 302
