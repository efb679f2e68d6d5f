"""What may be done with a consultation. A change of status is one guarded UPDATE and one event in one transaction."""

import secrets
from datetime import datetime, timedelta
from functools import partial
from typing import Literal

from django.db import IntegrityError, transaction

from accounts import throttling
from accounts.models import Practitioner, User
from patients import notify
from patients.models import Invitation, Patient
from patients.services import close_invitation, create_invitation, renew_code, reschedule_invitation
from rofim.live import announce_change
from teleconsult.models import Consultation, ConsultationEvent
from teleconsult.rooms import announce_end
from teleconsult.states import Status, is_allowed
from teleconsult.trail import record as record_on_trail

# No 0/O/o, 1/I/l: the number is read aloud. 55 symbols, 6 of them: 2.7e10.
REFERENCE_ALPHABET = "23456789abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ"
REFERENCE_LENGTH = 6
# Every SMS costs money and a second click sends nothing more.
RESEND_COOLDOWN = timedelta(seconds=60)
# Two codes within so short a time are one wish and a double click.
DOUBLE_CLICK = timedelta(seconds=5)

# Rows of one transaction: short enough for SQLite's other writers.
OPENED_AT_ONCE = 500

Role = ConsultationEvent.ActorRole
# What a person did, on the audit trail: by the event's kind, or the status moved to.
ACTIONS = {
    "created": "consultation.created",
    "moved": "consultation.moved",
    "invitation-resent": "invitation.resent",
    "code-renewed": "code.renewed",
    "contact-corrected": "contact.corrected",
    "message-resent": "message.resent",
    Status.CANCELLED: "consultation.cancelled",
    Status.COMPLETED: "consultation.completed",
}


class InvalidMove(Exception):
    """The consultation is not, or no longer, in a state from which this is possible."""


class ResentTooSoon(Exception):
    """The invitation left less than `RESEND_COOLDOWN` ago."""


class TooManySent(Exception):
    """Patients were sent what a day allows, all together or at the contact `to`; nothing was changed."""

    def __init__(self, to: str = ""):
        super().__init__(to)
        self.to = to


def count_sending(consultation: Consultation, *, again: bool = True, now: datetime) -> None:
    """Before the patient is written to by hand. Raises TooManySent, for the caller's transaction to be undone.

    A cancellation is not counted: there is one per appointment, and the patient must know. `again`: not the first
    message of this appointment to this contact.
    """
    practitioner_pk, patient = consultation.practitioner_id, consultation.patient
    if not throttling.sent_by_hand(practitioner_pk, now=now):
        raise TooManySent
    for contact in filter(None, (patient.phone, patient.email)):
        if not throttling.sent_by_hand_to(practitioner_pk, contact, again=again, now=now):
            raise TooManySent(contact)


def record_event(consultation: Consultation, kind: str, *, now: datetime, by: User | None = None, **fields) -> None:
    """One event; by the practitioner when a user is named, by the system otherwise."""
    fields.setdefault("actor_role", Role.PRACTITIONER if by else Role.SYSTEM)
    ConsultationEvent.objects.create(consultation=consultation, kind=kind, actor=by, at=now, **fields)
    # What the clock does shows by the clock, or together with somebody's coming or going.
    if fields["actor_role"] != Role.SYSTEM:
        announce_change(practitioner_id=consultation.practitioner_id)
    if by:
        record_on_trail(action=ACTIONS[fields.get("to_status") or kind], consultation=consultation, by=by)


def _move(
    consultation: Consultation, new: Status, *, now: datetime, actor_role: str, actor: User | None = None, **stamps
) -> None:
    """Moves to `new` from the status that the caller saw. Raises InvalidMove: not allowed, or somebody was first."""
    old = Status(consultation.status)
    if not is_allowed(old, new):
        raise InvalidMove(f"{old} → {new}")
    moved = Consultation.objects.filter(pk=consultation.pk, status=old).update(status=new, **stamps)
    if moved != 1:
        raise InvalidMove(f"no longer {old}")
    for name, value in {"status": new, **stamps}.items():
        setattr(consultation, name, value)
    record_event(consultation, "status", now=now, by=actor, actor_role=actor_role, from_status=old, to_status=new)


def require_pending(consultation: Consultation, **changes) -> None:
    """Changes the row, and so holds it until the commit, while the visit is still to come; InvalidMove otherwise."""
    pending = Consultation.objects.filter(pk=consultation.pk, status__in=(Status.SCHEDULED, Status.OPEN))
    if pending.update(**changes or {"reference": consultation.reference}) != 1:
        raise InvalidMove("no longer to come")
    consultation.refresh_from_db(fields=["status"])
    _read_invitation(consultation)


def _read_invitation(consultation: Consultation) -> None:
    """Again, under the row's lock: its contact, code and hour may be others since the caller read them."""
    rows = Invitation.objects.select_related("patient", "practitioner__user")
    consultation.invitation = rows.get(pk=consultation.invitation_id)


def _create_row(**fields) -> Consultation:
    """A row under a new reference; a reference already taken (1 in 10^10) is drawn again."""
    for _ in range(5):
        reference = "".join(secrets.choice(REFERENCE_ALPHABET) for _ in range(REFERENCE_LENGTH))
        if not Consultation.objects.filter(reference=reference).exists():
            return Consultation.objects.create(reference=reference, **fields)
    raise RuntimeError("no free reference")


def schedule_consultation(
    *,
    practitioner: Practitioner,
    last_name: str,
    first_name: str,
    email: str,
    phone: str,
    starts_at: datetime,
    by: User,
    now: datetime,
    language: str = Invitation.Language.FR,
    sends_code_apart: bool = False,
    time_zone: str = "",
    creation_key: str | None = None,
    patient: Patient | None = None,
) -> Consultation:
    """An appointment, its invitation, and the messages to the patient; open at once within 30 minutes of its hour.

    `phone` is E.164 or empty; `patient` is the row that has all four values already. The same `creation_key` of the
    same practitioner makes one appointment, however often and however concurrently it comes (a second click): the
    first one is returned and nothing more is sent. Raises TooManySent.
    """
    try:
        with transaction.atomic():
            invitation = create_invitation(
                practitioner=practitioner, last_name=last_name, first_name=first_name, email=email, phone=phone,
                starts_at=starts_at, language=language, time_zone=time_zone, patient=patient,
                sends_code_apart=sends_code_apart,
            )  # fmt: skip
            consultation = _create_row(
                practitioner=practitioner, invitation=invitation, starts_at=starts_at, created_at=now,
                creation_key=creation_key,
            )  # fmt: skip
            count_sending(consultation, again=False, now=now)
            record_event(consultation, "created", now=now, by=by)
            notify.send_invitation(invitation=invitation)
            if consultation.is_open(now):
                open_consultation(consultation=consultation, now=now)
            return consultation
    except IntegrityError:
        first = find_created(practitioner=practitioner, creation_key=creation_key)
        if first is None:
            raise
        return first


def find_created(*, practitioner: Practitioner, creation_key: str | None) -> Consultation | None:
    """The appointment that an earlier click made under this key."""
    if not creation_key:
        return None
    return Consultation.objects.filter(practitioner=practitioner, creation_key=creation_key).first()


@transaction.atomic
def move_consultation(*, consultation: Consultation, starts_at: datetime, by: User, now: datetime) -> None:
    """Another hour, told to the patient. Raises InvalidMove once it has begun or ended, TooManySent.

    One that is already open stays `open` (no move leads back): the invitation's new window keeps its door shut.
    """
    require_pending(consultation, starts_at=starts_at)
    count_sending(consultation, now=now)
    consultation.starts_at = starts_at
    reschedule_invitation(invitation=consultation.invitation, starts_at=starts_at)
    record_event(consultation, "moved", now=now, by=by)
    notify.send_moved(invitation=consultation.invitation)
    if consultation.status == Status.SCHEDULED and consultation.is_open(now):
        open_consultation(consultation=consultation, now=now)


@transaction.atomic
def cancel_consultation(*, consultation: Consultation, by: User, now: datetime) -> None:
    """Ends an appointment that has not begun, shuts its door and tells the patient. Raises InvalidMove."""
    _move(consultation, Status.CANCELLED, now=now, actor_role=Role.PRACTITIONER, actor=by, ended_at=now)
    _read_invitation(consultation)
    _close(consultation, Invitation.ClosedReason.CANCELLED, now=now, by=Role.PRACTITIONER, reason="cancelled")
    notify.send_cancelled(invitation=consultation.invitation)


@transaction.atomic
def resend_invitation(*, consultation: Consultation, by: User, now: datetime) -> None:
    """The invitation once more. Raises InvalidMove once begun or ended, ResentTooSoon within a minute, TooManySent."""
    require_pending(consultation)
    if consultation.events.filter(kind="invitation-resent", at__gt=now - RESEND_COOLDOWN).exists():
        raise ResentTooSoon
    count_sending(consultation, now=now)
    record_event(consultation, "invitation-resent", now=now, by=by)
    notify.send_invitation(invitation=consultation.invitation)


@transaction.atomic
def renew_access_code(*, consultation: Consultation, by: User, now: datetime) -> None:
    """A new code, unlocked; the old one and its sessions die. Raises InvalidMove once cancelled or missed, TooManySent.

    It is sent to the patient; after the end, when it opens the documents alone, it is dictated. The second of a double
    click changes nothing: the patient would get two codes, of which one opens nothing.
    """
    if consultation.has_ended and consultation.status != Status.COMPLETED:
        raise InvalidMove("already ended")
    # Held until the commit: the second waits, and finds what the first did.
    Consultation.objects.select_for_update().get(pk=consultation.pk)
    if consultation.events.filter(kind="code-renewed", actor=by, at__gt=now - DOUBLE_CLICK).exists():
        consultation.invitation.refresh_from_db()
        return
    if not consultation.has_ended:
        count_sending(consultation, now=now)
    _read_invitation(consultation)
    renew_code(invitation=consultation.invitation)
    record_event(consultation, "code-renewed", now=now, by=by)
    if not consultation.has_ended:
        notify.send_invitation(invitation=consultation.invitation)


@transaction.atomic
def remind_patient(*, consultation: Consultation, kind: notify.Reminder, now: datetime) -> None:
    """One reminder of this kind for this hour, however often it is asked. Raises InvalidMove once begun or ended."""
    require_pending(consultation)
    # Asked again under the row's lock: a second worker may have been first.
    if Consultation.objects.filter(pk=consultation.pk).due_for_reminder(kind, now).exists():
        record_event(consultation, f"reminder-{kind}", now=now)
        notify.send_reminder(invitation=consultation.invitation, kind=kind)


@transaction.atomic
def open_consultation(*, consultation: Consultation, now: datetime) -> None:
    """Marks the session open. The patient's door depends on the clock, not on this. Raises InvalidMove."""
    _move(consultation, Status.OPEN, now=now, actor_role=Role.SYSTEM, opened_at=now)


def open_due_consultations(*, now: datetime) -> int:
    """Opens everything whose hour has come, many rows at a time: thousands begin at a full hour. Says how many."""
    opened = OPENED_AT_ONCE
    total = 0
    while opened == OPENED_AT_ONCE:
        opened = _open_some(now)
        total += opened
    return total


@transaction.atomic
def _open_some(now: datetime) -> int:
    # Locked: what another worker or a practitioner is just moving is left for the next look.
    due = Consultation.objects.due_for_opening(now).order_by("starts_at", "pk").select_for_update(skip_locked=True)
    keys = list(due.values_list("pk", flat=True)[:OPENED_AT_ONCE])
    Consultation.objects.filter(pk__in=keys).update(status=Status.OPEN, opened_at=now)
    move = {"kind": "status", "from_status": Status.SCHEDULED, "to_status": Status.OPEN}
    ConsultationEvent.objects.bulk_create(
        ConsultationEvent(consultation_id=key, actor_role=Role.SYSTEM, at=now, **move) for key in keys
    )
    return len(keys)


@transaction.atomic
def start_consultation(*, consultation: Consultation, now: datetime) -> Consultation:
    """Both are there: in progress, the 3h30 are counted from `now`. Called again it changes nothing.

    Opens first what a late worker has not opened. Raises InvalidMove if it has ended or its hour has not come.
    """
    fresh = Consultation.objects.select_related("invitation").get(pk=consultation.pk)
    if fresh.status == Status.IN_PROGRESS:
        return fresh
    if not fresh.is_open(now):
        raise InvalidMove("not open")
    try:
        if fresh.status == Status.SCHEDULED:
            open_consultation(consultation=fresh, now=now)
        _move(fresh, Status.IN_PROGRESS, now=now, actor_role=Role.SYSTEM, started_at=now)
    except InvalidMove:
        # The other seat's process, or the worker, was first.
        fresh.refresh_from_db(fields=["status", "opened_at", "started_at", "ended_at"])
        if fresh.status == Status.OPEN:
            _move(fresh, Status.IN_PROGRESS, now=now, actor_role=Role.SYSTEM, started_at=now)
        elif fresh.status != Status.IN_PROGRESS:
            raise
    return fresh


@transaction.atomic
def complete_consultation(
    *,
    consultation: Consultation,
    actor_role: str,
    actor: User | None,
    reason: Literal["completed", "time-limit"],
    now: datetime,
) -> None:
    """« Terminer », or the limit of 3h30: ends it for both. Raises InvalidMove unless it is in progress."""
    _move(consultation, Status.COMPLETED, now=now, actor_role=actor_role, actor=actor, ended_at=now)
    _close(consultation, Invitation.ClosedReason.COMPLETED, now=now, by=actor_role, reason=reason)


@transaction.atomic
def mark_missed(*, consultation: Consultation, now: datetime) -> None:
    """Never both there by 3h30 after the hour. Raises InvalidMove."""
    if consultation.status == Status.SCHEDULED:
        open_consultation(consultation=consultation, now=now)
    _move(consultation, Status.MISSED, now=now, actor_role=Role.SYSTEM, ended_at=now)
    _close(consultation, Invitation.ClosedReason.MISSED, now=now, by=Role.SYSTEM, reason="time-limit")


def _close(
    consultation: Consultation, closed_reason: Invitation.ClosedReason, *, now: datetime, by: str, reason: str
) -> None:
    """Shuts the patient's door in this transaction; tells the open sockets once it is committed."""
    close_invitation(invitation=consultation.invitation, reason=closed_reason, now=now)
    notify.stop_inviting(invitation=consultation.invitation, now=now)
    transaction.on_commit(partial(announce_end, consultation_id=consultation.pk, by=str(by), reason=reason))
