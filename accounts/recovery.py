"""Recovery codes: what replaces a lost second factor, once each."""

import secrets
from datetime import datetime, timedelta

from django.contrib.auth.hashers import check_password, make_password
from django.core import signing
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest
from django_otp.plugins.otp_static.models import StaticDevice

from accounts import audit, notify, throttling
from accounts.models import RecoveryCode, User
from accounts.otp import CodeRefused
from rofim.crypto import blind_index

RECOVERY_CODES, RECOVERY_LENGTH = 10, 8
# Crockford's base 32: no I, L, O, U.
_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_RECOVERY = "recovery"
_TICKET, _TICKET_LIVES = "accounts.recovery", timedelta(minutes=10)


def _keyed(user: User, code: str) -> str:
    """What the slow hash is made of: 40 random bits alone could be searched for by whoever has the database."""
    return blind_index(f"{user.pk}\0{code}", purpose="recovery-code")[:16]


def _codes_left(user: User) -> QuerySet[RecoveryCode]:
    return RecoveryCode.objects.filter(device__user=user, device__name=_RECOVERY).order_by("pk")


class TicketDead(Exception):
    """The page on which the codes were asked for is too old, none of ours, or its codes were replaced or used up."""


def new_ticket() -> str:
    """What a form carries, so that its second click shows the codes of the first."""
    return signing.dumps(secrets.token_urlsafe(16), salt=_TICKET)


def renew_recovery_codes(
    *, user: User, now: datetime, ticket: str | None = None, request: HttpRequest | None = None
) -> list[str]:
    """Ten new single-use codes (« ABCD-EFGH »); only digests are kept. The older ones are dead, the owner is told.

    The same `ticket` once more, within ten minutes, changes nothing and returns the same codes: only the answer to the
    last click is seen. Raises `TicketDead`, also for codes that others have replaced.
    """
    seed = _seed_of(new_ticket() if ticket is None else ticket)
    codes, batch = _codes_of(user, seed), blind_index(seed, purpose="recovery-code/batch")
    if not _codes_left(user).filter(batch=batch).exists():
        # Slow on purpose, and so before the transaction: nobody else waits for it.
        digests = [make_password(_keyed(user, code)) for code in codes]
        _replace_codes(user=user, digests=digests, batch=batch, now=now, request=request)
    return [f"{code[:4]}-{code[4:]}" for code in codes]


@transaction.atomic
def _replace_codes(*, user: User, digests: list[str], batch: str, now: datetime, request: HttpRequest | None) -> None:
    # Two clicks come one after the other.
    User.objects.select_for_update().get(pk=user.pk)
    device, _ = StaticDevice.objects.get_or_create(user=user, name=_RECOVERY)
    if _codes_left(user).filter(batch=batch).exists():
        return
    if not throttling.recovery_ticket(batch, lives=_TICKET_LIVES, now=now):
        raise TicketDead
    device.recovery_codes.all().delete()
    RecoveryCode.objects.bulk_create(RecoveryCode(device=device, digest=digest, batch=batch) for digest in digests)
    notify.tell_recovery_codes_renewed(user=user, now=now)
    audit.record(action="recovery_codes.renewed", actor=user, about=f"user/{user.pk}", request=request)


def _seed_of(ticket: str) -> str:
    try:
        return signing.loads(ticket, salt=_TICKET, max_age=_TICKET_LIVES)
    except signing.BadSignature:
        raise TicketDead from None


def _codes_of(user: User, seed: str) -> list[str]:
    # Random bits, spread by a keyed digest; 32 letters take five bits of each byte.
    spread = [
        blind_index(f"{user.pk}\0{seed}\0{number}", purpose="recovery-code/new") for number in range(RECOVERY_CODES)
    ]
    return ["".join(_ALPHABET[byte % 32] for byte in bytes.fromhex(each)[:RECOVERY_LENGTH]) for each in spread]


def remaining_recovery_codes(user: User) -> int:
    """How many of the ten are left."""
    return _codes_left(user).count()


def use_recovery_code(*, user: User, code: str, now: datetime) -> StaticDevice:
    """Consumes one recovery code, tells its owner, and returns its device; raises `CodeRefused`."""
    if not throttling.recovery_code_of(user.pk, now=now):
        raise CodeRefused
    keyed = _keyed(user, code)
    found = next((each for each in _codes_left(user) if check_password(keyed, each.digest)), None)
    if found is None:
        raise CodeRefused(None)
    with transaction.atomic():
        # Of two at once one deletes it.
        deleted, _ = RecoveryCode.objects.filter(pk=found.pk).delete()
        if not deleted:
            raise CodeRefused(None)
        notify.tell_recovery_code_used(user=user, left=remaining_recovery_codes(user), now=now)
    return StaticDevice.objects.get(user=user, name=_RECOVERY)
