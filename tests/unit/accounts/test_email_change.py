"""A new e-mail address: by a link to it, which its old address can undo."""

import re
from datetime import timedelta

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from accounts.models import LoginSession, OneTimeLink, User
from rofim.notifications.models import OutgoingMessage
from rofim.retention import purge
from tests.unit.accounts.helpers import confirm, last_code, left, letter, logs_in, new_recovery_codes, path_in

pytestmark = pytest.mark.django_db

NEW = "un-tout-autre-mot-de-passe"
NEW_PASSWORD = {"new_password1": NEW, "new_password2": NEW}
PASSWORD_PAGE = "/compte/mot-de-passe/"
EMAIL = "/compte/email/"
WANTED = "claire@cabinet.example"


@pytest.fixture
def user(practitioner):
    return practitioner.user


def ask_email(client: Client, email: str = WANTED):
    return client.post(EMAIL, {"email": email})


def email_of(user: User) -> str:
    return User.objects.get(pk=user.pk).email


@pytest.mark.parametrize(
    "email", ["", "x", "<script>@x", "a\0@b.fr", "é@b.fr", "a" * 300 + "@b.fr", "dr.MARTIN@example.org", "\u202e@b.fr"]
)
def test_not_a_new_address(client_for, user, email):
    answer = ask_email(client_for(user), email)
    assert answer.context["form"].errors["email"]
    assert OutgoingMessage.objects.count() == 0


def test_a_new_address_asks_for_a_fresh_proof(client_for, user):
    client = client_for(user)
    LoginSession.objects.update(started_at=timezone.now() - timedelta(minutes=11))
    assert ask_email(client).status_code == 302
    assert OutgoingMessage.objects.count() == 0
    confirm(client, EMAIL)
    assert ask_email(client).url == EMAIL
    assert left("email_link") == 1


def test_change_email(client_for, user, settings):
    settings.ALLOWED_HOSTS = ["*"]
    here, elsewhere = client_for(user), client_for(user)
    here.post(EMAIL, {"email": " Claire@Cabinet.example "}, headers={"host": "evil.example"})
    link = letter("email_link")
    assert link.to == WANTED
    assert link.body.count(settings.SITE_URL) == 1
    assert "evil.example" not in link.body
    assert letter("email_change_asked").to == user.email
    assert WANTED in here.get(EMAIL).content.decode()
    page = path_in(link, "/compte/email/")
    # A scanner's GET, here and without a session, changes nothing.
    assert Client().get(page).status_code == 302
    assert "Utiliser cette adresse" in here.get(page).content.decode()
    assert email_of(user) == "dr.martin@example.org"
    key = here.session.session_key
    assert here.post(page).url == "/compte/"
    assert email_of(user) == WANTED
    assert here.get("/compte/").status_code == 200
    assert here.session.session_key != key
    assert elsewhere.get("/compte/").status_code == 302
    assert letter("email_changed").to == WANTED
    assert letter("email_taken_away").to == "dr.martin@example.org"
    assert "plus valable" in here.post(page).content.decode()
    assert logs_in(WANTED)
    assert not logs_in("dr.martin@example.org")


def test_the_link_is_of_no_use_to_another(client_for, user, other_practitioner):
    ask_email(client_for(user))
    page = path_in(letter("email_link"), "/compte/email/")
    assert Client().post(page).status_code == 302
    assert "plus valable" in client_for(other_practitioner.user).post(page).content.decode()
    assert email_of(user) == "dr.martin@example.org"
    assert email_of(other_practitioner.user) == "dr.durand@example.org"


@pytest.mark.parametrize("death", ["a day", "a newer link", "a new password", "cancelled", "taken"])
def test_the_link_dies(client_for, user, other_practitioner, death):
    client = client_for(user)
    ask_email(client)
    page, later = path_in(letter("email_link"), "/compte/email/"), timezone.now()
    match death:
        case "a day":
            later += timedelta(hours=24, seconds=1)
        case "a newer link":
            ask_email(client, "autre@cabinet.example")
        case "a new password":
            confirm(client, PASSWORD_PAGE).post(PASSWORD_PAGE, NEW_PASSWORD)
        case "cancelled":
            client.post(EMAIL, {"cancel": "1"})
        case "taken":
            User.objects.filter(pk=other_practitioner.user_id).update(email=WANTED)
    with time_machine.travel(later, tick=False):
        if death == "a day":
            client = client_for(user)
        assert "plus valable" in client.post(page).content.decode()
    assert email_of(user) == "dr.martin@example.org"


def test_the_address_of_another_account_looks_the_same(client_for, user, other_practitioner):
    pages = []
    # One moment for both: the page tells the seconds that the session has left.
    with time_machine.travel(timezone.now(), tick=False):
        known, unknown = client_for(user), client_for(user)
        for client, email in ((known, other_practitioner.user.email), (unknown, "dr.dupont@example.org")):
            assert ask_email(client, email).url == EMAIL
            text = client.get(EMAIL).content.decode().replace(email, "")
            pages.append(re.sub(r'(csrfmiddlewaretoken" value=|X-CSRFToken": )"[^"]+"', "", text))
    assert pages[0] == pages[1]
    assert letter("email_wanted").to == other_practitioner.user.email
    assert letter("email_link").to == "dr.dupont@example.org"
    assert left("email_change_asked") == 2


def test_five_new_addresses_an_hour(client_for, user):
    client = client_for(user)
    for number in range(5):
        ask_email(client, f"claire{number}@cabinet.example")
    assert "Trop de demandes" in ask_email(client).content.decode()
    assert left("email_link") == 5


def test_the_old_address_takes_the_account_back(client_for, user):
    thief = client_for(user)
    ask_email(thief, "voleur@evil.example")
    thief.post(path_in(letter("email_link"), "/compte/email/"))
    page = path_in(letter("email_taken_away"), "/compte/email/retablir/")
    # Whatever the thief does next.
    confirm(thief, PASSWORD_PAGE).post(PASSWORD_PAGE, NEW_PASSWORD)
    ask_email(thief, "voleur2@evil.example")
    thief.post(path_in(letter("email_link"), "/compte/email/"))
    assert email_of(user) == "voleur2@evil.example"
    owner = Client()
    assert "Rétablir mon adresse" in owner.get(page).content.decode()
    assert email_of(user) == "voleur2@evil.example"
    assert "est rétablie" in owner.post(page).content.decode()
    assert email_of(user) == "dr.martin@example.org"
    assert thief.get("/compte/").status_code == 302
    assert not logs_in("dr.martin@example.org", NEW)
    assert letter("email_given_back").to == "dr.martin@example.org"
    assert not OneTimeLink.objects.exists()
    assert "plus valable" in owner.post(page).content.decode()
    owner.post("/mot-de-passe/", {"email": "dr.martin@example.org"})
    assert letter("password_reset").to == "dr.martin@example.org"


def test_a_thief_who_changes_it_twice_and_back_leaves_the_owner_the_way_back(client_for, user):
    thief = client_for(user)
    for address in ("voleur@evil.example", "voleur2@evil.example"):
        ask_email(thief, address)
        thief.post(path_in(letter("email_link"), "/compte/email/"))
    to_thief, to_owner = OutgoingMessage.objects.filter(name="accounts/email_taken_away")
    assert (to_thief.to, to_owner.to) == ("voleur@evil.example", "dr.martin@example.org")
    assert "est rétablie" in Client().post(path_in(to_thief, "/compte/email/retablir/")).content.decode()
    assert email_of(user) == "voleur@evil.example"
    assert "est rétablie" in Client().post(path_in(to_owner, "/compte/email/retablir/")).content.decode()
    assert email_of(user) == "dr.martin@example.org"
    assert not OneTimeLink.objects.exists()


def test_dead_links_are_forgotten(client_for, user):
    ask_email(client_for(user))
    assert purge(now=timezone.now() + timedelta(days=6))["one-time-link"] == 0
    assert purge(now=timezone.now() + timedelta(days=7, minutes=1))["one-time-link"] == 1


def test_the_way_back_is_open_for_seven_days(client_for, user):
    client = client_for(user)
    ask_email(client)
    client.post(path_in(letter("email_link"), "/compte/email/"))
    page = path_in(letter("email_taken_away"), "/compte/email/retablir/")
    with time_machine.travel(timezone.now() + timedelta(days=7, seconds=1), tick=False):
        assert "plus valable" in Client().post(page).content.decode()
    assert "plus valable" in Client().post("/compte/email/retablir/x/").content.decode()


def test_an_administrators_account_changes_the_same_way(client_for, administrator):
    client = confirm(client_for(administrator), "/compte/portable/")
    client.post("/compte/portable/", {"mobile_phone": "07 98 76 54 32"})
    client.post("/compte/portable/code/", {"code": last_code()})
    assert str(User.objects.get().mobile_phone) == "+33798765432"
    ask_email(client)
    client.post(path_in(letter("email_link"), "/compte/email/"))
    assert email_of(administrator) == WANTED
    assert len(new_recovery_codes(client)) == 10
