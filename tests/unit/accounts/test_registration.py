"""« Inscription »: what is refused or looks the same, then the way to « merci »."""

import re
from datetime import timedelta
from pathlib import Path

import pytest
import time_machine
from django.conf import settings as configured
from django.core.files.storage import default_storage
from django.db import IntegrityError
from django.test import Client
from django.utils import timezone

from accounts.models import AuditEvent, Practitioner, SMSDevice, User
from accounts.services import decisions
from accounts.services import registration as service
from rofim.notifications.models import OutgoingMessage
from tests.unit.accounts.helpers import PASSWORD, codes_sent, last_code, picture, registration, upload, wrong

pytestmark = pytest.mark.django_db

FORM, PHONE, DONE = "/inscription/", "/inscription/telephone/", "/inscription/merci/"


@pytest.fixture(autouse=True)
def _files(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


def stored_files() -> list[Path]:
    return [path for path in Path(configured.MEDIA_ROOT).rglob("*") if path.is_file()]


def page_without_variables(client: Client, address: str) -> str:
    page = client.get(address).content.decode()
    return re.sub(r'name="csrfmiddlewaretoken" value="\w+"|possible dans \d+|data-wait="\d+"', "", page)


# --- Refusals ---


def test_phone_page_without_a_registration_leads_back(client):
    assert client.get(PHONE).url == FORM
    assert client.post(PHONE, {"code": "123456"}).url == FORM


def test_unconfirmed_can_not_log_in_and_waits_in_no_queue(client, client_for, administrator):
    client.post(FORM, registration())
    assert Practitioner.objects.get().status == "unconfirmed"
    answer = Client().post("/connexion/", {"email": "lea.bernard@example.org", "password": PASSWORD})
    assert answer.status_code == 200
    inside = client_for(administrator)
    assert "Bernard" not in inside.get("/admin/accounts/practitioner/").content.decode()
    assert not OutgoingMessage.objects.filter(name="accounts/registration_pending").exists()


def test_wrong_code_confirms_nothing(client):
    client.post(FORM, registration())
    code = last_code()
    for _ in range(5):
        assert client.post(PHONE, {"code": wrong(code)}).status_code == 200
    assert "plus valable" in client.post(PHONE, {"code": code}).content.decode()
    assert Practitioner.objects.get().status == "unconfirmed"


def test_code_of_another_browser_confirms_nothing(client):
    client.post(FORM, registration())
    code = last_code()
    other = Client()
    other.post(FORM, registration(email="autre@example.org", mobile_phone="06 12 34 56 79"))
    assert other.post(PHONE, {"code": code}).status_code == 200
    assert set(Practitioner.objects.values_list("status", flat=True)) == {"unconfirmed"}


def test_known_address_looks_the_same_and_tells_its_owner(client, practitioner):
    fresh, known = client, Client()
    answers = [
        fresh.post(FORM, registration()),
        known.post(FORM, registration(email=practitioner.user.email, mobile_phone="06 12 34 56 79")),
    ]
    assert [answer.url for answer in answers] == [PHONE, PHONE]
    pages = [page_without_variables(browser, PHONE) for browser in (fresh, known)]
    assert pages[0].replace("56\u00a078", "") == pages[1].replace("56\u00a079", "")
    assert codes_sent() == 2
    # The code that came to the typed mobile is taken, and completes nothing.
    assert known.post(PHONE, {"code": last_code()}).url == DONE
    assert User.objects.filter(email=practitioner.user.email).count() == 1
    assert Practitioner.objects.filter(status="pending").count() == 0
    practitioner.user.refresh_from_db()
    assert practitioner.user.mobile_phone == "+33612345601"
    told = OutgoingMessage.objects.filter(name="accounts/known_address")
    assert [message.to for message in told] == [practitioner.user.email]
    assert len(stored_files()) == 1  # the fresh one's


def test_owner_is_told_three_times_a_day_at_most(client, practitioner):
    for number in range(5):
        phone = f"06 12 34 57 0{number}"
        Client().post(FORM, registration(email=practitioner.user.email, mobile_phone=phone))
    assert OutgoingMessage.objects.filter(name="accounts/known_address").count() == 3


def test_address_of_an_administrator_is_known_too(client, administrator):
    assert client.post(FORM, registration(email=administrator.email)).url == PHONE
    administrator.refresh_from_db()
    assert administrator.is_staff
    assert not Practitioner.objects.exists()


def test_no_file_without_its_row(monkeypatch, client):
    def fail(**_):
        raise IntegrityError

    monkeypatch.setattr(service.audit, "record", fail)
    client.post(FORM, registration())
    assert not Practitioner.objects.exists()
    assert stored_files() == []


def test_thirty_an_hour_from_one_address(client, monkeypatch):
    monkeypatch.setattr("accounts.throttling.allow", lambda bucket, *_, **__: bucket != "registration")
    answer = client.post(FORM, registration())
    assert "Trop d’inscriptions" in answer.content.decode()
    assert not User.objects.exists()


def test_registration_expires_before_its_code(client):
    client.post(FORM, registration())
    with time_machine.travel(timezone.now() + timedelta(minutes=16), tick=False):
        assert client.get(PHONE).url == FORM


# --- The way ---


def test_whole_way(client, administrator):
    answer = client.post(FORM, registration())
    assert answer.url == PHONE
    assert "56\u00a078" in client.get(PHONE).content.decode()
    assert client.post(PHONE, {"code": last_code()}).url == DONE
    assert "Vous recevez un email lorsque votre inscription est validée par Rofim" in client.get(DONE).content.decode()
    practitioner = Practitioner.objects.get()
    assert practitioner.status == "pending"
    assert practitioner.submitted_at is not None
    user = practitioner.user
    assert (user.email, user.is_active, user.is_staff) == ("lea.bernard@example.org", True, False)
    assert user.check_password(PASSWORD)
    assert user.mobile_phone == "+33612345678"
    assert practitioner.practice_phone == "+33491000000"
    assert SMSDevice.objects.get().confirmed
    message = OutgoingMessage.objects.get(name="accounts/registration_pending")
    assert message.to == administrator.email
    assert f"/admin/accounts/practitioner/{practitioner.pk}/change/" in message.body
    assert "Bernard" not in message.body + message.subject
    actions = set(AuditEvent.objects.values_list("action", flat=True))
    assert {"registration.sent", "registration.confirmed"} <= actions


def test_script_of_the_page_is_told_where_to_go(client):
    answer = client.post(FORM, registration(), headers={"x-requested-with": "XMLHttpRequest"})
    assert (answer.status_code, answer["X-Next"]) == (204, PHONE)


def test_second_click_on_the_code_is_harmless(client, administrator):
    client.post(FORM, registration())
    client.post(PHONE, {"code": last_code()})
    assert client.post(PHONE, {"code": "123456"}).url == FORM
    assert OutgoingMessage.objects.filter(name="accounts/registration_pending").count() == 1


def test_document_is_encrypted_on_disk(client):
    client.post(FORM, registration(identity_document=upload(picture(comment=b"CANARI"))))
    (path,) = stored_files()
    raw = path.read_bytes()
    assert raw.startswith(b"gAAAA")
    assert b"\xff\xd8\xff" not in raw
    practitioner = Practitioner.objects.get()
    plain = default_storage.open(practitioner.identity_document.name).read()
    assert plain.startswith(b"\xff\xd8\xff")
    assert b"CANARI" not in plain


def test_starting_again_replaces_what_was_never_confirmed(client, django_capture_on_commit_callbacks):
    client.post(FORM, registration(last_name="Bernad"))
    with django_capture_on_commit_callbacks(execute=True):
        Client().post(FORM, registration(mobile_phone="06 12 34 56 79"))
    assert User.objects.get().last_name == "Bernard"
    assert len(stored_files()) == 1
    # The first browser's registration is gone.
    assert client.get(PHONE).url == FORM


def test_refused_person_may_register_again(client, pending_practitioner, administrator):
    decisions.refuse_practitioner(
        practitioner=pending_practitioner, by=administrator, reason="Illisible", now=timezone.now()
    )
    client.post(FORM, registration(email=pending_practitioner.user.email))
    client.post(PHONE, {"code": last_code()})
    assert Practitioner.objects.get().status == "pending"


def test_registrations_leave_codes_for_the_login_of_the_same_mobile(practitioner):
    """Whoever knows a doctor's number would otherwise shut the doctor out with a few registrations."""
    mobile = str(practitioner.user.mobile_phone)
    for number in range(8):
        Client().post(FORM, registration(email=f"robot{number}@example.org", mobile_phone=mobile))
    assert codes_sent() == 3
    Client().post("/connexion/", {"email": practitioner.user.email, "password": "correct-horse-battery-staple"})
    assert codes_sent() == 4


def test_new_code_after_a_minute(client):
    client.post(FORM, registration())
    client.post(PHONE, {"resend": "1"})
    assert codes_sent() == 1
    with time_machine.travel(timezone.now() + timedelta(seconds=61), tick=False):
        client.post(PHONE, {"resend": "1"})
        assert codes_sent() == 2
        assert client.post(PHONE, {"code": last_code()}).url == DONE


def test_not_yet_validated_reads_why(client):
    client.post(FORM, registration())
    client.post(PHONE, {"code": last_code()})
    browser = Client()
    browser.post("/connexion/", {"email": "lea.bernard@example.org", "password": PASSWORD})
    answer = browser.post("/connexion/code/", {"code": last_code()}, follow=True)
    page = " ".join(answer.content.decode().replace("\xa0", " ").split())
    assert "otre inscription est en cours de validation" in re.sub(r"&nbsp;", " ", page)


def test_logged_in_visitor_is_sent_home(client_for, practitioner):
    assert client_for(practitioner.user).get(FORM).url == "/"
