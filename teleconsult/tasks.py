"""What the clock does: opens, reminds, closes. Each task asks the database what is due, so a late or double beat
repeats nothing and forgets nothing; each row is its own transaction, so that one bad row stops no other."""

import logging
from collections.abc import Callable
from datetime import datetime

from celery import shared_task
from django.utils import timezone

from patients.notify import Reminder
from teleconsult.models import Consultation, ConsultationEvent, ConsultationQuerySet
from teleconsult.services import (
    InvalidMove,
    complete_consultation,
    mark_missed,
    open_consultation,
    remind_patient,
)

logger = logging.getLogger(__name__)


def _each(due: ConsultationQuerySet, act: Callable[[Consultation], None]) -> int:
    """Acts on every due row; says how many. Somebody else being first is no error."""
    done = 0
    for consultation in due.select_related("invitation__patient", "practitioner__user"):
        try:
            act(consultation)
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
    now = now or timezone.now()
    return _each(
        Consultation.objects.due_for_opening(now),
        lambda consultation: open_consultation(consultation=consultation, now=now),
    )


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
