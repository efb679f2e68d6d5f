"""Limits with a name and a reason, counted in the database so that every process sees the same count."""

import ipaddress
from datetime import datetime, timedelta

from axes.utils import reset
from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.http import HttpRequest

from accounts.models import RateCount
from rofim.crypto import blind_index

_CODE = "login-code/cooldown"
_QUARTER, _HOUR, _DAY = timedelta(minutes=15), timedelta(hours=1), timedelta(days=1)
# Five times the fullest day of a practice.
SENT_BY_HAND_A_DAY = 300
# To one number or address: a series of sessions, or a nursing home's; and of these what repeats what was already sent.
SENT_TO_ONE_A_DAY, SENT_AGAIN_TO_ONE_A_DAY = 30, 10


def client_ip(request: HttpRequest) -> str:
    """Address of the browser, as Daphne tells it (it reads what the proxy wrote); no header is read here."""
    return request.META.get("REMOTE_ADDR") or "0.0.0.0"  # noqa: S104 (no socket: the unknown address)


def client_household(request: HttpRequest) -> str:
    """What limits by address count by (django-axes asks): of an IPv6 address what its household shares."""
    return _household(client_ip(request))


def _digest(bucket: str, key: str) -> str:
    key = "\0".join(_household(part) for part in key.split("\0"))
    return blind_index(key, purpose=f"throttle/{bucket}")


def _household(part: str) -> str:
    """An IPv6 address by its first 64 bits: whoever has one has all 2^64 of them (RFC 6177). The rest as it is."""
    try:
        address = ipaddress.IPv6Address(part)
    except ValueError:
        return part
    return str(address.ipv4_mapped or ipaddress.IPv6Network((int(address), 64), strict=False).network_address)


@transaction.atomic
def allow(bucket: str, key: str, *, limit: int, period: timedelta, now: datetime) -> bool:
    """Counts this call and says whether it is within `limit` calls per `period` (which starts with the first call).

    Called inside a transaction that is rolled back, the call is not counted. In `key`, parts stand apart by NUL.
    """
    digest = _digest(bucket, key)
    RateCount.objects.get_or_create(bucket=bucket, key_digest=digest, defaults={"started_at": now})
    row = RateCount.objects.select_for_update().get(bucket=bucket, key_digest=digest)
    if row.started_at <= now - period:
        row.started_at, row.count = now, 0
    row.count += 1
    row.save(update_fields=["started_at", "count"])
    return row.count <= limit


def take_back(bucket: str, key: str) -> None:
    """Forgets one counted call, where only failures are to count but must be counted before they are known as such."""
    digest = _digest(bucket, key)
    RateCount.objects.filter(bucket=bucket, key_digest=digest, count__gt=0).update(count=F("count") - 1)


def login_try(*, email: str, address: str, now: datetime) -> timedelta | None:
    """Counts a password before it is compared; says how long to wait where it may not be compared yet.

    Known e-mail or not, and without ever locking:

    - one account from one address: 5 failures in 15 minutes, then a try every 10 s (the tenth locks: django-axes);
    - one account from anywhere: 20 an hour, then a try every 30 s for all together (a botnet tries one doctor);
    - one address over any accounts: 60 an hour, then a try every 5 s (a robot has a list; a hospital is one address).

    Not for browsers in which this person has logged in before (`known_browser_try`): nobody keeps a doctor out.
    """
    for bucket, key, limit, period, pause in _slow_downs(email, address):
        free = allow(bucket, key, limit=limit, period=period, now=now)
        if not free and not allow(f"{bucket}/slow", key, limit=1, period=pause, now=now):
            return pause
    return None


def known_browser_try(browser: str, *, now: datetime) -> bool:
    """Passwords in a browser that the person knows have a count of their own: 10 failures in 15 minutes.

    Past them it is as good as any other.
    """
    return allow("login/browser", browser, limit=10, period=_QUARTER, now=now)


def login_succeeded(*, email: str, address: str, browser: str | None) -> None:
    """The password that was counted was right."""
    if browser is not None:
        take_back("login/browser", browser)
        return
    (here, key, *_), *others = _slow_downs(email, address)
    _forget(here, key)
    for bucket, key, *_ in others:
        take_back(bucket, key)


def forgive_logins(email: str) -> None:
    """The owner has shown in another way who it is (a new password): the account is slow and locked no more."""
    reset(username=email)
    _forget("login/account", email)


def _forget(bucket: str, key: str) -> None:
    digest = _digest(bucket, key)
    RateCount.objects.filter(bucket=bucket, key_digest=digest).delete()


def _slow_downs(email: str, address: str) -> tuple[tuple[str, str, int, timedelta, timedelta], ...]:
    return (
        ("login/account-address", f"{email}\0{address}", 5, _QUARTER, timedelta(seconds=10)),
        ("login/account", email, 20, _HOUR, timedelta(seconds=30)),
        ("login/address", address, 60, _HOUR, timedelta(seconds=5)),
    )


def sms_of_today(*, registration: bool, now: datetime) -> bool:
    """Codes by SMS in 24 hours, whoever asks (setting). Registrations get half: logins go on when a robot registers."""
    if registration and not allow("sms/registration", "", limit=settings.SMS_DAILY_BUDGET // 2, period=_DAY, now=now):
        return False
    return allow("sms", "", limit=settings.SMS_DAILY_BUDGET, period=_DAY, now=now)


def sms_budget_notice(*, now: datetime) -> bool:
    """« Le budget SMS du jour est épuisé »: administrators read it once a day."""
    return allow("sms/notice", "", limit=1, period=_DAY, now=now)


def code_to(number: str, *, now: datetime) -> bool:
    """One SMS to one number per cooldown (setting), whoever asks: several registrations, a login."""
    return allow(_CODE, number, limit=1, period=timedelta(seconds=settings.LOGIN_CODE_COOLDOWN), now=now)


def last_code_to(number: str) -> datetime | None:
    """When the cooldown of this number began; None without one."""
    row = RateCount.objects.filter(bucket=_CODE, key_digest=_digest(_CODE, number)).first()
    return row.started_at if row else None


def end_cooldown(number: str, *, begun_by: datetime) -> None:
    """The code was typed, or never left: the next one needn't wait. What began later goes on."""
    RateCount.objects.filter(bucket=_CODE, key_digest=_digest(_CODE, number), started_at__lte=begun_by).delete()


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


def recovery_ticket(batch: str, *, lives: timedelta, now: datetime) -> bool:
    """A ticket makes recovery codes once in its life: an old page, sent again, revives none that were used."""
    return allow("recovery-ticket", batch, limit=1, period=lives, now=now)


def registration_from(address: str, *, now: datetime) -> bool:
    """Registrations from one address: a hospital shares one, a robot wants thousands. 30 an hour."""
    return allow("registration", address, limit=30, period=_HOUR, now=now)


def registration_codes_from(address: str, *, now: datetime) -> bool:
    """Codes by SMS that registrations from one address ask for: 40 a day of 2,000 (setting), a fiftieth.

    Each to another number, they would otherwise spend the half of the budget that all registrations have.
    """
    limit = max(5, settings.SMS_DAILY_BUDGET // 50)
    return allow("registration-codes", address, limit=limit, period=_DAY, now=now)


def registration_begun_from(address: str, *, now: datetime) -> bool:
    """Registrations begun from one address: each is a row until the night. 60 an hour."""
    return allow("registration-begun", address, limit=60, period=_HOUR, now=now)


def registration_document_from(address: str, *, now: datetime) -> bool:
    """Documents sent with registrations from one address: each costs processor time and disk. 60 an hour."""
    return allow("registration-document", address, limit=60, period=_HOUR, now=now)


def registration_mail_to(email: str, *, now: datetime) -> bool:
    """The e-mail of a registration, known address or not: nobody is flooded by somebody else's attempts. 5 a day."""
    return allow("registration-mail", email, limit=5, period=_DAY, now=now)


def sent_by_hand(practitioner_pk: int, *, now: datetime) -> bool:
    """Messages that one practitioner has sent to patients: a stolen session is no free telephone. 300 a day."""
    return allow("sent-by-hand", str(practitioner_pk), limit=SENT_BY_HAND_A_DAY, period=_DAY, now=now)


def sent_by_hand_to(practitioner_pk: int, contact: str, *, again: bool, now: datetime) -> bool:
    """The same to one number or address: nobody is bombed. 30 a day, of which 10 `again` (moved, sent again, new code).

    Each practitioner's count is their own: nobody learns that another one writes there, nor can keep them from it.
    """
    key = f"{practitioner_pk}\0{contact}"
    if again and not allow("sent-again/contact", key, limit=SENT_AGAIN_TO_ONE_A_DAY, period=_DAY, now=now):
        return False
    return allow("sent-by-hand/contact", key, limit=SENT_TO_ONE_A_DAY, period=_DAY, now=now)


def lost_links_from(address: str, *, now: datetime) -> bool:
    """« J’ai perdu mon lien » from one address: a household asks twice, nobody tries a list of numbers. 10 an hour."""
    return allow("lost-link/address", address, limit=10, period=_HOUR, now=now)


def lost_links_to(contact: str, *, now: datetime) -> bool:
    """« J’ai perdu mon lien » for one contact: nobody's telephone is made to ring all day. 3 an hour, 6 a day."""
    hourly = allow("lost-link/contact", contact, limit=3, period=_HOUR, now=now)
    return hourly and allow("lost-link/contact-day", contact, limit=6, period=_DAY, now=now)


def lock_out_noted(who: str, *, now: datetime) -> bool:
    """Lock-outs of one e-mail address from one network address on the trail: one for as long as it lasts."""
    return allow("lock-out-noted", who, limit=1, period=settings.AXES_COOLOFF_TIME, now=now)


def rehearsal_relay_from(address: str, *, now: datetime) -> bool:
    """Relay credentials for rehearsals from one address: a household tries again, nobody lives on them. 20 an hour."""
    return allow("rehearsal-relay", address, limit=20, period=_HOUR, now=now)


def password_reset_to(email: str, *, now: datetime) -> bool:
    """Reset links to one address: 3 an hour."""
    return allow("password-reset", email, limit=3, period=_HOUR, now=now)


def password_reset_from(address: str, *, now: datetime) -> bool:
    """Reset links asked for from one address, whoever's: 20 an hour."""
    return allow("password-reset-from", address, limit=20, period=_HOUR, now=now)


def mobile_change_of(user_pk: int, *, now: datetime) -> bool:
    """New mobiles given for one account: each gets an SMS, and may be anybody's. 5 an hour."""
    return allow("mobile-change", str(user_pk), limit=5, period=_HOUR, now=now)


def email_change_of(user_pk: int, *, now: datetime) -> bool:
    """New addresses given for one account: each gets an e-mail, and may be anybody's. 5 an hour."""
    return allow("email-change", str(user_pk), limit=5, period=_HOUR, now=now)


def email_wanted_notice(email: str, *, now: datetime) -> bool:
    """« Quelqu’un a demandé que votre adresse… »: nobody is flooded by somebody else's attempts. 3 a day."""
    return allow("email-wanted", email, limit=3, period=_DAY, now=now)


def confirmation_of(user_pk: int, *, now: datetime) -> bool:
    """Passwords tried in an open session, which a thief of the session could guess. 10 wrong ones in 15 minutes."""
    return allow("confirmation", str(user_pk), limit=10, period=timedelta(minutes=15), now=now)


def confirmation_was_right(user_pk: int) -> None:
    """Only wrong passwords count."""
    take_back("confirmation", str(user_pk))


def document_upload_of(practitioner_pk: int, *, now: datetime) -> bool:
    """Documents sent by one link: reading a file costs, a person needs a few tries. 20 an hour."""
    return allow("document-upload", str(practitioner_pk), limit=20, period=_HOUR, now=now)
