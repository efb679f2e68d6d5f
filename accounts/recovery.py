"""Recovery codes: what replaces a lost second factor, once each."""

import secrets
from datetime import datetime, timedelta

from django.core import signing
from django.db import transaction
from django.http import HttpRequest
from django_otp.plugins.otp_static.models import StaticDevice, StaticToken

from accounts import audit, notify, throttling
from accounts.models import User
from accounts.otp import CodeRefused
from rofim.crypto import blind_index

RECOVERY_CODES, RECOVERY_LENGTH = 10, 8
# Crockford's base 32: no I, L, O, U.
_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_RECOVERY = "recovery"
_TICKET, _TICKET_LIVES = "accounts.recovery", timedelta(minutes=10)


def _recovery_digest(user: User, code: str) -> str:
    # The column holds 16 characters: 64 bits of a keyed digest for 40 random bits.
    return blind_index(f"{user.pk}\0{code}", purpose="recovery-code")[:16]


class TicketDead(Exception):
    """The page on which the codes were asked for is too old, or none of ours."""


def new_ticket() -> str:
    """What a form carries, so that its second click shows the codes of the first."""
    return signing.dumps(secrets.token_urlsafe(16), salt=_TICKET)


@transaction.atomic
def renew_recovery_codes(
    *, user: User, now: datetime, ticket: str | None = None, request: HttpRequest | None = None
) -> list[str]:
    """Ten new single-use codes (« ABCD-EFGH »); only digests are kept. The older ones are dead, the owner is told.

    The same `ticket` once more, within ten minutes, changes nothing and returns the same codes: only the answer to the
    last click is seen. Raises `TicketDead`.
    """
    codes = _codes_of(user, new_ticket() if ticket is None else ticket)
    digests = [_recovery_digest(user, code) for code in codes]
    # Two clicks come one after the other.
    User.objects.select_for_update().get(pk=user.pk)
    device, _ = StaticDevice.objects.get_or_create(user=user, name=_RECOVERY)
    if not device.token_set.filter(token__in=digests).exists():
        device.token_set.all().delete()
        StaticToken.objects.bulk_create(StaticToken(device=device, token=digest) for digest in digests)
        notify.tell_recovery_codes_renewed(user=user, now=now)
        audit.record(action="recovery_codes.renewed", actor=user, about=f"user/{user.pk}", request=request)
    return [f"{code[:4]}-{code[4:]}" for code in codes]


def _codes_of(user: User, ticket: str) -> list[str]:
    try:
        seed = signing.loads(ticket, salt=_TICKET, max_age=_TICKET_LIVES)
    except signing.BadSignature:
        raise TicketDead from None
    # Random bits, spread by a keyed digest; 32 letters take five bits of each byte.
    spread = [
        blind_index(f"{user.pk}\0{seed}\0{number}", purpose="recovery-code/new") for number in range(RECOVERY_CODES)
    ]
    return ["".join(_ALPHABET[byte % 32] for byte in bytes.fromhex(each)[:RECOVERY_LENGTH]) for each in spread]


def remaining_recovery_codes(user: User) -> int:
    """How many of the ten are left."""
    return StaticToken.objects.filter(device__user=user, device__name=_RECOVERY).count()


def use_recovery_code(*, user: User, code: str, now: datetime) -> StaticDevice:
    """Consumes one recovery code, tells its owner, and returns its device; raises `CodeRefused`."""
    if not throttling.recovery_code_of(user.pk, now=now):
        raise CodeRefused
    tokens = StaticToken.objects.filter(device__user=user, device__name=_RECOVERY)
    with transaction.atomic():
        deleted, _ = tokens.filter(token=_recovery_digest(user, code)).delete()
        if not deleted:
            raise CodeRefused(None)
        notify.tell_recovery_code_used(user=user, left=tokens.count(), now=now)
    return StaticDevice.objects.get(user=user, name=_RECOVERY)
