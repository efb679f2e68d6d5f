"""Who is here now. A seat is a lease in the database that its newest socket holds; only `last_seen` says who is here.

Every write names the epoch under which the seat was taken, so that an older socket can't touch a newer one's lease.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction

from teleconsult.models import Consultation, Seat

# A seat not refreshed for so long is empty (refreshed every 5 s).
PRESENCE_TTL = timedelta(seconds=60)
# A socket silent for so long is closed; a seat not seen for so long is no partner for a call.
SILENCE = timedelta(seconds=45)
# A page speaks every 5 s (PROTOCOL.md) and its process writes it every 5 s: a seat unseen for longer is cut off.
LIVELY = timedelta(seconds=6)
UNSEEN = timedelta(seconds=10)
# Rooms per query: SQLite takes 999 values.
CHUNK = 500
# A gap up to this (a reload, a tunnel, a sleeping phone) doesn't restart « en salle d'attente depuis ».
SINCE_SURVIVES = timedelta(minutes=2)


class HeldElsewhere(Exception):
    """Another page holds the seat: whoever only comes back doesn't take it."""


@dataclass(frozen=True, slots=True)
class Taken:
    """A seat just taken: its new epoch, the epoch of the seat across the table (None: nobody there), and if the holder
    before vanished without a word (its process was killed, its network is gone) when it was last seen."""

    epoch: int
    peer_epoch: int | None
    lost_since: datetime | None = None


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
    """The seat of a role."""
    return next((seat for seat in consultation.seats.all() if seat.role == role), None)


def waiting_since(rooms: Collection[int], now: datetime) -> dict[int, datetime]:
    """Of these consultations those whose patient is here alone, and since when. One query, one row per taken seat."""
    here = Seat.objects.filter(consultation__in=rooms, last_seen__gt=now - PRESENCE_TTL)
    seats = {(seat.consultation_id, seat.role): seat for seat in here}
    return {
        room: seat.since
        for (room, role), seat in seats.items()
        if seat.since and role == Seat.Role.PATIENT and (room, Seat.Role.PRACTITIONER) not in seats
    }


def lost_since(seat: Seat | None, now: datetime) -> datetime | None:
    """When the holder was last seen, if it has vanished for longer than any living page is silent."""
    if seat is None or not seat.holder or seat.last_seen is None or now - seat.last_seen <= UNSEEN:
        return None
    return seat.last_seen


def take_seat(*, consultation_id: int, role: str, page: str, comes_back: bool = False, now: datetime) -> Taken:
    """Takes the seat, from whoever held it. The peer is read after the commit: of two at once, one sees the other.

    Raises HeldElsewhere to a page that `comes_back` by itself when somebody has sat down in another one meanwhile:
    a laptop that wakes up doesn't take the call away from the phone.
    """
    with transaction.atomic():
        Seat.objects.get_or_create(consultation_id=consultation_id, role=role)
        seat = Seat.objects.select_for_update().get(consultation_id=consultation_id, role=role)
        if comes_back and seat.holder not in ("", page) and is_within_reach(seat, now):
            raise HeldElsewhere
        lost = lost_since(seat, now)
        if seat.since is None or seat.last_seen is None or now - seat.last_seen > SINCE_SURVIVES:
            seat.since = now
        seat.epoch += 1
        seat.last_seen, seat.holder = now, page
        seat.save(update_fields=["epoch", "since", "last_seen", "holder"])
    peer = peer_epoch(consultation_id=consultation_id, role=role, now=now)
    return Taken(epoch=seat.epoch, peer_epoch=peer, lost_since=lost)


def peer_epoch(*, consultation_id: int, role: str, now: datetime) -> int | None:
    """The epoch of the seat across the table if its socket is within reach."""
    seat = Seat.objects.filter(consultation_id=consultation_id, role=other(role)).first()
    return seat.epoch if seat is not None and is_within_reach(seat, now) else None


def _held(consultation_id: int, role: str, epoch: int):
    return Seat.objects.filter(consultation_id=consultation_id, role=role, epoch=epoch)


def _says(seat: Seat, last: datetime) -> bool:
    """Whether the lease is already as old as its socket's last word, which is measured anew at each beat."""
    return seat.last_seen is not None and abs(seat.last_seen - last) < timedelta(seconds=1)


def prolong_seats(
    *, heard: Mapping[tuple[int, str], tuple[int, datetime]], now: datetime
) -> dict[tuple[int, str], Seat]:
    """Prolongs many leases at once: (room, role) → (epoch, when its socket was heard last).

    Returns all seats of these rooms as they were found. Two queries for 500 rooms, one more for each socket that falls
    silent.
    """
    found: dict[tuple[int, str], Seat] = {}
    rooms = sorted({room for room, _ in heard})
    for start in range(0, len(rooms), CHUNK):
        lively = []
        for seat in Seat.objects.filter(consultation_id__in=rooms[start : start + CHUNK]):
            key = (seat.consultation_id, seat.role)
            found[key] = seat
            epoch, last = heard.get(key, (0, now))
            if epoch == seat.epoch and now - last <= LIVELY:
                lively.append(seat.pk)
            elif epoch == seat.epoch and not _says(seat, last):
                _held(*key, epoch).exclude(holder="").update(last_seen=last)
        # Taken or given up since it was read: at worst a newer socket counts as seen now, when it has just come.
        Seat.objects.filter(pk__in=lively).exclude(holder="").update(last_seen=now)
    return found


def fade_seat(*, consultation_id: int, role: str, epoch: int, now: datetime) -> None:
    """Closed without a word: as if silent for SILENCE. A reload keeps the seat, a closed tab frees it soon."""
    held = _held(consultation_id, role, epoch)
    held.filter(last_seen__gt=now - SILENCE).update(last_seen=now - SILENCE)
    held.update(holder="")


def leave_seat(*, consultation_id: int, role: str, epoch: int) -> None:
    """Gives the seat up at once."""
    _held(consultation_id, role, epoch).update(last_seen=None, since=None, holder="")
