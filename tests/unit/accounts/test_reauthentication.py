"""« Confirmez que c’est vous »: what is refused, then the way through."""

import base64
import html
import re
from datetime import timedelta
from urllib.parse import quote

import pytest
import time_machine
from django.utils import timezone
from django_otp.oath import hotp

from accounts import recovery
from accounts.models import AuditEvent, LoginSession, TOTPDevice
from tests.conftest import PASSWORD
from tests.unit.accounts.helpers import codes_sent, last_code, wrong

pytestmark = pytest.mark.django_db

CODES = "/compte/codes/"
CONFIRMATION = f"/compte/confirmation/?next={quote(CODES, safe='')}"


@pytest.fixture
def user(practitioner):
    return practitioner.user


@pytest.fixture
def stale(client_for, user):
    """A browser logged in 11 minutes ago."""
    client = client_for(user)
    LoginSession.objects.update(started_at=timezone.now() - timedelta(minutes=11))
    return client


def way_back(answer) -> str:
    """Where « Revenir » leads."""
    return html.unescape(re.search(r'href="([^"]*)"[^>]*>(?:<svg.*?</svg>)? *Revenir', answer.text)[1])


def is_proved(client) -> bool:
    return client.get(CODES).status_code == 200


# --- Refusals ---


def test_a_login_older_than_ten_minutes_is_asked_again(stale):
    assert stale.get(CODES).url == CONFIRMATION


def test_a_post_comes_back_as_a_get_and_says_so(stale):
    answer = stale.post(CODES, follow=True)
    assert answer.redirect_chain == [(CONFIRMATION, 302)]
    assert "Rien n’est encore enregistré" in answer.content.decode()
    assert not recovery.remaining_recovery_codes(answer.wsgi_request.user)


def test_opening_the_page_sends_nothing(stale):
    assert stale.get(CONFIRMATION).status_code == 200
    assert codes_sent() == 0


@pytest.mark.parametrize("password", ["", "faux", "a" * 129, "<script>", "a\0b"])
def test_no_code_without_the_password(stale, password):
    answer = stale.post(CONFIRMATION, {"password": password})
    assert answer.context["form"].errors["password"]
    assert codes_sent() == 0
    # A code alone leads nowhere.
    stale.post(CONFIRMATION, {"code": "123456"})
    stale.post(CONFIRMATION, {"resend": "1"})
    assert codes_sent() == 0
    assert not is_proved(stale)


def test_ten_wrong_passwords_then_not_even_the_right_one(stale):
    for _ in range(10):
        stale.post(CONFIRMATION, {"password": "faux"})
    assert "Trop d’essais" in stale.post(CONFIRMATION, {"password": PASSWORD}).content.decode()
    with time_machine.travel(timezone.now() + timedelta(minutes=16), tick=False):
        assert stale.post(CONFIRMATION, {"password": PASSWORD}).status_code == 302


@pytest.mark.parametrize("code", ["", "x", "<script>", "12345", "\ud800", "😀", "a" * 40])
def test_a_wrong_code_proves_nothing(stale, code):
    stale.post(CONFIRMATION, {"password": PASSWORD})
    assert stale.post(CONFIRMATION, {"code": code.encode("utf-8", "surrogatepass")}).status_code in (200, 400)
    answer = stale.post(CONFIRMATION, {"code": wrong(last_code())})
    assert "Il vous reste 4 essais" in answer.content.decode()
    assert not is_proved(stale)


def test_a_code_of_another_browser_proves_nothing(stale, client_for, user):
    other = client_for(user)
    other.post(CONFIRMATION, {"password": PASSWORD})
    code = last_code()
    stale.post(CONFIRMATION, {"password": PASSWORD})
    assert stale.post(CONFIRMATION, {"code": code}).status_code == 200


@pytest.mark.parametrize("target", ["https://evil.example/", "//evil.example/", "evil", "javascript:alert(1)", ""])
def test_never_sent_to_another_site(stale, target):
    page = f"/compte/confirmation/?next={quote(target, safe='')}"
    stale.post(page, {"password": PASSWORD})
    assert stale.post(page, {"code": last_code()}).url == "/compte/"


def test_a_forged_host_makes_no_address_ours(stale, settings):
    settings.ALLOWED_HOSTS = ["*"]
    page, host = "/compte/confirmation/?next=http://evil.example/", {"host": "evil.example"}
    stale.post(page, {"password": PASSWORD}, headers=host)
    assert stale.post(page, {"code": last_code()}, headers=host).url == "/compte/"


@pytest.mark.parametrize(
    "target",
    ["https://evil.example/", "//evil.example/", "/\\evil.example", "javascript:alert(1)", "evil", "\t//e.org", ""],
)
def test_whoever_gives_up_is_never_led_to_another_site(stale, target):
    page = f"{CONFIRMATION}&retour={quote(target, safe='')}"
    assert way_back(stale.get(page)) == "/compte/"
    stale.post(page, {"password": PASSWORD})
    assert way_back(stale.get(page)) == "/compte/"


@pytest.mark.parametrize(
    "referer",
    [
        "", "https://evil.example/compte/activite/", "http://localhost:8000.evil.example/", "http://localhost:8000",
        "http://localhost:8000//evil.example/", "http://localhost:8000/compte/codes/?x=1",
        "http://localhost:8000/connexion/code/?par=sms",
    ],
)  # fmt: skip
def test_a_page_that_is_none_of_ours_or_the_same_is_no_way_back(stale, referer):
    assert stale.get(CODES, headers={"referer": referer}).url == CONFIRMATION
    assert way_back(stale.get(CONFIRMATION)) == "/compte/"


# --- The way through ---


def test_whoever_gives_up_is_led_back_to_where_they_came_from(stale):
    page = stale.get(CODES, headers={"referer": "http://localhost:8000/compte/activite/?x=1"}).url
    assert page == f"{CONFIRMATION}&retour=%2Fcompte%2Factivite%2F%3Fx%3D1"
    assert way_back(stale.get(page)) == "/compte/activite/?x=1"
    # The page of the code knows it, too, in whatever way that comes.
    page = stale.post(page, {"password": PASSWORD}).url
    assert way_back(stale.get(page)) == "/compte/activite/?x=1"
    with time_machine.travel(timezone.now() + timedelta(seconds=61), tick=False):
        page = stale.post(page, {"resend": "1"}).url
    assert way_back(stale.get(page)) == "/compte/activite/?x=1"
    assert stale.post(page, {"code": last_code()}).url == CODES


def test_whoever_comes_from_the_administration_is_led_back_there(client_for, administrator, practitioner):
    client = client_for(administrator)
    registration = f"/admin/accounts/practitioner/{practitioner.pk}/change/"
    address = registration.replace("change", "portable")
    page = client.get(address, headers={"referer": f"http://localhost:8000{registration}"}).url
    assert way_back(client.get(page)) == registration
    # Its own form, when the proof is too old.
    page = client.post(address, headers={"referer": f"http://localhost:8000{address}"}).url
    assert way_back(client.get(page)) == "/admin/"


def test_password_and_code(stale):
    before = stale.session.session_key
    assert stale.post(CONFIRMATION, {"password": PASSWORD}).url == CONFIRMATION
    assert codes_sent() == 1
    assert stale.post(CONFIRMATION, {"code": last_code()}).url == CODES
    assert is_proved(stale)
    # A session stolen earlier is none any more.
    assert stale.session.session_key != before
    assert LoginSession.objects.get().session_key == stale.session.session_key
    assert AuditEvent.objects.filter(action="identity.confirmed").count() == 1
    with time_machine.travel(timezone.now() + timedelta(minutes=11), tick=False):
        assert not is_proved(stale)


def test_a_code_of_the_app(stale, user):
    device = TOTPDevice.objects.create(user=user, name="totp", key="A" * 32, confirmed=True)
    stale.post(CONFIRMATION, {"password": PASSWORD})
    code = f"{hotp(base64.b32decode(device.key), int(timezone.now().timestamp()) // 30):06d}"
    assert "n’est pas le bon" in stale.post(CONFIRMATION, {"code": wrong(code)}).content.decode()
    with time_machine.travel(timezone.now() + timedelta(seconds=2), tick=False):
        assert stale.post(CONFIRMATION, {"code": code}).url == CODES
    assert codes_sent() == 0


def test_an_app_asks_for_no_sms_unless_one_is_wanted(stale, user):
    TOTPDevice.objects.create(user=user, name="totp", key="A" * 32, confirmed=True)
    stale.post(CONFIRMATION, {"password": PASSWORD})
    assert codes_sent() == 0
    assert "votre application" in stale.get(CONFIRMATION).content.decode()
    by_sms = stale.post(CONFIRMATION, {"resend": "1"}).url
    assert "SMS" in stale.get(by_sms).content.decode()
    assert stale.post(by_sms, {"code": last_code()}).url == CODES


@pytest.mark.usefixtures("stopped_clock")
def test_the_page_says_where_its_sms_is(stale):
    state = CONFIRMATION.replace("/?", "/etat/?")
    assert stale.get(state).status_code == 204
    stale.post(CONFIRMATION, {"password": PASSWORD})
    fragment = stale.get(state).content.decode()
    assert "56\u00a001" in fragment


def test_a_recovery_code(stale, user):
    code = recovery.renew_recovery_codes(user=user, now=timezone.now())[0]
    stale.post(CONFIRMATION, {"password": PASSWORD})
    assert stale.post(CONFIRMATION, {"code": code}).url == CODES
    assert recovery.remaining_recovery_codes(user) == 9


def test_a_session_ended_meanwhile_stays_ended(stale):
    stale.post(CONFIRMATION, {"password": PASSWORD})
    LoginSession.objects.all().delete()
    stale.post(CONFIRMATION, {"code": last_code()})
    assert stale.get("/compte/").status_code == 302


def test_an_administrators_account_is_confirmed_the_same_way(client_for, administrator):
    client = client_for(administrator)
    LoginSession.objects.update(started_at=timezone.now() - timedelta(minutes=11))
    client.post(CONFIRMATION, {"password": PASSWORD})
    assert client.post(CONFIRMATION, {"code": last_code()}).url == CODES
