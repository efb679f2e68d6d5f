"""A circuit breaker per SMS provider, in the database so that every worker knows: who is out of order is left alone.

M. Nygard, “Release It!”, 5.2: closed → open after some failures in a row → one try after a pause.
"""

from datetime import datetime, timedelta

from django.db.models import F

from rofim.notifications.models import SMSProvider

FAILURES = 5
PAUSE = timedelta(minutes=1)


def may_try(name: str, *, now: datetime) -> SMSProvider | None:
    """Provider `name` if a message may be handed to it; after the pause one caller gets leave to try."""
    provider = SMSProvider.objects.filter(name=name).first() or SMSProvider(name=name)
    if provider.retry_at is None:
        return provider
    if provider.retry_at > now:
        return None
    won = SMSProvider.objects.filter(name=name, retry_at=provider.retry_at).update(retry_at=now + PAUSE)
    return provider if won else None


def note_success(provider: SMSProvider) -> None:
    """The provider works: it took a message, or refused one for the message's own fault."""
    # Nothing to take back, so nothing to ask the database: this is every message's way.
    if provider.failures:
        SMSProvider.objects.filter(name=provider.name).update(failures=0, retry_at=None)


def note_failure(name: str, *, now: datetime) -> None:
    """The provider failed once more."""
    SMSProvider.objects.get_or_create(name=name)
    SMSProvider.objects.filter(name=name).update(failures=F("failures") + 1)
    SMSProvider.objects.filter(name=name, failures__gte=FAILURES).update(retry_at=now + PAUSE)
