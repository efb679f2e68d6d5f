"""The SMS that proves a registration's mobile: how many leave, and for whom."""

from datetime import timedelta

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from rofim.notifications.models import OutgoingMessage
from tests import conftest
from tests.unit.accounts.helpers import codes_sent, fill_in, last_code, prove_mobile, registration, steps_of, wrong

Status = OutgoingMessage.Status
pytestmark = pytest.mark.django_db

PHONE, STATE, DONE = "/inscription/telephone/", "/inscription/telephone/etat/", "/inscription/merci/"
ACCESS = "/inscription/?etape=acces"


def test_one_number_gets_one_sms_a_minute_however_many_registrations(client):
    fill_in(client)
    for _ in range(2):
        late = Client()
        fill_in(late)
        page = late.get(PHONE).content.decode()
        assert "Un code vient d’être envoyé à ce numéro\u00a0: demandez-en un autre dans" in page
        assert 'data-wait="0"' not in page
    # The one that left is not theirs.
    assert late.post(PHONE, {"code": last_code()}).status_code == 200
    assert codes_sent() == 1
    with time_machine.travel(timezone.now() + timedelta(seconds=61), tick=False):
        late.post(PHONE, {"resend": "1"})
        assert prove_mobile(late).url == DONE


@pytest.mark.parametrize(
    ("changes", "age", "state", "words"),
    [
        ({"status": Status.QUEUED}, 0, "sending", "Le SMS part vers"),
        ({"status": Status.QUEUED}, 2, "late", "L’envoi du SMS tarde"),
        ({"status": Status.DELIVERED}, 2, "delivered", "SMS reçu par le"),
        ({"status": Status.FAILED}, 2, "failed", "Vérifiez le numéro, puis renvoyez un code"),
    ],
)
def test_what_is_said_of_the_sms(client, changes, age, state, words):
    assert Client().get(STATE).status_code == 204
    fill_in(client)
    now = timezone.now()
    OutgoingMessage.objects.update(created_at=now, **changes)
    with time_machine.travel(now + timedelta(seconds=age), tick=False):
        page, fragment = client.get(PHONE).content.decode(), client.get(STATE).content.decode()
    for text in (page, fragment):
        assert f'data-sms-state="{state}"' in text
        assert words in text
        # Who has no account yet has no other way.
        assert "code de secours" not in text
    assert f'data-url="{STATE}"' in page


def test_to_begin_anew_brings_no_sms_sooner(client):
    for _ in range(2):
        fill_in(client)
        client.post("/inscription/effacer/")
    assert codes_sent() == 1


def test_one_address_asks_for_a_fiftieth_of_the_codes_of_a_day(settings):
    settings.SMS_DAILY_BUDGET = 300
    for number in range(8):
        # One household: whoever has an IPv6 address has many.
        client = Client(REMOTE_ADDR=f"2001:db8:1:2::{number}")
        fill_in(client, mobile_phone=f"06 12 34 56 0{number}")
    assert codes_sent() == 6
    said = "Trop de codes ont été demandés d’ici aujourd’hui\u00a0: réessayez demain, ou depuis un autre réseau."
    assert said in client.get(PHONE).content.decode()
    client.post(PHONE, {"resend": "1"})
    assert codes_sent() == 6
    fill_in(Client(REMOTE_ADDR="2001:db8:1:3::1"), mobile_phone="06 12 34 56 09")
    assert codes_sent() == 7
    with time_machine.travel(timezone.now() + timedelta(days=1), tick=False):
        fill_in(client, mobile_phone="06 12 34 56 10")
        assert codes_sent() == 8


def test_registrations_leave_codes_for_the_login_of_the_same_mobile(practitioner):
    """Whoever knows a doctor's number would otherwise shut the doctor out with a few registrations."""
    mobile, now = str(practitioner.user.mobile_phone), timezone.now()
    for number in range(6):
        with time_machine.travel(now + timedelta(minutes=2 * number), tick=False):
            fill_in(Client(), email=f"robot{number}@example.org", mobile_phone=mobile)
    assert codes_sent() == 3
    with time_machine.travel(now + timedelta(minutes=12), tick=False):
        Client().post("/connexion/", {"email": practitioner.user.email, "password": conftest.PASSWORD})
    assert codes_sent() == 4


def test_new_code_after_a_minute(client):
    fill_in(client)
    client.post(PHONE, {"resend": "1"})
    assert codes_sent() == 1
    with time_machine.travel(timezone.now() + timedelta(seconds=61), tick=False):
        client.post(PHONE, {"resend": "1"})
        assert codes_sent() == 2
        assert prove_mobile(client).url == DONE


def test_a_corrected_number_gets_a_code_of_its_own(client):
    fill_in(client, mobile_phone="06 12 34 56 70")
    first = last_code()
    assert client.post(ACCESS, steps_of(registration())["acces"]).url == PHONE
    assert OutgoingMessage.objects.first().to == "+33612345678"
    assert client.post(PHONE, {"code": wrong(last_code()) if first == last_code() else first}).status_code == 200
    assert prove_mobile(client).url == DONE


def test_the_last_step_twice_keeps_the_code_that_is_on_its_way(client):
    fill_in(client)
    client.post(ACCESS, steps_of(registration())["acces"])
    assert codes_sent() == 1
    assert prove_mobile(client).url == DONE
