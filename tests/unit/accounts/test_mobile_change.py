"""A new mobile: nothing changes before the old one (or what replaces it) and the new one are proved."""

from datetime import timedelta

import pytest
import time_machine
from django.db import transaction
from django.test import Client
from django.utils import timezone

from accounts import otp, recovery
from accounts.models import AuditEvent, SMSDevice, User
from accounts.services import credentials
from rofim.notifications.models import OutgoingMessage
from rofim.retention import purge
from tests.conftest import PASSWORD
from tests.unit.accounts.helpers import at_once, codes_sent, confirm, last_code, left, logs_in, wrong

pytestmark = pytest.mark.django_db

MOBILE, MOBILE_CODE, MOBILE_STATE = "/compte/portable/", "/compte/portable/code/", "/compte/portable/code/etat/"


@pytest.fixture
def user(practitioner):
    return practitioner.user


def ask_mobile(client: Client, number: str = "07 98 76 54 32"):
    return client.post(MOBILE, {"mobile_phone": number})


def number_of(user: User) -> str:
    return str(User.objects.get(pk=user.pk).mobile_phone)


def test_the_old_mobile_is_asked_first(client_for, user):
    client = client_for(user)
    assert client.get(MOBILE).status_code == 302
    assert ask_mobile(client).status_code == 302
    assert client.get(MOBILE_CODE, follow=True).redirect_chain[-1][0].startswith("/compte/confirmation/")
    assert client.post(MOBILE_CODE, {"code": "123456"}).url == MOBILE
    assert codes_sent() == 0


@pytest.mark.parametrize(
    "number",
    ["", "x", "<script>", "0491000000", "+1 202 555 0143", "06 12 34 56 01", "+33612345601", "😀" * 10, "0" * 40, "\0"],
)
def test_not_a_new_mobile(client_for, user, number):
    client = confirm(client_for(user), MOBILE)
    sent = codes_sent()
    answer = ask_mobile(client, number)
    assert answer.context["form"].errors["mobile_phone"]
    assert codes_sent() == sent


def test_nothing_changes_before_the_code_to_the_new_mobile(client_for, user):
    client = confirm(client_for(user), MOBILE)
    assert ask_mobile(client).url == MOBILE_CODE
    assert OutgoingMessage.objects.filter(name="accounts/login_code").first().to == "+33798765432"
    assert "4 essais" in client.post(MOBILE_CODE, {"code": wrong(last_code())}).content.decode()
    with time_machine.travel(timezone.now() + timedelta(minutes=6), tick=False):
        assert "plus valable" in client.post(MOBILE_CODE, {"code": last_code()}).content.decode()
    assert number_of(user) == "+33612345601"
    assert left("mobile_changed") == 0


@pytest.mark.usefixtures("stopped_clock")
def test_where_the_sms_to_the_new_mobile_is(client_for, user, other_practitioner):
    client = confirm(client_for(user), MOBILE)
    assert client.get(MOBILE_STATE).status_code == 204
    ask_mobile(client)
    assert f'data-url="{MOBILE_STATE}"' in client.get(MOBILE_CODE).content.decode()
    assert "54 32" in client.get(MOBILE_STATE).content.decode().replace("\u00a0", " ")
    assert client_for(other_practitioner.user).get(MOBILE_STATE).status_code == 204


def test_the_code_to_the_new_mobile_counts_in_its_own_session_only(client_for, user, other_practitioner):
    client = confirm(client_for(user), MOBILE)
    ask_mobile(client)
    code = last_code()
    for stranger in (client_for(other_practitioner.user), client_for(user)):
        assert stranger.post(MOBILE_CODE, {"code": code}).url == MOBILE
    assert number_of(user) == "+33612345601"


def test_change_mobile(client_for, user):
    elsewhere, half = client_for(user), Client()
    half.post("/connexion/", {"email": user.email, "password": PASSWORD})
    here = client_for(user)
    with time_machine.travel(timezone.now() + timedelta(seconds=61), tick=False):
        confirm(here, MOBILE)
        key = here.session.session_key
        ask_mobile(here)
        code = last_code()
        assert here.post(MOBILE_CODE, {"code": code}).url == "/compte/"
        assert number_of(user) == "+33798765432"
        assert (
            str(otp.device_of(user).phone) == "+33612345601" or SMSDevice.objects.get(user=user).phone == "+33798765432"
        )
        assert not SMSDevice.objects.filter(user=None).exists()
        assert here.get("/compte/").status_code == 200
        assert here.session.session_key != key
        assert elsewhere.get("/compte/").status_code == 302
        # Told by e-mail, and by SMS on the old number.
        told = OutgoingMessage.objects.filter(name="accounts/mobile_changed")
        assert {message.to for message in told} == {user.email, "+33612345601"}
        assert AuditEvent.objects.filter(action="mobile.changed", actor=user).count() == 1
        # Codes on their way to the old one are dead, the proof is spent, the same code changes nothing twice.
        assert half.post("/connexion/code/", {"code": code}).status_code == 200
        assert half.get("/compte/").status_code == 302
        assert ask_mobile(here, "06 11 22 33 44").status_code == 302
        assert here.post(MOBILE_CODE, {"code": code}).url == MOBILE
        assert logs_in(user.email)
        assert OutgoingMessage.objects.filter(name="accounts/login_code").first().to == "+33798765432"


def test_a_lost_mobile_is_replaced_by_a_recovery_code(client_for, user):
    code = recovery.renew_recovery_codes(user=user, now=timezone.now())[0]
    client, page = client_for(user), "/compte/confirmation/?next=%2Fcompte%2Fportable%2F"
    client.post(page, {"password": PASSWORD})
    assert client.post(page, {"code": code}).url == MOBILE
    ask_mobile(client)
    client.post(MOBILE_CODE, {"code": last_code()})
    assert number_of(user) == "+33798765432"


def test_the_mobile_of_another_account_is_taken_like_any_other(client_for, user, other_practitioner):
    client = confirm(client_for(user), MOBILE)
    assert ask_mobile(client, str(other_practitioner.user.mobile_phone)).url == MOBILE_CODE
    client.post(MOBILE_CODE, {"code": last_code()})
    assert number_of(user) == number_of(other_practitioner.user)


def test_a_new_mobile_never_proved_is_forgotten_in_a_day(client_for, user):
    ask_mobile(confirm(client_for(user), MOBILE))
    assert purge(now=timezone.now())["mobile-change"] == 0
    assert purge(now=timezone.now() + timedelta(days=1, minutes=1))["mobile-change"] == 1
    assert SMSDevice.objects.get().user == user


def test_five_new_mobiles_an_hour_three_codes_to_one(client_for, user):
    client = confirm(client_for(user), MOBILE)
    before, now = codes_sent(), timezone.now()
    for minutes in (0, 0, 2, 4, 6):
        with time_machine.travel(now + timedelta(minutes=minutes), tick=False):
            ask_mobile(client)
    assert codes_sent() == before + 3
    assert "Trop de demandes" in ask_mobile(client, "06 11 22 33 45").content.decode()
    assert codes_sent() == before + 3
    assert SMSDevice.objects.filter(user=None).count() == 1


@pytest.mark.django_db(transaction=True)
def test_the_code_to_the_new_mobile_four_times_at_once_counts_once(practitioner):
    now = timezone.now()
    device = SMSDevice.objects.create(user=None, name="sms", phone="+33798765432", confirmed=False)
    # Uncommitted, the message is still to be read: its body is blanked once it has left.
    with transaction.atomic():
        otp.send_code(device, pending="this change", now=now)
        code = last_code()

    def change() -> None:
        proved = SMSDevice.objects.get(pk=device.pk)
        otp.check_code(proved, pending="this change", code=code, now=now)
        credentials.change_mobile(user=User.objects.get(), proved=proved, now=now)

    assert at_once(change, otp.CodeRefused, SMSDevice.DoesNotExist) == [False, False, False, True]
    assert OutgoingMessage.objects.filter(name="accounts/mobile_changed", channel="sms").count() == 1
    assert left("mobile_changed") == 2
    assert number_of(practitioner.user) == "+33798765432"
