"""The calendar file of an appointment: when, with whom, and the link. Nothing about health, no access code."""

from datetime import datetime, timedelta
from email.utils import parseaddr

from django.conf import settings
from icalendar import Calendar, Event, vCalAddress

from patients.models import Invitation
from patients.wording import link_of, practitioner_of

EXPECTED_DURATION = timedelta(minutes=30)
FILENAME = "rendez-vous.ics"


def calendar_file(*, invitation: Invitation, now: datetime) -> bytes:
    """The appointment as text/calendar (RFC 5545); cancelled, it takes the entry back (RFC 5546, 3.2.5).

    Its UID never changes and its SEQUENCE rises with every move, so that a second file changes the first entry.
    """
    english = invitation.language == Invitation.Language.EN
    event = Event()
    event.add("uid", f"{invitation.token_digest[:32]}@{settings.SITE_HOST}")
    event.add("sequence", invitation.calendar_sequence)
    event.add("dtstamp", now)
    event.add("dtstart", invitation.starts_at)
    event.add("dtend", invitation.starts_at + EXPECTED_DURATION)
    # Both methods ask for one.
    organizer = vCalAddress(f"mailto:{parseaddr(settings.DEFAULT_FROM_EMAIL)[1]}")
    organizer.params["cn"] = invitation.practitioner.formal_name
    event.add("organizer", organizer)
    title = "Video consultation with" if english else "Téléconsultation avec"
    event.add("summary", f"{title} {practitioner_of(invitation)}")
    event.add("url", link_of(invitation))
    words = "To join your consultation:" if english else "Pour vous connecter à votre consultation\u00a0:"
    event.add("description", f"{words} {link_of(invitation)}")
    method = method_of(invitation)
    if method == "CANCEL":
        event.add("status", "CANCELLED")
    calendar = Calendar()
    calendar.add("prodid", "-//Rofim//Téléconsultation//FR")
    calendar.add("version", "2.0")
    calendar.add("method", method)
    calendar.add_component(event)
    return calendar.to_ical()


def method_of(invitation: Invitation) -> str:
    """What the file asks of a calendar (RFC 5546, 3.2): to show the appointment, or to take it back."""
    return "CANCEL" if invitation.closed_reason == Invitation.ClosedReason.CANCELLED else "PUBLISH"
