"""Run as a program over DATABASE_URL: `guesses` threads try a wrong code of one invitation at the same time.

Prints JSON: {"counted": wrong codes in the row, "outcomes": exceptions with their counts}.
"""

import json
import sys
import threading
from collections import Counter

import django

django.setup()

from django.db import connection  # noqa: E402 (models need the loaded applications)
from django.utils import timezone  # noqa: E402

from patients import services  # noqa: E402
from patients.models import Invitation  # noqa: E402
from tests.conftest import make_practitioner  # noqa: E402


def main(guesses: int) -> None:
    now = timezone.now()
    invitation = services.create_invitation(
        practitioner=make_practitioner("Martin", "+33612345601"), last_name="Carpentier", first_name="Sophie",
        email="", phone="", starts_at=now,
    )  # fmt: skip
    gate, outcomes = threading.Barrier(guesses), Counter()

    def guess(number: int) -> None:
        row = Invitation.objects.get(pk=invitation.pk)
        gate.wait()
        try:
            services.verify_code(invitation=row, code="----", address=f"203.0.113.{number}", now=now)
        except services.CodeRefused as refused:
            outcomes[type(refused).__name__] += 1
        finally:
            connection.close()

    threads = [threading.Thread(target=guess, args=(number,)) for number in range(guesses)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    invitation.refresh_from_db()
    print(json.dumps({"counted": invitation.code_failures, "outcomes": outcomes}))


main(int(sys.argv[1]))
