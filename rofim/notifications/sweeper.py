"""The guarantee: a loop of its own sends what a dead broker, a killed worker or a refusing provider left.

Celery only hurries. Without any worker a message leaves some ten seconds late, and no later.
"""

import logging
import threading
from concurrent.futures import ThreadPoolExecutor

from django.db import DatabaseError, close_old_connections, connection
from django.utils import timezone

from rofim import readiness
from rofim.notifications import delivery

logger = logging.getLogger(__name__)

# Seconds between two looks at an outbox in which nothing is due.
SWEEP_EVERY = 10.0
# Messages taken by one look, and how many of them leave at the same time: a provider takes up to 5 s for each.
BATCH, HANDS = 80, 8


def run(*, stop: threading.Event, every: float = SWEEP_EVERY) -> None:
    """Sweeps until `stop` is set. A restarting database is waited for; no message's fault ends the loop."""
    with ThreadPoolExecutor(HANDS, thread_name_prefix="outbox") as hands:
        while not stop.is_set():
            readiness.mark_seen("outbox")
            try:
                sent = sweep_once(hands)
            except DatabaseError as error:
                logger.warning("outbox not read", extra={"cause": type(error).__name__})
                sent = 0
            finally:
                close_old_connections()
            if sent < BATCH:
                stop.wait(every)


def sweep_once(hands: ThreadPoolExecutor) -> int:
    """Sends what is due now, longest waiting first; says how many were looked at."""
    due = delivery.sweep(now=timezone.now(), limit=BATCH)
    list(hands.map(_deliver, due))
    return len(due)


def _deliver(pk: int) -> None:
    try:
        delivery.deliver(pk)
    except DatabaseError as error:
        # Its claim ends by itself; the next look finds it.
        logger.warning("message left for the next look", extra={"outgoing": pk, "cause": type(error).__name__})
    finally:
        connection.close()
