"""The letterbox's hands: Celery hurries, the sweep guarantees. Arguments are keys only, never contents."""

import logging
import time

from celery import shared_task
from django.utils import timezone
from kombu.exceptions import OperationalError
from redis.exceptions import RedisError

from rofim.notifications import delivery

logger = logging.getLogger(__name__)

# Seconds without a try after the broker failed, so that a page with several messages waits for it once.
BROKER_PAUSE = 5.0
# Rows announced by one sweep: the same ones are announced again until they leave.
SWEEP_BATCH = 200

_broker_silent_until = 0.0


@shared_task(name="notifications.deliver", acks_late=True, ignore_result=True)
def deliver(pk: int) -> None:
    """Sends one message, if nobody else has it and it is due."""
    delivery.deliver(pk)


@shared_task(name="notifications.sweep", ignore_result=True)
def sweep() -> None:
    """Sends again what a dead broker, a killed worker or a refusing provider left; drops what comes too late."""
    for pk in delivery.sweep(now=timezone.now(), limit=SWEEP_BATCH):
        announce(pk)


def announce(pk: int) -> None:
    """Asks a worker to send message `pk`. Never raises: with a dead broker the sweep finds the row."""
    global _broker_silent_until
    if time.monotonic() < _broker_silent_until:
        return
    try:
        deliver.delay(pk)
    except (OperationalError, RedisError, OSError) as error:
        _broker_silent_until = time.monotonic() + BROKER_PAUSE
        logger.warning("broker unreachable, left to the sweep", extra={"outgoing": pk, "cause": type(error).__name__})
