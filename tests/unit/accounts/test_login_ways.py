"""The second page of the login: its ways, what it says of the SMS, and to whom its state is told."""

import base64
from datetime import timedelta

import pytest
import time_machine
from django.test import Client
from django.utils import timezone
from django_otp.oath import hotp

from accounts import otp, recovery, totp
from accounts.models import AuditEvent, LoginSession, TOTPDevice
from rofim.notifications.models import OutgoingMessage
from tests.conftest import make_user
from tests.unit.accounts.helpers import codes_sent, give_password, is_in, last_code, wrong

pytestmark = pytest.mark.django_db

LOGIN, CODE, STATE, APP = "/connexion/", "/connexion/code/", "/connexion/code/etat/", "/compte/application/"
Status = OutgoingMessage.Status


@pytest.fixture
def user(practitioner):
    return practitioner.user


@pytest.fixture
def app(user) -> TOTPDevice:
    """Tied ten minutes ago."""
    device, then = totp.start_totp(user=user), timezone.now() - timedelta(minutes=10)
    return totp.confirm_totp(user=user, code=shown(device, then), now=then)


def shown(device: TOTPDevice, at=None) -> str:
    """What the app shows."""
    at = at or timezone.now()
    return f"{hotp(base64.b32decode(device.key), int(at.timestamp()) // 30):06d}"


def text(response) -> str:
    return " ".join(response.content.decode().split())


# --- The app ---


def test_who_has_an_app_is_asked_for_its_code_and_gets_no_sms(client, user, app):
    give_password(client, user)
    page = text(client.get(CODE))
    assert codes_sent() == 0
    assert "Code de votre application" in page
    assert "Recevoir un SMS plutôt" in page
    assert client.post(CODE, {"code": shown(app)}).url == "/"
    assert is_in(client)


def test_an_sms_instead(client, user, app):
    give_password(client, user)
    answer = client.post(CODE, {"resend": "1"})
    assert answer.url == f"{CODE}?par=sms"
    assert "Utiliser mon application" in text(client.get(answer.url))
    assert client.post(answer.url, {"code": last_code()}).url == "/"


def test_the_app_s_code_is_no_sms_code_and_the_other_way_round(client, user, app):
    give_password(client, user)
    client.post(CODE, {"resend": "1"})
    code = last_code()
    assert client.post(f"{CODE}?par=sms", {"code": wrong(code)}).status_code == 200
    assert client.post(CODE, {"code": code}).status_code == 200
    assert not is_in(client)


def test_the_app_s_code_is_good_once(client, user, app):
    give_password(client, user)
    code = shown(app)
    assert client.post(CODE, {"code": code}).url == "/"
    thief = Client()
    give_password(thief, user)
    assert "déjà servi" in text(thief.post(CODE, {"code": code}))
    assert not is_in(thief)


def test_wrong_app_codes_are_told_when_to_come_back(client, user, app):
    give_password(client, user)
    with time_machine.travel(timezone.now(), tick=False):
        client.post(CODE, {"code": wrong(shown(app))})
        assert "attendez 1 s" in text(client.post(CODE, {"code": shown(app)}))
    assert AuditEvent.objects.filter(action="login.code_refused", actor=user).count() == 2


def test_the_app_of_another_person(client, user, app, other_practitioner):
    give_password(client, other_practitioner.user)
    assert client.post(f"{CODE}?par=application", {"code": shown(app)}).status_code == 200
    assert not is_in(client)


@pytest.mark.parametrize("way", ["sms", "secours", "application", "nonsense", ""])
@pytest.mark.parametrize(
    "code", ["", "x" * 40, "<script>", "😀😀😀😀😀😀", "\u202e123456", "１２３４５６", "12345", "ABCD-EFGH"]
)
def test_what_is_no_code_is_refused_beside_the_field(client, user, way, code):
    recovery.renew_recovery_codes(user=user, now=timezone.now())
    give_password(client, user)
    answer = client.post(f"{CODE}?par={way}", {"code": code})
    assert answer.status_code == 200
    assert 'aria-invalid="true"' in answer.content.decode()
    assert not is_in(client)


# --- Tying it ---


def start(client: Client, user) -> TOTPDevice:
    client.post(APP, {"start": "1"})
    return totp.waiting_totp(user)


def test_a_look_makes_no_secret(client_for, user):
    assert "Commencer" in text(client_for(user).get(APP))
    assert not TOTPDevice.objects.exists()


def test_an_app_counts_once_it_has_given_a_code(client_for, client, user):
    inside, elsewhere = client_for(user), client_for(user)
    device = start(inside, user)
    page = inside.get(APP).content.decode()
    assert totp.secret_text(device) in page
    assert 'src="data:image/svg+xml' in page
    assert "pas le bon" in text(inside.post(APP, {"code": wrong(shown(device))}))
    assert not totp.has_totp(user)
    with time_machine.travel(timezone.now() + timedelta(seconds=2)):
        assert inside.post(APP, {"code": shown(device)}).url == "/compte/"
        assert totp.has_totp(user)
        assert is_in(inside)
        # Whoever is in elsewhere proves it again.
        assert not is_in(elsewhere)
    assert OutgoingMessage.objects.filter(name="accounts/totp_added", about=f"user/{user.pk}").count() == 1
    assert AuditEvent.objects.filter(action="totp.added").count() == 1
    # The secret is never shown again.
    assert device.key not in inside.get(APP).content.decode().replace(" ", "")


def test_a_session_that_the_app_opened_outlives_the_app(client, user, app):
    give_password(client, user)
    client.post(CODE, {"code": shown(app)})
    assert client.post(APP, {"remove": "1"}).url == "/compte/"
    assert is_in(client)
    assert not totp.has_totp(user)
    client.post(APP, {"remove": "1"})
    assert OutgoingMessage.objects.filter(name="accounts/totp_removed").count() == 1
    assert AuditEvent.objects.filter(action="totp.removed").count() == 1


def test_sessions_that_the_app_opened_elsewhere_end_with_it(client_for, client, user, app):
    give_password(client, user)
    client.post(CODE, {"code": shown(app)})
    client_for(user).post(APP, {"remove": "1"})
    assert not is_in(client)


def test_starting_does_not_untie_the_app_that_is_there(client_for, user, app):
    client_for(user).post(APP, {"start": "1"})
    app.refresh_from_db()
    assert app.confirmed
    assert "Commencer" not in text(client_for(user).get(APP))


# --- Recovery ---


def test_no_recovery_code_left_says_what_to_do(client, user):
    give_password(client, user)
    page = text(client.get(f"{CODE}?par=secours"))
    assert "aucun code de secours" in page
    assert "Écrivez-lui depuis l’adresse e-mail de votre compte" in page
    assert "Code de secours</label>" not in page


def test_a_recovery_code_in_its_own_way(client, user, app):
    codes = recovery.renew_recovery_codes(user=user, now=timezone.now())
    give_password(client, user)
    assert "Code de secours" in text(client.get(f"{CODE}?par=secours"))
    answer = client.post(f"{CODE}?par=secours", {"code": codes[0]}, follow=True)
    assert is_in(client)
    assert "Il vous reste 9 codes de secours" in text(answer)


# --- Where the SMS is ---


def test_the_state_is_told_to_the_login_that_asked_for_the_code_alone(client, user):
    assert client.get(STATE).status_code == 204
    give_password(client, user)
    OutgoingMessage.objects.update(status=Status.DELIVERED)
    assert 'data-sms-state="delivered"' in text(client.get(STATE))
    other = Client()
    give_password(other, user)
    assert 'data-sms-state=""' in text(other.get(STATE))
    client.post(CODE, {"code": last_code()})
    assert client.get(STATE).status_code == 204


@pytest.mark.parametrize(
    ("changes", "age", "state", "words"),
    [
        ({"status": Status.QUEUED}, 0, "sending", "Le SMS part"),
        ({"status": Status.SENDING}, 1.4, "sending", "Le SMS part"),
        ({"status": Status.SENDING}, 1.5, "late", "tarde"),
        ({"status": Status.QUEUED, "error": "prestataire SMS saturé"}, 0, "late", "tarde"),
        ({"status": Status.UNCERTAIN, "error": "panne"}, 0, "late", "tarde"),
        ({"status": Status.ACCEPTED, "provider_id": "SM1"}, 0, "sent", "SMS envoyé"),
        ({"status": Status.FAILED, "error": "identifiants refusés"}, 0, "failed", "n’est pas parti"),
        ({"status": Status.EXPIRED}, 0, "failed", "n’est pas parti"),
    ],
)
def test_what_is_said_of_the_sms(client, user, changes, age, state, words):
    give_password(client, user)
    now = timezone.now()
    OutgoingMessage.objects.update(created_at=now, **changes)
    with time_machine.travel(now + timedelta(seconds=age), tick=False):
        page, fragment = text(client.get(CODE)), text(client.get(STATE))
    assert f'data-sms-state="{state}"' in fragment
    assert words in fragment
    assert words in page
    if state in ("late", "failed"):
        assert "code de secours" in fragment
    # What is final is not asked about again; what is late is told within three seconds.
    assert ("data-again" in fragment) == (state in ("sending", "late", "sent"))


def test_an_sms_that_never_left_may_be_asked_for_again_at_once(client, user):
    give_password(client, user)
    OutgoingMessage.objects.update(status=Status.FAILED, provider_id="")
    assert 'data-wait="0"' in client.get(CODE).content.decode()
    client.post(CODE, {"resend": "1"})
    assert codes_sent() == 2
    # One that the operator lost has cost an SMS: a minute, as always.
    OutgoingMessage.objects.update(status=Status.FAILED, provider_id="SM1")
    client.post(CODE, {"resend": "1"})
    assert codes_sent() == 2


# --- The budget ---


def test_past_the_budget_of_the_day_no_sms_leaves_and_administrators_are_told_once(
    client, user, other_practitioner, administrator, settings
):
    settings.SMS_DAILY_BUDGET = 1
    give_password(client, user)
    for person in (other_practitioner.user, make_user("Petit", "+33612345605")):
        late = Client()
        give_password(late, person)
        assert "Aucun SMS ne peut partir aujourd’hui" in text(late.get(CODE))
    assert codes_sent() == 1
    told = OutgoingMessage.objects.filter(name="accounts/sms_budget_spent")
    assert [message.to for message in told] == [administrator.email]
    codes = recovery.renew_recovery_codes(user=other_practitioner.user, now=timezone.now())
    late = Client()
    give_password(late, other_practitioner.user)
    assert late.post(f"{CODE}?par=secours", {"code": codes[0]}).url == "/"


def test_registrations_take_half_of_the_budget_at_most(user, settings):
    settings.SMS_DAILY_BUDGET = 2
    device, now = otp.device_of(user), timezone.now()
    device.confirmed = False
    device.save()
    otp.send_code(device, pending="registration", now=now)
    with pytest.raises(otp.BudgetSpent):
        otp.send_code(device, pending="registration", now=now + timedelta(minutes=2))
    device.refresh_from_db()
    device.confirmed = True
    otp.send_code(device, pending="login", now=now + timedelta(minutes=4))


# --- Sessions ---


def test_the_session_s_key_changes_at_both_steps_and_the_old_ones_are_dead(client, user):
    client.get(LOGIN)
    keys = []
    client.session.save()
    give_password(client, user)
    keys.append(client.session.session_key)
    code = last_code()
    half = Client()
    half.cookies["session"] = keys[0]
    client.post(CODE, {"code": code})
    keys.append(client.session.session_key)
    assert len(set(keys)) == 2
    # The cookie of the first step, copied before the second, opens nothing.
    assert not is_in(half)
    assert half.get(CODE).url == LOGIN


def test_a_key_given_by_a_stranger_is_not_kept(client, user):
    stranger = Client()
    give_password(stranger, user)
    planted = stranger.session.session_key
    client.cookies["session"] = planted
    give_password(client, user)
    assert client.session.session_key != planted
    with time_machine.travel(timezone.now() + timedelta(seconds=61)):
        client.post(CODE, {"resend": "1"})
        client.post(f"{CODE}?par=sms", {"code": last_code()})
    assert is_in(client)
    assert not is_in(stranger)


def test_logged_in_nobody_is_asked_again(client, user):
    give_password(client, user)
    client.post(CODE, {"code": last_code()})
    for address in (LOGIN, CODE):
        assert client.get(address).url == "/"
    assert client.get(f"{LOGIN}?next=/compte/").url == "/compte/"
    # A second tab that was still on the code's page.
    assert client.post(CODE, {"code": "123456"}).url == "/"


def test_logout_ends_the_session_for_good(client, user):
    give_password(client, user)
    client.post(CODE, {"code": last_code()})
    stolen = Client()
    stolen.cookies["session"] = client.session.session_key
    assert is_in(stolen)
    client.post("/deconnexion/")
    assert not is_in(client)
    assert not is_in(stolen)
    assert LoginSession.objects.filter(user=user).count() <= 1


def test_two_logins_of_one_person_at_once_both_get_in(client, user):
    other = Client(REMOTE_ADDR="203.0.113.5")
    give_password(client, user)
    first = last_code()
    assert client.post(CODE, {"code": first}).url == "/"
    give_password(other, user)
    assert other.post(CODE, {"code": last_code()}).url == "/"
    assert is_in(client)
    assert is_in(other)
