"""Whether everything that the site needs answers: `/sante/pret/`."""

import logging
from collections.abc import Callable
from functools import partial

import redis
from celery import current_app
from django.conf import settings
from django.db import DatabaseError, connection
from kombu.exceptions import KombuError

logger = logging.getLogger(__name__)

# Seconds until a silent process counts as gone: Celery's workers beat every 2, the outbox's loop every 10.
SEEN_TTL = {"worker": 15, "outbox": 60}
TIMEOUT = 1.0


def _redis() -> redis.Redis:
    return redis.Redis.from_url(settings.REDIS_URL, socket_connect_timeout=TIMEOUT, socket_timeout=TIMEOUT)


def _key(process: str) -> str:
    return f"rofim:{process}-seen"


def mark_seen(process: str) -> None:
    """Called by a living `worker` or `outbox` at each of its beats; a silent Redis is no concern of theirs."""
    if not settings.REDIS_URL:
        return
    try:
        with _redis() as client:
            client.set(_key(process), "1", ex=SEEN_TTL[process])
    except redis.RedisError:
        logger.debug("beat not noted", extra={"process": process})


def _database() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return True


def _redis_answers() -> bool:
    with _redis() as client:
        return bool(client.ping())


def _broker() -> bool:
    with current_app.connection_for_write() as broker:
        broker.ensure_connection(max_retries=1, interval_start=0, timeout=TIMEOUT)
    return True


def _seen(process: str) -> bool:
    with _redis() as client:
        return bool(client.exists(_key(process)))


def check() -> dict[str, bool]:
    """What answers and what does not. Without Redis everything runs in this process and only the database counts."""
    parts: dict[str, Callable[[], bool]] = {"database": _database}
    if settings.REDIS_URL:
        parts |= {"redis": _redis_answers, "broker": _broker}
        parts |= {process: partial(_seen, process) for process in SEEN_TTL}
    return {name: _answers(name, part) for name, part in parts.items()}


def _answers(name: str, part: Callable[[], bool]) -> bool:
    try:
        return part()
    except (DatabaseError, redis.RedisError, KombuError, OSError) as error:
        logger.warning("not ready", extra={"part": name, "cause": type(error).__name__})
        return False
