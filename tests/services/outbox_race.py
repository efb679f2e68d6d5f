"""Run as a program over DATABASE_URL: `workers` processes empty an outbox of `count` SMS at the same time.

Prints JSON: {"rows": statuses with their counts, "claims": attempts in all}. The stand-in counts what left.
"""

import json
import os
import random
import sys
from datetime import timedelta

import django

django.setup()

from django.db import connections  # noqa: E402 (models need the loaded applications)
from django.db.models import Count, Sum  # noqa: E402
from django.utils import timezone  # noqa: E402

from rofim.notifications import delivery, sms  # noqa: E402
from rofim.notifications.models import OutgoingMessage  # noqa: E402


def main(count: int, workers: int) -> None:
    expires_at = timezone.now() + timedelta(hours=1)
    rows = OutgoingMessage.objects.bulk_create(
        OutgoingMessage(
            channel="sms", name="race", to=f"+3361{number:07}", body=f"message {number}", expires_at=expires_at
        )
        for number in range(count)
    )
    keys = [row.pk for row in rows]
    # Loaded once, before the forks.
    [sms.transport(name) for name in sms.names()]
    for connection in connections.all():
        connection.close()
        connection.close_pool()
    children = [_fork(keys, seed) for seed in range(workers)]
    for child in children:
        _, status = os.waitpid(child, 0)
        assert status == 0, status
    rows = OutgoingMessage.objects.filter(pk__in=keys)
    statuses = rows.order_by().values_list("status").annotate(Count("pk"))
    claims = rows.aggregate(claims=Sum("attempts"))
    print(json.dumps({"rows": dict(statuses), **claims}))


def _fork(keys: list[int], seed: int) -> int:
    """A worker that tries every message, in an order of its own; every other worker sweeps first."""
    pid = os.fork()
    if pid:
        return pid
    try:
        order = keys[:] if seed % 2 else delivery.sweep(now=timezone.now(), limit=len(keys))
        random.Random(seed // 4).shuffle(order)
        for key in order:
            delivery.deliver(key)
    except BaseException:
        import traceback

        traceback.print_exc()
        os._exit(1)
    os._exit(0)


main(int(sys.argv[1]), int(sys.argv[2]))
