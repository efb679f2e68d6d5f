"""What the patient and the practitioner receive."""

import base64
from datetime import timedelta

import icalendar
import pytest
from django.conf import settings
from django.utils import timezone

from patients import notify, services
from rofim.notifications import gsm7
from rofim.notifications.models import OutgoingMessage
from tests.conftest import make_consultation, make_practitioner


@pytest.fixture
def invitation(consultation):
    return consultation.invitation


def sent(invitation, channel: str) -> OutgoingMessage:
    return OutgoingMessage.objects.get(about=f"invitation/{invitation.pk}", channel=channel)


def test_the_invitation_is_worded_as_the_procedure_words_it(invitation):
    notify.send_invitation(invitation=invitation)
    local = timezone.localtime(invitation.starts_at)
    expected = (
        "Bonjour, Vous avez une consultation médicale à distance avec le Dr MARTIN "
        f"le {local:%d/%m/%Y} à {local:%H:%M}\n"
        "Le code d’accès pour votre session vidéo est le 7K2M.\n"
        "Pour vous connecter à votre consultation, veuillez suivre le lien suivant\u00a0:\n"
        f"{settings.SITE_URL}/visio/{invitation.token}/"
    )
    sms, email = sent(invitation, "sms"), sent(invitation, "email")
    assert sms.body == gsm7.transliterate(expected)
    assert email.body.startswith(expected)
    assert (sms.to, email.to) == ("+33611223344", "sophie@example.org")
    assert "7K2M" in email.body_html
    assert invitation.token in email.body_html


@pytest.mark.parametrize(
    "last_name", ["Martin", "Wolfeschlegelsteinhausenbergerdorff" * 2, "De " * 26, "Œuvrard-Ñandú", "[]{}~^" * 13]
)
@pytest.mark.parametrize("kind", ["invitation", "day-before", "opening", "moved", "cancelled"])
def test_an_sms_is_gsm7_and_two_segments_whatever_the_name(db, settings, last_name, kind):
    settings.SITE_URL = "https://teleconsultation.rofim.doctor"
    practitioner = make_practitioner("Court", "+33612345609")
    practitioner.user.last_name = last_name
    practitioner.user.save()
    invitation = make_consultation(practitioner).invitation
    if kind in ("day-before", "opening"):
        notify.send_reminder(invitation=invitation, kind=kind)
    else:
        getattr(notify, f"send_{kind}")(invitation=invitation)
    body = sent(invitation, "sms").body
    assert gsm7.is_gsm7(body)
    assert gsm7.segments(body) <= 2
    if kind != "cancelled":
        assert f"{settings.SITE_URL}/visio/{invitation.token}/" in body


def test_the_calendar_file_is_attached(invitation):
    notify.send_invitation(invitation=invitation)
    (attachment,) = sent(invitation, "email").attachments
    assert attachment["filename"] == "rendez-vous.ics"
    event = icalendar.Calendar.from_ical(base64.b64decode(attachment["content"])).walk("VEVENT")[0]
    assert event["dtstart"].dt == invitation.starts_at.replace(microsecond=0)


def test_a_cancellation_cancels_the_calendar_entry_too(invitation):
    services.close_invitation(invitation=invitation, reason="cancelled", now=timezone.now())
    notify.send_cancelled(invitation=invitation)
    content = base64.b64decode(sent(invitation, "email").attachments[0]["content"])
    assert b"STATUS:CANCELLED" in content
    assert invitation.code not in sent(invitation, "sms").body


def test_only_the_channels_that_are_known_are_used(invitation):
    invitation.patient.phone = ""
    notify.send_invitation(invitation=invitation)
    assert OutgoingMessage.objects.filter(channel="sms").count() == 0
    assert OutgoingMessage.objects.filter(channel="email").count() == 1


@pytest.mark.parametrize("kind", ["day-before", "opening"])
def test_a_reminder_leaves_once_and_never_after_the_appointment_began(invitation, kind):
    notify.send_reminder(invitation=invitation, kind=kind)
    notify.send_reminder(invitation=invitation, kind=kind)
    assert sent(invitation, "sms").expires_at == sent(invitation, "email").expires_at == invitation.starts_at


def test_a_moved_appointment_is_reminded_of_anew(invitation):
    notify.send_reminder(invitation=invitation, kind="day-before")
    services.reschedule_invitation(invitation=invitation, starts_at=invitation.starts_at + timedelta(days=2))
    notify.send_reminder(invitation=invitation, kind="day-before")
    assert OutgoingMessage.objects.filter(channel="sms").count() == 2


def test_the_invitation_to_an_immediate_consultation_is_still_of_use_for_a_while(invitation):
    services.reschedule_invitation(invitation=invitation, starts_at=timezone.now())
    notify.send_invitation(invitation=invitation)
    assert sent(invitation, "sms").expires_at > timezone.now() + timedelta(hours=3)


def test_madame_has_no_article(invitation):
    invitation.practitioner.title = "Mme"
    notify.send_invitation(invitation=invitation)
    assert "avec Mme MARTIN le" in sent(invitation, "sms").body
