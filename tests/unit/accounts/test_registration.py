"""« Inscription »: what is refused or looks the same, then the way to the administrators."""

import re
from datetime import timedelta

import pytest
import time_machine
from django.core.files.storage import default_storage
from django.db import IntegrityError, connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from django_otp import devices_for_user

from accounts import recovery
from accounts.models import AuditEvent, LoginSession, Practitioner, Registration, SMSDevice, TOTPDevice, User
from accounts.services import decisions
from accounts.services import registration as service
from rofim.notifications.models import OutgoingMessage
from tests.unit.accounts.helpers import (
    PASSWORD,
    codes_sent,
    confirmation_links,
    fill_in,
    last_code,
    picture,
    prove_mobile,
    registration,
    steps_of,
    stored_files,
    upload,
    wrong,
)  # fmt: skip

pytestmark = pytest.mark.django_db

FORM, PHONE, DONE = "/inscription/", "/inscription/telephone/", "/inscription/merci/"
ACCESS = f"{FORM}?etape=acces"


def page_without_variables(client: Client, address: str) -> str:
    page = client.get(address).content.decode()
    return re.sub(r'name="csrfmiddlewaretoken" value="\w+"|possible dans \d+|data-wait="\d+"', "", page)


def names_of_mails() -> list[str]:
    return sorted(OutgoingMessage.objects.filter(channel="email").values_list("name", flat=True))


# --- Refusals ---


def test_phone_page_without_a_registration_leads_back(client):
    for answer in (client.get(PHONE), client.post(PHONE, {"code": "123456"})):
        assert answer.url == FORM
    assert client.get(ACCESS).url == FORM
    assert "redonnez votre mot de passe" not in client.get(FORM).content.decode()


def test_nothing_is_an_account_before_both_are_proved(client, client_for, administrator):
    fill_in(client)
    prove_mobile(client)
    assert not Practitioner.objects.exists()
    answer = Client().post("/connexion/", {"email": "lea.bernard@example.org", "password": PASSWORD})
    assert answer.status_code == 200
    assert "Bernard" not in client_for(administrator).get("/admin/accounts/practitioner/").content.decode()
    assert names_of_mails() == ["accounts/registration_link"]


def test_the_link_proves_nothing_before_the_mobile(client):
    """A link exists only after the code; one forged with the right key still finds no proof of the mobile."""
    fill_in(client)
    draft = Registration.objects.get()
    token = service.signing.dumps([draft.pk, draft.submitted_at.isoformat()], salt="accounts.registration")
    assert client.post(f"{FORM}confirmer/{token}/").status_code == 404
    assert not User.objects.exists()


def test_wrong_code_confirms_nothing(client):
    fill_in(client)
    code = last_code()
    for _ in range(5):
        assert client.post(PHONE, {"code": wrong(code)}).status_code == 200
    assert "plus valable" in client.post(PHONE, {"code": code}).content.decode()
    assert names_of_mails() == []


def test_code_of_another_browser_confirms_nothing(client):
    fill_in(client)
    code = last_code()
    other = Client()
    fill_in(other, email="autre@example.org", mobile_phone="06 12 34 56 79")
    assert other.post(PHONE, {"code": code}).status_code == 200
    assert names_of_mails() == []


@pytest.mark.parametrize("token", ["x", "WzEsIngiXQ:1abc:forged", "<script>", "é", "a" * 500])
def test_a_forged_link_is_refused(client, token):
    for answer in (client.get(f"{FORM}confirmer/{token}/"), client.post(f"{FORM}confirmer/{token}/")):
        assert answer.status_code == 404
        assert "plus valable" in answer.content.decode()


def test_a_look_at_the_link_changes_nothing(client):
    """Mail scanners open every link."""
    fill_in(client)
    prove_mobile(client)
    (link,) = confirmation_links()
    for _ in range(3):
        page = Client().get(link).content.decode()
    assert "Léa Bernard" in page
    assert not User.objects.exists()


def test_the_link_serves_once(client, administrator):
    fill_in(client)
    prove_mobile(client)
    (link,) = confirmation_links()
    assert Client().post(link).url == DONE
    assert Client().post(link).status_code == 404
    assert Practitioner.objects.count() == 1
    assert names_of_mails().count("accounts/registration_pending") == 1


def test_without_its_document_a_registration_is_not_confirmed(client):
    """Taken back after the code of the SMS: nobody waits in the queue with nothing to look at."""
    fill_in(client)
    prove_mobile(client)
    client.post(f"{FORM}piece/", {"remove": "1"})
    (link,) = confirmation_links()
    for answer in (Client().get(link), Client().post(link)):
        assert answer.status_code == 404
    assert not User.objects.exists()


def test_the_link_dies_after_three_days(client):
    fill_in(client)
    prove_mobile(client)
    (link,) = confirmation_links()
    with time_machine.travel(timezone.now() + timedelta(days=3, minutes=1), tick=False):
        assert Client().post(link).status_code == 404
    assert not User.objects.exists()


def test_a_corrected_address_kills_the_link_to_the_wrong_one(client):
    fill_in(client, email="lea.bernrad@example.org")
    prove_mobile(client)
    fill_in(client, mobile_phone="06 12 34 56 79")
    prove_mobile(client)
    right, mistaken = confirmation_links()
    assert Client().post(mistaken).status_code == 404
    Client().post(right)
    assert User.objects.get().email == "lea.bernard@example.org"


def test_the_link_does_not_come_of_the_host_header(client, settings):
    settings.ALLOWED_HOSTS = ["*"]
    evil = Client(headers={"host": "evil.example"})
    fill_in(evil)
    prove_mobile(evil)
    assert "evil" not in OutgoingMessage.objects.get(name="accounts/registration_link").body


@pytest.mark.usefixtures("stopped_clock")
def test_known_address_looks_the_same_in_every_step_and_tells_its_owner(client, practitioner):
    fresh, known = client, Client()
    own = {"email": practitioner.user.email, "mobile_phone": "06 12 34 56 79"}
    assert fill_in(fresh).url == fill_in(known, **own).url == PHONE
    pages = [page_without_variables(browser, PHONE) for browser in (fresh, known)]
    assert pages[0].replace("56\u00a078", "") == pages[1].replace("56\u00a079", "")
    assert codes_sent() == 2
    assert known.post(PHONE, {"code": last_code()}).url == DONE
    code = OutgoingMessage.objects.filter(name="accounts/login_code").last().body
    assert fresh.post(PHONE, {"code": re.search(r"code est (\d{6})", code)[1]}).url == DONE
    pages = [page_without_variables(browser, DONE) for browser in (fresh, known)]
    assert pages[0].replace("lea.bernard@", "") == pages[1].replace(practitioner.user.email.split("@")[0] + "@", "")
    # « Renvoyer » works alike, up to the same limit.
    for _ in range(5):
        answers = [browser.post(DONE, follow=True).content.decode() for browser in (fresh, known)]
        said = [re.search(r"(Un autre|Plusieurs)[^<]+", answer)[0] for answer in answers]
        assert said[0] == said[1]
    assert "Plusieurs" in said[0]
    mails = OutgoingMessage.objects.filter(channel="email")
    assert {(mail.name, mail.to) for mail in mails} == {
        ("accounts/registration_link", "lea.bernard@example.org"),
        ("accounts/known_address", practitioner.user.email),
    }
    assert mails.count() == 10
    assert User.objects.count() == 1


def test_nobody_asks_for_the_address_before_the_code(client, practitioner):
    """The same work, hence the same time: the address is first looked for when the mobile is proved."""
    fill_in(client, until="piece")
    last = steps_of(registration(email=practitioner.user.email))["acces"]
    with CaptureQueriesContext(connection) as captured:
        assert client.post(ACCESS, last).url == PHONE
    assert not [query["sql"] for query in captured if '"accounts_user"' in query["sql"]]


def test_a_known_address_costs_as_many_queries_as_an_unknown_one(practitioner):
    counts = []
    for number, email in enumerate(("personne@example.org", practitioner.user.email)):
        browser = Client()
        fill_in(browser, email=email, mobile_phone=f"06 12 34 57 0{number}")
        with CaptureQueriesContext(connection) as captured:
            prove_mobile(browser)
        counts.append(len(captured))
    assert counts[0] == counts[1]


def test_the_owner_is_told_five_times_a_day_at_most(practitioner):
    for number in range(7):
        browser = Client()
        fill_in(browser, email=practitioner.user.email, mobile_phone=f"06 12 34 57 0{number}")
        assert prove_mobile(browser).url == DONE
    assert OutgoingMessage.objects.filter(name="accounts/known_address").count() == 5


def test_address_of_an_administrator_is_known_too(client, administrator):
    fill_in(client, email=administrator.email)
    prove_mobile(client)
    assert names_of_mails() == ["accounts/known_address"]
    administrator.refresh_from_db()
    assert administrator.is_staff
    assert not Practitioner.objects.exists()


def test_two_registrations_with_one_address_make_one_account(client):
    """Whoever confirms first has it; nobody's registration replaces another's before."""
    other = Client()
    fill_in(client)
    prove_mobile(client)
    fill_in(other, last_name="Autre", mobile_phone="06 12 34 56 79")
    prove_mobile(other)
    second, first = confirmation_links()
    assert Client().post(first).url == DONE
    late = Client().post(second)
    assert "a déjà un compte" in late.content.decode()
    assert User.objects.get().last_name == "Bernard"


def test_nothing_is_half_made(client, monkeypatch):
    fill_in(client)
    prove_mobile(client)
    (link,) = confirmation_links()

    def fail(**_):
        raise IntegrityError

    monkeypatch.setattr(service.notify, "tell_administrators", fail)
    client.post(link)
    assert not User.objects.exists()
    assert Registration.objects.get().identity_document
    assert len(stored_files()) == 1


@pytest.mark.parametrize(
    ("bucket", "said"), [("registration", "Trop d’inscriptions"), ("registration-begun", "Trop d’inscriptions")]
)
def test_limits_by_address_are_said(client, monkeypatch, bucket, said):
    monkeypatch.setattr("accounts.throttling.allow", lambda name, *_, **__: name != bucket)
    answer = client.post(FORM, steps_of(registration())["vous"]) if bucket.endswith("begun") else fill_in(client)
    assert said in answer.content.decode()
    assert not OutgoingMessage.objects.exists()


def test_registration_expires_before_its_code(client):
    fill_in(client)
    with time_machine.travel(timezone.now() + timedelta(minutes=16), tick=False):
        answer = client.get(PHONE, follow=True)
        assert answer.redirect_chain[-1][0] == ACCESS
        assert "redonnez votre mot de passe" in answer.content.decode()


# --- The way ---


@pytest.mark.usefixtures("stopped_clock")
def test_whole_way(client, administrator):
    assert fill_in(client).url == PHONE
    assert "56\u00a078" in client.get(PHONE).content.decode()
    assert prove_mobile(client).url == DONE
    assert "lea.bernard@example.org" in client.get(DONE).content.decode()
    (link,) = confirmation_links()
    # On another machine as well.
    answer = Client().post(link, follow=True)
    assert "Vous recevez un email lorsque votre inscription est validée par Rofim" in answer.content.decode()
    practitioner = Practitioner.objects.get()
    assert practitioner.status == "pending"
    assert practitioner.submitted_at is not None
    user = practitioner.user
    assert (user.email, user.is_active, user.is_staff) == ("lea.bernard@example.org", True, False)
    assert user.check_password(PASSWORD)
    assert user.mobile_phone == "+33612345678"
    assert practitioner.practice_phone == "+33491000000"
    assert not Registration.objects.exists()
    assert not SMSDevice.objects.exists()
    message = OutgoingMessage.objects.get(name="accounts/registration_pending")
    assert message.to == administrator.email
    assert f"/admin/accounts/practitioner/{practitioner.pk}/change/" in message.body
    assert "Bernard" not in message.body + message.subject
    actions = set(AuditEvent.objects.values_list("action", flat=True))
    assert {"registration.sent", "registration.mobile_proved", "registration.confirmed"} <= actions
    # The first browser reads that all is done.
    assert "votre inscription est envoyée" in client.get(DONE).content.decode()


def test_script_of_the_page_is_told_where_to_go(client):
    fill_in(client, until="piece")
    script = {"x-requested-with": "XMLHttpRequest"}
    answer = client.post(ACCESS, steps_of(registration())["acces"], headers=script)
    assert (answer.status_code, answer["X-Next"]) == (204, PHONE)


def test_second_click_on_the_code_is_harmless(client):
    fill_in(client)
    prove_mobile(client)
    answer = client.post(PHONE, {"code": "123456"}, follow=True)
    assert answer.redirect_chain[-1][0] == DONE
    assert "à temps" not in answer.content.decode()
    assert len(confirmation_links()) == 1


def test_the_document_changes_hands_encrypted(client):
    fill_in(client, identity_document=upload(picture(comment=b"CANARI")))
    prove_mobile(client)
    (before,) = stored_files()
    client.post(confirmation_links()[0])
    (path,) = stored_files()
    assert path == before
    raw = path.read_bytes()
    assert raw.startswith(b"gAAAA")
    assert b"\xff\xd8\xff" not in raw
    plain = default_storage.open(Practitioner.objects.get().identity_document.name).read()
    assert plain.startswith(b"\xff\xd8\xff")
    assert b"CANARI" not in plain


def test_whoever_registers_again_shares_nothing_with_the_refused(
    client, client_for, pending_practitioner, administrator
):
    """The refused one may have been somebody else with this address: no session, app or code of theirs stays."""
    user = pending_practitioner.user
    client_for(user)
    recovery.renew_recovery_codes(user=user, now=timezone.now())
    TOTPDevice.objects.create(user=user, name="totp", key="A" * 32, confirmed=True)
    decisions.refuse_practitioner(
        practitioner=pending_practitioner, by=administrator, reason="Autre personne.", now=timezone.now()
    )
    fill_in(client, email=user.email)
    prove_mobile(client)
    assert Client().post(confirmation_links()[0]).url == DONE
    assert list(devices_for_user(user, confirmed=None)) == []
    assert not LoginSession.objects.filter(user=user).exists()


def test_refused_person_may_register_again(client, pending_practitioner, administrator):
    decisions.refuse_practitioner(
        practitioner=pending_practitioner, by=administrator, reason="Illisible", now=timezone.now()
    )
    fill_in(client, email=pending_practitioner.user.email)
    prove_mobile(client)
    client.post(confirmation_links()[0])
    again = Practitioner.objects.get()
    assert (again.pk, again.status, again.decided_by, again.decision_reason) == (
        pending_practitioner.pk, "pending", None, "",
    )  # fmt: skip
    assert again.user.last_name == "Bernard"
    assert again.user.check_password(PASSWORD)
    assert again.identity_document


def test_not_yet_validated_reads_why(client):
    fill_in(client)
    prove_mobile(client)
    client.post(confirmation_links()[0])
    browser = Client()
    browser.post("/connexion/", {"email": "lea.bernard@example.org", "password": PASSWORD})
    answer = browser.post("/connexion/code/", {"code": last_code()}, follow=True)
    page = " ".join(answer.content.decode().replace("\xa0", " ").split())
    assert "otre inscription est en cours de validation" in re.sub(r"&nbsp;", " ", page)


def test_logged_in_visitor_is_sent_home(client_for, practitioner):
    assert client_for(practitioner.user).get(FORM).url == "/"
