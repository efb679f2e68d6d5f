"""What the practitioner keeps of a consultation: notes for oneself, what was checked with the patient, a picture."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone

from accounts.models import User
from patients.documents import NotAdded, add_document
from patients.models import Document
from rofim.uploads import CleanFile
from teleconsult import trail
from teleconsult.models import Consultation, ConsultationCheck, ConsultationEvent, ConsultationNotes
from teleconsult.services import InvalidMove
from teleconsult.states import Status

# Notes are saved as one types: what follows within this time is the same act on the trail.
_SAME_WRITING = timedelta(minutes=15)


class NotesChanged(Exception):
    """Somebody (another tab of the same practitioner) wrote since this version was read."""

    def __init__(self, notes: ConsultationNotes):
        super().__init__(f"now at version {notes.version}")
        self.notes = notes


class NotInProgress(NotAdded):
    """The patient is photographed in the call only."""

    words = "La photo se prend pendant la consultation\u00a0: elle n’est pas en cours."


def notes_of(consultation: Consultation) -> ConsultationNotes:
    """The notes; empty ones at version 0, not in the database, while nothing was written."""
    found = ConsultationNotes.objects.filter(consultation=consultation).first()
    return found or ConsultationNotes(consultation=consultation)


@transaction.atomic
def save_notes(*, consultation: Consultation, text: str, version: int, now: datetime) -> ConsultationNotes:
    """Replaces the notes that were read at `version`. Raises NotesChanged if they have changed since.

    The same text once more (the answer to the first request was lost) is no change. Works in every status.
    """
    text = text.replace("\r\n", "\n")
    earlier, _ = ConsultationNotes.objects.get_or_create(consultation=consultation)
    read = ConsultationNotes.objects.filter(consultation=consultation, version=version)
    saved = read.update(text=text, version=version + 1, saved_at=now)
    notes = ConsultationNotes.objects.get(consultation=consultation)
    if not saved and notes.text != text:
        raise NotesChanged(notes)
    if saved and (earlier.saved_at is None or now - earlier.saved_at > _SAME_WRITING):
        trail.record(action="notes.saved", consultation=consultation, by=consultation.practitioner.user)
    return notes


@dataclass(frozen=True)
class Check:
    """One of the four ticks, done or not."""

    kind: str
    label: str
    done: ConsultationCheck | None


def checks_of(consultation: Consultation) -> list[Check]:
    """All four ticks, in the order in which they are asked."""
    done = {check.kind: check for check in consultation.checks.select_related("by")}
    return [Check(kind, label, done.get(kind)) for kind, label in ConsultationCheck.Kind.choices]


@transaction.atomic
def tick_check(*, consultation: Consultation, kind: str, detail: str, by: User, now: datetime) -> ConsultationCheck:
    """Ticks one. Ticked already, it keeps its hour, unless the detail changes.

    Raises InvalidMove once the consultation has ended: what was checked was checked before.
    """
    _require_not_ended(consultation)
    check, is_new = ConsultationCheck.objects.get_or_create(
        consultation=consultation, kind=kind, defaults={"detail": detail, "by": by, "at": now}
    )
    if is_new:
        _record(consultation, f"check-{kind}", action="check.ticked", by=by, now=now)
    elif check.detail != detail:
        check.detail, check.by, check.at = detail, by, now
        check.save(update_fields=["detail", "by", "at"])
    return check


@transaction.atomic
def untick_check(*, consultation: Consultation, kind: str, by: User, now: datetime) -> None:
    """Removes a tick and what was typed with it; that it was removed stays in the events. Raises InvalidMove."""
    _require_not_ended(consultation)
    deleted, _ = ConsultationCheck.objects.filter(consultation=consultation, kind=kind).delete()
    if deleted:
        _record(consultation, f"uncheck-{kind}", action="check.unticked", by=by, now=now)


def _require_not_ended(consultation: Consultation) -> None:
    """Asked of the row under its lock, so that the end and a tick come one after the other."""
    fresh = Consultation.objects.select_for_update().get(pk=consultation.pk)
    if fresh.has_ended:
        raise InvalidMove("already ended")


def _record(consultation: Consultation, kind: str, *, action: str, by: User, now: datetime) -> None:
    role = ConsultationEvent.ActorRole.PRACTITIONER
    ConsultationEvent.objects.create(consultation=consultation, kind=kind, actor_role=role, actor=by, at=now)
    trail.record(action=action, consultation=consultation, by=by)


def add_snapshot(*, consultation: Consultation, clean: CleanFile, by: User, now: datetime) -> Document:
    """A picture of the patient, who agreed `now`; that it was taken stays in the events. Raises one of NotAdded."""
    if consultation.status != Status.IN_PROGRESS:
        raise NotInProgress
    local = timezone.localtime(now)
    document = add_document(
        invitation=consultation.invitation,
        clean=clean,
        name=f"Photo de {local.hour} h {local.minute:02d}.jpg",
        kind=Document.Kind.SNAPSHOT,
        now=now,
        consented_at=now,
    )
    _record(consultation, "snapshot", action="snapshot.taken", by=by, now=now)
    return document
