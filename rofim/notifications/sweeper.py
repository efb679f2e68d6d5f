"""The guarantee: a loop of its own sends what a dead broker, a killed worker or a refusing provider left.

Celery only hurries. Without any worker a message leaves some ten seconds late, and no later.
"""

import logging
import threading
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait

from django.db import DatabaseError, close_old_connections, connection
from django.utils import timezone

from rofim import readiness
from rofim.notifications import delivery
from rofim.notifications.models import OutgoingMessage

logger = logging.getLogger(__name__)

Channel = OutgoingMessage.Channel

# Seconds between two looks at an outbox in which nothing is due.
SWEEP_EVERY = 10.0
# Messages taken by one look, and how many of them leave at the same time: a provider takes up to 5 s for each.
BATCH, HANDS = 80, 8


def run(*, stop: threading.Event, every: float = SWEEP_EVERY) -> None:
    """Sweeps until `stop` is set, each channel by itself: a provider that hangs holds nobody else's messages."""
    with ThreadPoolExecutor(len(Channel), thread_name_prefix="sweep") as sweeps:
        running = [sweeps.submit(_run, channel, stop, every) for channel in Channel]
        readiness.mark_seen("outbox")
        while not wait(running, timeout=every, return_when=FIRST_COMPLETED).done:
            readiness.mark_seen("outbox")
        # If one ended by a fault of ours, so does the process: it is seen, and started again.
        stop.set()
        for sweep in running:
            sweep.result()


def _run(channel: Channel, stop: threading.Event, every: float) -> None:
    """A restarting database is waited for; no message's fault ends the loop."""
    with ThreadPoolExecutor(HANDS, thread_name_prefix=f"outbox-{channel}") as hands:
        while not stop.is_set():
            try:
                sent = sweep_once(channel, hands)
            except DatabaseError as error:
                logger.warning("outbox not read", extra={"cause": type(error).__name__})
                sent = 0
            finally:
                close_old_connections()
            if sent < BATCH:
                stop.wait(every)


def sweep_once(channel: Channel, hands: ThreadPoolExecutor) -> int:
    """Sends what is due now, longest waiting first; says how many were looked at."""
    due = delivery.sweep(now=timezone.now(), limit=BATCH, channel=channel)
    # Between looks nobody needs it.
    close_old_connections()
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
