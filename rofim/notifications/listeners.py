"""Who wants to know what became of messages: rooms register in their `apps.py`, for the letterbox knows no app."""

import logging
from collections.abc import Collection
from datetime import datetime
from typing import Protocol

logger = logging.getLogger(__name__)


class Listener(Protocol):
    """Hears the keys of messages whose status has changed, or that could not be handed over and wait."""

    def __call__(self, keys: Collection[int], *, now: datetime) -> None: ...


_listeners: list[Listener] = []


def register(listener: Listener) -> None:
    """From now on `listener` is told."""
    if listener not in _listeners:
        _listeners.append(listener)


def tell(keys: Collection[int], *, now: datetime) -> None:
    """Tells every listener. Never raises: what a listener does wrong changes nothing of what was sent."""
    for listener in _listeners if keys else ():
        try:
            listener(keys, now=now)
        except Exception:
            logger.exception("a listener failed", extra={"outgoing": sorted(keys)[:10]})
