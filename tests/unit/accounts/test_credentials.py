"""Password and recovery codes of an open account: the refusals, then the changes; links used at the same time."""

import re
from datetime import timedelta
from urllib.parse import unquote

import pytest
import time_machine
from django.utils import timezone

from accounts import links, otp, recovery
from accounts.models import AuditEvent, RecoveryCode
from accounts.services import credentials
from tests.conftest import PASSWORD
from tests.unit.accounts.helpers import at_once, confirm, left, letter, new_recovery_codes

pytestmark = pytest.mark.django_db

NEW = "un-tout-autre-mot-de-passe"
NEW_PASSWORD = {"new_password1": NEW, "new_password2": NEW}
PASSWORD_PAGE = "/compte/mot-de-passe/"


@pytest.fixture
def user(practitioner):
    return practitioner.user


# --- Password ---


def test_a_login_of_just_now_is_not_enough_for_a_new_password(client_for, user):
    client = client_for(user)
    assert client.get(PASSWORD_PAGE).status_code == 302
    assert client.post(PASSWORD_PAGE, NEW_PASSWORD).status_code == 302
    # Nor is a proof that was given for another page.
    confirm(client, "/compte/codes/")
    assert client.post(PASSWORD_PAGE, NEW_PASSWORD).status_code == 302
    user.refresh_from_db()
    assert user.check_password(PASSWORD)


@pytest.mark.parametrize(
    ("new", "again", "field"),
    [
        (NEW, "autre", "new_password2"), ("court", "court", "new_password1"), ("", "", "new_password1"),
        ("a" * 129, "a" * 129, "new_password1"), ("a\0" * 9, "a\0" * 9, "new_password1"),
        ("dr.martin@example.org", "dr.martin@example.org", "new_password1"),
        ("motdepasse2026", "motdepasse2026", "new_password1"), (PASSWORD, PASSWORD, "new_password1"),
    ],
)  # fmt: skip
def test_password_not_changed(client_for, user, new, again, field):
    client = confirm(client_for(user), PASSWORD_PAGE)
    answer = client.post(PASSWORD_PAGE, {"new_password1": new, "new_password2": again})
    assert answer.context["form"].errors[field]
    user.refresh_from_db()
    assert user.check_password(PASSWORD)


def test_change_password(client_for, user):
    here, elsewhere = client_for(user), client_for(user)
    confirm(here, PASSWORD_PAGE)
    key = here.session.session_key
    assert here.post(PASSWORD_PAGE, NEW_PASSWORD).url == "/compte/"
    assert here.get("/compte/").status_code == 200
    assert here.session.session_key != key
    assert elsewhere.get("/compte/").status_code == 302
    assert left("password_changed") == 1
    assert AuditEvent.objects.filter(action="password.changed").exists()
    # The proof is spent.
    assert here.post(PASSWORD_PAGE, {"new_password1": "encore-un-autre-mot", "new_password2": "x"}).status_code == 302


def test_a_password_of_128_characters_counts_whole(client_for, user):
    long = "é" * 60 + "-mot-de-passe-" + "à" * 54
    client = confirm(client_for(user), PASSWORD_PAGE)
    assert client.post(PASSWORD_PAGE, {"new_password1": long, "new_password2": long}).url == "/compte/"
    user.refresh_from_db()
    assert user.check_password(long)
    assert not user.check_password(long[:-1])


# --- Recovery codes ---

CODES = "/compte/codes/"


def test_ten_codes_shown_once(client_for, user):
    client = client_for(user)
    empty = client.get(CODES)
    assert "aucun code de secours" in empty.content.decode()
    page = client.post(CODES, {"ticket": empty.context["ticket"]})
    shown = page.context["codes"]
    text = page.content.decode()
    assert all(text.count(code) == 3 for code in shown)
    address = re.search(r'href="data:text/plain;charset=utf-8,([^"]+)"', text)[1]
    assert unquote(address).split()[-10:] == shown
    later = client.get(CODES).content.decode()
    assert not any(code in later for code in shown)
    assert "Il vous en reste <strong>10" in later
    assert left("recovery_codes_renewed") == 1


def test_a_second_click_shows_the_codes_of_the_first(client_for, user):
    client = client_for(user)
    ticket = {"ticket": client.get(CODES).context["ticket"]}
    first, second = (client.post(CODES, ticket).context["codes"] for _ in range(2))
    assert first == second
    assert recovery.use_recovery_code(user=user, code=second[0].replace("-", ""), now=timezone.now())
    # Nor does a third one make the used one good again.
    assert client.post(CODES, ticket).context["codes"] == first
    assert recovery.remaining_recovery_codes(user) == 9
    assert left("recovery_codes_renewed") == 1
    assert AuditEvent.objects.filter(action="recovery_codes.renewed").count() == 1
    assert not set(first) & set(new_recovery_codes(client))


def test_an_older_page_sent_again_revives_no_code(client_for, user):
    client, now = client_for(user), timezone.now()
    ticket = {"ticket": client.get(CODES).context["ticket"]}
    used, *others = client.post(CODES, ticket).context["codes"]
    recovery.use_recovery_code(user=user, code=used.replace("-", ""), now=now)
    newest = new_recovery_codes(client)
    again = client.post(CODES, ticket)
    assert "recommencez" in again.text
    assert not again.context["codes"]
    for code in (used, others[0]):
        with pytest.raises(otp.CodeRefused):
            recovery.use_recovery_code(user=user, code=code.replace("-", ""), now=now)
    # Nor do the newest ones, once all are used or an administrator has taken them away.
    ticket = {"ticket": client.get(CODES).context["ticket"]}
    assert recovery.use_recovery_code(user=user, code=newest[0].replace("-", ""), now=now)
    client.post(CODES, ticket)
    RecoveryCode.objects.all().delete()
    assert not client.post(CODES, ticket).context["codes"]
    assert not recovery.remaining_recovery_codes(user)


@pytest.mark.parametrize("ticket", ["", "x", "IngiOjE:1abc:forged", "é" * 500])
def test_a_page_that_is_none_of_ours_makes_no_codes(client_for, user, ticket):
    answer = client_for(user).post(CODES, {"ticket": ticket})
    assert "recommencez" in answer.content.decode()
    assert not recovery.remaining_recovery_codes(user)


def test_an_old_page_makes_no_codes(client_for, user):
    ticket = recovery.new_ticket()
    with time_machine.travel(timezone.now() + timedelta(minutes=11), tick=False), pytest.raises(recovery.TicketDead):
        recovery.renew_recovery_codes(user=user, now=timezone.now(), ticket=ticket)


@pytest.mark.parametrize(
    ("count", "words"), [(0, "aucun code de secours"), (1, "qu’un code"), (2, "que 2 codes"), (3, "<strong>3</strong>")]
)
def test_the_account_page_warns_of_the_last_codes(client_for, user, count, words):
    for code in recovery.renew_recovery_codes(user=user, now=timezone.now())[count:]:
        recovery.use_recovery_code(user=user, code=code.replace("-", ""), now=timezone.now())
    assert words in client_for(user).get("/compte/").content.decode()


def test_a_used_code_is_told_and_the_last_two_are_warned_of(client_for, user):
    codes, now = recovery.renew_recovery_codes(user=user, now=timezone.now()), timezone.now()
    recovery.use_recovery_code(user=user, code=codes[0].replace("-", ""), now=now)
    assert "Il vous en reste 9." in letter("recovery_code_used").body
    for code in codes[1:8]:
        recovery.use_recovery_code(user=user, code=code.replace("-", ""), now=now)
    assert "Créez-en dix neufs" in letter("recovery_code_used").body
    assert "Il ne vous reste que 2 codes" in client_for(user).get(CODES).content.decode()
    with pytest.raises(otp.CodeRefused):
        recovery.use_recovery_code(user=user, code=codes[0].replace("-", ""), now=now)
    assert left("recovery_code_used") == 8


# --- At the same time ---


@pytest.mark.django_db(transaction=True)
def test_four_clicks_at_once_make_one_set(practitioner):
    ticket, now, user = recovery.new_ticket(), timezone.now(), practitioner.user
    shown = []
    at_once(lambda: shown.append(recovery.renew_recovery_codes(user=user, now=now, ticket=ticket)))
    assert shown == [shown[0]] * 4
    assert recovery.remaining_recovery_codes(user) == 10
    assert left("recovery_codes_renewed") == 1


@pytest.mark.django_db(transaction=True)
def test_the_same_link_four_times_at_once_acts_once(practitioner):
    user, now = practitioner.user, timezone.now()
    for purpose, act in (
        (links.Purpose.PASSWORD, lambda link: credentials.reset_password(link=link, password=NEW, now=now)),
        (links.Purpose.EMAIL, lambda link: credentials.change_email(link=link, now=now)),
        (links.Purpose.EMAIL_BACK, lambda link: credentials.give_email_back(link=link, now=now)),
    ):
        user.refresh_from_db()
        token = links.make_link(user=user, purpose=purpose, now=now, email="claire@cabinet.example")
        found = [links.find_link(purpose=purpose, token=token, now=now) for _ in range(4)]
        assert at_once(lambda found=found, act=act: act(found.pop()), links.LinkDead) == [False, False, False, True]
    assert left("password_changed") == 1
