"""Run as a program over an empty DATABASE_URL: rows from before the chain, then `processes` × `count` events at once.

Prints what `verify` says, as JSON: {"old": [rows, broken], "all": [rows, broken]}.
"""

import json
import os
import sys

import django

django.setup()

from django.core.management import call_command  # noqa: E402 (commands need the loaded applications)
from django.db import connection  # noqa: E402

from accounts import audit, audit_chain  # noqa: E402

OLD = (
    "INSERT INTO accounts_auditevent (action, about, ip_address, at) "
    "SELECT 'login', 'user/' || n, '2001:db8::1', now() FROM generate_series(1, 100) AS n"
)


def main(processes: int, count: int) -> None:
    call_command("migrate", "accounts", "0002", verbosity=0)
    with connection.cursor() as cursor:
        cursor.execute(OLD)
    call_command("migrate", verbosity=0)
    old = verdict()
    # Each process makes its own connections.
    connection.close()
    connection.close_pool()
    children = [os.fork() or append(count) for _ in range(processes)]
    failed = [status for status in (os.waitpid(child, 0)[1] for child in children) if status]
    assert not failed, failed
    print(json.dumps({"old": old, "all": verdict()}))


def append(count: int) -> int:
    """In a child, which ends here: each event is committed by itself."""
    status = 1
    try:
        for number in range(count):
            audit.record(action="login", actor=None, about=f"user/{number}")
        status = 0
    finally:
        os._exit(status)


def verdict() -> tuple[int, str]:
    found = audit_chain.verify()
    return found.rows, found.broken


main(int(sys.argv[1]), int(sys.argv[2]))
