"""The discussion on the two pages of the call: who may ask for a photo, and who is asked."""

import pytest

from tests.unit.teleconsult.test_room_pages import fill_intake, patient_of, room, salle

pytestmark = pytest.mark.django_db
ONLY_PRACTITIONER = ('data-part="snapshot"', 'data-part="snapshot-preview"', "data-documents=")
ONLY_PATIENT = 'data-part="snapshot-question"'
NOTICE = "Les messages et fichiers vont directement d’un navigateur à l’autre&nbsp;; ils ne sont pas conservés."


def test_practitioner_asks(client_for, consultation):
    page = client_for(consultation.practitioner.user).get(room(consultation)).content.decode()
    assert NOTICE in page
    assert all(part in page for part in ONLY_PRACTITIONER)
    assert ONLY_PATIENT not in page


def test_only_the_patient_adds_documents_from_the_menu(client_for, consultation):
    fill_intake(consultation)
    menu = '<button type="button" role="menuitem" data-open-shared>'
    assert menu in patient_of(consultation).get(salle(consultation)).content.decode()
    assert menu not in client_for(consultation.practitioner.user).get(room(consultation)).content.decode()


def test_patient_is_asked(consultation):
    fill_intake(consultation)
    page = patient_of(consultation).get(salle(consultation)).content.decode()
    assert NOTICE in page
    assert not any(part in page for part in ONLY_PRACTITIONER)
    assert ONLY_PATIENT in page
    name = consultation.practitioner.display_name
    assert f"Le {name} souhaite prendre une photo de votre image pour votre dossier." in page
