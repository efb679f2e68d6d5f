"""A circuit breaker per SMS provider, in the database so that every worker knows: who is out of order is left alone.

M. Nygard, “Release It!”, 5.2: closed → open after some failures in a row → one try after a pause.
"""

from datetime import datetime, timedelta

from django.db.models import F

from rofim.notifications.models import SMSProvider

FAILURES = 5
PAUSE = timedelta(minutes=1)


def may_try(name: str, *, now: datetime) -> bool:
    """Whether a message may be handed to provider `name`; after the pause one caller gets leave to try."""
    provider = SMSProvider.objects.filter(name=name).first()
    if provider is None or provider.retry_at is None:
        return True
    if provider.retry_at > now:
        return False
    won = SMSProvider.objects.filter(name=name, retry_at=provider.retry_at).update(retry_at=now + PAUSE)
    return bool(won)


def note_success(name: str) -> None:
    """The provider works: it took a message, or refused one for the message's own fault."""
    SMSProvider.objects.filter(name=name, failures__gt=0).update(failures=0, retry_at=None)


def note_failure(name: str, *, now: datetime) -> None:
    """The provider failed once more."""
    SMSProvider.objects.get_or_create(name=name)
    SMSProvider.objects.filter(name=name).update(failures=F("failures") + 1)
    SMSProvider.objects.filter(name=name, failures__gte=FAILURES).update(retry_at=now + PAUSE)
