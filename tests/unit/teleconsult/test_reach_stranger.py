"""A corrected contact: what the stranger at the old one may have got opens nothing, and says nothing of the patient."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from patients.models import Invitation
from rofim.notifications.models import OutgoingMessage
from teleconsult import reach, services
from teleconsult.models import Consultation
from tests.conftest import make_consultation

Sent = OutgoingMessage.Status
OLD = {"email": "m@example.org", "phone": "+33612345678"}


@pytest.fixture
def booked(practitioner) -> Consultation:
    now = timezone.now()
    return services.schedule_consultation(
        practitioner=practitioner, last_name="Diallo", first_name="Mamadou", starts_at=now + timedelta(days=1),
        by=practitioner.user, now=now, **OLD,
    )  # fmt: skip


def correct(consultation: Consultation, **contact: str) -> Invitation:
    by, now = consultation.practitioner.user, timezone.now()
    reach.correct_contact(consultation=consultation, **(OLD | contact), by=by, now=now)
    return Invitation.objects.get(pk=consultation.invitation_id)


def test_what_may_have_left_counts_though_something_took_its_place_since(booked):
    # No answer to the first; the practitioner sends it again, and that one waits.
    OutgoingMessage.objects.update(status=Sent.UNCERTAIN, attempts=1)
    services.resend_invitation(consultation=booked, by=booked.practitioner.user, now=timezone.now())
    assert OutgoingMessage.objects.filter(status=Sent.DROPPED).count() == 2
    assert correct(booked, phone="+33698765432").code_version == 2


def test_an_email_whose_relay_broke_off_may_have_arrived(booked):
    OutgoingMessage.objects.filter(channel="email").update(attempts=1, error="serveur d’e-mail injoignable")
    assert correct(booked, email="mamadou@example.org").code_version == 2


def test_what_was_refused_and_sent_again_left_nowhere(booked):
    OutgoingMessage.objects.update(status=Sent.FAILED, attempts=1, failed_at=timezone.now())
    services.resend_invitation(consultation=booked, by=booked.practitioner.user, now=timezone.now())
    assert correct(booked, phone="+33698765432").code_version == 1


def test_a_stranger_who_opened_the_link_is_not_the_patient(booked, doctor):
    OutgoingMessage.objects.update(status=Sent.DELIVERED)
    Invitation.objects.update(
        link_opened_at=timezone.now(), code_validated_at=timezone.now(), rehearsal_at=timezone.now(),
        rehearsal_result=Invitation.Rehearsal.RED, rehearsal_reasons=["microphone"],
    )  # fmt: skip
    correct(booked, phone="+33698765432", email="mamadou@example.org")
    OutgoingMessage.objects.filter(status=Sent.QUEUED).update(status=Sent.FAILED)
    assert reach.is_unreached(Consultation.objects.get(), timezone.now())
    page = doctor.get(reverse("teleconsult:consultation_list")).content.decode().replace("\xa0", " ")
    assert "Patient pas joint" in page
    assert "test du matériel" not in page


@pytest.mark.parametrize("status", [Sent.QUEUED, Sent.FAILED])
def test_a_prescription_of_before_goes_to_the_old_address_no_more(practitioner, booked, status):
    visited = make_consultation(practitioner, timezone.now() - timedelta(days=1), status="completed")
    Invitation.objects.filter(pk=visited.invitation_id).update(patient=booked.patient)
    papers = [
        OutgoingMessage.objects.create(
            channel="email", name="prescriptions/issued", to=to, body="Bonjour", about=f"invitation/{about}",
            status=status, expires_at=timezone.now() + timedelta(days=1), attachments=[{"filename": "ordonnance.pdf"}],
        )
        for to, about in ((OLD["email"], visited.invitation_id), ("else@example.org", visited.invitation_id))
    ]  # fmt: skip
    correct(booked, email="mamadou@example.org")
    old, other = OutgoingMessage.objects.filter(pk__in=[each.pk for each in papers]).order_by("pk")
    assert (old.status, old.attachments) == (Sent.DROPPED, [])
    assert other.status == status


# --- Read before the correction, acted upon after it --------------------------------------------------
def _remind(stale: Consultation) -> None:
    services.remind_patient(consultation=stale, kind="day-before", now=timezone.now())


def _resend(stale: Consultation) -> None:
    services.resend_invitation(consultation=stale, by=stale.practitioner.user, now=timezone.now())


def _renew(stale: Consultation) -> None:
    services.renew_access_code(
        consultation=stale, by=stale.practitioner.user, now=timezone.now() + timedelta(minutes=1)
    )


def _move(stale: Consultation) -> None:
    starts_at = stale.starts_at + timedelta(hours=1)
    services.move_consultation(consultation=stale, starts_at=starts_at, by=stale.practitioner.user, now=timezone.now())


def _cancel(stale: Consultation) -> None:
    services.cancel_consultation(consultation=stale, by=stale.practitioner.user, now=timezone.now())


@pytest.mark.parametrize("act", [_remind, _resend, _renew, _move, _cancel])
def test_whoever_read_the_contact_before_does_not_write_to_the_old_one(booked, act):
    # Thousands of reminders are due together: the last one's row was read long before it is written to.
    Consultation.objects.update(created_at=timezone.now() - timedelta(days=3))
    OutgoingMessage.objects.update(status=Sent.DELIVERED)
    rows = Consultation.objects.select_related("invitation__patient", "practitioner__user")
    stale = rows.get()
    stranger_has = stale.invitation.code
    correct(booked, phone="+33698765432", email="mamadou@example.org")
    known = set(OutgoingMessage.objects.values_list("pk", flat=True))
    act(stale)
    new = OutgoingMessage.objects.exclude(pk__in=known)
    assert sorted(message.to for message in new) == ["+33698765432", "mamadou@example.org"]
    assert not any(stranger_has in message.body for message in new)
