"""What a client writes into its headers is believed by nothing: host, address, scheme, origin, method, code twice."""

import re

import pytest
import time_machine
from django.conf import settings as project
from django.test import Client, RequestFactory
from django.urls import reverse
from django.utils import timezone

from accounts.models import AuditEvent
from patients.models import Invitation
from rofim.notifications.models import OutgoingMessage
from teleconsult.models import Consultation
from teleconsult.states import Status
from tests.conftest import PASSWORD, make_consultation, verify

pytestmark = pytest.mark.django_db

EVIL = "evil.example"
# What some framework or proxy somewhere takes for the host or the address asked for.
HOST_HEADERS = {
    "X-Forwarded-Host": EVIL, "X-Host": EVIL, "X-Forwarded-Server": EVIL, "X-HTTP-Host-Override": EVIL,
    "Forwarded": f"for=203.0.113.9;host={EVIL};proto=https", "X-Forwarded-Port": "4443", "X-Original-URL": "/admin/",
    "X-Rewrite-URL": "/admin/",
}  # fmt: skip


def gate(consultation: Consultation) -> str:
    return reverse("patients:gate", args=[consultation.invitation.token])


# --- Host ---


@pytest.mark.parametrize("host", [EVIL, "localhost.evil.example", "evil.example:8000", "localhost@evil.example", "a b"])
@pytest.mark.parametrize("path", ["/", "/connexion/", "/mot-de-passe/", "/inscription/", "/sante/", "/admin/"])
def test_another_host_is_a_400_that_nobody_keeps(client, host, path):
    answer = client.get(path, headers={"host": host})
    assert answer.status_code == 400
    assert EVIL not in answer.content.decode()
    assert "public" not in answer.get("Cache-Control", "")


@pytest.fixture
def any_host(settings) -> dict[str, str]:
    """The worst case: a server that takes every host, and a request that forges them all."""
    settings.ALLOWED_HOSTS = ["*"]
    return HOST_HEADERS | {"Host": EVIL}


def test_no_message_ever_carries_a_forged_host(any_host, practitioner, consultation, client_for):
    Client().post("/mot-de-passe/", {"email": practitioner.user.email}, headers=any_host)
    Client().post("/connexion/", {"email": practitioner.user.email, "password": PASSWORD}, headers=any_host)
    doctor = client_for(practitioner.user)
    doctor.post(reverse("teleconsult:invitation_resend", args=[consultation.reference]), headers=any_host)
    sent = list(OutgoingMessage.objects.all())
    assert {message.name for message in sent} == {
        "accounts/password_reset", "accounts/login_code", "patients/invitation",
    }  # fmt: skip
    for message in sent:
        written = f"{message.body}{message.body_html}"
        assert EVIL not in written, message.name
        for link in re.findall(r"https?://[^\s\"<]+", written):
            assert link.startswith(project.SITE_URL), link


def test_no_redirect_and_no_page_carries_a_forged_host(any_host, practitioner, consultation, client_for):
    doctor, stranger = client_for(practitioner.user), Client()
    detail = reverse("teleconsult:consultation_detail", args=[consultation.reference])
    for client, path in (
        (stranger, "/"), (stranger, "/connexion/"), (stranger, "/compte/"), (stranger, "/admin/"),
        (stranger, "/communes/13002/"), (stranger, gate(consultation)), (doctor, "/"), (doctor, detail),
        (doctor, reverse("teleconsult:practitioner_room", args=[consultation.reference])),
    ):  # fmt: skip
        answer = client.get(path, headers=any_host)
        assert EVIL not in answer.content.decode(), path
        assert EVIL not in str(answer.headers), path
        assert answer.get("Location", "/").startswith("/"), path


@pytest.mark.parametrize(
    "target", [f"//{EVIL}/", f"https://{EVIL}/", f"/\\{EVIL}", f"http:{EVIL}", "javascript:alert(1)"]
)
def test_the_login_leads_to_no_foreign_address(practitioner, client_for, target):
    answer = client_for(practitioner.user).get("/connexion/", {"next": target})
    assert answer["Location"] == "/"


def test_headers_that_name_another_path_open_nothing(client, administrator):
    assert client.get("/sante/", headers=HOST_HEADERS).json() == {"status": "ok"}


# --- Address and scheme ---


def test_a_forged_address_is_in_no_limit_and_not_on_the_trail(practitioner, consultation):
    client = Client(REMOTE_ADDR="198.51.100.7")
    # At one moment: a slow machine would wait the pauses between the tries.
    with time_machine.travel(timezone.now(), tick=False):
        for number in range(8):
            forged = {
                "X-Forwarded-For": f"203.0.113.{number}", "X-Real-IP": f"203.0.113.{number}",
                "Forwarded": f"for=203.0.113.{number}", "CF-Connecting-IP": f"203.0.113.{number}",
                "True-Client-IP": f"203.0.113.{number}",
            }  # fmt: skip
            login = client.post("/connexion/", {"email": practitioner.user.email, "password": "wrong"}, headers=forged)
            entry = client.post(gate(consultation), {"code": "0000"}, headers=forged)
    assert login.status_code == 429
    assert entry.context["state"] == "locked"
    assert set(AuditEvent.objects.values_list("ip_address", flat=True)) == {"198.51.100.7"}


def test_one_address_cannot_try_many_links_under_forged_names(practitioner):
    for number in range(31):
        client = Client(REMOTE_ADDR="198.51.100.7", headers={"X-Forwarded-For": f"203.0.113.{number}"})
        answer = client.post(gate(make_consultation(practitioner)), {"code": "0000"})
    assert answer.context["state"] == "locked"


def test_the_scheme_is_believed_of_a_proxy_alone(settings):
    request = RequestFactory().get("/", headers={"X-Forwarded-Proto": "https"})
    assert not request.is_secure()
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    assert request.is_secure()


def test_the_proxy_overwrites_what_the_server_behind_it_believes():
    """Daphne's --proxy-headers takes the leftmost address (reliability.md, 7)."""
    written = (project.BASE_DIR / "rofim" / "deploy" / "Caddyfile").read_text()
    assert "header_up X-Forwarded-For {remote_host}" in written
    assert "header_up X-Forwarded-Proto {scheme}" in written
    assert "header_up -X-Forwarded-Host" in written


# --- Origin ---


@pytest.fixture
def strict(practitioner) -> Client:
    """A browser whose forms carry their token."""
    return verify(Client(enforce_csrf_checks=True), practitioner.user)


def end(client: Client, consultation: Consultation, *, secure: bool = False, **headers: str) -> int:
    page = client.get(reverse("teleconsult:consultation_detail", args=[consultation.reference]), secure=secure)
    token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', page.content.decode())[1]
    address = reverse("teleconsult:consultation_end", args=[consultation.reference])
    return client.post(address, {"csrfmiddlewaretoken": token}, headers=headers, secure=secure).status_code


@pytest.mark.parametrize(
    "origin",
    [f"https://{EVIL}", "null", "http://localhost:8001", "https://localhost:8000", "http://sub.localhost:8000",
     "http://localhost:8000.evil.example"],
)  # fmt: skip
def test_a_form_from_elsewhere_is_refused_with_its_token(strict, practitioner, origin):
    consultation = make_consultation(practitioner, status=Status.IN_PROGRESS)
    assert end(strict, consultation, Origin=origin) == 403
    assert Consultation.objects.get(pk=consultation.pk).status == Status.IN_PROGRESS
    assert end(strict, consultation, Origin="http://localhost:8000") == 302
    assert Consultation.objects.get(pk=consultation.pk).status == Status.COMPLETED


@pytest.mark.parametrize(
    "referer", [None, f"https://{EVIL}/", "http://localhost/", "https://localhost.evil.example/", "x"]
)
def test_over_https_a_form_without_its_origin_needs_its_referer(strict, practitioner, referer, settings):
    settings.ALLOWED_HOSTS = ["localhost", "testserver"]
    consultation = make_consultation(practitioner, status=Status.IN_PROGRESS)
    headers = {"Referer": referer} if referer else {}
    assert end(strict, consultation, secure=True, **headers) == 403


def test_another_method_in_a_header_or_a_field_changes_nothing(practitioner, client_for):
    consultation = make_consultation(practitioner, status=Status.IN_PROGRESS)
    address = reverse("teleconsult:consultation_end", args=[consultation.reference])
    client = client_for(practitioner.user)
    for name in ("X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override"):
        assert client.get(address, {"_method": "POST"}, headers={name: "POST"}).status_code == 405
    assert Consultation.objects.get(pk=consultation.pk).status == Status.IN_PROGRESS


# --- The same parameter twice ---


def test_two_codes_in_one_try_are_one_try(consultation):
    address = gate(consultation)
    client = Client()
    client.post(address, {"code": ["7K2M", "0000"]})
    invitation = Invitation.objects.get(pk=consultation.invitation_id)
    assert (invitation.code_failures, invitation.code_validated_at) == (1, None)
    # Nor does one in the address count.
    client.post(f"{address}?code=7K2M", {"code": "1111"})
    client.post(f"{address}?code=7K2M")
    invitation.refresh_from_db()
    assert (invitation.code_failures, invitation.code_validated_at) == (2, None)


def test_two_addresses_in_one_login_are_one(practitioner, other_practitioner):
    """The one that is tried is the one that is counted."""
    emails = [other_practitioner.user.email, practitioner.user.email]
    for _ in range(8):
        Client().post("/connexion/", {"email": emails, "password": "wrong"})
    good = {"password": PASSWORD}
    assert Client().post("/connexion/", good | {"email": practitioner.user.email}).status_code == 429
    assert Client().post("/connexion/", good | {"email": other_practitioner.user.email}).status_code == 302
