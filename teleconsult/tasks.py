"""What the clock does: opens, reminds, closes. Each task asks the database what is due, so a late or double beat
repeats nothing and forgets nothing; each row is its own transaction, so that one bad row stops no other."""

import logging
from collections.abc import Callable
from datetime import datetime

from celery import shared_task
from django.utils import timezone

from patients.notify import Reminder
from teleconsult import day_summary, reach
from teleconsult.models import Consultation, ConsultationEvent, ConsultationQuerySet
from teleconsult.services import (
    InvalidMove,
    complete_consultation,
    mark_missed,
    open_due_consultations,
    remind_patient,
)

logger = logging.getLogger(__name__)


def _each(due: ConsultationQuerySet, act: Callable[[Consultation], bool | None]) -> int:
    """Acts on every due row; says on how many (False is none). Somebody else being first is no error."""
    done = 0
    for consultation in due.select_related("invitation__patient", "practitioner__user"):
        try:
            if act(consultation) is False:
                continue
        except InvalidMove:
            continue
        except Exception:
            logger.exception("teleconsult: consultation %s failed", consultation.pk)
            continue
        done += 1
    return done


@shared_task(name="teleconsult.open_due")
def open_due(now: datetime | None = None) -> int:
    """Marks open what opens now or should have."""
    return open_due_consultations(now=now or timezone.now())


@shared_task(name="teleconsult.send_reminders")
def send_reminders(now: datetime | None = None) -> int:
    """The reminders that are due, not sent and not past."""
    now = now or timezone.now()

    def remind(kind: Reminder) -> int:
        return _each(
            Consultation.objects.due_for_reminder(kind, now),
            lambda consultation: remind_patient(consultation=consultation, kind=kind, now=now),
        )

    return remind("day-before") + remind("opening")


@shared_task(name="teleconsult.warn_unreached")
def warn_unreached(now: datetime | None = None) -> int:
    """Tells the practitioners 30 and 10 minutes before that nobody was reached."""
    now = now or timezone.now()

    def warn(minutes: int) -> int:
        return _each(
            reach.due_for_warning(minutes, now),
            lambda consultation: reach.warn_unreached(consultation=consultation, minutes=minutes, now=now),
        )

    return sum(warn(minutes) for minutes in reach.WARNED_BEFORE)


@shared_task(name="teleconsult.summarise_day")
def summarise_day(now: datetime | None = None) -> int:
    """After 20:00 in Paris, or as soon as there is a beat again: what was missed and what did not arrive."""
    now, told = now or timezone.now(), 0
    for practitioner in day_summary.practitioners_to_tell(now):
        try:
            told += day_summary.tell_day(practitioner=practitioner, now=now)
        except Exception:
            logger.exception("teleconsult: the day of practitioner %s was not told", practitioner.pk)
    return told


@shared_task(name="teleconsult.close_overdue")
def close_overdue(now: datetime | None = None) -> int:
    """Missed: never both there 3h30 after the hour. Completed: past the limit, and no socket was there to end it."""
    now = now or timezone.now()
    missed = _each(
        Consultation.objects.overdue(now),
        lambda consultation: mark_missed(consultation=consultation, now=now),
    )
    return missed + _each(
        Consultation.objects.past_limit(now),
        lambda consultation: complete_consultation(
            consultation=consultation,
            actor_role=ConsultationEvent.ActorRole.SYSTEM,
            actor=None,
            reason="time-limit",
            now=now,
        ),
    )
