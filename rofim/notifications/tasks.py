"""Celery hurries, the loop of its own (sweeper.py) guarantees. Arguments are keys only, never contents."""

import logging
import time
from functools import cache

from celery import shared_task
from kombu.exceptions import KombuError
from kombu.pools import ProducerPool, producers
from redis.exceptions import RedisError

from rofim.celery import app
from rofim.notifications import delivery

logger = logging.getLogger(__name__)

# Seconds without a try after the broker failed, so that a page with several messages waits for it once.
BROKER_PAUSE = 5.0
# Seconds, for the connection and for each answer: a page waits twice that at most.
PUBLISH_TIMEOUT = 0.5

_broker_silent_until = 0.0


@cache
def _producers() -> ProducerPool:
    """Connections that give up at once: the workers' own wait 5 s for an answer and 2 s before another try."""
    options = {"socket_connect_timeout": PUBLISH_TIMEOUT, "socket_timeout": PUBLISH_TIMEOUT, "max_retries": 0}
    return producers[app.connection_for_write(transport_options=options)]


@shared_task(name="notifications.deliver", acks_late=True, ignore_result=True)
def deliver(pk: int) -> None:
    """Sends one message, if nobody else has it and it is due."""
    delivery.deliver(pk)


def announce(pk: int) -> None:
    """Asks a worker to send message `pk`. Never raises: with a dead broker the sweep finds the row."""
    global _broker_silent_until
    if time.monotonic() < _broker_silent_until:
        return
    try:
        with _producers().acquire(block=True, timeout=PUBLISH_TIMEOUT) as producer:
            deliver.apply_async((pk,), producer=producer, retry=False)
    except (KombuError, RedisError, OSError) as error:
        _broker_silent_until = time.monotonic() + BROKER_PAUSE
        logger.warning("broker unreachable, left to the sweep", extra={"outgoing": pk, "cause": type(error).__name__})
