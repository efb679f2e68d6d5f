"""What the practitioner writes down about a consultation: notes for oneself. Nobody else reads them."""

from datetime import datetime

from django.db import transaction

from teleconsult.models import Consultation, ConsultationNotes


class NotesChanged(Exception):
    """Somebody (another tab of the same practitioner) wrote since this version was read."""

    def __init__(self, notes: ConsultationNotes):
        super().__init__(f"now at version {notes.version}")
        self.notes = notes


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
    ConsultationNotes.objects.get_or_create(consultation=consultation)
    read = ConsultationNotes.objects.filter(consultation=consultation, version=version)
    saved = read.update(text=text, version=version + 1, saved_at=now)
    notes = ConsultationNotes.objects.get(consultation=consultation)
    if not saved and notes.text != text:
        raise NotesChanged(notes)
    return notes
