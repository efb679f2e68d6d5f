"""How long a login lasts, what keeps it alive, and where it is open. The refusals first."""

import re
from datetime import timedelta

import pytest
import time_machine
from axes.models import AccessLog
from django.contrib.sessions.models import Session
from django.test import Client
from django.utils import timezone

from accounts import sessions
from accounts.browsers import browser_in_words
from accounts.models import AuditEvent, Login, LoginSession
from accounts.services import credentials, decisions
from rofim.notifications.models import OutgoingMessage
from rofim.retention import purge
from tests.conftest import PASSWORD
from tests.unit.accounts.helpers import last_code

pytestmark = pytest.mark.django_db

HALF_HOUR = timedelta(minutes=30)
CLOSED = "Votre session a été fermée. Reconnectez-vous."
FIREFOX = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0"


def session_of(client: Client) -> LoginSession:
    return LoginSession.objects.get(session_key=client.session.session_key)


def used(client: Client, ago: timedelta) -> None:
    """As if the session had last been used so long ago."""
    LoginSession.objects.filter(session_key=client.session.session_key).update(last_seen_at=timezone.now() - ago)


def log_in(client: Client, user, **headers):
    client.post("/connexion/", {"email": user.email, "password": PASSWORD}, headers=headers)
    return client.post("/connexion/code/", {"code": last_code()}, headers=headers)


# --- Refusals ---


def test_idle_for_half_an_hour_is_over_for_good(client_for, practitioner):
    client = client_for(practitioner.user)
    key = client.session.session_key
    used(client, HALF_HOUR)
    answer = client.get("/compte/")
    assert answer.url == "/connexion/?next=/compte/"
    assert CLOSED in client.get(answer.url).text
    assert not Session.objects.filter(session_key=key).exists()
    assert not LoginSession.objects.exists()
    # The same cookie, replayed.
    client.cookies["session"] = key
    assert client.get("/compte/").status_code == 302


def test_an_idle_session_is_logged_out_on_public_pages_too(client_for, practitioner):
    client = client_for(practitioner.user)
    used(client, HALF_HOUR)
    assert "Claire" not in client.get("/").text


@pytest.mark.parametrize(
    "end",
    [
        lambda user: sessions.end_sessions(user=user),
        lambda user: decisions.suspend_practitioner(
            practitioner=user.practitioner, by=user, reason="Vérification", now=timezone.now()
        ),
        lambda user: credentials.change_password(user=user, password="une-phrase-neuve", now=timezone.now()),
    ],
    ids=["elsewhere", "suspended", "new-password"],
)
def test_a_session_ended_from_elsewhere_is_said_once_and_nothing_more(client_for, practitioner, end):
    client = client_for(practitioner.user)
    end(practitioner.user)
    answer = client.get("/teleconsultation/")
    assert answer.url == "/connexion/?next=/teleconsultation/"
    page = client.get(answer.url).text
    assert CLOSED in page
    assert "suspendu" not in page
    assert CLOSED not in client.get("/compte/", follow=True).text


def test_a_lost_session_is_no_news_on_public_pages_nor_after_a_logout(client_for, practitioner):
    client = client_for(practitioner.user)
    sessions.end_sessions(user=practitioner.user)
    assert CLOSED not in client.get("/").text
    for visitor in (Client(), client_for(practitioner.user)):
        visitor.post("/deconnexion/")
        assert CLOSED not in visitor.get("/compte/", follow=True).text


def test_nothing_revives_a_session_that_is_over(client_for, practitioner):
    client = client_for(practitioner.user)
    used(client, HALF_HOUR)
    sessions.touch_sessions([client.session.session_key], now=timezone.now())
    assert client.post("/compte/session/").json()["left"] == 0
    assert client.get("/compte/").status_code == 302


def test_twelve_hours_are_the_end_however_busy(client, practitioner):
    log_in(client, practitioner.user)
    started = timezone.now()
    for hours in range(1, 12):
        with time_machine.travel(started + timedelta(hours=hours), tick=False):
            LoginSession.objects.update(last_seen_at=timezone.now())
            # Whatever changes the session must not begin the twelve hours anew.
            session = client.session
            session["something"] = hours
            session.save()
            assert client.get("/compte/").status_code == 200
    with time_machine.travel(started + timedelta(hours=12, seconds=1), tick=False):
        LoginSession.objects.update(last_seen_at=timezone.now())
        assert client.get("/compte/").status_code == 302


def test_a_session_that_nobody_noted_is_none(client_for, practitioner):
    client = client_for(practitioner.user)
    LoginSession.objects.all().delete()
    assert client.get("/compte/").status_code == 302


def test_another_users_session_cannot_be_ended(client_for, practitioner, other_practitioner):
    mine, theirs = client_for(practitioner.user), client_for(other_practitioner.user)
    answer = theirs.post(f"/compte/sessions/{session_of(mine).pk}/deconnecter/")
    assert answer.status_code == 404
    assert mine.get("/compte/").status_code == 200
    theirs.post("/compte/sessions/deconnecter/")
    assert mine.get("/compte/").status_code == 200


@pytest.mark.parametrize("path", ["/compte/sessions/1/deconnecter/", "/compte/sessions/deconnecter/"])
def test_a_link_ends_no_session(client_for, practitioner, path):
    client = client_for(practitioner.user)
    assert client.get(path).status_code == 405


# --- What keeps it alive ---


@pytest.mark.parametrize(
    ("path", "headers", "counts"),
    [
        ("/compte/", {}, True),
        ("/teleconsultation/", {}, True),
        ("/teleconsultation/?version=0", {"hx-request": "true"}, False),
        ("/compte/session/", {}, False),
        ("/compte/confirmation/etat/", {}, False),
    ],
)
def test_what_a_page_asks_by_itself_is_no_sign_of_life(client_for, practitioner, path, headers, counts):
    client = client_for(practitioner.user)
    used(client, timedelta(minutes=20))
    assert client.get(path, headers=headers).status_code in (200, 204)
    age = timezone.now() - session_of(client).last_seen_at
    assert (age < timedelta(minutes=1)) == counts


def test_the_page_of_the_calls_state_is_no_sign_of_life(client_for, practitioner, consultation):
    client = client_for(practitioner.user)
    used(client, timedelta(minutes=20))
    assert client.get(f"/teleconsultation/{consultation.reference}/etat/").status_code == 200
    assert timezone.now() - session_of(client).last_seen_at > timedelta(minutes=19)


def test_a_form_that_is_sent_counts_however_it_is_sent(client_for, practitioner):
    client = client_for(practitioner.user)
    used(client, timedelta(minutes=20))
    client.post("/compte/notifications/", {}, headers={"hx-request": "true"})
    assert timezone.now() - session_of(client).last_seen_at < timedelta(minutes=1)


def test_written_once_a_minute_at_most(client_for, practitioner, django_assert_num_queries):
    client = client_for(practitioner.user)
    used(client, timedelta(seconds=50))
    seen = session_of(client).last_seen_at
    client.get("/compte/")
    assert session_of(client).last_seen_at == seen
    with django_assert_num_queries(1):
        sessions.touch_sessions(["a" * 32, "b" * 32], now=timezone.now())


def test_the_page_asks_how_long_and_prolongs(client_for, practitioner):
    client = client_for(practitioner.user)
    used(client, timedelta(minutes=28, seconds=30))
    answer = client.get("/compte/session/").json()
    assert 80 <= answer["left"] <= 90
    assert answer["user"] == str(practitioner.user.pk)
    assert not answer["final"]
    assert client.post("/compte/session/").json()["left"] > 1700
    assert client.get("/compte/session/").headers["Cache-Control"] == "no-store, private"


def test_every_page_watches_its_session(client_for, practitioner, consultation):
    client = client_for(practitioner.user)
    reference = consultation.reference
    for path in ("/", "/compte/", "/teleconsultation/", f"/teleconsultation/{reference}/visio/"):
        page = client.get(path).text
        assert 'id="session-watch"' in page
        (left,) = re.findall(r'data-left="(\d+)"', page)
        assert 1700 < int(left) <= 1800
    assert 'id="session-watch"' not in Client().get("/").text


def test_the_twelfth_hour_is_final(client_for, practitioner):
    client = client_for(practitioner.user)
    LoginSession.objects.update(started_at=timezone.now() - timedelta(hours=11, minutes=59))
    answer = client.post("/compte/session/").json()
    assert answer["final"]
    assert answer["left"] <= 60


def test_a_new_login_brings_the_token_for_the_old_page(practitioner, client_for):
    stranger = Client(enforce_csrf_checks=True)
    answer = stranger.get("/compte/session/").json()
    assert answer["left"] == 0
    assert answer["user"] == ""
    assert stranger.post("/compte/session/", headers={"x-csrftoken": "x" * 64}).status_code == 403
    assert stranger.post("/compte/session/", headers={"x-csrftoken": answer["token"]}).json()["left"] == 0


# --- Where it is open ---


def test_open_sessions_are_listed_and_ended(client_for, practitioner):
    here, there = client_for(practitioner.user), client_for(practitioner.user)
    LoginSession.objects.filter(pk=session_of(there).pk).update(user_agent=FIREFOX, ip_address="203.0.113.9")
    page = here.get("/compte/").text
    assert "Firefox sur Windows" in page
    assert "203.0.113.9" in page
    assert page.count("cette session") == 1
    assert here.session.session_key not in page
    key = there.session.session_key
    assert here.post(f"/compte/sessions/{session_of(there).pk}/deconnecter/").url == "/compte/"
    there.cookies["session"] = key
    assert there.get("/compte/").status_code == 302
    assert "Firefox sur Windows" not in here.get("/compte/").text.split("Activité")[1]
    assert AuditEvent.objects.filter(action="session.ended", actor=practitioner.user).count() == 1


def test_all_the_others_at_once(client_for, practitioner):
    here, *others = (client_for(practitioner.user) for _ in range(3))
    here.post("/compte/sessions/deconnecter/")
    assert here.get("/compte/").status_code == 200
    assert [each.get("/compte/").status_code for each in others] == [302, 302]


def test_this_session_isnt_ended_by_mistake(client_for, practitioner):
    here = client_for(practitioner.user)
    here.post(f"/compte/sessions/{session_of(here).pk}/deconnecter/")
    assert here.get("/compte/").status_code == 200


def test_what_is_over_is_not_listed(client_for, practitioner):
    here, idle, gone = (client_for(practitioner.user) for _ in range(3))
    used(idle, HALF_HOUR)
    gone.post("/deconnexion/")
    assert [each.pk for each in sessions.open_sessions(user=practitioner.user, now=timezone.now())] == [
        session_of(here).pk
    ]


@pytest.mark.parametrize(
    ("user_agent", "words"),
    [
        (FIREFOX, "Firefox sur Windows"),
        (
            "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) "
            "Version/18.0 Safari/605.1.15",
            "Safari sur Mac",
        ),
        (
            "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 "
            "Mobile Safari/537.36",
            "Chrome sur Android",
        ),
        (
            "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/140.0.0.0 Safari/537.36 Edg/140.0",
            "Edge sur Windows",
        ),
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 CriOS/140.0 Mobile Safari/604",
            "Chrome sur iPhone",
        ),
        ("<script>alert(1)</script>", "Navigateur inconnu"),
        ("", "Navigateur inconnu"),
        ("x" * 100_000, "Navigateur inconnu"),
    ],
)
def test_browser_in_words(user_agent, words):
    assert browser_in_words(user_agent) == words


# --- Logins ---


def test_a_login_from_a_new_browser_is_told_once(practitioner):
    known = Client()
    log_in(known, practitioner.user, **{"user-agent": FIREFOX})
    letters = OutgoingMessage.objects.filter(name="accounts/new_browser")
    # The first of all is no news.
    assert not letters.exists()
    known.post("/deconnexion/")
    log_in(known, practitioner.user, **{"user-agent": FIREFOX})
    assert not letters.exists()
    log_in(Client(), practitioner.user, **{"user-agent": FIREFOX})
    letter = letters.get()
    assert letter.to == practitioner.user.email
    assert "Firefox sur Windows" in letter.body
    assert [each.is_new_browser for each in Login.objects.order_by("pk")] == [False, False, True]
    assert "nouveau navigateur" in known.get("/compte/").text


def test_a_new_browser_is_not_told_to_who_does_not_want_it(practitioner):
    practitioner.user.mail_new_browser = False
    practitioner.user.save()
    log_in(Client(), practitioner.user)
    log_in(Client(), practitioner.user)
    assert not OutgoingMessage.objects.filter(name="accounts/new_browser").exists()
    assert Login.objects.filter(is_new_browser=True).count() == 1


def test_activity_shows_logins_failures_and_changes(client, practitioner, other_practitioner):
    for user in (practitioner.user, other_practitioner.user):
        AuditEvent.objects.create(action="login.failed", actor=None, about=f"user/{user.pk}")
    log_in(client, practitioner.user, **{"user-agent": FIREFOX})
    client.post("/compte/mentions/", {"sector": "Secteur 1"})
    page = client.get("/compte/activite/").text
    assert "Firefox sur Windows" in page
    assert "Code par SMS" in page
    assert page.count("mauvais mot de passe") == 1
    assert "Mentions des ordonnances modifiées" in page


def test_what_an_administrator_did_shows_no_address(client_for, practitioner, administrator):
    AuditEvent.objects.create(
        action="practitioner.restored", actor=administrator, about=f"practitioner/{practitioner.pk}",
        ip_address="198.51.100.7",
    )  # fmt: skip
    page = client_for(practitioner.user).get("/compte/").text
    assert "Compte rétabli par l’administration" in page
    assert "198.51.100.7" not in page


# --- Retention ---


def test_a_login_is_written_where_its_owner_reads_it_and_nowhere_else(client, practitioner):
    """django-axes would keep address, IP and browser of each one for ever, a closed account's too."""
    log_in(client, practitioner.user)
    assert Login.objects.count() == 1
    assert not AccessLog.objects.exists()


def test_purged_when_over(client_for, practitioner):
    living, idle, gone = (client_for(practitioner.user) for _ in range(3))
    used(idle, HALF_HOUR)
    now = timezone.now()
    Session.objects.filter(session_key=gone.session.session_key).delete()
    for age in (10, 366):
        Login.objects.create(user=practitioner.user, at=now - timedelta(days=age), browser="", factor="sms")
    before = Session.objects.count()
    counts = purge(now=now, dry_run=True)
    assert (counts["session"], counts["login-session"], counts["login"]) == (1, 2, 1)
    assert Session.objects.count() == before
    purge(now=now)
    assert LoginSession.objects.get() == session_of(living)
    assert Login.objects.count() == 1
    assert Session.objects.count() == before - 1
