"""The practitioner's end of the day: what was missed and what did not arrive, told once, at 20:00 in Paris."""

from datetime import date, datetime, time, timedelta

from django.db import transaction
from django.utils import timezone

from accounts.models import Practitioner
from patients.notify import invitations_with_dead_letters
from rofim.notifications.services import is_queued
from teleconsult import notify
from teleconsult.deliveries import recipients_of
from teleconsult.models import Consultation
from teleconsult.states import Status

TOLD_AT = time(20)


def day_to_tell(now: datetime) -> tuple[date, datetime, datetime]:
    """The day that ended last, and from when until when it went: from 20:00 to 20:00."""
    local = timezone.localtime(now)
    day = local.date() if local.time() >= TOLD_AT else local.date() - timedelta(days=1)
    until = timezone.make_aware(datetime.combine(day, TOLD_AT))
    return day, timezone.make_aware(datetime.combine(day - timedelta(days=1), TOLD_AT)), until


def practitioners_to_tell(now: datetime) -> list[Practitioner]:
    """Those who want to be told, of whose day something is to be and was not told yet, however late it has become."""
    day, since, until = day_to_tell(now)
    keys = {each.practitioner_id for each in (*_missed(since, until), *_with_dead_letters(since, until))}
    told = [key for key in keys if is_queued(notify.day_summary_key(key, day))]
    rows = Practitioner.objects.filter(
        pk__in=keys, status=Practitioner.Status.VALIDATED, user__mail_day_summary=True
    ).exclude(pk__in=told)
    return list(rows.select_related("user"))


@transaction.atomic
def tell_day(*, practitioner: Practitioner, now: datetime) -> bool:
    """The summary of one practitioner's day, once; False if there is nothing to tell."""
    day, since, until = day_to_tell(now)
    missed = list(_missed(since, until).filter(practitioner=practitioner))
    unsent = [each for each in _with_dead_letters(since, until).filter(practitioner=practitioner) if _is_unsent(each)]
    if not missed and not unsent:
        return False
    notify.send_day_summary(practitioner=practitioner, day=day, missed=missed, unsent=unsent, now=now)
    return True


def _missed(since: datetime, until: datetime):
    return Consultation.objects.filter(status=Status.MISSED, ended_at__gt=since, ended_at__lte=until).select_related(
        "invitation"
    )


def _with_dead_letters(since: datetime, until: datetime):
    # Of one that took place there is nothing left to be told.
    return Consultation.objects.filter(
        invitation__in=invitations_with_dead_letters(since=since, until=until),
        status__in=(Status.SCHEDULED, Status.OPEN, Status.CANCELLED),
    ).select_related("invitation__patient")


def _is_unsent(consultation: Consultation) -> bool:
    """Whether a dead letter still waits for somebody to send it again."""
    return any(message.can_resend for recipient in recipients_of(consultation) for message in recipient.messages)
