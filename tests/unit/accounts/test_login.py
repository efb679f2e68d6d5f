"""Login: what is refused, then the way in."""

import re
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from importlib import import_module

import pytest
import time_machine
from django.apps import apps
from django.contrib.auth.hashers import check_password
from django.db import connection, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from django_otp import DEVICE_ID_SESSION_KEY
from django_otp.plugins.otp_static.models import StaticDevice, StaticToken

from accounts import otp, recovery
from accounts.hashers import PasswordHasher
from accounts.models import AuditEvent, RecoveryCode, SMSDevice
from rofim.notifications.models import OutgoingMessage
from tests.conftest import PASSWORD
from tests.unit.accounts.helpers import codes_sent, give_password, is_in, last_code, new_recovery_codes, wrong

pytestmark = pytest.mark.django_db

LOGIN, CODE = "/connexion/", "/connexion/code/"


@pytest.fixture
def user(practitioner):
    return practitioner.user


# --- Refusals ---


def test_password_alone_opens_nothing(client, user):
    assert give_password(client, user).url == CODE
    assert not is_in(client)
    assert "_auth_user_id" not in client.session


def test_half_logged_in_session_opens_nothing(half_logged_in, user):
    client = half_logged_in(user)
    for name in ("account", "account_password", "account_signature", "account_signature_image", "account_billing"):
        answer = client.get(reverse(f"accounts:{name}"))
        assert answer.status_code == 302
        assert answer.url.startswith(LOGIN)
    assert client.post("/compte/codes/").status_code == 302


def test_code_page_without_a_password_leads_back(client):
    assert client.get(CODE).url == LOGIN
    assert client.post(CODE, {"code": "123456"}).url == LOGIN


def test_wrong_and_unknown_look_the_same(client, user):
    wrong_password = give_password(client, user, "faux-mot-de-passe").content
    unknown = client.post(LOGIN, {"email": "personne@example.org", "password": "faux-mot-de-passe"}).content
    strip = [b"dr.martin@example.org", b"personne@example.org"]
    tokens = [page.split(b'name="csrfmiddlewaretoken" value="')[1][:64] for page in (wrong_password, unknown)]
    for value in strip + tokens:
        wrong_password, unknown = wrong_password.replace(value, b""), unknown.replace(value, b"")
    assert wrong_password == unknown
    assert codes_sent() == 0


def test_inactive_account_looks_unknown(client, user):
    user.is_active = False
    user.save()
    answer = give_password(client, user)
    assert answer.status_code == 200
    assert "n’est pas le bon" in answer.content.decode()


def test_wrong_code_says_so_counts_and_dies_after_five(client, user):
    give_password(client, user)
    code = last_code()
    for left in (4, 3, 2):
        assert f"Il vous reste {left} essais" in client.post(CODE, {"code": wrong(code)}).content.decode()
    assert "Il vous reste 1 essai." in client.post(CODE, {"code": wrong(code)}).content.decode()
    assert "plus valable" in client.post(CODE, {"code": wrong(code)}).content.decode()
    # The right one comes too late.
    assert "plus valable" in client.post(CODE, {"code": code}).content.decode()
    assert not is_in(client)


def test_expired_code(client, user):
    give_password(client, user)
    code = last_code()
    with time_machine.travel(timezone.now() + timedelta(seconds=301), tick=False):
        assert "plus valable" in client.post(CODE, {"code": code}).content.decode()


def test_code_just_in_time(client, user):
    give_password(client, user)
    code = last_code()
    with time_machine.travel(timezone.now() + timedelta(seconds=290), tick=False):
        assert client.post(CODE, {"code": code}).url == "/"


def test_replayed_code(client, user):
    give_password(client, user)
    code = last_code()
    assert client.post(CODE, {"code": code}).url == "/"
    other = Client()
    give_password(other, user)
    assert other.post(CODE, {"code": code}).status_code == 200
    assert not is_in(other)


def test_code_of_another_login_of_the_same_person(client, user):
    give_password(client, user)
    code = last_code()
    thief = Client()
    give_password(thief, user)
    assert "plus valable" in thief.post(CODE, {"code": code}).content.decode()
    assert client.post(CODE, {"code": code}).url == "/"


def test_code_of_another_person(client, user, other_practitioner):
    give_password(client, user)
    code = last_code()
    other = Client()
    give_password(other, other_practitioner.user)
    assert other.post(CODE, {"code": code}).status_code == 200
    assert not is_in(other)


def test_code_after_the_password_changed(client, user):
    give_password(client, user)
    code = last_code()
    user.set_password("un-tout-autre-mot-de-passe")
    user.save()
    assert client.post(CODE, {"code": code}).url == LOGIN


def test_code_page_expires(client, user):
    give_password(client, user)
    with time_machine.travel(timezone.now() + timedelta(minutes=16), tick=False):
        assert client.get(CODE).url == LOGIN


def test_no_second_sms_within_a_minute(client, user):
    give_password(client, user)
    page = client.post(CODE, {"resend": "1"}, follow=True).content.decode()
    give_password(client, user)
    assert codes_sent() == 1
    assert "possible dans" in page
    # The code that is on its way goes on being good.
    assert client.post(CODE, {"code": last_code()}).url == "/"


def test_another_browser_within_a_minute_is_told_to_wait(client, user):
    give_password(client, user)
    answer = Client().post(LOGIN, {"email": user.email, "password": PASSWORD}, follow=True)
    assert codes_sent() == 1
    assert "demandez-en un autre dans" in answer.content.decode()


def test_new_code_kills_the_old_one(client, user):
    give_password(client, user)
    old = last_code()
    with time_machine.travel(timezone.now() + timedelta(seconds=61), tick=False):
        client.post(CODE, {"resend": "1"})
        assert codes_sent() == 2
        new = last_code()
        if new != old:
            assert client.post(CODE, {"code": old}).status_code == 200
        assert client.post(CODE, {"code": new}).url == "/"


def test_five_codes_an_hour_then_a_word(client, user):
    now = timezone.now()
    for minute in range(7):
        with time_machine.travel(now + timedelta(minutes=2 * minute), tick=False):
            answer = Client().post(LOGIN, {"email": user.email, "password": PASSWORD}, follow=True)
    assert codes_sent() == 5
    assert "Trop de codes" in answer.content.decode()
    assert answer.status_code == 200


def test_ten_codes_a_day(user, settings):
    device, now = otp.device_of(user), timezone.now()
    for hour in range(10):
        otp.send_code(device, pending="x", now=now + timedelta(hours=hour))
    with pytest.raises(otp.CodeNotSent) as refusal:
        otp.send_code(device, pending="x", now=now + timedelta(hours=11))
    assert refusal.value.retry_at is None
    assert codes_sent() == 10


@pytest.mark.parametrize(
    "target", ["https://evil.example/", "//evil.example/", "javascript:alert(1)", "/\\evil.example"]
)
def test_next_never_leads_elsewhere(client, user, target):
    give_password(client, user, next=target)
    assert client.post(CODE, {"code": last_code()}).url == "/"


def test_every_form_needs_its_token(user, client_for):
    stranger = Client(enforce_csrf_checks=True)
    for address in (LOGIN, CODE, "/inscription/", "/inscription/telephone/", "/mot-de-passe/", "/deconnexion/"):
        assert stranger.post(address, {}).status_code == 403
    inside = client_for(user)
    inside.handler.enforce_csrf_checks = True
    for address in ("/compte/mot-de-passe/", "/compte/signature/", "/compte/mentions/", "/compte/codes/"):
        assert inside.post(address, {}).status_code == 403


def test_logout_is_a_post(client_for, user):
    client = client_for(user)
    assert client.get("/deconnexion/").status_code == 405
    assert is_in(client)
    assert client.post("/deconnexion/").url == "/"
    assert not is_in(client)


def test_the_code_is_nowhere_in_clear(client, user):
    give_password(client, user)
    code, device = last_code(), SMSDevice.objects.get()
    # As a word: in the digits of long digests it turns up by chance.
    assert code not in re.split(r"\W+", f"{device.token} {device.pending} {client.session.items()}")
    assert not device.verify_token(code)


@pytest.mark.parametrize(
    "typed", ["", " ", "12345", "1234567", "<script>", "\0", "😀" * 6, "١٢٣٤٥٦", "9" * 5000, "\u202e123456"]
)
def test_nonsense_for_a_code(client, user, typed):
    give_password(client, user)
    answer = client.post(CODE, {"code": typed})
    assert answer.status_code == 200
    assert answer.context["form"].errors["code"]
    assert not is_in(client)


# --- The way in ---


@pytest.mark.usefixtures("stopped_clock")
def test_password_and_code(client, user):
    before = client.session.session_key
    assert client.get(LOGIN).status_code == 200
    assert give_password(client, user).url == CODE
    half = client.session.session_key
    page = client.get(CODE).content.decode()
    assert 'autocomplete="one-time-code"' in page
    assert "56\u00a001" in page
    assert "+33612345601" not in page
    answer = client.post(CODE, {"code": last_code()})
    assert answer.url == reverse("home")
    assert len({before, half, client.session.session_key}) == 3
    assert is_in(client)
    assert otp.verified_user(user, client.session)
    assert AuditEvent.objects.filter(action="login", actor=user).exists()


def test_sms_ends_with_the_origin_bound_line(client, user, settings):
    give_password(client, user)
    message = OutgoingMessage.objects.get(name="accounts/login_code")
    assert message.to == "+33612345601"
    assert message.body.splitlines()[-1] == f"@{settings.SITE_HOST} #{last_code()}"
    assert message.expires_at - timezone.now() <= timedelta(minutes=5)


def test_code_with_spaces(client, user):
    give_password(client, user)
    code = last_code()
    assert client.post(CODE, {"code": f" {code[:3]} {code[3:]} "}).url == "/"


def test_email_in_any_case(client, user):
    assert client.post(LOGIN, {"email": " Dr.MARTIN@Example.org ", "password": PASSWORD}).url == CODE


def test_next_is_honoured(client, user):
    wanted = client.get("/compte/").url
    assert wanted == "/connexion/?next=/compte/"
    page = client.get(wanted).content.decode()
    assert 'name="next" value="/compte/"' in page
    give_password(client, user, next="/compte/")
    assert client.post(CODE, {"code": last_code()}).url == "/compte/"


def test_recovery_codes(client_for, client, user):
    codes = new_recovery_codes(client_for(user))
    assert len(set(codes)) == 10
    give_password(client, user)
    assert client.post(CODE, {"code": codes[0].lower().replace("-", " ")}).url == "/"
    assert recovery.remaining_recovery_codes(user) == 9
    again = Client()
    with time_machine.travel(timezone.now() + timedelta(minutes=2), tick=False):
        give_password(again, user)
        assert again.post(CODE, {"code": codes[0]}).status_code == 200
        assert again.post(CODE, {"code": codes[1]}).url == "/"


def test_recovery_codes_are_kept_as_salted_argon2id(settings, user):
    settings.PASSWORD_HASHERS = ["accounts.hashers.PasswordHasher"]
    codes = [otp.normalise(code) for code in recovery.renew_recovery_codes(user=user, now=timezone.now())]
    digests = list(RecoveryCode.objects.values_list("digest", flat=True))
    assert all(digest.startswith("argon2$argon2id$") for digest in digests)
    assert len({PasswordHasher().decode(digest)["salt"] for digest in digests}) == 10
    # Neither the code itself nor the account's key alone answers for it.
    assert not any(check_password(code, digest) for code in codes[:2] for digest in digests)
    recovery.use_recovery_code(user=user, code=codes[2], now=timezone.now())
    assert recovery.remaining_recovery_codes(user) == 9


def test_recovery_codes_of_before_go_on_counting(user):
    """What migration 0012 makes of the digests that were kept until then."""
    device = StaticDevice.objects.create(user=user, name="recovery")
    other = StaticDevice.objects.create(user=user, name="test")
    kept = recovery._keyed(user, "ABCDEFGH")
    for owner, token in ((device, kept), (device, "0" * 16), (other, "f" * 16)):
        StaticToken.objects.create(device=owner, token=token)
    import_module("accounts.migrations.0012_recovery_code").hash_slowly(apps, None)
    assert list(StaticToken.objects.values_list("device", flat=True)) == [other.pk]
    assert recovery.use_recovery_code(user=user, code="ABCDEFGH", now=timezone.now()) == device
    assert recovery.remaining_recovery_codes(user) == 1
    with pytest.raises(otp.CodeRefused):
        recovery.use_recovery_code(user=user, code="ABCDEFGH", now=timezone.now())


def test_recovery_codes_of_another_person(client_for, client, user, other_practitioner):
    codes = new_recovery_codes(client_for(other_practitioner.user))
    give_password(client, user)
    assert client.post(CODE, {"code": codes[0]}).status_code == 200
    assert not is_in(client)


def test_new_recovery_codes_kill_the_old_ones(client_for, client, user):
    inside = client_for(user)
    old = new_recovery_codes(inside)
    new_recovery_codes(inside)
    give_password(client, user)
    assert client.post(CODE, {"code": old[0]}).status_code == 200


def test_ten_recovery_codes_tried_an_hour(client_for, client, user):
    codes = new_recovery_codes(client_for(user))
    give_password(client, user)
    for _ in range(10):
        client.post(CODE, {"code": "ABCD-EFGH"})
    assert "plus valable" in client.post(CODE, {"code": codes[0]}).content.decode()


def test_verified_user_asks_for_both(half_logged_in, client_for, user, other_practitioner):
    assert not otp.verified_user(user, half_logged_in(user).session)
    session = client_for(user).session
    assert otp.verified_user(user, session)
    assert not otp.verified_user(other_practitioner.user, session)
    user.is_active = False
    assert not otp.verified_user(user, session)
    user.is_active = True
    session[DEVICE_ID_SESSION_KEY] = "nonsense"
    assert not otp.verified_user(user, session)
    StaticDevice.objects.all().delete()
    assert not otp.verified_user(user, client_for(other_practitioner.user).session)


@pytest.mark.django_db(transaction=True)
def test_the_right_code_twice_at_once_lets_one_in(practitioner):
    device, now = otp.device_of(practitioner.user), timezone.now()
    # Uncommitted, the message is still to be read: its body is blanked once it has left.
    with transaction.atomic():
        otp.send_code(device, pending="this login", now=now)
        code = last_code()
    gate = threading.Barrier(4)

    def try_code() -> bool:
        gate.wait()
        try:
            otp.check_code(SMSDevice.objects.get(), pending="this login", code=code, now=now)
        except otp.CodeRefused:
            return False
        finally:
            connection.close()
        return True

    with ThreadPoolExecutor(4) as pool:
        outcomes = [attempt.result() for attempt in [pool.submit(try_code) for _ in range(4)]]
    assert sorted(outcomes) == [False, False, False, True]
