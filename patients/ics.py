"""The calendar file of an appointment: when, with whom, and the link. Nothing about health, no access code."""

from datetime import datetime, timedelta

from django.conf import settings
from icalendar import Calendar, Event

from patients.models import Invitation
from patients.wording import link_of, with_article

EXPECTED_DURATION = timedelta(minutes=30)


def calendar_file(*, invitation: Invitation, now: datetime) -> bytes:
    """The appointment as text/calendar; its UID never changes, so a second file moves the first entry."""
    event = Event()
    event.add("uid", f"{invitation.token_digest[:32]}@{settings.SITE_HOST}")
    event.add("dtstamp", now)
    event.add("dtstart", invitation.starts_at)
    event.add("dtend", invitation.starts_at + EXPECTED_DURATION)
    event.add("summary", f"Téléconsultation avec {with_article(invitation.practitioner)}")
    event.add("url", link_of(invitation))
    event.add("description", f"Pour vous connecter à votre consultation : {link_of(invitation)}")
    if invitation.closed_reason == Invitation.ClosedReason.CANCELLED:
        event.add("status", "CANCELLED")
    calendar = Calendar()
    calendar.add("prodid", "-//Rofim//Téléconsultation//FR")
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    calendar.add_component(event)
    return calendar.to_ical()
