"""Whether the time of an answer tells that an account exists: login, password reset, registration. Prints JSON.

    .venv/bin/python -m tests.bench.login [tries]

With the product's own password hash, over SQLite, without a worker; the cases of a page are tried in turn. Counts of
failures are forgotten before each try, but for the cases « locked ». Bar (issue 4): medians differ by less than 50 ms.
"""

import json
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable

os.environ.setdefault("DEBUG", "true")
os.environ.setdefault("DATA_DIR", tempfile.mkdtemp(prefix="rofim-bench-"))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "rofim.settings")
os.environ.setdefault("LOG_LEVEL", "ERROR")
os.environ.setdefault("EMAIL_URL", "dummymail://")

import django

django.setup()

from axes.models import AccessAttempt  # noqa: E402
from django.contrib.auth.hashers import check_password  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.test import Client  # noqa: E402

from accounts.models import Practitioner, RateCount  # noqa: E402
from tests.conftest import PASSWORD, make_practitioner  # noqa: E402
from tests.unit.accounts.helpers import fill_in, registration, steps_of  # noqa: E402

BAR = 50.0
UNKNOWN = "personne@example.org"

# Sends, and gives the milliseconds of the answer.
Case = Callable[[], float]


def timed(client: Client, address: str, form: dict[str, str], *, status: int) -> float:
    start = time.perf_counter()
    answer = client.post(address, form)
    taken = (time.perf_counter() - start) * 1000
    assert answer.status_code == status, (address, answer.status_code)
    return taken


def post(address: str, *, status: int, **form: str) -> Case:
    """One form, from a browser that never came before; the answer is the expected one."""
    return lambda: timed(Client(SERVER_NAME="localhost"), address, form, status=status)


def register(email: str) -> Case:
    """The last step of « Inscription », all others done; the SMS leaves or seems to."""
    last = steps_of(registration(email=email))["acces"]

    def send() -> float:
        client = Client(SERVER_NAME="localhost")
        fill_in(client, until="piece")
        return timed(client, "/inscription/?etape=acces", last, status=302)

    return send


def forget() -> None:
    RateCount.objects.all().delete()
    AccessAttempt.objects.all().delete()


def lock(email: str) -> None:
    """Ten failures, none too soon."""
    for _ in range(10):
        RateCount.objects.all().delete()
        Client(SERVER_NAME="localhost").post("/connexion/", {"email": email, "password": "faux"})


def measure(cases: dict[str, Case], tries: int, before: Callable[[], object]) -> dict[str, float]:
    """Median milliseconds of each case, and the largest difference between two."""
    times: dict[str, list[float]] = {name: [] for name in cases}
    for _ in range(tries):
        for name, case in cases.items():
            before()
            times[name].append(case())
    medians = {f"{name}_ms": round(statistics.median(values), 1) for name, values in times.items()}
    return medians | {"difference_ms": round(max(medians.values()) - min(medians.values()), 1), "bar_ms": BAR}


def main(tries: int) -> dict[str, object]:
    call_command("migrate", verbosity=0)
    known = make_practitioner("Martin", "+33612345601").user
    suspended = make_practitioner("Durand", "+33612345602", Practitioner.Status.SUSPENDED).user
    suspended.is_active = False
    suspended.save()
    start = time.perf_counter()
    for _ in range(10):
        check_password(PASSWORD, known.password)
    result: dict[str, object] = {"tries": tries, "hash_ms": round((time.perf_counter() - start) * 100, 1)}
    login, reset = "/connexion/", "/mot-de-passe/"
    refused = {
        "unknown": post(login, status=200, email=UNKNOWN, password=PASSWORD),
        "wrong_password": post(login, status=200, email=known.email, password="faux"),
        "suspended": post(login, status=200, email=suspended.email, password=PASSWORD),
    }
    for case in refused.values():
        case()
    result["login"] = measure(refused, tries, forget)
    lock(known.email)
    lock(UNKNOWN)
    locked = {
        "unknown": post(login, status=429, email=UNKNOWN, password=PASSWORD),
        "right_password": post(login, status=429, email=known.email, password=PASSWORD),
    }
    result["login_locked"] = measure(locked, tries, RateCount.objects.all().delete)
    links = {
        "unknown": post(reset, status=302, email=UNKNOWN),
        "known": post(reset, status=302, email=known.email),
        "suspended": post(reset, status=302, email=suspended.email),
    }
    for case in links.values():
        case()
    result["password_reset"] = measure(links, tries, forget)
    registrations = {
        "unknown": register(UNKNOWN),
        "known": register(known.email),
        "suspended": register(suspended.email),
    }
    for case in registrations.values():
        case()
    # A quarter of the tries: each takes the three steps before, unmeasured.
    result["registration"] = measure(registrations, tries // 4, forget)
    return result


if __name__ == "__main__":
    print(json.dumps(main(int(sys.argv[1]) if len(sys.argv) > 1 else 200), indent=2))
