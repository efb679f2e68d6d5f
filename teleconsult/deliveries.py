"""What was sent to whom and how far it came: « créé → accepté → remis sur le téléphone | échec → lien ouvert → … »."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from accounts.message_labels import label_of
from patients.forms import format_phone
from patients.models import Patient
from patients.notify import TO_PATIENT, about
from rofim.notifications.models import OutgoingMessage
from rofim.notifications.services import messages_about, resend_key
from teleconsult.listing import CHANNELS, message_in_words
from teleconsult.models import Consultation
from teleconsult.states import Status

_Sent = OutgoingMessage.Status
DEAD = (_Sent.FAILED, _Sent.EXPIRED)
_ARRIVED = {OutgoingMessage.Channel.SMS: "remis sur le téléphone", OutgoingMessage.Channel.EMAIL: "remis"}


@dataclass(frozen=True)
class Step:
    """One station of a message's way; without `at` it has not come there, or not at a known time."""

    words: str
    at: datetime | None = None
    is_done: bool = True
    has_failed: bool = False


@dataclass(frozen=True)
class Message:
    """One SMS or e-mail that left, or should have."""

    pk: int
    title: str
    # « SMS non remis ».
    state: str
    at: datetime
    has_failed: bool
    error: str
    can_resend: bool
    steps: list[Step]


@dataclass
class Recipient:
    """A telephone or an address, and what was sent there, newest first."""

    to: str
    channel: str
    is_sms: bool
    messages: list[Message] = field(default_factory=list)

    @property
    def has_failed(self) -> bool:
        """Whether the newest message did not arrive."""
        return bool(self.messages) and self.messages[0].has_failed


def recipients_of(consultation: Consultation) -> list[Recipient]:
    """Everybody to whom something about the appointment was sent, the newest first."""
    rows = list(messages_about(about(consultation.invitation)).defer("body", "body_html", "attachments"))
    resent = _resent(rows)
    found: dict[str, Recipient] = {}
    for row in rows:
        is_sms = row.channel == OutgoingMessage.Channel.SMS
        recipient = found.get(row.to)
        if recipient is None:
            to = format_phone(row.to) if is_sms else row.to
            channel = CHANNELS[OutgoingMessage.Channel(row.channel)]
            recipient = found[row.to] = Recipient(to, channel, is_sms)
        is_newest = not recipient.messages
        can_resend = row.pk not in resent and may_be_resent(row, consultation)
        recipient.messages.append(_message(row, consultation, is_newest=is_newest, can_resend=can_resend))
    return list(found.values())


def may_be_resent(message: OutgoingMessage, consultation: Consultation) -> bool:
    """Whether a dead letter to the patient is still of use, and its contact still the patient's."""
    if message.status not in DEAD or message.name not in TO_PATIENT:
        return False
    wanted = message.name == "patients/cancelled", consultation.status == Status.CANCELLED
    is_useful = all(wanted) or (not any(wanted) and consultation.status in (Status.SCHEDULED, Status.OPEN))
    return is_useful and message.to == contact_of(consultation.patient, message.channel)


def contact_of(patient: Patient, channel: str) -> str:
    """Where the patient is written to by this channel; empty if nowhere."""
    return patient.phone if channel == OutgoingMessage.Channel.SMS else patient.email


def _resent(rows: Iterable[OutgoingMessage]) -> set[int]:
    """The dead letters in whose place something was sent already."""
    keys = {resend_key(row): row.pk for row in rows if row.status in DEAD}
    return {keys[row.dedup_key] for row in rows if row.dedup_key in keys}


def _message(row: OutgoingMessage, consultation: Consultation, *, is_newest: bool, can_resend: bool) -> Message:
    steps = _way(row)
    # A cancellation brings no link.
    if is_newest and row.name in TO_PATIENT and row.name != "patients/cancelled" and row.status not in DEAD:
        steps += _at_the_door(consultation)
    return Message(
        pk=row.pk,
        title=label_of(row.name),
        state=message_in_words(row),
        at=row.created_at,
        has_failed=row.status in DEAD,
        error=row.error,
        can_resend=can_resend,
        steps=steps,
    )


def _way(row: OutgoingMessage) -> list[Step]:
    steps = [Step("créé", row.created_at)]
    accepted = row.accepted_at or row.delivered_at
    if accepted:
        steps.append(Step("accepté", accepted))
    if row.failed_at or row.status in DEAD:
        reason = row.error or ("trop tard" if row.status == _Sent.EXPIRED else "raison inconnue")
        steps.append(Step(f"échec\u00a0: {reason}", row.failed_at, has_failed=True))
    if row.status == _Sent.DROPPED:
        steps.append(Step("remplacé"))
    if row.failed_at or row.status in (*DEAD, _Sent.DROPPED):
        return steps
    if not accepted:
        steps.append(Step("à vérifier" if row.status == _Sent.UNCERTAIN else "en cours d’envoi", is_done=False))
    arrived = _ARRIVED[OutgoingMessage.Channel(row.channel)]
    if row.delivered_at:
        steps.append(Step(arrived, row.delivered_at))
    elif row.channel == OutgoingMessage.Channel.SMS:
        # No server tells whether an e-mail was delivered.
        steps.append(Step(arrived, is_done=False))
    return steps


def _at_the_door(consultation: Consultation) -> list[Step]:
    """What the link itself tells, whichever message it was taken from."""
    invitation = consultation.invitation
    opened = invitation.link_opened_at or invitation.rehearsal_at or invitation.code_validated_at
    return [
        Step("lien ouvert", opened, is_done=opened is not None),
        Step("code validé", invitation.code_validated_at, is_done=invitation.code_validated_at is not None),
    ]
