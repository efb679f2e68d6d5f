"""A second account with Twilio's API, at Twilio or elsewhere, for the hours in which the first is out of order."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings

from rofim.notifications.outcomes import Receipt
from rofim.notifications.sms import twilio


def _account() -> twilio.Account:
    return twilio.Account(
        sid=settings.TWILIO_SECOND_ACCOUNT_SID,
        token=settings.TWILIO_SECOND_AUTH_TOKEN,
        sender=settings.TWILIO_SECOND_SENDER,
        api_url=settings.TWILIO_SECOND_API_URL,
        status_view="notifications:twilio_second_status",
    )


def send(*, to: str, body: str, reference: UUID, valid_for: timedelta) -> Receipt:
    """As `twilio.send`."""
    return _account().send(to=to, body=body, reference=reference, valid_for=valid_for)


def find(*, to: str, body: str, since: datetime) -> Sequence[Receipt]:
    """As `twilio.find`."""
    return _account().find(to=to, body=body, since=since)
