"""Who is here now. A seat is a lease in the database that its newest socket holds; only `last_seen` says who is here.

Every write names the epoch under which the seat was taken, so that an older socket can't touch a newer one's lease.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction

from teleconsult.models import Consultation, Seat

# A seat not refreshed for so long is empty (refreshed every 20 s, architecture.md asks for 25).
PRESENCE_TTL = timedelta(seconds=60)
# A socket silent for so long is closed; a seat not seen for so long is no partner for a call.
SILENCE = timedelta(seconds=45)
# A gap up to this (a reload, a tunnel, a sleeping phone) doesn't restart « en salle d'attente depuis ».
SINCE_SURVIVES = timedelta(minutes=2)


@dataclass(frozen=True, slots=True)
class Taken:
    """A seat just taken: its new epoch, and the epoch of the seat across the table (None: nobody there)."""

    epoch: int
    peer_epoch: int | None


def other(role: str) -> str:
    """The seat across the table."""
    return Seat.Role.PATIENT if role == Seat.Role.PRACTITIONER else Seat.Role.PRACTITIONER


def is_present(seat: Seat | None, now: datetime) -> bool:
    """Whether somebody holds the seat: seen within PRESENCE_TTL."""
    return seat is not None and seat.last_seen is not None and now - seat.last_seen < PRESENCE_TTL


def is_within_reach(seat: Seat | None, now: datetime) -> bool:
    """Whether the seat's socket was heard within SILENCE: stricter than presence, for starting a call."""
    return seat is not None and seat.last_seen is not None and now - seat.last_seen < SILENCE


def seat_of(consultation: Consultation, role: str) -> Seat | None:
    """The seat of a role; costs no query when `seats` were prefetched."""
    return next((seat for seat in consultation.seats.all() if seat.role == role), None)


def waiting_since(consultation: Consultation, now: datetime) -> datetime | None:
    """Since when the patient is here alone; None when the patient is away or the practitioner here."""
    patient = seat_of(consultation, Seat.Role.PATIENT)
    if not is_present(patient, now) or is_present(seat_of(consultation, Seat.Role.PRACTITIONER), now):
        return None
    return patient.since if patient else None


def take_seat(*, consultation_id: int, role: str, now: datetime) -> Taken:
    """Takes the seat, from whoever held it. The peer is read after the commit: of two at once, one sees the other."""
    with transaction.atomic():
        Seat.objects.get_or_create(consultation_id=consultation_id, role=role)
        seat = Seat.objects.select_for_update().get(consultation_id=consultation_id, role=role)
        if seat.since is None or seat.last_seen is None or now - seat.last_seen > SINCE_SURVIVES:
            seat.since = now
        seat.epoch += 1
        seat.last_seen = now
        seat.save(update_fields=["epoch", "since", "last_seen"])
    return Taken(epoch=seat.epoch, peer_epoch=peer_epoch(consultation_id=consultation_id, role=role, now=now))


def peer_epoch(*, consultation_id: int, role: str, now: datetime) -> int | None:
    """The epoch of the seat across the table if its socket is within reach."""
    seat = Seat.objects.filter(consultation_id=consultation_id, role=other(role)).first()
    return seat.epoch if seat is not None and is_within_reach(seat, now) else None


def _held(consultation_id: int, role: str, epoch: int):
    return Seat.objects.filter(consultation_id=consultation_id, role=role, epoch=epoch)


def refresh_seat(*, consultation_id: int, role: str, epoch: int, last_seen: datetime) -> bool:
    """Prolongs the lease; False when a newer socket holds the seat."""
    return _held(consultation_id, role, epoch).update(last_seen=last_seen) == 1


def fade_seat(*, consultation_id: int, role: str, epoch: int, now: datetime) -> None:
    """Closed without a word: as if silent for SILENCE. A reload keeps the seat, a closed tab frees it soon."""
    _held(consultation_id, role, epoch).filter(last_seen__gt=now - SILENCE).update(last_seen=now - SILENCE)


def leave_seat(*, consultation_id: int, role: str, epoch: int) -> None:
    """Gives the seat up at once."""
    _held(consultation_id, role, epoch).update(last_seen=None, since=None)
