"""A stolen session is no free telephone: so many messages to patients in a day, and what is asked past that is kept."""

import html
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts import throttling
from patients.models import Patient
from rofim.notifications.models import OutgoingMessage
from teleconsult.models import Consultation
from teleconsult.states import Status
from tests.conftest import make_consultation

NEW = {
    "patient_last_name": "Le Goff", "patient_first_name": "Jeanne", "patient_phone": "06 12 34 56 78",
    "date": "demain", "time": "09:30", "creation_key": "AbCdEfGhIjKlMnOp",
}  # fmt: skip
SAID = "rien n’est changé ni envoyé"


@pytest.fixture
def doctor(practitioner, client_for) -> Client:
    return client_for(practitioner.user)


@pytest.fixture
def spent(practitioner, monkeypatch) -> None:
    monkeypatch.setattr(throttling, "SENT_BY_HAND_A_DAY", 1)
    assert throttling.sent_by_hand(practitioner.pk, now=timezone.now())


def address(name: str, consultation: Consultation, *more: int) -> str:
    return reverse(f"teleconsult:{name}", args=[consultation.reference, *more])


def post(client: Client, url: str, data: dict | None = None) -> str:
    return html.unescape(client.post(url, data or {}, follow=True).content.decode())


def sent_to(contact: str) -> int:
    return [message.to for message in OutgoingMessage.objects.all()].count(contact)


def test_a_creation_past_the_limit_keeps_what_was_typed_and_saves_nothing(doctor, spent):
    page = post(doctor, reverse("teleconsult:consultation_create"), NEW)
    assert SAID in page
    assert all(f'value="{typed}"' in page for typed in NEW.values())
    assert not Patient.objects.exists()
    assert not OutgoingMessage.objects.exists()


def test_a_move_or_a_correction_past_the_limit_keeps_what_was_typed_and_changes_nothing(doctor, consultation, spent):
    starts_at, phone = consultation.starts_at, consultation.patient.phone
    page = post(doctor, address("consultation_edit", consultation), {"date": "demain", "time": "09:30"})
    assert SAID in page
    assert 'value="demain"' in page
    page = post(doctor, address("consultation_contact", consultation), {"patient_phone": "06 99 88 77 66"})
    assert SAID in page
    assert 'value="06 99 88 77 66"' in page
    now = Consultation.objects.select_related("invitation__patient").get()
    assert (now.starts_at, now.patient.phone) == (starts_at, phone)
    assert not OutgoingMessage.objects.exists()


@pytest.mark.parametrize("name", ["invitation_resend", "access_code_renew", "message_resend"])
def test_a_button_past_the_limit_sends_nothing_and_shows_the_code_that_counts(doctor, consultation, spent, name):
    about = f"invitation/{consultation.invitation_id}"
    dead = OutgoingMessage.objects.create(
        channel="sms", name="patients/invitation", about=about, to=consultation.patient.phone, status="failed",
        expires_at=timezone.now() + timedelta(days=1),
    )  # fmt: skip
    key = (dead.pk,) if name == "message_resend" else ()
    answer = doctor.post(address(name, consultation, *key), headers={"HX-Request": "true"}).content.decode()
    assert SAID in html.unescape(answer)
    assert "7K2M" in answer
    assert OutgoingMessage.objects.get() == dead


def test_a_cancellation_is_always_told(doctor, consultation, spent):
    post(doctor, address("consultation_cancel", consultation))
    assert Consultation.objects.get().status == Status.CANCELLED
    assert OutgoingMessage.objects.filter(name="patients/cancelled").count() == 2


def test_another_practitioner_and_the_next_day_are_free(doctor, spent, practitioner, other_practitioner, client_for):
    now = timezone.now()
    assert not throttling.sent_by_hand(practitioner.pk, now=now)
    assert throttling.sent_by_hand(practitioner.pk, now=now + timedelta(days=1))
    theirs = make_consultation(other_practitioner)
    page = post(client_for(other_practitioner.user), address("invitation_resend", theirs))
    assert SAID not in page
    assert OutgoingMessage.objects.filter(name="patients/invitation").count() == 2


def test_a_second_click_is_not_counted(doctor, practitioner, monkeypatch):
    monkeypatch.setattr(throttling, "SENT_BY_HAND_A_DAY", 2)
    for _ in range(3):
        page = post(doctor, reverse("teleconsult:consultation_create"), NEW)
        assert SAID not in page
    assert throttling.sent_by_hand(practitioner.pk, now=timezone.now())


def test_one_contact_gets_so_much_in_a_day_from_one_practitioner(doctor, consultation, client_for, other_practitioner):
    """Moved, sent again, a new code, together; another appointment of the same patient can still be created."""
    now, practitioner = timezone.now(), consultation.practitioner
    phone, email = consultation.patient.phone, consultation.patient.email
    for _ in range(throttling.SENT_AGAIN_TO_ONE_A_DAY):
        assert throttling.sent_by_hand_to(practitioner.pk, phone, again=True, now=now)
    said = "trop d’envois à 06 11 22 33 44 en 24 heures"
    page = post(doctor, address("invitation_resend", consultation))
    assert said in page
    assert SAID in page
    page = post(doctor, address("consultation_edit", consultation), {"date": "demain", "time": "09:30"})
    assert said in page
    assert 'value="demain"' in page
    assert not OutgoingMessage.objects.exists()
    post(doctor, reverse("teleconsult:consultation_create"), NEW | {"patient_phone": phone, "patient_email": email})
    assert Consultation.objects.count() == 2
    assert sent_to(phone) == 1
    # Another practitioner neither hears of it nor is kept from it.
    theirs = make_consultation(other_practitioner)
    assert said not in post(client_for(other_practitioner.user), address("invitation_resend", theirs))
    assert throttling.sent_by_hand_to(practitioner.pk, phone, again=True, now=now + timedelta(days=1))


@pytest.mark.parametrize(("field", "shown"), [("patient_phone", "06 12 34 56 78"), ("patient_email", "j@example.fr")])
def test_creations_for_one_contact_end_too_and_keep_what_was_typed(doctor, practitioner, monkeypatch, field, shown):
    monkeypatch.setattr(throttling, "SENT_TO_ONE_A_DAY", 1)
    new = {name: value for name, value in NEW.items() if name != "patient_phone"} | {field: shown}
    post(doctor, reverse("teleconsult:consultation_create"), new)
    again = new | {"time": "10:30", "creation_key": "QrStUvWxYzAbCdEf"}
    page = post(doctor, reverse("teleconsult:consultation_create"), again)
    assert f"trop d’envois à {shown} en 24 heures" in page
    assert all(f'value="{typed}"' in page for typed in again.values())
    assert Consultation.objects.count() == 1
    assert OutgoingMessage.objects.count() == 1


def test_a_correction_for_a_whole_series_is_no_repetition(doctor, consultation):
    for _ in range(throttling.SENT_AGAIN_TO_ONE_A_DAY):
        another = make_consultation(consultation.practitioner)
        another.invitation.patient = consultation.patient
        another.invitation.save()
    page = post(doctor, address("consultation_contact", consultation), {"patient_phone": "06 99 88 77 66"})
    assert SAID not in page
    assert sent_to("+33699887766") == throttling.SENT_AGAIN_TO_ONE_A_DAY + 1
