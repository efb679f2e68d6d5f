"""Run as a program over DATABASE_URL: registrations with one address are confirmed at once, each of them twice; then
others with one number ask for their code at once.

Prints JSON: {"accounts": users with the address, "confirmed", "asked": how many went through and what refused the
others, "codes": SMS to the number}.
"""

import json
import sys
import threading
from collections import Counter
from collections.abc import Callable
from datetime import datetime
from typing import Any

import django

django.setup()

from django.core import signing  # noqa: E402 (models need the loaded applications)
from django.db import connection  # noqa: E402
from django.utils import timezone  # noqa: E402

from accounts import otp  # noqa: E402
from accounts.models import Registration, SMSDevice, User  # noqa: E402
from accounts.services import registration as service  # noqa: E402
from rofim.notifications.models import OutgoingMessage  # noqa: E402

ANSWERS = {
    "email": "lea.bernard@example.org", "first_name": "Léa", "last_name": "Bernard", "mobile_phone": "+33612345678",
    "title": "Dr", "profession": "physician", "specialty": "Cardiologie", "rpps": "10003456786", "adeli": "",
    "billing_number": "", "practice_name": "Cabinet", "practice_address": "3 rue d’Endoume",
    "practice_postal_code": "13007", "practice_city": "Marseille", "practice_phone": "+33491000000",
}  # fmt: skip


def token(now: datetime) -> str:
    draft = Registration.objects.create(
        answers=ANSWERS,
        password="x",
        identity_document="identity/card",
        identity_document_type="image/jpeg",
        touched_at=now,
        submitted_at=now,
        mobile_proved_at=now,
    )
    return signing.dumps([draft.pk, now.isoformat()], salt="accounts.registration")


def device(now: datetime) -> SMSDevice:
    draft = Registration.objects.create(answers=ANSWERS, touched_at=now, submitted_at=now)
    return SMSDevice.objects.create(registration=draft, name="sms", phone=ANSWERS["mobile_phone"], confirmed=False)


def race(things: list[Any], act: Callable[[Any], object], *refusals: type[Exception]) -> Counter[str]:
    """All at the same moment: how many went through, and what refused the others."""
    gate, outcomes = threading.Barrier(len(things)), Counter[str]()

    def attempt(thing: Any) -> None:
        gate.wait()
        try:
            act(thing)
            outcomes["done"] += 1
        except refusals as refused:
            outcomes[type(refused).__name__] += 1
        finally:
            connection.close()

    threads = [threading.Thread(target=attempt, args=(thing,)) for thing in things]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return outcomes


def main(registrations: int) -> None:
    now = timezone.now()
    links = [token(now) for _ in range(registrations)] * 2
    confirmed = race(
        links, lambda link: service.complete_registration(token=link, now=now), service.LinkDead, service.AddressTaken
    )
    devices = [device(now) for _ in range(registrations * 2)]
    asked = race(devices, lambda each: otp.send_code(each, pending=str(each.pk), now=now), otp.CodeNotSent)
    print(json.dumps({
        "accounts": User.objects.filter(email=ANSWERS["email"]).count(),
        "confirmed": dict(confirmed), "asked": dict(asked),
        "codes": OutgoingMessage.objects.filter(name="accounts/login_code").count(),
    }))  # fmt: skip


main(int(sys.argv[1]))
