"""The journal of technical incidents (code de la santé publique, R.6316-4): cuts and long degradations, in rows.

Written by sockets through `journal.py`, off the relay path; read by the appointment's page.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction

from teleconsult import presence
from teleconsult.models import Consultation, Incident, Seat
from teleconsult.states import Status

# A shorter absence (a reload, another network) is not noticed by the other side, which is told after 5 s.
LOST_AFTER = timedelta(seconds=5)
# Every page speaks at least so often (PROTOCOL.md): a longer silence began with the last word heard.
PING_EVERY = timedelta(seconds=5)
# Seconds of round trip: 300 ms one way, where ITU-T G.114 (150 good, 400 the end) sees most talkers disturbed.
RTT_LIMIT = 0.6
# Share of packets lost: beyond it repair of speech stops to work (ITU-T G.113, appendix I). Both as in quality.js.
LOSS_LIMIT = 0.1
# Seconds: twice what ITU-T Y.1541 grants to interactive speech (50 ms).
JITTER_LIMIT = 0.1
# A shorter degradation is what networks do. A page measures every 10 s: two bad measures in a row.
BAD_FOR = timedelta(seconds=8)
# Of one role, in one consultation: an hour of cuts, one every 30 s. Who makes them up fills no more of the report.
MOST = 120


def is_bad(*, rtt: float | None, loss: float | None, jitter: float | None) -> bool:
    """Whether a measure crosses a limit. What a browser doesn't know (None) crosses none."""
    return (rtt or 0) >= RTT_LIMIT or (loss or 0) >= LOSS_LIMIT or (jitter or 0) >= JITTER_LIMIT


class QualityWatch:
    """From the measures of one socket: when a long degradation begins and ends. Pure."""

    __slots__ = ("_bad_since", "is_open")

    def __init__(self) -> None:
        self._bad_since: datetime | None = None
        self.is_open = False

    def judge(self, *, bad: bool, at: datetime) -> tuple[str, datetime] | None:
        """("begun", since when) or ("over", when) when that has just become certain."""
        if not bad:
            self._bad_since, was_open, self.is_open = None, self.is_open, False
            return ("over", at) if was_open else None
        self._bad_since = self._bad_since or at
        if self.is_open or at - self._bad_since < BAD_FOR:
            return None
        self.is_open = True
        return "begun", self._bad_since


@transaction.atomic
def begin_incident(*, consultation_id: int, role: str, kind: str, started_at: datetime) -> None:
    """Opens an incident, unless one of its role and kind is open, nobody was called yet, or there are MOST."""
    is_full = Incident.objects.filter(consultation_id=consultation_id, role=role).count() >= MOST
    running = Consultation.objects.filter(pk=consultation_id, status=Status.IN_PROGRESS, started_at__isnull=False)
    called_at = running.values_list("started_at", flat=True).first()
    if not is_full and called_at is not None:
        Incident.objects.get_or_create(
            consultation_id=consultation_id, role=role, kind=kind, ended_at=None,
            defaults={"started_at": max(started_at, called_at)},
        )  # fmt: skip


@transaction.atomic
def end_incidents(*, consultation_id: int, role: str, at: datetime, kind: str | None = None) -> None:
    """Closes what is open of a role (of one kind); a cut of no more than LOST_AFTER was none."""
    still_open = Incident.objects.filter(consultation_id=consultation_id, role=role, ended_at=None)
    for incident in still_open.filter(kind=kind) if kind else still_open:
        if incident.kind == Incident.Kind.LOST and at - incident.started_at <= LOST_AFTER:
            incident.delete()
        else:
            incident.ended_at = max(at, incident.started_at)
            incident.save(update_fields=["ended_at"])


@transaction.atomic
def record_cut(
    *, consultation_id: int, role: str, epoch: int, started_at: datetime, ended_at: datetime | None = None
) -> None:
    """A socket was cut off: open until `ended_at`, or until the seat is taken again.

    Who has taken it already has judged the gap, too.
    """
    kind = Incident.Kind.LOST
    held = Seat.objects.select_for_update().filter(consultation_id=consultation_id, role=role, epoch=epoch)
    if held.exists():
        begin_incident(consultation_id=consultation_id, role=role, kind=kind, started_at=started_at)
        if ended_at is not None:
            end_incidents(consultation_id=consultation_id, role=role, kind=kind, at=ended_at)


@dataclass(frozen=True)
class IncidentLine:
    """One incident in words, for its practitioner."""

    words: str
    at: datetime


def incidents_of(
    consultation: Consultation, now: datetime, *, practitioner_side: str = "de votre côté"
) -> list[IncidentLine]:
    """« Coupure de 12 s du côté du patient », … in order. An open cut that is not yet one is left out."""
    until = consultation.ended_at or now
    written = list(consultation.incidents.all())
    found = [each for each in written if each.ended_at or until - each.started_at > LOST_AFTER]
    found += _unwritten(consultation, written, until)
    found.sort(key=lambda incident: incident.started_at)
    return [IncidentLine(_in_words(each, consultation, practitioner_side), each.started_at) for each in found]


def _unwritten(consultation: Consultation, written: list[Incident], until: datetime) -> Iterator[Incident]:
    """Cuts of seats whose holder vanished together with the process that would have written them."""
    is_open = {each.role for each in written if each.kind == Incident.Kind.LOST and each.ended_at is None}
    for seat in consultation.seats.all():
        since = presence.lost_since(seat, until)
        if since is not None and consultation.started_at is not None and seat.role not in is_open:
            since = max(since, consultation.started_at)
            yield Incident(consultation=consultation, role=seat.role, kind=Incident.Kind.LOST, started_at=since)


def _in_words(incident: Incident, consultation: Consultation, practitioner_side: str) -> str:
    is_cut = incident.kind == Incident.Kind.LOST
    side = "du côté du patient" if incident.role == Seat.Role.PATIENT else practitioner_side
    if incident.ended_at:
        lasted = duration_in_words(incident.ended_at - incident.started_at)
        return f"Coupure de {lasted} {side}" if is_cut else f"Mauvaise connexion pendant {lasted} {side}"
    until = "jusqu’à la fin" if consultation.has_ended else "encore en cours"
    return f"{'Coupure' if is_cut else 'Mauvaise connexion'} {side}, {until}"


def duration_in_words(duration: timedelta) -> str:
    """« 12 s », « 2 min 5 s », « 1 h 02 min », with no-break spaces."""
    seconds = max(1, round(duration.total_seconds()))
    if seconds < 60:
        return f"{seconds}\N{NO-BREAK SPACE}s"
    minutes, seconds = divmod(seconds, 60)
    if minutes < 60:
        words = f"{minutes} min {seconds} s" if seconds else f"{minutes} min"
    else:
        words = f"{minutes // 60} h {minutes % 60:02} min"
    return words.replace(" ", "\N{NO-BREAK SPACE}")
