"""Wrong passwords: who is slowed down, who is locked out, and which browser isn’t."""

from datetime import timedelta

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from accounts.services.credentials import change_password
from tests.conftest import PASSWORD
from tests.unit.accounts.helpers import codes_sent, fail, give_password, last_code

pytestmark = pytest.mark.django_db

LOGIN, CODE = "/connexion/", "/connexion/code/"


@pytest.fixture
def user(practitioner):
    return practitioner.user


def test_after_five_failures_the_account_slows_down_known_and_unknown_alike(client, user):
    for email in (user.email, "personne@example.org"):
        with time_machine.travel(timezone.now(), tick=False) as clock:
            pages = [client.post(LOGIN, {"email": email, "password": f"faux-{n}"}) for n in range(8)]
            assert [page.status_code for page in pages] == [200] * 6 + [429] * 2
            slow = client.post(LOGIN, {"email": email, "password": PASSWORD})
            assert "Réessayez dans 10\u00a0s" in slow.content.decode()
            assert f'value="{email}"' in slow.content.decode()
            clock.shift(11)
            expected = 302 if email == user.email else 200
            assert client.post(LOGIN, {"email": email, "password": PASSWORD}).status_code == expected


def test_ten_failures_lock_known_and_unknown_alike(client, user):
    for email in (user.email, "personne@example.org"):
        with time_machine.travel(timezone.now(), tick=False):
            assert fail(client, email, 10) == [200] * 9 + [429]
        with time_machine.travel(timezone.now() + timedelta(seconds=120), tick=False):
            locked = client.post(LOGIN, {"email": email, "password": PASSWORD})
        assert locked.status_code == 429
        assert "bloquée 15 minutes" in locked.content.decode()
        assert "choisissez un nouveau mot de passe" in locked.content.decode()
        assert f'value="{email}"' in locked.content.decode()
    assert codes_sent() == 0


def test_lock_ends_and_is_not_somebody_elses(client, user, other_practitioner):
    fail(client, user.email, 10)
    # The same address, another person; the same person, another address.
    assert give_password(Client(), other_practitioner.user).status_code == 302
    assert give_password(Client(REMOTE_ADDR="203.0.113.9"), user).status_code == 302
    with time_machine.travel(timezone.now() + timedelta(minutes=18), tick=False):
        assert give_password(client, user).status_code == 302


def test_a_forged_forwarded_for_unlocks_nothing(client, user):
    fail(client, user.email, 10)
    with time_machine.travel(timezone.now() + timedelta(minutes=2), tick=False):
        answer = client.post(
            LOGIN, {"email": user.email, "password": PASSWORD}, headers={"x-forwarded-for": "203.0.113.7"}
        )
    assert answer.status_code == 429


def test_a_new_password_by_email_unlocks(client, user):
    fail(client, user.email, 10)
    change_password(user=user, password="un-tout-autre-mot-de-passe", now=timezone.now())
    with time_machine.travel(timezone.now() + timedelta(minutes=2), tick=False):
        assert give_password(client, user, "un-tout-autre-mot-de-passe").status_code == 302


def test_many_addresses_at_one_account_slow_it_down_but_not_for_a_browser_that_it_knows(client, user):
    give_password(client, user)
    client.post(CODE, {"code": last_code()})
    client.post("/deconnexion/")
    with time_machine.travel(timezone.now() + timedelta(minutes=2), tick=False) as clock:
        for n in range(22):
            Client(REMOTE_ADDR=f"203.0.113.{n}").post(LOGIN, {"email": user.email, "password": "faux"})
        stranger = Client(REMOTE_ADDR="198.51.100.7")
        assert give_password(stranger, user).status_code == 429
        assert give_password(client, user).status_code == 302
        clock.shift(31)
        assert give_password(stranger, user).status_code == 302


def test_ten_addresses_of_one_household_are_locked_as_one(user):
    answers = []
    for number in range(10):
        with time_machine.travel(timezone.now() + timedelta(seconds=11 * number), tick=False):
            answers.append(give_password(Client(REMOTE_ADDR=f"2001:db8::{number}"), user, "faux"))
    assert "bloquée 15 minutes" in answers[-1].content.decode()


def test_a_stranger_who_is_locked_takes_nobodys_turn(user):
    """A try every 10 s from one address must not use up the account's own try every 30 s."""
    start, stranger = timezone.now(), Client(REMOTE_ADDR="198.51.100.7")
    for seconds in range(0, 600, 10):
        with time_machine.travel(start + timedelta(seconds=seconds), tick=False):
            assert give_password(stranger, user, "faux").status_code != 302
    with time_machine.travel(start + timedelta(seconds=601), tick=False):
        assert give_password(Client(REMOTE_ADDR="192.0.2.9"), user).status_code == 302


def test_one_address_over_many_accounts_slows_down_but_not_a_browser_that_is_known_there(client, user):
    give_password(client, user)
    client.post(CODE, {"code": last_code()})
    client.post("/deconnexion/")
    with time_machine.travel(timezone.now() + timedelta(minutes=2), tick=False):
        robot = Client()
        statuses = [robot.post(LOGIN, {"email": f"p{n}@example.org", "password": "x"}).status_code for n in range(63)]
        assert statuses == [200] * 61 + [429] * 2
        assert give_password(Client(), user).status_code == 429
        assert give_password(client, user).status_code == 302


def test_nobody_at_the_same_address_locks_a_browser_that_is_known(client, user):
    give_password(client, user)
    client.post(CODE, {"code": last_code()})
    client.post("/deconnexion/")
    fail(Client(), user.email, 10)
    with time_machine.travel(timezone.now() + timedelta(minutes=2), tick=False):
        assert give_password(Client(), user).status_code == 429
        assert give_password(client, user).status_code == 302


def test_a_known_browser_that_fails_too_often_is_as_good_as_any_other(client, user):
    give_password(client, user)
    client.post(CODE, {"code": last_code()})
    client.post("/deconnexion/")
    with time_machine.travel(timezone.now(), tick=False):
        statuses = [give_password(client, user, "faux").status_code for _ in range(18)]
    assert statuses == [200] * 16 + [429] * 2


@pytest.mark.parametrize("forge", ["nonsense", "WyJhIixbXV0:1u:x", ""])
def test_a_forged_browser_is_not_known(client, user, forge):
    client.cookies["browser"] = forge
    assert [give_password(client, user, "faux").status_code for _ in range(8)] == [200] * 6 + [429] * 2


def test_a_browser_is_known_to_its_own_user_alone(client, user, other_practitioner):
    give_password(client, user)
    client.post(CODE, {"code": last_code()})
    client.post("/deconnexion/")
    other = other_practitioner.user
    assert [give_password(client, other, "faux").status_code for _ in range(8)] == [200] * 6 + [429] * 2
    cookie = client.cookies["browser"]
    assert cookie["httponly"]
    assert cookie["samesite"] == "Lax"
    assert user.email not in cookie.value


def test_right_password_after_five_wrong_ones_starts_the_count_again(client, user):
    for n in range(5):
        give_password(client, user, f"faux-{n}")
    give_password(client, user)
    client.post(CODE, {"code": last_code()})
    assert [give_password(Client(), user, f"faux-{n}").status_code for n in range(5)] == [200] * 5
