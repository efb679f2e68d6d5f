"""Run as a program over DATABASE_URL: registrations with one address are confirmed at once, each of them twice.

Prints JSON: {"accounts": users with the address, "confirmed", "refused": confirmations, and what refused them}.
"""

import json
import sys
import threading
from collections import Counter
from datetime import datetime

import django

django.setup()

from django.core import signing  # noqa: E402 (models need the loaded applications)
from django.db import connection  # noqa: E402
from django.utils import timezone  # noqa: E402

from accounts.models import Registration, User  # noqa: E402
from accounts.services import registration as service  # noqa: E402

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


def main(registrations: int) -> None:
    now = timezone.now()
    links = [token(now) for _ in range(registrations)] * 2
    gate, outcomes = threading.Barrier(len(links)), Counter()

    def confirm(link: str) -> None:
        gate.wait()
        try:
            service.complete_registration(token=link, now=now)
            outcomes["confirmed"] += 1
        except (service.LinkDead, service.AddressTaken) as refused:
            outcomes[type(refused).__name__] += 1
        finally:
            connection.close()

    threads = [threading.Thread(target=confirm, args=(link,)) for link in links]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    accounts = User.objects.filter(email=ANSWERS["email"]).count()
    print(json.dumps({"accounts": accounts, "refused": sum(outcomes.values()) - outcomes["confirmed"], **outcomes}))


main(int(sys.argv[1]))
