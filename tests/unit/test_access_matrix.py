"""Role × state of the appointment × address × method: every cell has its answer, and a refused one changes nothing.

The addresses come from the URL resolver, their classes from `test_access.ACCESS`; the rules are in `expected`.
"""

import logging
from collections.abc import Iterator

import pytest
from django.core.files.base import ContentFile
from django.db import transaction
from django.http import HttpResponse
from django.urls import reverse

from patients.models import Document, Intake, Invitation
from prescriptions.models import ConsultationReport, Prescription
from teleconsult.models import Consultation, ConsultationCheck, ConsultationNotes, Feedback
from teleconsult.states import Status
from tests.unit import test_access as access
from tests.unit.roles import (
    LIVE,
    NOT_VALIDATED,
    OWNER,
    PATIENT,
    ROLES,
    STAFF,
    STATES,
    UNPROVED,
    browser_of,
    make_stage,
)

pytestmark = pytest.mark.django_db

# Whose answer depends on the appointment.
OF_APPOINTMENT = access.named(access.OWNER, access.PATIENT, access.PATIENT_LINK)
OTHERS = sorted(access.ACCESS.keys() - set(OF_APPOINTMENT))
METHODS = ("GET", "POST")
RARE_METHODS = ("HEAD", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE")
# A line each: where the owner and the patient, who may, are nevertheless sent elsewhere by the state.
OPEN_IN = {
    "teleconsult:practitioner_room": LIVE,
    "prescriptions:prescription_create": (*LIVE, Status.COMPLETED),
    "prescriptions:report_create": (Status.COMPLETED,),
    "patients:intake": LIVE,
    "patients:shared_documents": LIVE,
    "patients:shared_document_delete": LIVE,
    "teleconsult:patient_room": LIVE,
    "teleconsult:patient_feedback": (Status.COMPLETED,),
}
# What nobody but these two may ever see.
SECRETS = ("Carpentier", "7K2M", "Sophie")
TABLES = (
    Consultation, Invitation, Intake, Document, Prescription, ConsultationReport, ConsultationCheck, ConsultationNotes,
    Feedback,
)  # fmt: skip


@pytest.fixture(autouse=True)
def _quiet(settings, tmp_path) -> Iterator[None]:
    settings.MEDIA_ROOT = tmp_path
    # Thousands of refusals: to write each down costs more than to make it.
    logging.disable(logging.CRITICAL)
    yield
    logging.disable(logging.NOTSET)


def stage_of(consultation: Consultation) -> dict[str, str]:
    """The appointment with a document, an issued prescription and a report, as keyword arguments of addresses."""
    own = {"practitioner": consultation.practitioner, "consultation": consultation, "pdf": b"%PDF-1.7"}
    content = {"patient": {"birth_date_iso": "1981-07-04"}, "prescriber": {}, "lines": []}
    prescription = Prescription.objects.create(
        number="2026-000001", verification_code="ABCDE23456", status="issued", content=content, **own
    )
    ConsultationReport.objects.create(version=1, status="issued", issued_at=consultation.created_at, **own)
    document = Document(invitation=consultation.invitation, name="bras.jpg", content_type="image/jpeg")
    document.file.save("bras.jpg", ContentFile(b"\xff\xd8\xff"))
    return {
        "reference": consultation.reference, "token": consultation.invitation.token, "number": prescription.number,
        "version": "1", "code": "13002", "uidb64": "MQ", "pk": str(document.pk),
    }  # fmt: skip


def class_of(response: HttpResponse, method: str, gate: str) -> str:
    """What an answer is, in one word."""
    if response.status_code == 405:
        return "405" if method not in response["Allow"] else "405 of an allowed method"
    if response.status_code == 302:
        to = response["Location"]
        if to.startswith("/connexion/"):
            return "login"
        return {"/": "home", gate: "gate"}.get(to, "elsewhere")
    if response.status_code in (200, 201, 204):
        return "served"
    return "asked again" if response.status_code in (400, 409) else str(response.status_code)


def expected(role: str, state: Status, name: str, method: str) -> set[str]:
    """The classes of answers that a cell may have."""
    kind = access.ACCESS[name]
    if method == "TRACE":
        return expected(role, state, name, "GET") | {"405"}
    if kind == access.PUBLIC or kind == access.PATIENT_LINK:
        # A page of the login or of the gate may lead to the next one; a receipt needs its signature.
        return (
            {"served", "405", "asked again", "login", "gate", "home", "elsewhere"}
            | (
                {"403"}
                if name.startswith("notifications:twilio")
                else {"404"}
                if name != "patients:calendar"
                else set()
            )
            | ({"410"} if name == "accounts:other_document" else set())
        )
    if kind == access.PATIENT:
        if role != PATIENT or state == Status.SCHEDULED:
            return {"gate", "405"}
        return _of_the_allowed(state, name, method, sent_to="gate")
    if role == PATIENT or role in UNPROVED:
        return {"login"}
    if kind == access.ADMINISTRATOR:
        return {"served", "403", "405"} if role in STAFF else {"404"}
    if kind == access.PRACTITIONER:
        return {"served", "405", "asked again", "elsewhere"} | {"404"}
    if role in NOT_VALIDATED:
        return {"home", "405"}
    if role in STAFF or (kind == access.OWNER and role != OWNER):
        return {"404", "405"}
    return _of_the_allowed(state, name, method, sent_to="elsewhere")


def _of_the_allowed(state: Status, name: str, method: str, *, sent_to: str) -> set[str]:
    if state in OPEN_IN.get(name, STATES):
        missing = {"404"} if name == "teleconsult:consultation_export" and state == Status.SCHEDULED else set()
        if name == "teleconsult:message_resend":
            # No message of the stage has this key.
            missing = {"404"}
        return {"served", "405", "asked again", "elsewhere"} | missing
    # After the end the patient's room leads to the documents.
    return {sent_to, "elsewhere", "405"}


def fingerprint() -> list:
    """Everything that a refused request could have changed."""
    return [list(table.objects.order_by("pk").values()) for table in TABLES]


def asked(client, url: str, method: str) -> HttpResponse:
    """One request, with whatever it wrote undone, in the browser too (a logout)."""
    cookies = dict(client.cookies)
    with transaction.atomic():
        response = client.generic(method, url, b"", content_type="application/x-www-form-urlencoded")
        transaction.set_rollback(True)
    client.cookies.clear()
    client.cookies.update(cookies)
    return response


def wrong_cells(role: str, state: Status, names: list[str], methods: tuple[str, ...]) -> Iterator[str]:
    """« POST teleconsult:consultation_end: 500 »: each cell that is not as it should be."""
    consultation = make_stage(state)
    stage = stage_of(consultation)
    gate = reverse("patients:gate", args=[stage["token"]])
    client = browser_of(role, consultation)
    client.raise_request_exception = False
    before = fingerprint()
    for name in names:
        url = access.address(name, stage)
        for method in methods:
            may = expected(role, state, name, method)
            send = asked if "served" in may else lambda *request: client.generic(request[2], request[1])
            response = send(client, url, method)
            found = class_of(response, method, gate)
            if found not in may:
                yield f"{method} {name}: {found}, not {' or '.join(sorted(may))}"
            body = b"" if response.streaming else response.content
            if role not in (OWNER, PATIENT) and any(secret.encode() in body for secret in SECRETS):
                yield f"{method} {name}: shows the patient"
    if fingerprint() != before:
        yield "something was changed"


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("role", ROLES)
def test_every_cell_of_an_appointment_is_as_it_should_be(role, state):
    wrong = list(wrong_cells(role, state, OF_APPOINTMENT, METHODS))
    assert not wrong, f"{role}, {state}:\n" + "\n".join(wrong)


@pytest.mark.parametrize("role", ROLES)
def test_every_other_address_and_method_is_as_it_should_be(role):
    # The tutorials' PDFs take a second each, and are the same for everybody.
    others = [name for name in OTHERS if not name.endswith("_pdf")]
    wrong = list(wrong_cells(role, Status.OPEN, others, METHODS))
    assert not wrong, f"{role}:\n" + "\n".join(wrong)


@pytest.mark.parametrize("role", [OWNER, PATIENT, "a stranger", "another practitioner"])
def test_rare_methods_open_nothing_more(role):
    names = [name for name in access.ACCESS if not name.startswith("help_")]
    wrong = list(wrong_cells(role, Status.OPEN, names, RARE_METHODS))
    assert not wrong, f"{role}:\n" + "\n".join(wrong)


@pytest.mark.parametrize("role", ROLES)
def test_the_administration_opens_to_administrators_alone_and_shows_no_patient(role):
    consultation = make_stage(Status.COMPLETED)
    stage_of(consultation)
    client = browser_of(role, consultation)
    client.raise_request_exception = False
    may = {"login", "302", "404"}
    if role in STAFF:
        may = {"served", "302", "403", "404", "405"}
    elif role not in (PATIENT, *UNPROVED):
        may = {"404"}
    wrong = []
    for name in sorted(access.EVERY_ADDRESS.keys() - access.OURS):
        pattern = access.EVERY_ADDRESS[name].pattern
        keys = dict.fromkeys(pattern.converters, str(consultation.practitioner_id))
        url = "/admin/x/" if pattern.regex.groups else reverse(name, kwargs=keys)
        for method in METHODS:
            response = asked(client, url, method)
            found = class_of(response, method, "")
            found = "302" if found in ("elsewhere", "home") else found
            body = b"" if response.streaming else response.content
            if found not in may:
                wrong.append(f"{method} {name}: {found}")
            if any(secret.encode() in body for secret in (*SECRETS, consultation.reference)):
                wrong.append(f"{method} {name}: shows the patient")
    assert not wrong, f"{role}:\n" + "\n".join(wrong)


def test_no_cell_is_left_out():
    assert {*OF_APPOINTMENT, *OTHERS} == access.OURS
    assert len(ROLES) == len(set(ROLES)) == 13
