"""« Fermer mon compte »: what it refuses, what it deletes, what stays."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone
from django_otp import devices_for_user

from accounts.models import AuditEvent, LoginSession, OneTimeLink, Practitioner, User
from accounts.recovery import renew_recovery_codes
from patients.models import Patient
from prescriptions.models import Prescription
from rofim.notifications.models import OutgoingMessage
from teleconsult.models import Consultation
from teleconsult.states import Status
from tests.conftest import PASSWORD, make_consultation
from tests.unit.accounts.helpers import letter, path_in

pytestmark = pytest.mark.django_db

ADDRESS = "/compte/fermer/"


def is_open(practitioner: Practitioner) -> bool:
    practitioner.refresh_from_db()
    return practitioner.status == Practitioner.Status.VALIDATED and practitioner.user.is_active


# --- Refusals ---


def test_a_proof_that_is_old_is_asked_for_again(client_for, practitioner):
    client = client_for(practitioner.user)
    LoginSession.objects.update(started_at=timezone.now() - timedelta(minutes=11))
    assert client.get(ADDRESS).url == "/compte/confirmation/?next=%2Fcompte%2Ffermer%2F"
    assert client.post(ADDRESS, {"understood": "on"}).url.startswith("/compte/confirmation/")
    assert is_open(practitioner)


def test_not_while_a_patient_is_expected(client_for, practitioner):
    client, consultation = client_for(practitioner.user), make_consultation(practitioner)
    assert "mon rendez-vous à venir" in client.get(ADDRESS).text
    answer = client.post(ADDRESS, {"understood": "on"})
    assert "des patients vous attendent encore" in answer.text
    assert is_open(practitioner)
    consultation.refresh_from_db()
    assert consultation.status == Status.OPEN


def test_not_during_a_consultation(client_for, practitioner):
    client = client_for(practitioner.user)
    make_consultation(practitioner)
    running = make_consultation(practitioner, status=Status.IN_PROGRESS, started_at=timezone.now())
    assert "Une consultation est en cours" in client.get(ADDRESS).text
    client.post(ADDRESS, {"understood": "on", "cancel": "on"})
    assert is_open(practitioner)
    running.refresh_from_db()
    assert running.status == Status.IN_PROGRESS
    # All or nothing: the other appointment is still there.
    assert Consultation.objects.filter(status=Status.OPEN).count() == 1


def test_not_without_the_tick(client_for, practitioner):
    answer = client_for(practitioner.user).post(ADDRESS, {})
    assert "Cochez cette case" in answer.text
    assert is_open(practitioner)


def test_an_administrator_is_no_practitioner(client_for, administrator):
    assert client_for(administrator).post(ADDRESS, {"understood": "on"}).status_code == 404


# --- The end ---


def test_closed(client_for, practitioner):
    user = practitioner.user
    here, there = client_for(user), client_for(user)
    renew_recovery_codes(user=user, now=timezone.now())
    practitioner.signature = b"png"
    practitioner.save()
    done = make_consultation(practitioner, status=Status.COMPLETED, starts_at=timezone.now() - timedelta(days=2))
    Prescription.objects.create(
        practitioner=practitioner, consultation=done, number="2026-000001", status=Prescription.Status.ISSUED,
        verification_code="ABCDE23456", pdf=b"%PDF-1.7",
    )  # fmt: skip
    coming = make_consultation(practitioner)
    assert here.post(ADDRESS, {"understood": "on", "cancel": "on"}).url == "/"

    assert here.get("/compte/").status_code == there.get("/compte/").status_code == 302
    practitioner.refresh_from_db()
    user.refresh_from_db()
    assert practitioner.status == Practitioner.Status.CLOSED
    assert practitioner.closed_at is not None
    assert not practitioner.signature
    assert not user.is_active
    assert not user.has_usable_password()
    assert not user.mobile_phone
    assert not list(devices_for_user(user, confirmed=None))
    assert not user.logins.exists()
    assert not User.objects.filter(email="dr.martin@example.org").exists()
    # What belongs to the patients stays; the patient who was expected is told.
    assert Patient.objects.count() == 2
    assert Prescription.objects.get().pdf
    coming.refresh_from_db()
    assert coming.status == Status.CANCELLED
    assert OutgoingMessage.objects.filter(name="patients/cancelled").exists()
    letter = OutgoingMessage.objects.get(name="accounts/account_closed")
    assert letter.to == "dr.martin@example.org"
    assert AuditEvent.objects.filter(action="account.closed", actor=user).count() == 1


def test_the_login_is_dead(client_for, practitioner):
    email = practitioner.user.email
    client_for(practitioner.user).post(ADDRESS, {"understood": "on"})
    for address in (email, f"compte-{practitioner.user.pk}@ferme.invalid"):
        assert Client().post("/connexion/", {"email": address, "password": PASSWORD}).status_code == 200
        Client().post("/mot-de-passe/", {"email": address})
    assert not OutgoingMessage.objects.filter(name__in=("accounts/password_reset", "accounts/login_code")).exists()


def test_an_administrator_sees_it(client_for, practitioner, administrator):
    client_for(practitioner.user).post(ADDRESS, {"understood": "on"})
    page = client_for(administrator).get("/admin/accounts/practitioner/?etat=closed").text
    assert "Claire Martin" in page
    assert "fermé" in page


def test_no_link_of_before_brings_an_address_back(client_for, practitioner):
    here = client_for(practitioner.user)
    here.post("/compte/email/", {"email": "claire@cabinet.example"})
    here.post(path_in(letter("email_link"), "/compte/email/"))
    here.post(ADDRESS, {"understood": "on"})
    assert not OneTimeLink.objects.exists()
    page = path_in(letter("email_taken_away"), "/compte/email/retablir/")
    assert "plus valable" in Client().post(page).content.decode()
    assert not User.objects.filter(email="dr.martin@example.org").exists()
