"""The administrators are told that registrations wait: grouped, never one e-mail each."""

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Max, Q

from accounts import notify
from accounts.models import Practitioner

# At most one e-mail to each administrator in this time, however many register.
PAUSE = timedelta(minutes=15)
REMINDER_AFTER = timedelta(days=1)


@transaction.atomic
def announce_registrations(*, now: datetime) -> int:
    """Tells of all registrations that wait, if one of them is new or has waited another day; says how many.

    Called when a registration arrives, and every minute by the worker: what came during the pause, or while the
    worker was dead, is told of by the next call.
    """
    told_at = Practitioner.objects.aggregate(latest=Max("announced_at"))["latest"]
    if told_at is not None and told_at > now - PAUSE:
        return 0
    waiting = Practitioner.objects.filter(status=Practitioner.Status.PENDING)
    due = Q(announced_at=None) | Q(announced_at__lte=now - REMINDER_AFTER)
    # One UPDATE: of two at once, the second finds nothing due.
    if not waiting.filter(due).update(announced_at=now):
        return 0
    waiting.update(announced_at=now)
    oldest = waiting.earliest("submitted_at")
    count = waiting.count()
    notify.tell_administrators(count=count, oldest=oldest, now=now)
    return count
