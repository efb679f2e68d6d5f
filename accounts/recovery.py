"""Recovery codes: what replaces a lost second factor, once each."""

import secrets
from datetime import datetime

from django.db import transaction
from django_otp.plugins.otp_static.models import StaticDevice, StaticToken

from accounts import notify, throttling
from accounts.models import User
from accounts.otp import CodeRefused
from rofim.crypto import blind_index

RECOVERY_CODES, RECOVERY_LENGTH = 10, 8
# Crockford's base 32: no I, L, O, U.
_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_RECOVERY = "recovery"


def _recovery_digest(user: User, code: str) -> str:
    # The column holds 16 characters: 64 bits of a keyed digest for 40 random bits.
    return blind_index(f"{user.pk}\0{code}", purpose="recovery-code")[:16]


@transaction.atomic
def renew_recovery_codes(*, user: User, now: datetime) -> list[str]:
    """Ten new single-use codes (« ABCD-EFGH »), returned once; only digests are kept. The older ones are dead.

    The owner is told.
    """
    device, _ = StaticDevice.objects.get_or_create(user=user, name=_RECOVERY)
    device.token_set.all().delete()
    codes = ["".join(secrets.choice(_ALPHABET) for _ in range(RECOVERY_LENGTH)) for _ in range(RECOVERY_CODES)]
    StaticToken.objects.bulk_create(StaticToken(device=device, token=_recovery_digest(user, code)) for code in codes)
    notify.tell_recovery_codes_renewed(user=user, now=now)
    return [f"{code[:4]}-{code[4:]}" for code in codes]


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
