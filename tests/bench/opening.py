"""How long it takes to open the consultations that are all due in the same minute. Prints JSON.

    .venv/bin/python -m tests.bench.opening [consultations]

10,000 unless told otherwise, on the database of the settings (DATABASE_URL; a throw-away SQLite file without it).
`bar`: seconds.
"""

import json
import os
import sys
import tempfile
import time
from datetime import timedelta

BAR = 5.0


def main(count: int) -> None:
    """Makes `count` due consultations, opens them, and says how long that took."""
    import django

    django.setup()
    from django.core.management import call_command
    from django.utils import timezone

    from accounts.models import Practitioner, User
    from patients.models import Invitation, Patient
    from teleconsult import tasks
    from teleconsult.models import Consultation, ConsultationEvent

    call_command("migrate", verbosity=0)
    now = timezone.now()
    starts_at = now + timedelta(minutes=29)
    user = User.objects.create_user(f"bench-{now.timestamp()}@example.org", "x" * 20, last_name="Martin")
    practitioner = Practitioner.objects.create(user=user, title="Dr", status=Practitioner.Status.VALIDATED)
    patient = Patient.objects.create(practitioner=practitioner, last_name="Carpentier", first_name="Sophie")
    prefix = f"{int(now.timestamp()):x}"
    invitations = Invitation.objects.bulk_create(
        Invitation(
            practitioner=practitioner, patient=patient, token="x" * 22, token_digest=f"{prefix}-{number}", code="7K2M",
            starts_at=starts_at, opens_at=starts_at - timedelta(minutes=30),
        )
        for number in range(count)
    )  # fmt: skip
    Consultation.objects.bulk_create(
        Consultation(
            reference=f"{number:06d}", practitioner=practitioner, invitation=invitation, starts_at=starts_at,
            created_at=now - timedelta(days=2),
        )
        for number, invitation in enumerate(invitations)
    )  # fmt: skip
    began = time.perf_counter()
    opened = tasks.open_due(now)
    took = time.perf_counter() - began
    events = ConsultationEvent.objects.filter(to_status="open").count()
    if not opened == events == count:
        sys.exit(f"{opened} opened, {events} events, of {count}")
    print(json.dumps({"consultations": count, "seconds": round(took, 2), "bar": BAR, "ratio": round(took / BAR, 2)}))


if __name__ == "__main__":
    with tempfile.TemporaryDirectory(prefix="rofim-bench-") as folder:
        os.environ |= {"DJANGO_SETTINGS_MODULE": "rofim.settings", "DEBUG": "true", "DATA_DIR": folder}
        main(int(sys.argv[1]) if len(sys.argv) > 1 else 10_000)
