"""« Synthèse »: what a completed consultation was, for its page and for the report on it."""

from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone

from teleconsult.feedback import feedback_of
from teleconsult.incidents import IncidentLine, duration_in_words, incidents_of
from teleconsult.models import Consultation, ConsultationEvent, Feedback
from teleconsult.record import Check, checks_of
from teleconsult.states import Status


@dataclass(frozen=True)
class Summary:
    """The facts of one visit, in the words in which they are shown."""

    # « le 18/03/2020 de 21:45 à 22:03 »
    held: str
    lasted: str
    # « par le professionnel de santé »
    ended_by: str
    checks: list[Check]
    incidents: list[IncidentLine]
    feedback: Feedback | None


def summarise(consultation: Consultation, now: datetime) -> Summary | None:
    """The summary; None unless the consultation has taken place and ended."""
    started_at, ended_at = consultation.started_at, consultation.ended_at
    if consultation.status != Status.COMPLETED or not started_at or not ended_at:
        return None
    return Summary(
        held=_held(timezone.localtime(started_at), timezone.localtime(ended_at)),
        lasted=duration_in_words(ended_at - started_at),
        ended_by=_ended_by(consultation),
        checks=checks_of(consultation),
        incidents=incidents_of(consultation, now),
        feedback=feedback_of(consultation),
    )


def _held(start: datetime, end: datetime) -> str:
    if start.date() == end.date():
        return f"le {start:%d/%m/%Y} de {start:%H:%M} à {end:%H:%M}"
    return f"du {start:%d/%m/%Y} à {start:%H:%M} au {end:%d/%m/%Y} à {end:%H:%M}"


def _ended_by(consultation: Consultation) -> str:
    """Who or what ended it: « par le professionnel de santé », « à la durée maximale »."""
    end = consultation.events.filter(to_status=Status.COMPLETED).last()
    if end is None or end.actor_role == ConsultationEvent.ActorRole.SYSTEM:
        return "à la durée maximale"
    return f"par le {end.get_actor_role_display()}"
