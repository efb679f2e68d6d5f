"""Every message about an invitation. Each writes to the outbox in the caller's transaction."""

from datetime import datetime, timedelta
from typing import Literal

from django.conf import settings
from django.utils import timezone

from patients.ics import calendar_file
from patients.models import Invitation
from patients.wording import article_before, date_of, link_of, time_of
from rofim.notifications.services import Attachment, queue_email, queue_sms

Reminder = Literal["day-before", "opening"]


def about(invitation: Invitation) -> str:
    """Under which key the outbox keeps all messages of an appointment."""
    return f"invitation/{invitation.pk}"


def send_invitation(*, invitation: Invitation) -> None:
    """The link and the code, at once; useless once nobody could be admitted any more."""
    _send("patients/invitation", invitation, expires_at=_useless_after(invitation), calendar=True)


def send_reminder(*, invitation: Invitation, kind: Reminder) -> None:
    """« Rappel » of the day before or at the opening; once per kind and hour, and never after it began."""
    _send(
        f"patients/reminder_{kind.replace('-', '_')}",
        invitation,
        expires_at=invitation.starts_at,
        dedup=f"reminder/{invitation.pk}/{kind}/{invitation.starts_at:%Y%m%dT%H%M%z}",
    )


def send_moved(*, invitation: Invitation) -> None:
    """The new date and hour, with the same link and code."""
    _send("patients/moved", invitation, expires_at=_useless_after(invitation), calendar=True)


def send_cancelled(*, invitation: Invitation) -> None:
    """The appointment won't take place; tells it even if its hour is just past."""
    _send("patients/cancelled", invitation, expires_at=_useless_after(invitation), calendar=True)


def send_code_dead(*, invitation: Invitation) -> None:
    """Tells the practitioner, once per code, that too many wrong codes ended it and a new one is needed.

    The list says so in any case; the e-mail leaves if it is wanted.
    """
    if not invitation.practitioner.user.mail_code_dead:
        return
    queue_email(
        to=invitation.practitioner.user.email,
        name="patients/code_dead",
        context=_context(invitation),
        expires_at=max(_useless_after(invitation), timezone.now() + timedelta(days=1)),
        about=about(invitation),
        dedup_key=f"code-dead/{invitation.pk}/{invitation.code_version}",
    )


def _useless_after(invitation: Invitation) -> datetime:
    """From 3h30 after its hour on, an appointment that nobody joined is missed."""
    return invitation.starts_at + settings.CONSULTATION_MAX_DURATION


def _context(invitation: Invitation) -> dict[str, str]:
    return {
        "article": article_before(invitation.practitioner),
        "practitioner": invitation.practitioner.formal_name,
        "date": date_of(invitation),
        "time": time_of(invitation),
        "code": invitation.code,
        "link": link_of(invitation),
    }


def _send(
    name: str, invitation: Invitation, *, expires_at: datetime, calendar: bool = False, dedup: str | None = None
) -> None:
    patient = invitation.patient
    context = _context(invitation)
    if patient.phone:
        queue_sms(
            to=patient.phone,
            name=name,
            context=context,
            expires_at=expires_at,
            about=about(invitation),
            dedup_key=dedup and f"{dedup}/sms",
        )
    if patient.email:
        attachments = []
        if calendar:
            content = calendar_file(invitation=invitation, now=timezone.now())
            attachments.append(Attachment("rendez-vous.ics", "text/calendar; charset=utf-8; method=PUBLISH", content))
        queue_email(
            to=patient.email,
            name=name,
            context=context,
            expires_at=expires_at,
            about=about(invitation),
            dedup_key=dedup and f"{dedup}/email",
            attachments=attachments,
        )
