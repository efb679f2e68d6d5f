"""Administrators: how they are made, what each may do, how they go; and what the administration never shows."""

import io
import re
from datetime import UTC, date, datetime, timedelta

import pytest
import time_machine
from django.contrib.auth.models import Group
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone

from accounts.forms.administrator import NewAdministratorForm
from accounts.models import AuditEvent, LoginSession, User
from accounts.services.administrators import OwnRights, change_administrator
from patients.models import Document, Intake
from prescriptions.models import ConsultationReport, Prescription
from rofim.notifications.models import OutgoingMessage
from rofim.notifications.services import queue_email, queue_sms
from teleconsult.models import ConsultationCheck, ConsultationNotes, Feedback
from tests.conftest import PASSWORD, make_consultation, make_user
from tests.unit.accounts.helpers import confirm, new_recovery_codes

pytestmark = pytest.mark.django_db

USERS = "/admin/accounts/user/"
GOOD = "girafe-lilas-tournevis"
NEW = {
    "email": "chef@example.org", "first_name": "Ada", "last_name": "Chef", "mobile_phone": "06 12 34 56 99",
}  # fmt: skip


def create(**changes) -> str:
    out = io.StringIO()
    call_command("createsuperuser", **(NEW | {"interactive": False} | changes), stdout=out, stderr=out)
    return out.getvalue()


# --- manage.py createsuperuser ---


def test_a_fresh_installation_has_no_account():
    assert not User.objects.exists()


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("mobile_phone", "", "portable"),
        ("mobile_phone", "0491000000", "SMS"),
        ("mobile_phone", "+1 202 555 0147", "France"),
        ("email", "chef", "complète"),
        ("email", "", "e-mail"),
        ("first_name", "<b>", "lettres"),
        ("last_name", "", "nom"),
    ],
)
def test_it_refuses_what_the_login_could_not_use(monkeypatch, field, value, said):
    monkeypatch.setenv("DJANGO_SUPERUSER_PASSWORD", GOOD)
    with pytest.raises(CommandError, match=said):
        create(**{field: value})
    assert not User.objects.exists()


@pytest.mark.parametrize("password", ["", "court", "motdepasse123", "azertyuiop1234", "chef@example.org", "a" * 20])
def test_it_refuses_a_weak_password_without_questions_too(monkeypatch, password):
    monkeypatch.setenv("DJANGO_SUPERUSER_PASSWORD", password)
    with pytest.raises(CommandError, match="DJANGO_SUPERUSER_PASSWORD"):
        create()
    assert not User.objects.exists()


def test_it_takes_everything_from_the_environment(monkeypatch):
    for name, value in (NEW | {"password": GOOD}).items():
        monkeypatch.setenv(f"DJANGO_SUPERUSER_{name.upper()}", value)
    out = io.StringIO()
    call_command("createsuperuser", interactive=False, stdout=out)
    chef = User.objects.get()
    assert (chef.email, chef.mobile_phone, chef.is_staff, chef.is_superuser) == (
        "chef@example.org", "+33612345699", True, True,
    )  # fmt: skip
    assert chef.check_password(GOOD)
    assert GOOD not in out.getvalue()
    assert AuditEvent.objects.filter(action="administrator.created", about=f"user/{chef.pk}").exists()


def test_it_asks_until_each_answer_is_right(monkeypatch):
    answers = iter(["chef@example.org", "Ada", "Chef", "04 91 00 00 00", "06 12 34 56 99"])
    passwords = iter(["motdepasse", GOOD, "autre", GOOD, GOOD])
    monkeypatch.setattr("builtins.input", lambda question: next(answers))
    monkeypatch.setattr("accounts.management.commands.createsuperuser.getpass", lambda question: next(passwords))
    out = io.StringIO()
    call_command("createsuperuser", stdout=out, stderr=out)
    assert User.objects.get().check_password(GOOD)
    assert "ne peut pas recevoir de SMS" in out.getvalue()
    assert "trop courant" in out.getvalue()
    assert "différents" in out.getvalue()


def test_it_stops_when_told_to(monkeypatch):
    def interrupted(question):
        raise KeyboardInterrupt

    monkeypatch.setattr("builtins.input", interrupted)
    with pytest.raises(CommandError, match="rien n’est créé"):
        call_command("createsuperuser")


def test_it_refuses_an_address_that_has_an_account(monkeypatch, practitioner):
    monkeypatch.setenv("DJANGO_SUPERUSER_PASSWORD", GOOD)
    with pytest.raises(CommandError, match="déjà un compte"):
        create(email=practitioner.user.email.upper())


# --- The login ---


def test_the_administration_has_no_login_but_the_common_one(administrator):
    """Password, then the code by SMS: with the password alone there is no administration."""
    client = Client()
    answer = client.post("/admin/login/", {"username": administrator.email, "password": PASSWORD})
    assert answer.url == "/connexion/?next=%2Fadmin%2F"
    client.post(answer.url, {"email": administrator.email, "password": PASSWORD})
    assert client.get("/admin/").status_code == 302
    body = OutgoingMessage.objects.get(name="accounts/login_code").body
    answer = client.post("/connexion/code/", {"code": re.search(r"#(\d{6})", body)[1]})
    assert answer.url == "/admin/"
    assert client.get("/admin/").status_code == 200


def test_an_administrator_manages_the_own_login_as_everybody_does(client_for, administrator):
    client = client_for(administrator)
    assert 'href="/compte/"' in client.get("/admin/").text
    account = client.get("/compte/").text
    assert 'href="/admin/"' in account
    for page in ("mot-de-passe", "portable", "email", "application", "codes"):
        assert f'href="/compte/{page}/"' in account
        assert confirm(client, f"/compte/{page}/").get(f"/compte/{page}/").status_code == 200
    assert len(new_recovery_codes(client)) == 10


# --- Made and changed by another one ---


def test_only_all_rights_make_or_change_administrators(client_for, administrator):
    clerk = make_user("Clerc", "+33612345605", is_staff=True)
    clerk.groups.set(Group.objects.all())
    client = client_for(clerk)
    for address in (f"{USERS}add/", f"{USERS}{administrator.pk}/droits/", f"{USERS}{clerk.pk}/droits/"):
        assert client.get(address).status_code == 403
        assert client.post(address, NEW | {"is_superuser": "on", "is_active": "on"}).status_code == 403
    assert User.objects.count() == 2
    assert not User.objects.get(pk=clerk.pk).is_superuser


@pytest.mark.parametrize("page", ["add/", "{}/droits/"])
def test_a_fresh_second_factor_is_asked_however_new_the_login(client_for, administrator, page):
    clerk = make_user("Clerc", "+33612345605", is_staff=True)
    page = USERS + page.format(clerk.pk)
    client = client_for(administrator)
    given = NEW | {"groups": [Group.objects.get(name="validation").pk], "is_superuser": "on", "is_active": "on"}
    for answer in (client.get(page), client.post(page, given)):
        assert answer.url.startswith("/compte/confirmation/?next=%2Fadmin%2Faccounts%2Fuser%2F")
    # Nor is one that was given for another page enough.
    assert confirm(client, "/compte/portable/").post(page, given).url.startswith("/compte/confirmation/")
    assert confirm(client, page).get(page).status_code == 200
    with time_machine.travel(timezone.now() + timedelta(minutes=11), tick=False):
        assert client.post(page, given).url.startswith("/compte/confirmation/")
    assert User.objects.count() == 2
    assert not User.objects.get(pk=clerk.pk).is_superuser
    # A fault doesn't spend the proof, what is done does.
    assert client.post(page, {}).context["form"].errors
    assert client.post(page, given).url == USERS
    assert User.objects.filter(is_superuser=True).count() == 2
    assert client.post(page, given).url.startswith("/compte/confirmation/")


@pytest.mark.parametrize("number", ["0", "abc", "9" * 30, "9" * 4500])
def test_an_account_that_no_number_names_is_not_found(client_for, administrator, number):
    assert client_for(administrator).get(f"{USERS}{number}/change/").status_code == 404


def test_a_new_administrator_chooses_the_password_by_the_common_way(client_for, administrator):
    validation = Group.objects.get(name="validation")
    client = confirm(client_for(administrator), f"{USERS}add/")
    answer = client.post(f"{USERS}add/", NEW | {"groups": [validation.pk]})
    assert answer.status_code == 302, answer.context["form"].errors
    chef = User.objects.get(email="chef@example.org")
    assert (chef.is_staff, chef.is_superuser, list(chef.groups.all())) == (True, False, [validation])
    message = OutgoingMessage.objects.get(name="accounts/administrator_created")
    assert message.to == chef.email
    assert "http://localhost:8000/mot-de-passe/" in message.body
    Client().post("/mot-de-passe/", {"email": chef.email})
    assert OutgoingMessage.objects.filter(name="accounts/password_reset", about=f"user/{chef.pk}").exists()


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"mobile_phone": "0491000000"}, "mobile_phone"),
        ({"email": "DR.ADMIN@example.org"}, "email"),
        ({"groups": []}, "groups"),
        ({"groups": ["999"]}, "groups"),
        ({"first_name": "a" * 81}, "first_name"),
        ({"last_name": "<script>"}, "last_name"),
    ],
)
def test_a_new_administrator_with_a_fault_is_not_made(client_for, administrator, changes, field):
    groups = [Group.objects.get(name="validation").pk]
    client = confirm(client_for(administrator), f"{USERS}add/")
    answer = client.post(f"{USERS}add/", NEW | {"groups": groups} | changes)
    assert answer.context["form"].errors[field]
    assert User.objects.count() == 1


def test_a_second_click_finds_the_account_that_the_first_one_made(client_for, administrator, monkeypatch):
    # Both clicks read the form before either has made anybody.
    monkeypatch.setattr(NewAdministratorForm, "clean_email", lambda form: form.cleaned_data["email"])
    client = confirm(client_for(administrator), f"{USERS}add/")
    answer = client.post(f"{USERS}add/", NEW | {"email": "DR.ADMIN@example.org", "is_superuser": "on"})
    assert answer.context["form"].errors["email"] == ["Cette adresse e-mail a déjà un compte."]
    assert answer.context["form"]["last_name"].value() == NEW["last_name"]
    assert User.objects.count() == 1
    assert not OutgoingMessage.objects.filter(name="accounts/administrator_created").exists()


def test_deactivated_is_out_at_once_and_no_session_comes_back(client_for, administrator):
    clerk = make_user("Clerc", "+33612345605", is_staff=True)
    groups = [Group.objects.get(name="exploitation").pk]
    clerk.groups.set(groups)
    inside, desk, page = client_for(clerk), client_for(administrator), f"{USERS}{clerk.pk}/droits/"
    assert inside.get("/admin/").status_code == 200
    confirm(desk, page).post(page, {"groups": groups})
    assert not LoginSession.objects.filter(user=clerk).exists()
    assert inside.get("/admin/").status_code == 302
    confirm(desk, page).post(page, {"groups": groups, "is_active": "on"})
    assert inside.get("/admin/").status_code == 302
    actions = set(AuditEvent.objects.filter(about=f"user/{clerk.pk}").values_list("action", flat=True))
    assert {"administrator.deactivated", "administrator.reactivated"} <= actions
    confirm(desk, page).post(page, {"groups": groups, "is_active": "on"})
    trail = desk.get(f"/admin/accounts/auditevent/?q=user/{clerk.pk}").text
    for words in ("Administrateur désactivé", "Administrateur réactivé", "Droits d’un administrateur modifiés"):
        assert f"{words}</td>" in trail


def test_looking_at_an_administrator_asks_for_no_proof_and_says_what_they_may(client_for, administrator):
    clerk = make_user("Clerc", "+33612345605", is_staff=True)
    clerk.groups.set([Group.objects.get(name="exploitation")])
    client, page = client_for(administrator), f"{USERS}{clerk.pk}/change/"
    shown = client.get(page).text
    assert "administrateur (exploitation)" in shown
    assert f'href="{USERS}{clerk.pk}/droits/"' in shown
    # The form stood here once: nothing is typed into this page.
    assert client.post(page, {"is_superuser": "on", "is_active": "on"}).status_code == 403
    assert not User.objects.get(pk=clerk.pk).is_superuser


def test_nobody_changes_their_own_rights_or_a_practitioners(client_for, administrator, practitioner):
    client = client_for(administrator)
    for user in (administrator, practitioner.user):
        assert client.get(f"{USERS}{user.pk}/change/").status_code == 200
        for page in ("change", "droits"):
            assert client.post(f"{USERS}{user.pk}/{page}/", {"is_superuser": "on"}).status_code == 403
        assert "Changer ses droits" not in client.get(f"{USERS}{user.pk}/change/").text
    assert User.objects.get(pk=administrator.pk).is_active
    assert not User.objects.get(pk=practitioner.user_id).is_superuser
    with pytest.raises(OwnRights):
        change_administrator(user=administrator, groups=[], is_superuser=False, is_active=False, by=administrator)


@pytest.mark.usefixtures("stopped_clock")
def test_statistics_count_and_name_nobody(client_for, administrator, practitioner, pending_practitioner):
    make_consultation(practitioner, starts_at=timezone.now())
    page = client_for(administrator).get("/admin/statistiques/")
    tables = {table["name"]: dict(table["rows"]) for table in page.context["tables"]}
    assert tables["Inscriptions"]["en attente de validation"] == 1
    assert tables["Téléconsultations d’aujourd’hui"]["ouvert"] == 1
    for name in ("Martin", "Attente", "Carpentier"):
        assert name not in page.content.decode()


def test_accounts_are_narrowed_by_role_and_access(client_for, administrator, practitioner):
    clerk = make_user("Clerc", "+33612345605", is_staff=True, is_active=False)
    clerk.groups.set([Group.objects.get(name="validation")])
    client = client_for(administrator)
    User.objects.filter(pk=administrator.pk).update(last_login=datetime(2026, 3, 18, 20, 45, tzinfo=UTC))

    def shown(**query) -> set[User]:
        return set(client.get(USERS, query).context["cl"].result_list)

    assert shown(role="professionnel") == {practitioner.user}
    assert shown(role="administrateur") == {administrator, clerk}
    assert shown(role="validation") == {clerk}
    assert shown(role="exploitation") == shown(role="personne") == set()
    assert shown(acces="actif") == {administrator, practitioner.user}
    assert shown(acces="desactive", role="validation") == {clerk}
    assert shown(acces="x") == {administrator, practitioner.user, clerk}
    page = client.get(USERS)
    assert [spec.title for spec in page.context["cl"].filter_specs] == ["rôle", "accès"]
    assert "18/03/2026 à 21:45" in page.text
    assert "jamais" in page.text


# --- What it never shows ---


CANARIES = {
    "last_name": "Canarinom", "first_name": "Canariprenom", "email": "canari.mail@canari-domaine.fr",
    "phone": "+33687654321", "code": "7K2M", "nir": "281071305500155", "address": "17 rue du Canari",
    "city": "Canariville", "insurer": "CPAM canari", "notes": "notes-canari", "medicine": "canaricilline",
    "file": "canari-genou.jpg", "words": "canari-avis",
}  # fmt: skip


@pytest.fixture
def canaries(practitioner) -> list[str]:
    """A database with a canary in every field of a patient; and what no page may show."""
    consultation = make_consultation(practitioner)
    invitation, now = consultation.invitation, timezone.now()
    patient = invitation.patient
    patient.last_name, patient.first_name = CANARIES["last_name"], CANARIES["first_name"]
    patient.email, patient.phone = CANARIES["email"], CANARIES["phone"]
    patient.save()
    Intake.objects.create(
        invitation=invitation, birth_date=date(1981, 7, 4), consented_at=now, completed_at=now,
        **{name: CANARIES[name] for name in ("last_name", "first_name", "phone", "nir", "address", "city", "insurer")},
    )  # fmt: skip
    Document.objects.create(invitation=invitation, name=CANARIES["file"], content_type="image/jpeg", kind="patient")
    ConsultationNotes.objects.create(consultation=consultation, text=CANARIES["notes"])
    ConsultationCheck.objects.create(
        consultation=consultation, kind=ConsultationCheck.Kind.values[0], detail=CANARIES["notes"]
    )
    Feedback.objects.create(consultation=consultation, rating=3, comment=CANARIES["words"], given_at=now)
    papers = {"practitioner": practitioner, "consultation": consultation, "content": {"text": CANARIES["medicine"]}}
    Prescription.objects.create(
        **papers, number="2026-000001", verification_code="ABCDE23456", patient_data={"name": CANARIES["last_name"]}
    ).lines.create(position=1, name=CANARIES["medicine"])
    ConsultationReport.objects.create(**papers, version=1, status="issued", issued_at=now, pdf=b"%PDF-1.7")
    common = {"about": f"invitation/{invitation.pk}", "expires_at": now + timedelta(days=1)}
    context = {
        "practitioner": "Dr MARTIN", "starts_at": now, "code": invitation.code,
        "link": f"https://x/visio/{invitation.token}",
    }  # fmt: skip
    queue_sms(to=CANARIES["phone"], name="patients/invitation", context=context, **common)
    queue_email(to=CANARIES["email"], name="patients/invitation", context=context, **common)
    return [
        *CANARIES.values(), "canari.mail", "canari-domaine", "687654321", "06 87 65 43 21", invitation.token,
        "ABCDE23456", "04/07/1981",
    ]  # fmt: skip


def test_no_page_of_the_administration_shows_a_canary(client_for, administrator, canaries, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    client = client_for(administrator)
    waiting, seen = (
        ["/admin/", "/admin/notifications/outgoingmessage/?q=canari", "/admin/accounts/user/?q=canari"],
        set(),
    )
    while waiting:
        address = waiting.pop()
        seen.add(address)
        answer = client.get(address)
        assert answer.status_code in (200, 302, 404), address
        page = answer.content.decode(errors="replace") if answer.status_code == 200 else ""
        for canary in canaries:
            assert canary not in page, (canary, address)
        # Filters and orders narrow a list; they add nothing to it.
        links = {link.partition("?")[0] for link in re.findall(r'(?:href|src|action)="(/admin/[^"#]*)"', page)}
        waiting += sorted(links - seen - set(waiting) - {"/admin/logout/"})
    for page in ("notifications/outgoingmessage/", "accounts/auditevent/", "accounts/practitioner/", "statistiques/"):
        assert f"/admin/{page}" in seen
    assert any(re.fullmatch(r"/admin/notifications/outgoingmessage/\d+/change/", address) for address in seen)
