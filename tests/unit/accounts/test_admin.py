"""The administration: who is kept out, then the queue, the document and the decisions."""

from datetime import timedelta

import pytest
from django.contrib import admin
from django.contrib.auth.models import Permission
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.test import Client
from django.utils import timezone

from accounts.models import AuditEvent, Practitioner, User
from accounts.services import decisions
from rofim.notifications.models import OutgoingMessage
from tests.conftest import make_consultation, make_practitioner, make_user
from tests.unit.accounts.helpers import picture

pytestmark = pytest.mark.django_db

QUEUE = "/admin/accounts/practitioner/"
PROOF = {"proof": "identity_card"}


@pytest.fixture
def waiting(pending_practitioner) -> Practitioner:
    pending_practitioner.identity_document_type = "image/jpeg"
    pending_practitioner.identity_document.save("x", ContentFile(picture()))
    return pending_practitioner


def addresses(practitioner: Practitioner) -> list[str]:
    page = f"{QUEUE}{practitioner.pk}/"
    names = (
        "change/",
        "piece/1/",
        "valider/",
        "refuser/",
        "suspendre/",
        "retablir/",
        "autre-piece/",
        "portable/",
        "history/",
    )
    return ["/admin/", QUEUE, "/admin/accounts/user/", "/admin/accounts/auditevent/", *(page + name for name in names)]


# --- Refusals ---


def test_visitor_goes_to_the_common_login(client, waiting):
    for address in addresses(waiting):
        answer = client.get(address)
        assert answer.status_code == 302, address
        assert answer.url.startswith(("/connexion/?next=", "/admin/login/")), address
    assert client.get("/admin/login/?next=/admin/accounts/").url == "/connexion/?next=%2Fadmin%2Faccounts%2F"


def test_staff_with_the_password_only_gets_nothing(half_logged_in, administrator, waiting):
    client = half_logged_in(administrator)
    for address in addresses(waiting):
        assert client.get(address).status_code == 302, address
    client.post(f"{QUEUE}{waiting.pk}/valider/", PROOF)
    waiting.refresh_from_db()
    assert waiting.status == "pending"


def test_practitioner_learns_nothing(client_for, practitioner, waiting):
    client = client_for(practitioner.user)
    for address in [*addresses(waiting), "/admin/login/", "/admin/nowhere/"]:
        assert client.get(address).status_code == 404, address
        assert client.post(address).status_code == 404, address
    # Not even of one's own registration.
    assert client_for(waiting.user).get(f"{QUEUE}{waiting.pk}/piece/1/").status_code == 404


def test_staff_without_the_permission_neither_looks_nor_decides(client_for, waiting):
    clerk = make_user("Clerc", "+33612345605", is_staff=True)
    client = client_for(clerk)
    for address in addresses(waiting)[1:]:
        assert client.get(address).status_code == 403, address
    clerk.user_permissions.add(Permission.objects.get(codename="view_practitioner"))
    client = client_for(User.objects.get(pk=clerk.pk))
    assert client.get(f"{QUEUE}{waiting.pk}/change/").status_code == 200
    assert client.get(f"{QUEUE}{waiting.pk}/piece/1/").status_code == 403
    assert client.post(f"{QUEUE}{waiting.pk}/valider/", PROOF).status_code == 403


def test_document_of_the_decided_is_not_there(client_for, administrator, waiting):
    client = client_for(administrator)
    Practitioner.objects.update(identity_document="")
    assert client.get(f"{QUEUE}{waiting.pk}/piece/1/").status_code == 404
    assert client.get(f"{QUEUE}999/piece/1/").status_code == 404


def test_a_look_decides_nothing(client_for, administrator, waiting):
    client = client_for(administrator)
    for name in ("valider", "refuser"):
        assert client.get(f"{QUEUE}{waiting.pk}/{name}/").status_code == 200
    waiting.refresh_from_db()
    assert waiting.status == "pending"


def test_decisions_need_their_token(client_for, administrator, waiting):
    client = client_for(administrator)
    client.handler.enforce_csrf_checks = True
    assert client.post(f"{QUEUE}{waiting.pk}/valider/").status_code == 403


@pytest.mark.parametrize("reason", ["", "   ", "<script>", "a\0b", "😀", "a" * 501])
def test_refusal_needs_a_reason(client_for, administrator, waiting, reason):
    answer = client_for(administrator).post(f"{QUEUE}{waiting.pk}/refuser/", {"reason": reason})
    assert answer.status_code == 200
    assert answer.context["form"].errors
    waiting.refresh_from_db()
    assert waiting.status == "pending"
    assert not OutgoingMessage.objects.exists()


def test_second_decision_changes_nothing(client_for, administrator, waiting):
    client = client_for(administrator)
    client.post(f"{QUEUE}{waiting.pk}/valider/", PROOF)
    answer = client.post(f"{QUEUE}{waiting.pk}/autre-piece/", {"reason": "Illisible"}, follow=True)
    assert "Déjà décidé" in answer.content.decode()
    waiting.refresh_from_db()
    assert waiting.status == "validated"
    assert not OutgoingMessage.objects.filter(name="accounts/refused").exists()


def test_rows_are_not_typed_into(client_for, administrator, waiting):
    client = client_for(administrator)
    for address in (f"{QUEUE}add/", f"{QUEUE}{waiting.pk}/delete/", f"/admin/accounts/user/{waiting.user.pk}/delete/"):
        assert client.get(address).status_code == 403, address
    client.post(f"{QUEUE}{waiting.pk}/change/", {"status": "validated", "rpps": "1"})
    waiting.refresh_from_db()
    assert (waiting.status, waiting.rpps) == ("pending", "10003456786")


def test_administration_shows_nothing_of_patients_or_secrets(client_for, administrator, practitioner):
    make_consultation(practitioner)
    shown = {model._meta.app_label for model in admin.site._registry}
    assert shown <= {"accounts", "notifications", "teleconsult"}
    names = {model._meta.model_name for model in admin.site._registry}
    assert not names & {"smsdevice", "staticdevice", "ratecount", "patient", "invitation", "intake", "prescription"}
    client = client_for(administrator)
    for model in admin.site._registry:
        address = f"/admin/{model._meta.app_label}/{model._meta.model_name}/"
        page = client.get(address).content.decode()
        for secret in ("Carpentier", "sophie@example.org", "7K2M", "33611223344"):
            assert secret not in page, address


# --- The work ---


def test_queue_shows_who_waits_first(client_for, administrator, waiting, practitioner):
    older = make_practitioner("Ancien", "+33612345610", "pending", submitted_at=timezone.now() - timedelta(hours=3))
    page = client_for(administrator).get(f"{QUEUE}?etat=tous")
    names = [row.user.last_name for row in page.context["cl"].result_list]
    assert names == ["Ancien", "Attente", "Martin"]
    assert older.submitted_at < waiting.submitted_at
    assert "3\xa0h\xa000" in page.content.decode()


def test_document_beside_the_data(client_for, administrator, waiting):
    client = client_for(administrator)
    page = client.get(f"{QUEUE}{waiting.pk}/change/").content.decode()
    for shown in ("10003456786", "12 quai du Port", "dr.attente@example.org", "Valider", "Refuser"):
        assert shown in page
    assert f'src="{QUEUE}{waiting.pk}/piece/1/"' in page
    answer = client.get(f"{QUEUE}{waiting.pk}/piece/1/")
    assert answer.content.startswith(b"\xff\xd8\xff")
    assert "sandbox" in answer["Content-Security-Policy"]
    assert "no-store" in answer["Cache-Control"]
    assert answer["X-Content-Type-Options"] == "nosniff"
    event = AuditEvent.objects.get(action="document.viewed")
    assert (event.actor, event.about) == (administrator, f"practitioner/{waiting.pk}")


def test_validate(client_for, administrator, waiting, django_capture_on_commit_callbacks):
    name = waiting.identity_document.name
    with django_capture_on_commit_callbacks(execute=True):
        answer = client_for(administrator).post(f"{QUEUE}{waiting.pk}/valider/", PROOF)
    assert answer.url == QUEUE
    waiting.refresh_from_db()
    assert waiting.is_validated
    assert waiting.decided_by == administrator
    assert waiting.decided_at is not None
    assert not waiting.identity_document
    assert not default_storage.exists(name)
    message = OutgoingMessage.objects.get(name="accounts/validated")
    assert message.to == waiting.user.email
    assert message.subject == "Votre inscription est validée par Rofim"
    assert AuditEvent.objects.filter(action="registration.validated", actor=administrator).exists()


def test_refuse(client_for, administrator, waiting, django_capture_on_commit_callbacks):
    name = waiting.identity_document.name
    with django_capture_on_commit_callbacks(execute=True):
        client_for(administrator).post(f"{QUEUE}{waiting.pk}/refuser/", {"reason": "La pièce est illisible."})
    waiting.refresh_from_db()
    assert waiting.status == "refused"
    assert waiting.decision_reason == "La pièce est illisible."
    assert not default_storage.exists(name)
    assert OutgoingMessage.objects.filter(name="accounts/refused", to__isnull=False).count() == 1


def test_suspended_is_out_at_once_and_back_when_restored(client_for, administrator, practitioner):
    inside, desk = client_for(practitioner.user), client_for(administrator)
    assert inside.get("/compte/").status_code == 200
    desk.post(f"{QUEUE}{practitioner.pk}/suspendre/", {"reason": "Contrôle en cours"})
    assert inside.get("/compte/").status_code == 302
    credentials = {"email": practitioner.user.email, "password": "correct-horse-battery-staple"}
    assert Client().post("/connexion/", credentials).status_code == 200
    desk.post(f"{QUEUE}{practitioner.pk}/retablir/")
    assert Client().post("/connexion/", credentials).status_code == 302
    practitioner.refresh_from_db()
    assert practitioner.is_validated


def test_two_administrators_at_once(administrator, waiting):
    now = timezone.now()
    stale = Practitioner.objects.get(pk=waiting.pk)
    decisions.validate_practitioner(practitioner=waiting, by=administrator, proof="passport", now=now)
    with pytest.raises(decisions.AlreadyDecided):
        decisions.refuse_practitioner(practitioner=stale, by=administrator, reason="x", now=now)


@pytest.mark.parametrize("prefix", ["argon2", "zzz"])
def test_a_list_never_spells_out_a_password_digest(client_for, administrator, prefix):
    assert client_for(administrator).get(f"/admin/accounts/user/?password__startswith={prefix}").status_code == 400


@pytest.mark.parametrize(("year", "status"), [("2026", 200), ("99999999999", 400)])
def test_a_year_that_no_calendar_has(client_for, administrator, year, status):
    assert client_for(administrator).get(f"/admin/accounts/auditevent/?at__year={year}").status_code == status
