"""Who may open what, for every address of the product: a new address fails here until it is classified."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from patients.models import Document
from prescriptions.models import ConsultationReport, Prescription
from tests.conftest import make_consultation

PUBLIC = "public"
PRACTITIONER = "any practitioner, with both factors"
VALIDATED = "a validated practitioner"
OWNER = "the practitioner whose appointment or prescription it is"
PATIENT_LINK = "whoever holds the link"
PATIENT = "the patient, after the code"
ADMINISTRATOR = "an administrator, with both factors"

ACCESS = {
    "home": PUBLIC,
    "help_patient": PUBLIC,
    "help_patient_pdf": PUBLIC,
    "help_practitioner": PUBLIC,
    "help_practitioner_pdf": PUBLIC,
    "privacy": PUBLIC,
    "legal_notice": PUBLIC,
    "accessibility": PUBLIC,
    "communes": PUBLIC,
    "health": PUBLIC,
    "readiness": PUBLIC,
    "accounts:register": PUBLIC,
    "accounts:register_phone": PUBLIC,
    "accounts:register_phone_state": PUBLIC,
    "accounts:register_document": PUBLIC,
    "accounts:register_preview": PUBLIC,
    "accounts:register_abandon": PUBLIC,
    "accounts:register_done": PUBLIC,
    "accounts:register_confirm": PUBLIC,
    "accounts:other_document": PUBLIC,
    "accounts:other_document_done": PUBLIC,
    "statistics": ADMINISTRATOR,
    "accounts:login": PUBLIC,
    "accounts:login_code": PUBLIC,
    "accounts:login_code_state": PUBLIC,
    "accounts:logout": PUBLIC,
    "accounts:password_reset": PUBLIC,
    "accounts:password_reset_done": PUBLIC,
    "accounts:password_reset_confirm": PUBLIC,
    "accounts:password_reset_complete": PUBLIC,
    "accounts:account": PRACTITIONER,
    "accounts:account_activity": PRACTITIONER,
    "accounts:account_billing": PRACTITIONER,
    "accounts:account_notifications": PRACTITIONER,
    "accounts:account_practice": PRACTITIONER,
    "accounts:account_resumed": PRACTITIONER,
    "accounts:account_session": PUBLIC,
    "accounts:account_session_end": PRACTITIONER,
    "accounts:account_sessions_end": PRACTITIONER,
    "accounts:account_email": PRACTITIONER,
    "accounts:account_email_back": PUBLIC,
    "accounts:account_email_confirm": PRACTITIONER,
    "accounts:account_mobile": PRACTITIONER,
    "accounts:account_mobile_code": PRACTITIONER,
    "accounts:account_mobile_code_state": PRACTITIONER,
    "accounts:confirmation": PRACTITIONER,
    "accounts:confirmation_state": PRACTITIONER,
    "accounts:account_password": PRACTITIONER,
    "accounts:account_signature": PRACTITIONER,
    "accounts:account_signature_image": PRACTITIONER,
    "accounts:recovery_codes": PRACTITIONER,
    "accounts:totp": PRACTITIONER,
    "notifications:twilio_status": PUBLIC,
    "notifications:twilio_second_status": PUBLIC,
    "patients:lost_link": PUBLIC,
    "patients:language": PUBLIC,
    "patients:gate": PATIENT_LINK,
    "patients:link_opened": PATIENT_LINK,
    "patients:appointment_language": PATIENT_LINK,
    "patients:calendar": PATIENT_LINK,
    "patients:intake": PATIENT,
    "patients:shared_documents": PATIENT,
    "patients:shared_document_delete": PATIENT,
    "teleconsult:patient_room": PATIENT,
    "teleconsult:patient_state": PATIENT,
    "teleconsult:patient_feedback": PATIENT,
    "teleconsult:rehearsal": PUBLIC,
    "teleconsult:patient_rehearsal": PATIENT_LINK,
    "teleconsult:patient_rehearsal_relay": PATIENT_LINK,
    "teleconsult:account_close": PRACTITIONER,
    "teleconsult:consultation_list": VALIDATED,
    "teleconsult:consultation_create": VALIDATED,
    "teleconsult:patient_suggestions": VALIDATED,
    "teleconsult:hour_preview": VALIDATED,
    "teleconsult:consultation_detail": OWNER,
    "teleconsult:consultation_edit": OWNER,
    "teleconsult:consultation_cancel": OWNER,
    "teleconsult:invitation_resend": OWNER,
    "teleconsult:access_code_renew": OWNER,
    "teleconsult:consultation_contact": OWNER,
    "teleconsult:consultation_messages": OWNER,
    "teleconsult:message_resend": OWNER,
    "teleconsult:consultation_export": OWNER,
    "teleconsult:consultation_infos": OWNER,
    "teleconsult:consultation_trail": OWNER,
    "teleconsult:consultation_end": OWNER,
    "teleconsult:consultation_notes": OWNER,
    "teleconsult:consultation_check": OWNER,
    "teleconsult:consultation_documents": OWNER,
    "teleconsult:consultation_document": OWNER,
    "teleconsult:practitioner_room": OWNER,
    "teleconsult:practitioner_state": OWNER,
    "prescriptions:prescription_create": OWNER,
    "prescriptions:consultation_prescriptions": OWNER,
    "prescriptions:prescription_list": VALIDATED,
    "prescriptions:prescription_detail": OWNER,
    "prescriptions:prescription_pdf": OWNER,
    "prescriptions:prescription_send": OWNER,
    "prescriptions:prescription_cancel": OWNER,
    "prescriptions:report_create": OWNER,
    "prescriptions:report_detail": OWNER,
    "prescriptions:report_pdf": OWNER,
    "prescriptions:report_send": OWNER,
    "prescriptions:verify": PUBLIC,
    "prescriptions:patient_documents": PATIENT,
    "prescriptions:patient_prescription_pdf": PATIENT,
    "prescriptions:patient_report_pdf": PATIENT,
}


def addresses(resolver: URLResolver, namespace: str = "") -> Iterator[tuple[str, URLPattern]]:
    for pattern in resolver.url_patterns:
        if isinstance(pattern, URLResolver):
            inner = pattern.namespace
            yield from addresses(pattern, f"{namespace}{inner}:" if inner else namespace)
        else:
            yield f"{namespace}{pattern.name}", pattern


EVERY_ADDRESS = dict(addresses(get_resolver()))
OURS = {name for name in EVERY_ADDRESS if not name.startswith("admin:")}


def named(*classes: str) -> list[str]:
    return sorted(name for name, access in ACCESS.items() if access in classes)


def test_every_address_is_classified():
    assert set(ACCESS) == OURS


@pytest.fixture
def stage(practitioner, settings, tmp_path) -> dict[str, Any]:
    """An appointment of Dr Martin with a document, an issued prescription and a report, as keyword arguments."""
    settings.MEDIA_ROOT = tmp_path
    consultation = make_consultation(practitioner)
    prescription = Prescription.objects.create(
        practitioner=practitioner,
        consultation=consultation,
        number="2026-000001",
        verification_code="ABCDE23456",
        status=Prescription.Status.ISSUED,
        pdf=b"%PDF-1.7",
    )
    report = ConsultationReport.objects.create(
        practitioner=practitioner,
        consultation=consultation,
        version=1,
        status=ConsultationReport.Status.ISSUED,
        issued_at=consultation.created_at,
        pdf=b"%PDF-1.7",
    )
    document = Document(invitation=consultation.invitation, name="bras.jpg", content_type="image/jpeg")
    document.file.save("bras.jpg", ContentFile(b"\xff\xd8\xff"))
    return {
        "reference": consultation.reference,
        "token": consultation.invitation.token,
        "number": prescription.number,
        "version": report.version,
        "code": "13002",
        "uidb64": "MQ",
        "pk": str(document.pk),
    }


def address(name: str, stage: dict[str, Any]) -> str:
    keys = EVERY_ADDRESS[name].pattern.converters.keys()
    values = stage | {"code": stage["code"] if name == "communes" else "ABCDE23456"}
    if "uidb64" in keys:
        values = values | {"token": "set-password"}
    return reverse(name, kwargs={key: values[key] for key in keys})


def is_refused(response, *, to: str = "/connexion/") -> bool:
    return response.status_code == 404 or (response.status_code == 302 and response["Location"].startswith(to))


@pytest.mark.parametrize("method", ["get", "post"])
@pytest.mark.parametrize("name", named(PRACTITIONER, VALIDATED, OWNER))
def test_a_stranger_is_sent_to_the_login(name, method, stage):
    response = getattr(Client(), method)(address(name, stage))
    assert response.status_code == 302
    assert response["Location"].startswith("/connexion/")


@pytest.mark.parametrize("name", named(PRACTITIONER, VALIDATED, OWNER))
def test_the_password_alone_opens_nothing(name, stage, practitioner, half_logged_in):
    response = half_logged_in(practitioner.user).get(address(name, stage))
    assert response.status_code == 302
    assert response["Location"].startswith("/connexion/")


@pytest.mark.parametrize("method", ["get", "post"])
@pytest.mark.parametrize("name", named(OWNER))
def test_another_practitioner_gets_404(name, method, stage, other_practitioner, client_for):
    response = getattr(client_for(other_practitioner.user), method)(address(name, stage))
    assert response.status_code == 404 or (response.status_code == 405 and method not in allowed(name))


def allowed(name: str) -> set[str]:
    """The methods that an address answers: those that change something take POST alone."""
    post_only = {
        "invitation_resend", "message_resend", "access_code_renew", "consultation_end", "consultation_notes",
        "consultation_check", "consultation_documents", "prescription_send", "report_send",
    }  # fmt: skip
    return {"post"} if name.split(":")[1] in post_only else {"get"}


@pytest.mark.parametrize("name", named(VALIDATED, OWNER))
def test_the_not_yet_validated_are_sent_home(name, stage, pending_practitioner, client_for):
    response = client_for(pending_practitioner.user).get(address(name, stage))
    assert response.status_code in (302, 404, 405)
    if response.status_code == 302:
        assert response["Location"] == "/"


@pytest.mark.parametrize("name", named(VALIDATED, OWNER))
def test_an_administrator_reads_nothing_of_a_patient(name, stage, administrator, client_for):
    assert client_for(administrator).get(address(name, stage)).status_code in (404, 405)


@pytest.mark.parametrize("name", named(PATIENT))
def test_the_link_without_the_code_leads_to_the_gate(name, stage):
    response = Client().get(address(name, stage))
    assert is_refused(response, to=reverse("patients:gate", kwargs={"token": stage["token"]}))


@pytest.mark.parametrize("name", named(PATIENT))
def test_the_patient_of_another_link_sees_nothing(name, stage, other_practitioner):
    other = make_consultation(other_practitioner)
    client = Client()
    client.post(reverse("patients:gate", kwargs={"token": other.invitation.token}), {"code": "7K2M"})
    assert client.get(reverse("patients:intake", kwargs={"token": other.invitation.token})).status_code == 200
    response = client.get(address(name, stage))
    assert is_refused(response, to=reverse("patients:gate", kwargs={"token": stage["token"]}))


@pytest.mark.parametrize("name", named(PATIENT, PATIENT_LINK))
def test_an_unknown_link_is_404(name, stage):
    assert Client().get(address(name, stage | {"token": "A" * 22})).status_code == 404


@pytest.mark.parametrize("name", sorted(OURS - {"notifications:twilio_status", "notifications:twilio_second_status"}))
def test_every_form_needs_its_csrf_token(name, stage, practitioner):
    from tests.conftest import verify

    client = verify(Client(enforce_csrf_checks=True), practitioner.user)
    assert client.post(address(name, stage), {}).status_code == 403


@pytest.mark.parametrize("name", ["twilio_status", "twilio_second_status"])
def test_a_delivery_receipt_needs_twilios_signature(name, db):
    assert Client().post(reverse(f"notifications:{name}"), {"MessageSid": "SM0"}).status_code == 403


@pytest.mark.parametrize("name", sorted((EVERY_ADDRESS.keys() - OURS) | set(named(ADMINISTRATOR))))
def test_the_administration_is_for_administrators(name, practitioner, client_for):
    keys = EVERY_ADDRESS[name].pattern.converters.keys()
    url = (
        reverse(name, kwargs=dict.fromkeys(keys, "1")) if not EVERY_ADDRESS[name].pattern.regex.groups else "/admin/x/"
    )
    for client in (Client(), client_for(practitioner.user)):
        assert client.get(url).status_code in (302, 403, 404)


@pytest.mark.parametrize("path", ["/demo/messages/", "/demo/messages.json"])
def test_the_demonstrations_pages_do_not_exist_elsewhere(path, client, db):
    assert client.get(path).status_code == 404
