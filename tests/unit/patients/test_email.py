"""E-mails to a patient: what they must not carry, how they look in the dark, and what their calendar file does."""

import base64
import re
from datetime import timedelta
from zoneinfo import ZoneInfo

import icalendar
import pytest
from django.utils import timezone

from patients import notify, services
from patients.models import Invitation
from rofim.notifications.models import OutgoingMessage
from tests.conftest import make_consultation

KINDS = ("invitation", "moved", "cancelled", "day-before", "opening")
pytestmark = pytest.mark.django_db


@pytest.fixture
def invitation(practitioner) -> Invitation:
    return make_consultation(practitioner, timezone.now() + timedelta(days=2)).invitation


def send(invitation: Invitation, kind: str) -> OutgoingMessage:
    if kind in ("day-before", "opening"):
        notify.send_reminder(invitation=invitation, kind=kind)
    else:
        getattr(notify, f"send_{kind}")(invitation=invitation)
    return OutgoingMessage.objects.filter(channel="email").latest("pk")


def calendar_of(message: OutgoingMessage) -> tuple[dict, icalendar.Calendar]:
    (attachment,) = message.attachments
    return attachment, icalendar.Calendar.from_ical(base64.b64decode(attachment["content"]))


@pytest.mark.parametrize("language", Invitation.Language.values)
@pytest.mark.parametrize("kind", KINDS)
def test_what_shows_on_a_locked_screen_says_nothing_of_the_patient(invitation, kind, language):
    invitation.language = language
    message = send(invitation, kind)
    shown = message.subject + message.attachments[0]["filename"]
    for secret in (invitation.code, invitation.token, "Carpentier", "Sophie", "Médecine", "générale"):
        assert secret not in shown
    assert message.attachments[0]["filename"] == "rendez-vous.ics"


@pytest.mark.parametrize("language", Invitation.Language.values)
@pytest.mark.parametrize("kind", KINDS)
def test_nothing_is_fetched_styles_are_inline_and_the_dark_is_dressed_for(invitation, kind, language):
    invitation.language = language
    html = send(invitation, kind).body_html
    assert not re.search(r"<(img|link|script|iframe|object|video|audio)\b|url\(|@import|\bsrc=", html)
    assert f'<html lang="{language}"' in html
    assert '<meta name="color-scheme" content="light dark">' in html
    assert "prefers-color-scheme: dark" in html
    # Programs that drop <style> still show a sheet.
    assert re.search(r'<td class="content" style="[^"]*color: ?#14262e', html)
    assert re.search(r'<table[^>]*class="sheet"[^>]* style="[^"]*background-color', html)


@pytest.mark.parametrize("kind", KINDS)
def test_english_has_no_word_of_french(invitation, kind):
    invitation.language = "en"
    message = send(invitation, kind)
    sms = OutgoingMessage.objects.filter(channel="sms").latest("pk")
    text = re.sub(r"<style>.*?</style>", "", message.body_html, flags=re.DOTALL)
    for body in (message.subject, message.body, text, sms.body):
        body = body.replace("rendez-vous.ics", "")
        assert not re.search(r"\b(le|la|votre|vous|avec|une|est|pour|Bonjour|lien|médecin)\b", body), body
        assert "Dr MARTIN" in body


@pytest.mark.parametrize(
    ("language", "clock"), [("fr", "(Paris), {} à La Réunion"), ("en", "Paris time, {} in Réunion")]
)
@pytest.mark.parametrize("kind", ["invitation", "moved", "cancelled", "day-before"])
def test_a_subject_with_an_hour_says_whose_hour(invitation, kind, language, clock):
    invitation.language, invitation.time_zone = language, "Indian/Reunion"
    invitation.starts_at = invitation.starts_at.replace(hour=10)
    there = invitation.starts_at.astimezone(ZoneInfo(invitation.time_zone))
    assert clock.format(f"{there:%H:%M}") in send(invitation, kind).subject


def test_a_move_changes_the_same_entry(invitation):
    _, first = calendar_of(send(invitation, "invitation"))
    services.reschedule_invitation(invitation=invitation, starts_at=invitation.starts_at + timedelta(days=1))
    attachment, second = calendar_of(send(invitation, "moved"))
    before, after = first.walk("VEVENT")[0], second.walk("VEVENT")[0]
    assert before["uid"] == after["uid"]
    assert (before["sequence"], after["sequence"]) == (0, 1)
    assert after["dtstart"].dt - before["dtstart"].dt == timedelta(days=1)
    assert second["method"] == "PUBLISH"
    assert "method=PUBLISH" in attachment["mimetype"]


def test_a_cancellation_takes_the_entry_back(invitation):
    _, first = calendar_of(send(invitation, "invitation"))
    services.close_invitation(invitation=invitation, reason="cancelled", now=timezone.now())
    attachment, last = calendar_of(send(invitation, "cancelled"))
    event = last.walk("VEVENT")[0]
    assert (last["method"], event["status"]) == ("CANCEL", "CANCELLED")
    assert "method=CANCEL" in attachment["mimetype"]
    assert event["uid"] == first.walk("VEVENT")[0]["uid"]
    assert event["sequence"] > first.walk("VEVENT")[0]["sequence"]
    # RFC 5546, 3.2.5: a CANCEL without one is ignored.
    assert str(event["organizer"]).startswith("mailto:")


def test_a_reminder_sent_late_does_not_undo_a_move(invitation):
    services.reschedule_invitation(invitation=invitation, starts_at=invitation.starts_at + timedelta(days=1))
    _, moved = calendar_of(send(invitation, "moved"))
    _, reminder = calendar_of(send(invitation, "opening"))
    assert reminder.walk("VEVENT")[0]["sequence"] == moved.walk("VEVENT")[0]["sequence"]


def test_the_code_apart_is_in_the_sms_alone_and_the_link_in_the_email_alone(invitation):
    invitation.sends_code_apart = True
    for kind in ("invitation", "moved", "day-before", "opening"):
        message = send(invitation, kind)
        sms = OutgoingMessage.objects.filter(channel="sms").latest("pk")
        assert invitation.code in sms.body
        assert invitation.token not in sms.body
        for body in (message.body, message.body_html):
            assert invitation.token in body
            assert f"le {invitation.code}" not in body
            assert f">{invitation.code}<" not in body
            assert "par SMS" in body


def test_with_one_contact_alone_nothing_is_sent_apart(invitation):
    invitation.sends_code_apart = True
    invitation.patient.phone = ""
    message = send(invitation, "invitation")
    assert invitation.code in message.body
    assert invitation.token in message.body


def test_a_newer_message_takes_the_place_of_what_has_not_left(invitation):
    send(invitation, "invitation")
    send(invitation, "day-before")
    services.reschedule_invitation(invitation=invitation, starts_at=invitation.starts_at + timedelta(days=1))
    send(invitation, "moved")
    waiting = OutgoingMessage.objects.filter(status="queued")
    assert {message.name for message in waiting} == {"patients/moved"}
    assert OutgoingMessage.objects.filter(status="dropped").count() == 4
