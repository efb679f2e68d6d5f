"""What is done with an issued prescription: list, page, download, e-mail, cancel, the patient's page."""

import pytest
from django.urls import reverse

from accounts.models import AuditEvent
from patients.models import Invitation
from prescriptions.models import Prescription
from rofim.notifications.models import OutgoingMessage
from tests.unit.prescriptions.conftest import make_draft, patient_client


def url(name: str, issued: Prescription) -> str:
    return reverse(f"prescriptions:{name}", args=[issued.number])


def test_the_list_is_empty_then_has_ones_own(doctor, consultation, other_practitioner, client_for):
    address = reverse("prescriptions:prescription_list")
    assert "Aucune ordonnance" in doctor.get(address).content.decode()
    make_draft(consultation)
    assert "Reprendre le brouillon" in doctor.get(address).content.decode()
    assert "Sophie" not in client_for(other_practitioner.user).get(address).content.decode()


def test_an_appointment_shows_its_own_prescriptions(doctor, issued, consultation):
    address = reverse("prescriptions:consultation_prescriptions", args=[consultation.reference])
    for headers in ({}, {"HX-Request": "true"}):
        page = doctor.get(address, headers=headers).content.decode()
        assert issued.number in page
    assert "<html" not in page
    assert (
        address
        in doctor.get(reverse("teleconsult:consultation_detail", args=[consultation.reference])).content.decode()
    )


@pytest.mark.parametrize("page", ["0", "99", "x", "-1"])
def test_the_list_takes_any_page(doctor, page):
    assert doctor.get(reverse("prescriptions:prescription_list"), {"page": page}).status_code == 200


def test_the_page_shows_what_was_issued(doctor, issued):
    page = doctor.get(url("prescription_detail", issued)).content.decode()
    for expected in (issued.number, "CARPENTIER", "DOLIPRANE", "joindre le PDF", "Envoyer par e-mail", "Télécharger"):
        assert expected in page


def test_the_same_bytes_every_time_and_each_reading_recorded(doctor, issued):
    first, second = (doctor.get(url("prescription_pdf", issued)) for _ in range(2))
    assert first.content == second.content == bytes(issued.pdf)
    assert first["Content-Type"] == "application/pdf"
    assert first["Content-Disposition"] == f'attachment; filename="ordonnance-{issued.number}.pdf"'
    assert first["Cache-Control"] == "no-store, private"
    assert first["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert first["X-Content-Type-Options"] == "nosniff"
    assert AuditEvent.objects.filter(action="prescription.downloaded", about=f"prescription/{issued.pk}").count() == 2


def test_printing_opens_it_in_the_browser(doctor, issued):
    response = doctor.get(url("prescription_pdf", issued), {"imprimer": ""})
    assert response["Content-Disposition"].startswith("inline")
    assert "default-src 'none'" in response["Content-Security-Policy"]


def test_the_mail_has_the_link_and_no_word_of_health(doctor, issued):
    doctor.post(url("prescription_send", issued))
    mail = OutgoingMessage.objects.get()
    token = issued.consultation.invitation.token
    assert mail.to == "sophie@example.org"
    assert f"/visio/{token}/documents/" in mail.body
    assert mail.attachments == []
    assert mail.about == f"invitation/{issued.consultation.invitation.pk}"
    for hidden in ("DOLIPRANE", "7K2M", "ordonnance", issued.verification_code):
        assert hidden not in mail.subject + mail.body + mail.body_html


def test_the_mail_speaks_the_patients_language(doctor, issued):
    doctor.post(url("prescription_send", issued))
    assert "Le Dr MARTIN a déposé un document" in OutgoingMessage.objects.get().body
    OutgoingMessage.objects.all().delete()
    Invitation.objects.update(language="en")
    doctor.post(url("prescription_send", issued), {"attach_pdf": "on"})
    mail = OutgoingMessage.objects.get()
    assert mail.subject == "A document from your video consultation"
    for body in (mail.body, mail.body_html):
        assert "Dr MARTIN has left a document for you" in body
        assert "attached to this message" in body


def test_the_pdf_goes_along_only_if_ticked(doctor, issued):
    import base64

    doctor.post(url("prescription_send", issued), {"attach_pdf": "on"})
    [attachment] = OutgoingMessage.objects.get().attachments
    assert "ordonnance" not in attachment["filename"]
    assert base64.b64decode(attachment["content"]) == bytes(issued.pdf)
    assert attachment["mimetype"] == "application/pdf"


def test_a_double_click_sends_one_mail(doctor, issued):
    for _ in range(2):
        doctor.post(url("prescription_send", issued))
    assert OutgoingMessage.objects.count() == 1


def test_without_an_address_the_page_says_so(doctor, issued):
    patient = issued.consultation.patient
    patient.email = ""
    patient.save()
    page = doctor.post(url("prescription_send", issued), follow=True).content.decode()
    assert "pas donné d’adresse e-mail" in page
    assert not OutgoingMessage.objects.exists()


def test_sending_and_reading_need_their_method(doctor, issued):
    assert doctor.get(url("prescription_send", issued)).status_code == 405
    assert doctor.post(url("prescription_pdf", issued)).status_code == 405


@pytest.mark.parametrize("reason", ["", "   ", "a\x00b", "x" * 301, "\u202e"])
def test_a_cancellation_needs_a_reason(doctor, issued, reason):
    response = doctor.post(url("prescription_cancel", issued), {"reason": reason})
    assert response.status_code == 200
    assert 'aria-invalid="true"' in response.content.decode()
    issued.refresh_from_db()
    assert issued.is_valid


def test_cancelling_marks_every_page_and_changes_no_byte(doctor, issued):
    before = bytes(issued.pdf)
    doctor.post(url("prescription_cancel", issued), {"reason": "Allergie découverte"})
    issued.refresh_from_db()
    assert issued.status == Prescription.Status.CANCELLED
    assert bytes(issued.pdf) == before
    page = doctor.get(url("prescription_detail", issued)).content.decode()
    assert "Allergie découverte" in page
    assert "Envoyer par e-mail" not in page
    doctor.post(url("prescription_send", issued))
    assert not OutgoingMessage.objects.exists()
    again = doctor.post(url("prescription_cancel", issued), {"reason": "encore"}, follow=True).content.decode()
    assert "déjà annulée" in again
    issued.refresh_from_db()
    assert issued.cancellation_reason == "Allergie découverte"


def test_the_patient_downloads_the_same_bytes(issued):
    invitation = issued.consultation.invitation
    client = patient_client(invitation)
    assert issued.number in client.get(f"/visio/{invitation.token}/documents/").content.decode()
    response = client.get(f"/visio/{invitation.token}/documents/{issued.number}.pdf")
    assert response.content == bytes(issued.pdf)
    assert response["Cache-Control"] == "no-store, private"
    assert AuditEvent.objects.filter(action="prescription.downloaded", actor=None).count() == 1


def test_nothing_of_it_lies_in_the_database_in_clear(issued, settings):
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT patient_data, content, pdf FROM prescriptions_prescription")
        row = b"".join(bytes(value) if not isinstance(value, str) else value.encode() for value in cursor.fetchone())
        cursor.execute("SELECT name, dosage FROM prescriptions_prescriptionline")
        row += "".join(cursor.fetchone()).encode()
    for clear in (b"Carpentier", b"DOLIPRANE", b"%PDF"):
        assert clear not in row
