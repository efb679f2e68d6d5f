"""Every message about an invitation. Each writes to the outbox in the caller's transaction."""

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any, Literal

from django.conf import settings
from django.utils import timezone

from patients import wording
from patients.ics import FILENAME, calendar_file, method_of
from patients.models import Invitation
from rofim.notifications.models import OutgoingMessage
from rofim.notifications.services import (
    Attachment,
    drop_unsent,
    is_queued,
    messages_about,
    queue_email,
    queue_sms,
    resend_key,
)
from rofim.ui import date_hour

Reminder = Literal["day-before", "opening"]
Channel = OutgoingMessage.Channel

# Those that go to the patient; the others about an invitation go to the practitioner.
TO_PATIENT = (
    "patients/invitation",
    "patients/moved",
    "patients/cancelled",
    "patients/reminder_day_before",
    "patients/reminder_opening",
)


def about(invitation: Invitation) -> str:
    """Under which key the outbox keeps all messages of an appointment."""
    return f"invitation/{invitation.pk}"


def send_invitation(*, invitation: Invitation, channels: Collection[str] = tuple(Channel)) -> None:
    """The link and the code, at once; useless once nobody could be admitted any more."""
    _send("patients/invitation", invitation, channels=channels)


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
    _send("patients/moved", invitation)


def send_cancelled(*, invitation: Invitation) -> None:
    """The appointment won't take place; tells it even if its hour is just past."""
    _send("patients/cancelled", invitation)


def stop_inviting(*, invitation: Invitation, now: datetime) -> None:
    """The consultation is over: what has not left by now would come too late, and is not sent again either."""
    messages_about(about(invitation)).filter(name__in=TO_PATIENT, expires_at__gt=now).update(expires_at=now)


def send_again(*, invitation: Invitation, message: OutgoingMessage) -> bool:
    """A dead letter of `TO_PATIENT` once more, in today's words and to the patient's present contact; once per letter.

    False if that was done before. A reminder too may then leave after the hour: until the appointment is missed it
    lets the patient in.
    """
    key = resend_key(message)
    if is_queued(key):
        return False
    _send(message.name, invitation, channels=[message.channel], dedup=key.removesuffix(f"/{message.channel}"))
    return True


def invitation_of(key: str) -> int:
    """The key of the appointment's invitation that `about` has written."""
    return int(key.removeprefix("invitation/"))


def send_by_email_instead(*, message: OutgoingMessage, now: datetime) -> None:
    """By e-mail what no provider takes as an SMS, once per SMS, in today's words.

    Nothing where the e-mail has gone anyway (as with every invitation and reminder to a patient with both), where the
    number is no longer the patient's, where it is too late, or where link and code may not meet in one channel.
    """
    if message.name not in TO_PATIENT or message.expires_at <= now:
        return
    rows = Invitation.objects.select_related("patient", "practitioner__user")
    invitation = rows.get(pk=invitation_of(message.about))
    patient = invitation.patient
    is_shut = invitation.closed_at is not None and message.name != "patients/cancelled"
    if is_shut or not patient.email or message.to != patient.phone or invitation.sends_code_apart:
        return
    by_email = messages_about(about(invitation)).filter(name=message.name, channel=Channel.EMAIL)
    if not by_email.filter(created_at__gte=message.created_at).exists():
        _send(
            message.name,
            invitation,
            channels=[Channel.EMAIL],
            expires_at=message.expires_at,
            dedup=f"instead/{message.pk}",
        )


def has_reached(invitation: Invitation, *, contacts: Collection[str]) -> bool:
    """Whether anything may have arrived at one of these contacts: taken by the relay or the provider, and not undone.

    Whoever opened the link was reached, however that came.
    """
    if invitation.link_opened_at or invitation.code_validated_at or invitation.rehearsal_at:
        return True
    arrived = (OutgoingMessage.Status.ACCEPTED, OutgoingMessage.Status.DELIVERED)
    messages = messages_about(about(invitation)).filter(name__in=TO_PATIENT, status__in=arrived)
    return any(message.to in contacts for message in messages.only("to"))


def invitations_with_dead_letters(*, since: datetime, until: datetime) -> list[int]:
    """The keys of the invitations of which something turned out not to arrive, from after `since` until `until`."""
    dead = OutgoingMessage.objects.filter(
        name__in=TO_PATIENT,
        status__in=(OutgoingMessage.Status.FAILED, OutgoingMessage.Status.EXPIRED),
        failed_at__gt=since,
        failed_at__lte=until,
    )
    return [invitation_of(key) for key in dead.values_list("about", flat=True).distinct().order_by()]


def send_code_dead(*, invitation: Invitation) -> None:
    """Tells the practitioner, once per code, that too many wrong codes ended it and a new one is needed.

    The list says so in any case; the e-mail leaves if it is wanted.
    """
    if not invitation.practitioner.user.mail_code_dead:
        return
    queue_email(
        to=invitation.practitioner.user.email,
        name="patients/code_dead",
        # In French, whatever the patient speaks.
        context={"when": date_hour(invitation.starts_at)},
        expires_at=max(_useless_after(invitation), timezone.now() + timedelta(days=1)),
        about=about(invitation),
        dedup_key=f"code-dead/{invitation.pk}/{invitation.code_version}",
    )


def _useless_after(invitation: Invitation) -> datetime:
    """From 3h30 after its hour on, an appointment that nobody joined is missed."""
    return invitation.starts_at + settings.CONSULTATION_MAX_DURATION


def _context(invitation: Invitation) -> dict[str, Any]:
    return {
        "article": wording.article_before(invitation.practitioner),
        "practitioner": invitation.practitioner.formal_name,
        "date": wording.date_of(invitation),
        "time": wording.time_of(invitation),
        "local_time": wording.local_time_of(invitation),
        "code": invitation.code,
        "link": wording.link_of(invitation),
    }


def _send(
    name: str,
    invitation: Invitation,
    *,
    channels: Collection[str] = tuple(Channel),
    expires_at: datetime | None = None,
    dedup: str | None = None,
) -> None:
    """One SMS and one e-mail. Without `dedup` they take the place of those that have not left yet."""
    patient = invitation.patient
    context = _context(invitation)
    common: dict[str, Any] = {
        "name": name,
        "expires_at": expires_at or _useless_after(invitation),
        "about": about(invitation),
        "language": invitation.language,
    }
    is_apart = bool(invitation.sends_code_apart and patient.phone and patient.email)
    if patient.phone and Channel.SMS in channels:
        _replace(invitation, patient.phone, dedup)
        context_of_sms = context | {"link": ""} if is_apart else context
        queue_sms(to=patient.phone, context=context_of_sms, dedup_key=dedup and f"{dedup}/sms", **common)
    if patient.email and Channel.EMAIL in channels:
        _replace(invitation, patient.email, dedup)
        context_of_email = context | {"code": ""} if is_apart else context
        content = calendar_file(invitation=invitation, now=timezone.now())
        mimetype = f"text/calendar; charset=utf-8; method={method_of(invitation)}"
        queue_email(
            to=patient.email,
            context=context_of_email,
            dedup_key=dedup and f"{dedup}/email",
            attachments=[Attachment(FILENAME, mimetype, content)],
            **common,
        )


def _replace(invitation: Invitation, recipient: str, dedup: str | None) -> None:
    if dedup is None:
        drop_unsent(about=about(invitation), names=TO_PATIENT, to={recipient})
