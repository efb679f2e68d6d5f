"""What the two pages that ask for a code by SMS share."""

from datetime import datetime
from math import ceil
from typing import Any

from django.contrib import messages
from django.http import HttpRequest

from accounts import otp
from accounts.fields import masked
from accounts.forms.login import CodeForm
from accounts.models import SMSDevice
from accounts.pending import Pending


def send(request: HttpRequest, *, device: SMSDevice, pending: Pending, now: datetime) -> None:
    """Sends a code, or says why none leaves."""
    try:
        otp.send_code(device, pending=pending.secret, now=now)
    except otp.CodeNotSent as refusal:
        if refusal.retry_at is None:
            messages.error(request, "Trop de codes ont été demandés pour ce numéro : réessayez dans une heure.")
        elif not otp.has_live_code(device, pending=pending.secret, now=now):
            seconds = ceil((refusal.retry_at - now).total_seconds())
            messages.warning(
                request, f"Un code vient d’être envoyé à ce numéro : demandez-en un autre dans {seconds}\u00a0s."
            )


def refuse(form: CodeForm, refusal: otp.CodeRefused) -> None:
    """Says beside the field that the code is wrong, and how many tries are left."""
    if refusal.remaining is None:
        form.add_error("code", "Ce code n’est pas le bon. Le code reçu par SMS a 6 chiffres.")
    elif refusal.remaining:
        tries = f"{refusal.remaining} essais" if refusal.remaining > 1 else "1 essai"
        form.add_error("code", f"Ce code n’est pas le bon. Il vous reste {tries}.")
    else:
        form.add_error("code", "Ce code n’est plus valable : demandez-en un autre.")


def context(form: CodeForm, *, device: SMSDevice, now: datetime) -> dict[str, Any]:
    """`wait`: seconds before another code may be asked for."""
    retry_at = device.next_code_at()
    wait = max(0, ceil((retry_at - now).total_seconds())) if retry_at else 0
    return {"form": form, "phone": masked(device.phone), "wait": wait}
