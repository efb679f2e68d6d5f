"""A practitioner who can sign, a consultation with its intake, drafts and what was issued."""

import uuid
from datetime import date

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from patients.access import SESSION_KEY
from patients.models import Intake, Invitation
from prescriptions import services
from prescriptions.models import Prescription
from teleconsult.models import Consultation
from tests.unit.prescriptions.papers import LINE, signature_png

PATIENT = {
    "last_name": "Carpentier", "first_name": "Sophie", "sex": "female", "birth_date": "1981-07-04", "weight": "",
    "height": "",
}  # fmt: skip


@pytest.fixture
def practitioner(practitioner):
    practitioner.signature = signature_png()
    practitioner.save()
    return practitioner


@pytest.fixture
def consultation(consultation) -> Consultation:
    Intake.objects.create(
        invitation=consultation.invitation, last_name="Carpentier", first_name="Sophie", sex="female",
        birth_date=date(1981, 7, 4), completed_at=timezone.now(),
    )  # fmt: skip
    return consultation


def make_draft(consultation: Consultation, *, lines: int = 1, **patient) -> Prescription:
    return services.save_draft(
        consultation=consultation, form_key=uuid.uuid4(), patient=PATIENT | patient,
        lines=[LINE | {"name": f"DOLIPRANE {rank}"} for rank in range(1, lines + 1)], now=timezone.now(),
    )  # fmt: skip


def issue(prescription: Prescription) -> Prescription:
    return services.issue_prescription(prescription=prescription, by=prescription.practitioner.user, now=timezone.now())


@pytest.fixture
def issued(consultation) -> Prescription:
    return issue(make_draft(consultation))


@pytest.fixture
def doctor(practitioner, client_for) -> Client:
    return client_for(practitioner.user)


def patient_client(invitation: Invitation) -> Client:
    """A browser in which the code was typed."""
    client = Client()
    session = client.session
    session[SESSION_KEY] = {str(invitation.pk): invitation.code_version}
    session.save()
    return client


def form_data(**changes) -> dict[str, str]:
    """The form as a browser sends it, complete, with two empty lines."""
    data = {
        "form_key": str(uuid.uuid4()), "last_name": "Carpentier", "first_name": "Sophie", "sex": "female",
        "birth_date": "1981-07-04", "weight": "", "height": "", "lines-TOTAL_FORMS": "3", "lines-INITIAL_FORMS": "0",
        "action": "issue",
    } | {f"lines-0-{name}": str(value) for name, value in LINE.items()}  # fmt: skip
    return data | {name.replace("__", "-"): value for name, value in changes.items()}


@pytest.fixture
def create_url(consultation) -> str:
    return reverse("prescriptions:prescription_create", args=[consultation.reference])
