"""Who may not: another practitioner, a stranger, half a login, the patient of another link."""

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import Practitioner
from prescriptions import services
from prescriptions.models import Prescription
from teleconsult.states import Status
from tests.conftest import make_consultation
from tests.unit.prescriptions.conftest import form_data, issue, make_draft, patient_client


def practitioner_addresses(prescription: Prescription) -> list[str]:
    names = ["prescription_detail", "prescription_pdf", "prescription_send", "prescription_cancel"]
    own = [reverse(f"prescriptions:{name}", args=[prescription.number]) for name in names]
    return [*own, reverse("prescriptions:prescription_create", args=[prescription.consultation.reference])]


@pytest.mark.parametrize("method", ["get", "post"])
def test_another_practitioner_gets_404_everywhere(issued, other_practitioner, client_for, method):
    client = client_for(other_practitioner.user)
    for address in practitioner_addresses(issued):
        response = getattr(client, method)(address, form_data())
        assert response.status_code in (404, 405), address
    assert Prescription.objects.count() == 1


def test_the_same_number_of_another_practitioner_is_not_mine(issued, other_practitioner, client_for):
    other_practitioner.signature = issued.practitioner.signature
    other_practitioner.save()
    theirs = issue(make_draft(make_consultation(other_practitioner)))
    assert theirs.number == issued.number
    body = client_for(other_practitioner.user).get(f"/ordonnances/{issued.number}.pdf").content
    assert body == bytes(theirs.pdf) != bytes(issued.pdf)


def test_without_both_factors_nothing_opens(issued, practitioner, half_logged_in):
    for client in (Client(), half_logged_in(practitioner.user)):
        for address in [*practitioner_addresses(issued), reverse("prescriptions:prescription_list")]:
            response = client.get(address)
            assert response.status_code == 302, address
            assert response["Location"].startswith("/connexion/")


def test_a_suspended_practitioner_prescribes_nothing(issued, practitioner, doctor):
    Practitioner.objects.filter(pk=practitioner.pk).update(status=Practitioner.Status.SUSPENDED)
    for address in practitioner_addresses(issued):
        assert doctor.get(address)["Location"] == "/" if doctor.get(address).status_code == 302 else True
    assert doctor.post(practitioner_addresses(issued)[-1], form_data())["Location"] == "/"


def test_an_administrator_sees_none(issued, administrator, client_for):
    client = client_for(administrator)
    for address in practitioner_addresses(issued):
        assert client.get(address).status_code in (404, 405)


def test_a_draft_has_no_address_of_its_own(consultation, doctor):
    make_draft(consultation)
    assert doctor.get("/ordonnances//").status_code == 404
    assert doctor.get("/ordonnances/2026-000001/").status_code == 404


def test_the_patient_sees_no_draft(consultation):
    make_draft(consultation)
    page = patient_client(consultation.invitation).get(f"/visio/{consultation.invitation.token}/documents/")
    assert page.status_code == 200
    assert "Télécharger" not in page.content.decode()


def test_the_patient_of_another_link_sees_nothing(issued, practitioner):
    other = make_consultation(practitioner)
    client = patient_client(other.invitation)
    token, number = issued.consultation.invitation.token, issued.number
    for address in (f"/visio/{token}/documents/", f"/visio/{token}/documents/{number}.pdf"):
        response = client.get(address)
        assert response.status_code == 302
        assert response["Location"] == f"/visio/{token}/"
    assert client.get(f"/visio/{other.invitation.token}/documents/{number}.pdf").status_code == 404


def test_the_patient_gets_no_cancelled_paper(issued, practitioner):
    services.cancel_prescription(
        prescription=issued, reason="Erreur de dosage", by=practitioner.user, now=timezone.now()
    )
    invitation = issued.consultation.invitation
    client = patient_client(invitation)
    page = client.get(f"/visio/{invitation.token}/documents/").content.decode()
    assert "annulée" in page
    assert "Erreur de dosage" not in page
    assert client.get(f"/visio/{invitation.token}/documents/{issued.number}.pdf").status_code == 404


@pytest.mark.parametrize("status", [Status.CANCELLED, Status.MISSED])
def test_no_prescription_for_what_did_not_take_place(practitioner, doctor, status):
    consultation = make_consultation(practitioner, status=status)
    consultation.invitation.closed_at = timezone.now()
    consultation.invitation.save()
    address = reverse("prescriptions:prescription_create", args=[consultation.reference])
    for response in (doctor.get(address), doctor.post(address, form_data())):
        assert response.status_code == 302
        assert response["Location"] == reverse("teleconsult:consultation_detail", args=[consultation.reference])
    assert not Prescription.objects.exists()


def test_no_prescription_before_the_session_opens(practitioner, doctor):
    consultation = make_consultation(practitioner, timezone.now() + timezone.timedelta(days=1))
    with pytest.raises(services.NotPrescribable):
        make_draft(consultation)
    address = reverse("prescriptions:prescription_create", args=[consultation.reference])
    assert doctor.post(address, form_data()).status_code == 302
    assert not Prescription.objects.exists()


@pytest.mark.parametrize("profession", ["nurse", "psychologist", "pharmacist", "dietitian"])
def test_other_professions_are_told_and_issue_nothing(practitioner, doctor, create_url, profession):
    practitioner.profession = profession
    practitioner.save()
    page = doctor.post(create_url, form_data()).content.decode()
    assert "CSP R.5132-6" in page
    assert Prescription.objects.get().is_draft
