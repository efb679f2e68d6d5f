"""The cast of every test: two practitioners, one not yet validated, an administrator, a patient, a stranger."""

from collections.abc import Callable
from datetime import datetime, timedelta
from importlib import import_module
from string import ascii_lowercase

import pytest
from django.apps import apps
from django.db import connection
from django.db.models.signals import post_migrate
from django.test import Client
from django.utils import timezone
from django.utils.crypto import get_random_string

from accounts.models import LoginSession, Practitioner, User
from patients.models import Invitation, Patient
from teleconsult.models import Consultation
from teleconsult.states import Status

PASSWORD = "correct-horse-battery-staple"
AUDIT_MIGRATION = import_module("accounts.migrations.0008_audit_chain")
GROUPS_MIGRATION = import_module("accounts.migrations.0009_validation")


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup, django_db_blocker) -> None:
    """Tests that commit empty every table afterwards, which the trail's triggers forbid. Fails if one is missing."""
    with django_db_blocker.unblock(), connection.schema_editor() as editor:
        AUDIT_MIGRATION.remove_triggers(None, editor)
    # Emptying takes the groups, too, which the migrations made once; `flush` sends this signal.
    post_migrate.connect(put_groups_back, sender=apps.get_app_config("accounts"))


def put_groups_back(**kwargs) -> None:
    GROUPS_MIGRATION.make_groups(apps, None)


def make_user(last_name: str, mobile_phone: str, **fields) -> User:
    """A user whose e-mail is made of the last name."""
    fields.setdefault("first_name", "Claire")
    return User.objects.create_user(
        f"dr.{last_name.lower()}@example.org", PASSWORD, last_name=last_name, mobile_phone=mobile_phone, **fields
    )


def make_practitioner(
    last_name: str, mobile_phone: str, status=Practitioner.Status.VALIDATED, **fields
) -> Practitioner:
    """A general practitioner in Marseille."""
    values = {
        "title": "Dr",
        "profession": Practitioner.Profession.PHYSICIAN,
        "specialty": "Médecine générale",
        "rpps": "10003456786",
        "practice_name": "Cabinet du Vieux-Port",
        "practice_address": "12 quai du Port",
        "practice_postal_code": "13002",
        "practice_city": "Marseille",
        "practice_phone": "+33491000000",
        "submitted_at": timezone.now(),
        "status": status,
    }
    return Practitioner.objects.create(user=make_user(last_name, mobile_phone), **(values | fields))


@pytest.fixture
def practitioner(db) -> Practitioner:
    return make_practitioner("Martin", "+33612345601")


@pytest.fixture
def other_practitioner(db) -> Practitioner:
    return make_practitioner("Durand", "+33612345602")


@pytest.fixture
def pending_practitioner(db) -> Practitioner:
    return make_practitioner("Attente", "+33612345603", Practitioner.Status.PENDING)


@pytest.fixture
def administrator(db) -> User:
    return make_user("Admin", "+33612345604", is_staff=True, is_superuser=True)


def verify(client: Client, user: User) -> Client:
    """Logs `client` in with both factors, as the login pages would."""
    from django_otp import DEVICE_ID_SESSION_KEY
    from django_otp.plugins.otp_static.models import StaticDevice

    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    device, _ = StaticDevice.objects.get_or_create(user=user, name="test")
    session = client.session
    session[DEVICE_ID_SESSION_KEY] = device.persistent_id
    session.save()
    now = timezone.now()
    LoginSession.objects.create(user=user, session_key=session.session_key, started_at=now, last_seen_at=now)
    return client


@pytest.fixture
def client_for() -> Callable[[User], Client]:
    """A browser logged in with both factors."""
    return lambda user: verify(Client(), user)


@pytest.fixture
def half_logged_in() -> Callable[[User], Client]:
    """A browser that gave the password only."""

    def log_in(user: User) -> Client:
        client = Client()
        client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
        return client

    return log_in


def make_consultation(practitioner: Practitioner, starts_at: datetime | None = None, **fields) -> Consultation:
    """An appointment with Sophie Carpentier, code 7K2M; open (starts in ten minutes) unless told otherwise."""
    starts_at = starts_at or timezone.now() + timedelta(minutes=10)
    patient = Patient.objects.create(
        practitioner=practitioner,
        last_name="Carpentier",
        first_name="Sophie",
        email="sophie@example.org",
        phone="+33611223344",
    )
    # Small letters: random capitals would now and then spell the code, where a test says that it isn't shown.
    token = get_random_string(22, ascii_lowercase)
    invitation = Invitation.objects.create(
        practitioner=practitioner,
        patient=patient,
        token=token,
        token_digest=Invitation.digest(token),
        code="7K2M",
        starts_at=starts_at,
        opens_at=starts_at - timedelta(minutes=30),
    )
    fields.setdefault("status", Status.OPEN if invitation.opens_at <= timezone.now() else Status.SCHEDULED)
    return Consultation.objects.create(
        reference=get_random_string(6), practitioner=practitioner, invitation=invitation, starts_at=starts_at, **fields
    )


@pytest.fixture
def consultation(practitioner) -> Consultation:
    return make_consultation(practitioner)
