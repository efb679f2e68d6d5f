"""Limits with a name and a reason, counted in the database so that every process sees the same count."""

from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.http import HttpRequest

from accounts.models import RateCount
from rofim.crypto import blind_index

_HOUR, _DAY = timedelta(hours=1), timedelta(days=1)


def client_ip(request: HttpRequest) -> str:
    """Address of the browser, as Daphne tells it (it reads what the proxy wrote); no header is read here."""
    return request.META.get("REMOTE_ADDR") or "0.0.0.0"  # noqa: S104 (no socket: the unknown address)


@transaction.atomic
def allow(bucket: str, key: str, *, limit: int, period: timedelta, now: datetime) -> bool:
    """Counts this call and says whether it is within `limit` calls per `period` (which starts with the first call).

    Called inside a transaction that is rolled back, the call is not counted.
    """
    digest = blind_index(key, purpose=f"throttle/{bucket}")
    RateCount.objects.get_or_create(bucket=bucket, key_digest=digest, defaults={"started_at": now})
    row = RateCount.objects.select_for_update().get(bucket=bucket, key_digest=digest)
    if row.started_at <= now - period:
        row.started_at, row.count = now, 0
    row.count += 1
    row.save(update_fields=["started_at", "count"])
    return row.count <= limit


def take_back(bucket: str, key: str) -> None:
    """Forgets one counted call, where only failures are to count but must be counted before they are known as such."""
    digest = blind_index(key, purpose=f"throttle/{bucket}")
    RateCount.objects.filter(bucket=bucket, key_digest=digest, count__gt=0).update(count=F("count") - 1)


def login_code_to(number: str, *, now: datetime) -> bool:
    """Codes to one number: each SMS costs money and wakes somebody. 5 an hour, 10 a day (settings)."""
    hourly = allow("login-code/hour", number, limit=settings.LOGIN_CODES_PER_HOUR, period=_HOUR, now=now)
    daily = allow("login-code/day", number, limit=settings.LOGIN_CODES_PER_DAY, period=_DAY, now=now)
    return hourly and daily


def registration_code_to(number: str, *, now: datetime) -> bool:
    """What registrations may take of `login_code_to`: half.

    Otherwise whoever knows a doctor's number registers with it a few times, and the doctor's login gets no code.
    """
    hour, day = (settings.LOGIN_CODES_PER_HOUR + 1) // 2, (settings.LOGIN_CODES_PER_DAY + 1) // 2
    hourly = allow("registration-code/hour", number, limit=hour, period=_HOUR, now=now)
    daily = allow("registration-code/day", number, limit=day, period=_DAY, now=now)
    return hourly and daily


def recovery_code_of(user_pk: int, *, now: datetime) -> bool:
    """Recovery codes tried for one user: 40 random bits don't fall to 10 tries an hour."""
    return allow("recovery-code", str(user_pk), limit=10, period=_HOUR, now=now)


def registration_from(address: str, *, now: datetime) -> bool:
    """Registrations from one address: a hospital shares one, a robot wants thousands. 30 an hour."""
    return allow("registration", address, limit=30, period=_HOUR, now=now)


def known_address_notice(email: str, *, now: datetime) -> bool:
    """« Vous avez déjà un compte »: nobody is flooded by somebody else's attempts. 3 a day."""
    return allow("known-address", email, limit=3, period=_DAY, now=now)


def lost_links_from(address: str, *, now: datetime) -> bool:
    """« J’ai perdu mon lien » from one address: a household asks twice, nobody tries a list of numbers. 10 an hour."""
    return allow("lost-link/address", address, limit=10, period=_HOUR, now=now)


def lost_links_to(contact: str, *, now: datetime) -> bool:
    """« J’ai perdu mon lien » for one contact: nobody's telephone is made to ring all day. 3 an hour."""
    return allow("lost-link/contact", contact, limit=3, period=_HOUR, now=now)


def rehearsal_relay_from(address: str, *, now: datetime) -> bool:
    """Relay credentials for rehearsals from one address: a household tries again, nobody lives on them. 20 an hour."""
    return allow("rehearsal-relay", address, limit=20, period=_HOUR, now=now)


def password_reset_to(email: str, *, now: datetime) -> bool:
    """Reset links to one address: 3 an hour."""
    return allow("password-reset", email, limit=3, period=_HOUR, now=now)
