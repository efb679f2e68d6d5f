"""The trail of one appointment: what everybody did with it and read of it, what the clock did, in one list."""

from dataclasses import dataclass
from datetime import date, datetime
from itertools import groupby
from operator import attrgetter

from django.http import HttpRequest
from django.utils.timezone import localdate

from accounts import audit
from accounts.models import AuditEvent, User
from teleconsult.details import happening_of
from teleconsult.models import Consultation, ConsultationEvent

_WHO = {
    AuditEvent.Role.PATIENT: "le patient",
    AuditEvent.Role.ADMINISTRATOR: "l’administration",
    AuditEvent.Role.SYSTEM: "le système",
    AuditEvent.Role.VISITOR: "un visiteur",
    AuditEvent.Role.PRACTITIONER: "un autre professionnel",
}


@dataclass(frozen=True)
class Line:
    """« Données patient affichées », « vous », when; `times` in a row, the last of them `at`."""

    words: str
    who: str
    at: datetime
    times: int = 1

    @property
    def day(self) -> date:
        """In Paris."""
        return localdate(self.at)


def record(
    *, action: str, consultation: Consultation, by: User, about: str = "", request: HttpRequest | None = None
) -> None:
    """Puts what a practitioner did or read on the trail; `about` where it is a part of the appointment."""
    audit.record(
        action=action, actor=by, about=about or f"consultation/{consultation.pk}",
        within=_key_of(consultation), request=request,
    )  # fmt: skip


def _key_of(consultation: Consultation) -> str:
    """As `patients.notify.about` writes it, without a look at the row."""
    return f"invitation/{consultation.invitation_id}"


def trail_of(consultation: Consultation, *, reader: User) -> list[Line]:
    """Everything, newest first. What people did is on the audit trail, what the clock did among the events."""
    events = AuditEvent.objects.filter(within=_key_of(consultation)).order_by("pk")
    lines = [Line(event.label, _who(event, reader), event.at) for event in events]
    by_the_clock = consultation.events.filter(actor_role=ConsultationEvent.ActorRole.SYSTEM)
    lines += [Line(happening_of(event).words, _WHO[AuditEvent.Role.SYSTEM], event.at) for event in by_the_clock]
    lines.sort(key=attrgetter("at"))
    # Of the same moment the later first, too.
    return _folded(lines[::-1])


def _who(event: AuditEvent, reader: User) -> str:
    return "vous" if event.actor_id == reader.pk else _WHO[AuditEvent.Role(event.role)]


def _folded(lines: list[Line]) -> list[Line]:
    """The same thing again and again on one day is one line."""
    folded = []
    for (words, who, _), group in groupby(lines, key=lambda line: (line.words, line.who, line.day)):
        same = list(group)
        folded.append(Line(words, who, same[0].at, len(same)))
    return folded
