"""Reaching the patient: refusals, then a dead letter once more, a corrected contact, and the practitioner's warning."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import AuditEvent
from patients import notify as patient_notify
from patients.models import Patient
from rofim.notifications.models import OutgoingMessage
from rofim.notifications.services import messages_about
from teleconsult import reach, services, tasks
from teleconsult.models import Consultation
from teleconsult.states import Status
from tests.conftest import make_consultation

NOW = datetime(2027, 3, 3, 12, 0, tzinfo=ZoneInfo("Europe/Paris"))
HTMX = {"HX-Request": "true"}
Sent = OutgoingMessage.Status


@pytest.fixture
def doctor(practitioner, client_for) -> Client:
    return client_for(practitioner.user)


def schedule(practitioner, starts_at: datetime, told: datetime = NOW - timedelta(days=10), **fields) -> Consultation:
    values = {"last_name": "Diallo", "first_name": "Mamadou", "email": "m@example.org", "phone": "+33612345678"}
    return services.schedule_consultation(
        practitioner=practitioner, starts_at=starts_at, by=practitioner.user, now=told, **(values | fields)
    )


@pytest.fixture
def booked(practitioner) -> Consultation:
    """Tomorrow, both messages written and neither sent."""
    return schedule(practitioner, timezone.now() + timedelta(days=1), told=timezone.now())


def rows(consultation: Consultation, **fields):
    return messages_about(f"invitation/{consultation.invitation_id}").filter(**fields).order_by("pk")


def mark(consultation: Consultation, status: str, **fields) -> None:
    """What the provider and the relay said of everything sent so far."""
    dead = status in (Sent.FAILED, Sent.EXPIRED)
    rows(consultation, **fields).update(
        status=status, failed_at=timezone.now() if dead else None, error="numéro inconnu"
    )


def resend(client: Client, consultation: Consultation, pk: int, **headers):
    return client.post(
        reverse("teleconsult:message_resend", args=[consultation.reference, pk]), headers=headers, follow=True
    )


def correct(client: Client, consultation: Consultation, **data):
    values = {"patient_phone": "06 12 34 56 78", "patient_email": "m@example.org"}
    return client.post(reverse("teleconsult:consultation_contact", args=[consultation.reference]), values | data)


# --- « Renvoyer » -----------------------------------------------------------------------------------
def test_anothers_message_is_404_and_sends_nothing(doctor, booked, other_practitioner):
    other = schedule(other_practitioner, timezone.now() + timedelta(days=1), told=timezone.now())
    mark(other, Sent.FAILED)
    pk = rows(other, channel="sms").get().pk
    assert resend(doctor, other, pk).status_code == 404
    # One's own appointment with the key of somebody else's message.
    assert resend(doctor, booked, pk).status_code == 404
    assert rows(other).count() == 2


@pytest.mark.parametrize("status", [Sent.QUEUED, Sent.SENDING, Sent.UNCERTAIN, Sent.ACCEPTED, Sent.DELIVERED])
def test_what_is_no_dead_letter_is_not_sent_again(doctor, booked, status):
    mark(booked, status)
    assert "plus à renvoyer" in resend(doctor, booked, rows(booked, channel="sms").get().pk).content.decode()
    assert rows(booked).count() == 2


def test_nothing_is_sent_again_for_what_has_ended(doctor, practitioner, booked):
    mark(booked, Sent.FAILED)
    pk = rows(booked, channel="sms").get().pk
    Consultation.objects.filter(pk=booked.pk).update(status=Status.COMPLETED)
    resend(doctor, booked, pk)
    assert rows(booked).count() == 2


def test_a_dead_letter_goes_once_more_by_its_channel_alone_and_the_second_click_sends_once(doctor, booked):
    mark(booked, Sent.FAILED, channel="sms")
    mark(booked, Sent.ACCEPTED, channel="email")
    sms = rows(booked, channel="sms").get()
    page = resend(doctor, booked, sms.pk)
    assert "Le message est renvoyé." in page.content.decode()
    resend(doctor, booked, sms.pk)
    [again] = rows(booked).exclude(pk__in=[sms.pk]).filter(channel="sms")
    assert again.status == Sent.QUEUED
    assert booked.invitation.code in again.body
    assert rows(booked, channel="email").count() == 1
    assert booked.events.filter(kind="message-resent").count() == 1


def test_it_is_said_in_todays_words(doctor, booked, practitioner):
    mark(booked, Sent.FAILED)
    sms = rows(booked, channel="sms").get()
    type(booked.invitation).objects.filter(pk=booked.invitation.pk).update(code="9999")
    resend(doctor, booked, sms.pk)
    assert "9999" in rows(booked, channel="sms").last().body


def test_the_dialog_shows_the_way_of_each_message_and_the_button_only_where_it_is_of_use(doctor, booked):
    mark(booked, Sent.FAILED, channel="sms")
    rows(booked, channel="email").update(status=Sent.ACCEPTED, accepted_at=timezone.now())
    infos = reverse("teleconsult:consultation_infos", args=[booked.reference])
    page = doctor.get(infos, headers={"HX-Request": "true"}).content.decode().replace("\xa0", " ")
    for words in ("créé", "accepté", "échec : numéro inconnu", "lien ouvert", "code validé", "06 12 34 56 78"):
        assert words in page
    assert page.count("/renvoyer/") == 2 * 2  # the invitation's, and the dead letter's (action and hx-post)
    sms = rows(booked, channel="sms").get()
    page = resend(doctor, booked, sms.pk, **{"HX-Request": "true"}).content.decode()
    assert f"/messages/{sms.pk}/renvoyer/" not in page


def test_a_cancellation_waits_for_no_opened_link(doctor, booked, practitioner):
    rows(booked).update(status=Sent.ACCEPTED, accepted_at=timezone.now())
    services.cancel_consultation(consultation=booked, by=practitioner.user, now=timezone.now())
    infos = reverse("teleconsult:consultation_infos", args=[booked.reference])
    page = doctor.get(infos, headers={"HX-Request": "true"}).content.decode()
    assert "Annulation" in page
    assert "lien ouvert" not in page


def test_what_was_sent_comes_by_itself_until_it_has_arrived(doctor, booked):
    address = reverse("teleconsult:consultation_messages", args=[booked.reference])
    assert doctor.get(address).status_code == 302
    answer = doctor.get(address, headers=HTMX)
    version = answer.context["version"]
    assert "en cours d’envoi" in answer.content.decode()
    assert doctor.get(address, {"version": version}, headers=HTMX).status_code == 204
    mark(booked, Sent.FAILED, channel="sms")
    page = doctor.get(address, {"version": version}, headers=HTMX).content.decode()
    assert "numéro inconnu" in page
    # The code is nobody's business here: it would be read out on the trail at each look.
    assert booked.invitation.code not in page
    assert "hx-post" not in page
    assert "hx-post" in doctor.get(address, {"dialogue": ""}, headers=HTMX).content.decode()


# --- The contact -----------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("data", "words"),
    [
        ({"patient_phone": "04 91 00 00 00"}, "numéro fixe ne peut pas recevoir de SMS"),
        ({"patient_phone": "09 72 12 34 56"}, "numéro fixe ne peut pas recevoir de SMS"),
        ({"patient_phone": "+1 202 555 0123"}, "numéro étranger (+1) ne peut pas recevoir de SMS"),
        ({"patient_phone": "+32 470 12 34 56"}, "numéro étranger (+32) ne peut pas recevoir de SMS"),
        ({"patient_phone": "08 92 12 34 56"}, "numéro spécial ne peut pas recevoir de SMS"),
        ({"patient_phone": "3620"}, "numéro court"),
        ({"patient_phone": "<script>"}, "en chiffres"),
        ({"patient_email": "m@"}, "n’est pas complète"),
        ({"patient_email": "a" * 250 + "@example.org"}, "254"),
        ({"patient_email": "m\u202e@example.org"}, "n’est pas complète"),
        ({"patient_phone": "", "patient_email": ""}, "au moins un portable ou un e-mail"),
    ],
)
def test_a_contact_that_cannot_receive_is_refused_with_the_reason(doctor, booked, data, words):
    page = correct(doctor, booked, **data).content.decode()
    assert words in page
    for typed in data.values():
        if typed and "<" not in typed:
            assert typed in page
    assert Patient.objects.get().phone == "+33612345678"
    assert rows(booked).count() == 2


@pytest.mark.parametrize("name", ["patient_phone", "patient_email"])
def test_a_channel_is_not_taken_away_where_link_and_code_go_apart(doctor, practitioner, booked, name):
    apart = schedule(
        practitioner, timezone.now() + timedelta(days=3), told=timezone.now(), patient=booked.patient,
        sends_code_apart=True,
    )  # fmt: skip
    response = correct(doctor, booked, **{name: ""})
    assert list(response.context["form"].errors) == [name]
    assert rows(apart).count() == 2
    # Once that appointment is over, it may.
    services.cancel_consultation(consultation=apart, by=practitioner.user, now=timezone.now())
    assert correct(doctor, booked, **{name: ""}).status_code == 302


def test_anothers_contact_is_404(doctor, other_practitioner):
    other = schedule(other_practitioner, timezone.now() + timedelta(days=1), told=timezone.now())
    assert correct(doctor, other, patient_phone="06 98 76 54 32").status_code == 404
    assert Patient.objects.get().phone == "+33612345678"


@pytest.mark.parametrize("status", [Status.IN_PROGRESS, Status.COMPLETED, Status.CANCELLED, Status.MISSED])
def test_nothing_is_corrected_once_it_has_begun_or_ended(doctor, booked, status):
    Consultation.objects.filter(pk=booked.pk).update(status=status)
    correct(doctor, booked, patient_phone="06 98 76 54 32")
    assert Patient.objects.get().phone == "+33612345678"
    assert rows(booked).count() == 2


def test_the_invitation_goes_to_the_corrected_contact_only_and_never_to_the_old_one(doctor, booked):
    code = booked.invitation.code
    mark(booked, Sent.ACCEPTED, channel="email")
    correct(doctor, booked, patient_phone="06 98 76 54 32")
    old, new = rows(booked, channel="sms")
    assert (old.status, old.body) == (Sent.DROPPED, "")
    assert (new.status, new.to) == (Sent.QUEUED, "+33698765432")
    assert code in new.body
    assert rows(booked, channel="email").count() == 1
    assert AuditEvent.objects.filter(action="contact.corrected", about=f"consultation/{booked.pk}").count() == 1
    # The second click.
    correct(doctor, booked, patient_phone="06 98 76 54 32")
    assert rows(booked).count() == 3
    assert AuditEvent.objects.filter(action="contact.corrected").count() == 1


@pytest.mark.parametrize("status", [Sent.SENDING, Sent.UNCERTAIN, Sent.ACCEPTED, Sent.DELIVERED])
def test_a_stranger_who_may_have_the_code_gets_in_with_it_no_more(doctor, booked, status):
    code = booked.invitation.code
    mark(booked, status)
    correct(doctor, booked, patient_email="mamadou@example.org")
    booked.invitation.refresh_from_db()
    assert booked.invitation.code != code
    sent = rows(booked, status=Sent.QUEUED)
    assert {row.to for row in sent} == {"mamadou@example.org", "+33612345678"}
    assert all(booked.invitation.code in row.body for row in sent)


def test_a_wrong_number_that_refused_the_message_costs_no_new_code(doctor, booked):
    code = booked.invitation.code
    mark(booked, Sent.FAILED, channel="sms")
    mark(booked, Sent.ACCEPTED, channel="email")
    correct(doctor, booked, patient_phone="06 98 76 54 32")
    booked.invitation.refresh_from_db()
    assert booked.invitation.code == code
    assert [row.to for row in rows(booked, status=Sent.QUEUED)] == ["+33698765432"]


def test_a_contact_taken_away_is_written_to_no_more(doctor, booked):
    correct(doctor, booked, patient_phone="")
    assert {row.channel for row in rows(booked, status=Sent.QUEUED)} == {"email"}


def test_the_patients_other_appointments_to_come_follow(doctor, practitioner, booked):
    patient = booked.patient
    later = schedule(practitioner, timezone.now() + timedelta(days=9), told=timezone.now(), patient=patient)
    past = schedule(practitioner, timezone.now() + timedelta(days=8), told=timezone.now(), patient=patient)
    Consultation.objects.filter(pk=past.pk).update(status=Status.MISSED)
    correct(doctor, booked, patient_phone="06 98 76 54 32")
    assert rows(later, channel="sms", status=Sent.QUEUED).get().to == "+33698765432"
    assert not rows(past, status=Sent.QUEUED).exclude(to="m@example.org").filter(created_at__gt=timezone.now()).exists()
    assert [row.to for row in rows(past, channel="sms")] == ["+33612345678"]


# --- The warning ------------------------------------------------------------------------------------
def warnings(consultation: Consultation) -> list[str]:
    return [row.dedup_key.split("/")[2] for row in rows(consultation, name="teleconsult/unreached")]


@pytest.mark.parametrize("status", [Sent.ACCEPTED, Sent.DELIVERED])
def test_no_warning_when_one_message_arrived(practitioner, status):
    consultation = schedule(practitioner, NOW + timedelta(minutes=30))
    mark(consultation, Sent.FAILED, channel="sms")
    mark(consultation, status, channel="email")
    assert tasks.warn_unreached(NOW) == 0


@pytest.mark.parametrize("name", ["link_opened_at", "code_validated_at", "rehearsal_at"])
def test_no_warning_for_who_has_opened_the_link(practitioner, name):
    consultation = schedule(practitioner, NOW + timedelta(minutes=30))
    mark(consultation, Sent.FAILED)
    type(consultation.invitation).objects.update(**{name: NOW})
    assert tasks.warn_unreached(NOW) == 0


@pytest.mark.parametrize("minutes", [-5, 0, 31])
def test_no_warning_too_early_nor_after_the_hour(practitioner, minutes):
    mark(schedule(practitioner, NOW + timedelta(minutes=minutes)), Sent.FAILED)
    assert tasks.warn_unreached(NOW) == 0


def test_no_warning_while_the_message_is_on_its_way(practitioner):
    consultation = schedule(practitioner, NOW + timedelta(minutes=20))
    rows(consultation).update(created_at=NOW - timedelta(minutes=1))
    assert tasks.warn_unreached(NOW) == 0


def test_no_warning_for_who_wants_none(practitioner, other_practitioner):
    for each in (practitioner, other_practitioner):
        mark(schedule(each, NOW + timedelta(minutes=30)), Sent.FAILED)
    practitioner.user.mail_unreached = False
    practitioner.user.save()
    assert tasks.warn_unreached(NOW) == 1
    assert OutgoingMessage.objects.get(name="teleconsult/unreached").to == other_practitioner.user.email
    # Nor does the timeline say that there was one.
    assert not Consultation.objects.get(practitioner=practitioner).events.filter(kind__startswith="unreached").exists()


@pytest.mark.parametrize("status", [Sent.QUEUED, Sent.FAILED, Sent.EXPIRED, Sent.UNCERTAIN])
def test_thirty_and_ten_minutes_before_once_each(practitioner, mailoutbox, status):
    consultation = schedule(practitioner, NOW + timedelta(minutes=30))
    mark(consultation, status)
    rows(consultation).update(created_at=NOW - timedelta(days=10))
    for minute in (0, 1, 19, 20, 21, 29, 30, 31):
        tasks.warn_unreached(NOW + timedelta(minutes=minute))
    assert warnings(consultation) == ["30", "10"]
    message = rows(consultation, name="teleconsult/unreached").first()
    assert message.to == practitioner.user.email
    assert message.expires_at == consultation.starts_at
    assert "Diallo" not in message.subject + message.body
    assert f"/teleconsultation/{consultation.reference}/" in message.body


def test_the_practitioner_is_told_in_french_whatever_the_patient_speaks(practitioner):
    consultation = schedule(practitioner, NOW + timedelta(minutes=30), language="en")
    mark(consultation, Sent.FAILED)
    tasks.warn_unreached(NOW)
    patient_notify.send_code_dead(invitation=consultation.invitation)
    for name in ("teleconsult/unreached", "patients/code_dead"):
        message = rows(consultation, name=name).get()
        assert "03/03/2027 à 12:30" in message.body
        assert "March" not in message.subject + message.body


def test_a_beat_dead_for_two_hours_warns_of_nothing_past_and_once_of_the_rest(practitioner):
    for minutes in (-90, -5, 5, 25):
        mark(schedule(practitioner, NOW + timedelta(minutes=minutes)), Sent.FAILED)
    assert tasks.warn_unreached(NOW) == 2
    assert tasks.warn_unreached(NOW + timedelta(seconds=30)) == 0


def test_what_arrived_at_a_contact_since_corrected_reached_nobody(practitioner):
    consultation = schedule(practitioner, NOW + timedelta(minutes=30))
    mark(consultation, Sent.ACCEPTED)
    reach.correct_contact(
        consultation=consultation, email="", phone="+33698765432", by=practitioner.user, now=NOW - timedelta(minutes=9)
    )
    rows(consultation, status=Sent.QUEUED).update(status=Sent.FAILED)
    assert tasks.warn_unreached(NOW) == 1


def test_the_list_shows_it(doctor, practitioner):
    consultation = make_consultation(practitioner, timezone.now() + timedelta(minutes=20))
    OutgoingMessage.objects.create(
        channel="email", name="patients/invitation", to="sophie@example.org", expires_at=timezone.now(),
        about=f"invitation/{consultation.invitation_id}", created_at=timezone.now() - timedelta(minutes=5),
    )  # fmt: skip
    page = doctor.get(reverse("teleconsult:consultation_list")).content.decode()
    assert "rien n’est encore parti" in page
    type(consultation.invitation).objects.update(link_opened_at=timezone.now())
    assert "rien n’est encore parti" not in doctor.get(reverse("teleconsult:consultation_list")).content.decode()


# --- The patient's clock ----------------------------------------------------------------------------
def newest_sms(consultation: Consultation) -> str:
    return rows(consultation, channel="sms").last().body.replace("\xa0", " ")


def test_a_corrected_number_brings_its_own_clock(doctor, practitioner):
    starts_at = (timezone.localtime() + timedelta(days=2)).replace(hour=14, minute=30, second=0, microsecond=0)
    booked = schedule(practitioner, starts_at, told=timezone.now())
    assert "Réunion" not in newest_sms(booked)
    correct(doctor, booked, patient_phone="0692 12 34 56")
    there = starts_at.astimezone(ZoneInfo("Indian/Reunion"))
    assert f"14:30 (Paris), {there:%H:%M} à La Réunion" in newest_sms(booked)
    page = doctor.get(reverse("teleconsult:consultation_detail", args=[booked.reference])).content.decode()
    assert f"{there:%H:%M} à La Réunion" in page
    correct(doctor, booked, patient_phone="06 98 76 54 32")
    assert "Réunion" not in newest_sms(booked)


@pytest.mark.parametrize(("zone", "place"), [("Europe/Paris", ""), ("Pacific/Noumea", "Nouvelle-Calédonie")])
def test_a_clock_chosen_by_hand_stays(doctor, practitioner, zone, place):
    booked = schedule(practitioner, timezone.now() + timedelta(days=2), told=timezone.now(), time_zone=zone)
    correct(doctor, booked, patient_phone="0692 12 34 56")
    assert "Réunion" not in newest_sms(booked)
    assert place in newest_sms(booked)


def test_the_way_of_both_contacts_is_shown(doctor, booked):
    mark(booked, Sent.FAILED, channel="sms")
    correct(doctor, booked, patient_phone="06 98 76 54 32")
    page = doctor.get(reverse("teleconsult:consultation_detail", args=[booked.reference])).content.decode()
    page = page.replace("\xa0", " ")
    assert "06 12 34 56 78" in page
    assert "06 98 76 54 32" in page
