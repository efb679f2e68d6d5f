"""The list of appointments: 20, 200 and 20,000 of them, beside a bare Django view with the same rows. Prints JSON.

    .venv/bin/python -m tests.bench.list [rounds]

Medians of whole requests (session, both factors, database, template) in one process over SQLite, the sizes taken in
turn. From 200 appointments on a page shows the same 110 rows. Bars (performance.md): at most 2 × bare; the same number
of queries and the same time with 20,000 as with 200 (here: at most 1.5 ×, noise included).
"""

import json
import logging
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import timedelta

os.environ.setdefault("DEBUG", "true")
os.environ.setdefault("DATA_DIR", tempfile.mkdtemp(prefix="rofim-bench-"))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "rofim.settings")

import django

django.setup()

from django.conf import settings  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.db import connection  # noqa: E402
from django.http import HttpResponse  # noqa: E402
from django.template import Context, Engine  # noqa: E402
from django.test import Client, RequestFactory  # noqa: E402
from django.test.utils import CaptureQueriesContext  # noqa: E402
from django.utils import timezone  # noqa: E402

from accounts.models import Practitioner  # noqa: E402
from patients import names  # noqa: E402
from patients.models import Invitation, Patient, PatientName  # noqa: E402
from teleconsult.models import Consultation  # noqa: E402
from teleconsult.states import Status  # noqa: E402
from tests.conftest import make_practitioner, verify  # noqa: E402

SIZES = (20, 200, 20_000)
TODAY = 10
URL = "/teleconsultation/"
# What each page asks for, as on a day of work.
PAGES = {
    "list": "",
    "last_page": "?page=99999",
    "search_by_name": "?q=carpentier+so",
    "search_by_number": "?q=aa0001",
}
# A search finds fewer rows among 200 than among 20,000: no ratio.
COMPARED = ("list", "last_page")
_BARE = Engine().from_string(
    "<table>{% for row in rows %}<tr><td>{{ row.reference }}<td>{{ row.invitation.patient.first_name }} "
    "{{ row.invitation.patient.last_name }}<td>{{ row.starts_at }}<td>{{ row.status }}{% endfor %}</table>"
)


def fill(practitioner: Practitioner, count: int) -> None:
    """`count` appointments: ten of today, half of the rest past, half to come; every twentieth is a Carpentier's."""
    now = timezone.now()
    noon = timezone.localtime(now).replace(hour=12, minute=0, second=0, microsecond=0)
    prefix = f"{practitioner.pk:x}"[-1] * 2
    patients = Patient.objects.bulk_create(
        (
            Patient(
                practitioner=practitioner,
                last_name="Carpentier" if index % 20 == 0 else f"Nom{index}",
                first_name="Sophie" if index % 40 == 0 else f"Prénom{index}",
                phone="+33611223344",
            )
            for index in range(count)
        ),
        batch_size=2000,
    )
    PatientName.objects.bulk_create(
        (
            PatientName(patient=patient, digest=digest)
            for patient in patients
            for digest in names.indexed(practitioner.pk, patient.last_name, patient.first_name)
        ),
        batch_size=5000,
    )
    rows = []
    for index, patient in enumerate(patients):
        days = 0 if index < TODAY else (1 + index // 20) * (-1 if index % 2 else 1)
        starts_at = noon + timedelta(days=days, minutes=index % 20)
        status = Status.COMPLETED if days < 0 else Status.SCHEDULED
        invitation = Invitation(
            practitioner=practitioner, patient=patient, token="t" * 22, token_digest=f"{prefix}{index}", code="7K2M",
            starts_at=starts_at, opens_at=starts_at - settings.SESSION_OPENS_BEFORE,
            closed_at=starts_at if days < 0 else None,
        )  # fmt: skip
        rows.append((f"{prefix}{index:04x}"[-6:], invitation, status))
    Invitation.objects.bulk_create((invitation for _, invitation, _ in rows), batch_size=2000)
    Consultation.objects.bulk_create(
        (
            Consultation(
                reference=reference, practitioner=practitioner, invitation=invitation, status=status,
                starts_at=invitation.starts_at,
            )
            for reference, invitation, status in rows
        ),
        batch_size=2000,
    )  # fmt: skip


def bare(client: Client) -> Callable[[], HttpResponse]:
    """A Django view without anything: who asks, the 110 rows, a table."""
    key = client.cookies[settings.SESSION_COOKIE_NAME].value

    def view() -> HttpResponse:
        from django.contrib.auth.middleware import AuthenticationMiddleware
        from django.contrib.sessions.middleware import SessionMiddleware

        request = RequestFactory().get("/")
        request.COOKIES[settings.SESSION_COOKIE_NAME] = key
        SessionMiddleware(lambda _: None).process_request(request)
        AuthenticationMiddleware(lambda _: None).process_request(request)
        rows = Consultation.objects.filter(practitioner__user=request.user).select_related("invitation__patient")
        return HttpResponse(_BARE.render(Context({"rows": rows[:110]})))

    return view


def milliseconds(function: Callable[[], HttpResponse]) -> float:
    start = time.perf_counter()
    assert function().status_code == 200
    return (time.perf_counter() - start) * 1000


def queries(function: Callable[[], HttpResponse]) -> int:
    with CaptureQueriesContext(connection) as captured:
        function()
    return len(captured)


def main(rounds: int) -> dict:
    """All sizes in turn in each round, so that a busy minute falls on all of them."""
    logging.disable()
    call_command("migrate", verbosity=0)
    clients = {}
    for number, size in enumerate(SIZES):
        practitioner = make_practitioner(f"Bench{size}", f"+3361234570{number}")
        fill(practitioner, size)
        clients[size] = verify(Client(headers={"host": "localhost"}), practitioner.user)
    acts = {
        f"{page}_{size}": (lambda client=client, query=query: client.get(URL + query))
        for page, query in PAGES.items()
        for size, client in clients.items()
    }
    acts["bare_200"] = bare(clients[200])
    counts = {name: queries(act) for name, act in acts.items()}
    times: dict[str, list[float]] = {name: [] for name in acts}
    for _ in range(rounds):
        for name, act in acts.items():
            times[name].append(milliseconds(act))
    medians = {name: round(statistics.median(each), 1) for name, each in times.items()}
    return {
        "milliseconds": medians,
        "queries": counts,
        "ratio_20000_to_200": {page: round(medians[f"{page}_20000"] / medians[f"{page}_200"], 2) for page in COMPARED},
        "bar_20000_to_200": 1.5,
        "ratio_to_bare": round(medians["list_200"] / medians["bare_200"], 2),
        "bar_to_bare": 2.0,
    }


if __name__ == "__main__":
    print(json.dumps(main(int(sys.argv[1]) if len(sys.argv) > 1 else 20), indent=2))
