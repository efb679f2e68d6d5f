"""What the pages that ask for a code share."""

from datetime import datetime
from math import ceil
from typing import Any

from django.contrib import messages
from django.http import HttpRequest
from django.utils import timezone

from accounts import otp, recovery, throttling, totp
from accounts.factors import Way
from accounts.fields import masked
from accounts.forms.login import CodeForm
from accounts.models import SMSDevice, User
from accounts.pending import Pending
from accounts.throttling import client_ip

TOO_MANY_FROM_HERE = (
    "Trop de codes ont été demandés d’ici aujourd’hui\u00a0: réessayez demain, ou depuis un autre réseau."
)
# Seconds until the page asks again where its SMS is.
_ASK_AGAIN = {otp.SMSState.SENDING: 1, otp.SMSState.LATE: 3, otp.SMSState.SENT: 15}


def send(request: HttpRequest, *, device: SMSDevice, pending: Pending, now: datetime) -> None:
    """Sends a code, or says why none leaves."""
    if device.registration_id and not throttling.registration_codes_from(client_ip(request), now=now):
        messages.error(request, TOO_MANY_FROM_HERE)
        return
    try:
        otp.send_code(device, pending=pending.secret, now=now)
    except otp.BudgetSpent:
        messages.error(request, "Aucun SMS ne peut partir aujourd’hui. Utilisez un autre moyen, ou réessayez demain.")
    except otp.CodeNotSent as refusal:
        if refusal.retry_at is None:
            messages.error(request, "Trop de codes ont été demandés pour ce numéro\u00a0: réessayez dans une heure.")
        elif not otp.has_live_code(device, pending=pending.secret, now=now):
            seconds = _seconds_until(refusal.retry_at, now)
            messages.warning(
                request, f"Un code vient d’être envoyé à ce numéro\u00a0: demandez-en un autre dans {seconds}\u00a0s."
            )


def refuse(form: CodeForm, refusal: otp.CodeRefused) -> None:
    """Says beside the field that the code is wrong, and what to do about it."""
    form.add_error("code", _words(form.way, refusal))


def _words(way: Way, refusal: otp.CodeRefused) -> str:
    if refusal.retry_at is not None:
        seconds = _seconds_until(refusal.retry_at, timezone.now())
        return (
            f"Trop de codes faux\u00a0: attendez {seconds}\u00a0s, puis tapez le code que l’application montre alors."
        )
    if refusal.remaining is None:
        return {
            Way.SMS: "Ce code n’est pas le bon. Le code reçu par SMS a 6 chiffres.",
            Way.TOTP: "Ce code n’est pas le bon, ou il a déjà servi\u00a0: attendez le suivant.",
            Way.RECOVERY: "Ce code de secours n’est pas le bon, ou il a déjà servi.",
        }[way]
    if refusal.remaining:
        tries = f"{refusal.remaining} essais" if refusal.remaining > 1 else "1 essai"
        return f"Ce code n’est pas le bon. Il vous reste {tries}."
    if way == Way.RECOVERY:
        return "Trop de codes de secours ont été essayés\u00a0: réessayez dans une heure."
    return "Ce code n’est plus valable\u00a0: demandez-en un autre."


def context(
    form: CodeForm, *, device: SMSDevice, pending: Pending, now: datetime, user: User | None = None
) -> dict[str, Any]:
    """What `_code_form.html` shows. `wait`: seconds before another code may be asked for; `user`: as below."""
    retry_at = otp.next_code_at(device)
    wait = max(0, _seconds_until(retry_at, now)) if retry_at else 0
    left = recovery.remaining_recovery_codes(user) if user else 0
    state = sms_state(device, pending=pending, now=now, user=user)
    return {"form": form, "way": form.way, "wait": wait, "recovery_left": left, **state}


def sms_state(device: SMSDevice, *, pending: Pending, now: datetime, user: User | None = None) -> dict[str, Any]:
    """What `_sms_state.html` says about the SMS of `pending`; `user`: whoever has other ways than the SMS."""
    state = otp.sms_state(device, pending=pending.secret, now=now)
    return {
        "state": state, "again": _ASK_AGAIN.get(state) if state else None, "phone": masked(device.phone),
        "has_ways": user is not None, "has_totp": user is not None and totp.has_totp(user),
    }  # fmt: skip


def _seconds_until(moment: datetime, now: datetime) -> int:
    return ceil((moment - now).total_seconds())
