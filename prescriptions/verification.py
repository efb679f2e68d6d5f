"""`/verifier/`: whether a paper is authentic, for whoever holds it and knows the patient's birth date."""

from datetime import date, datetime, timedelta

from accounts import throttling
from prescriptions.models import Prescription

_HOUR = timedelta(hours=1)


class NotFound(Exception):
    """No such code, or another birth date: nobody learns which."""


class TooManyTries(Exception):
    """An hour's tries are used up, for the code or for the address."""


def find(*, code: str, birth_date: date, address: str, now: datetime) -> Prescription:
    """The issued prescription of a code and a birth date. Raises `TooManyTries` before it looks, or `NotFound`."""
    if not (_code_may_be_tried(code, now=now) and _address_may_try(address, now=now)):
        raise TooManyTries
    prescription = (
        Prescription.objects.exclude(status=Prescription.Status.DRAFT)
        .defer("pdf")
        .filter(verification_code=code or None)
        .first()
    )
    if prescription is None or prescription.content["patient"]["birth_date_iso"] != birth_date.isoformat():
        raise NotFound
    return prescription


def _code_may_be_tried(code: str, *, now: datetime) -> bool:
    """A birth date is one of some 40,000: 20 tries an hour for one code."""
    return throttling.allow("verify/code", code, limit=20, period=_HOUR, now=now)


def _address_may_try(address: str, *, now: datetime) -> bool:
    """A pharmacy verifies dozens of papers an hour: 60 tries for one address."""
    return throttling.allow("verify/address", address, limit=60, period=_HOUR, now=now)
