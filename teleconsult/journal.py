"""One socket's share of the incident journal: judges in memory, writes from the socket's own watch task."""

import asyncio
import logging
from collections.abc import Callable
from datetime import timedelta
from functools import partial

from channels.db import database_sync_to_async
from django.utils import timezone

from teleconsult.incidents import PING_EVERY, QualityWatch, begin_incident, end_incidents, is_bad, record_cut
from teleconsult.models import Incident
from teleconsult.signalling import Close, quality_of

logger = logging.getLogger(__name__)

# WebSocket close codes (RFC 6455, 7.4.1) of a page that goes on purpose: closed, reloaded, another address.
ON_PURPOSE = (1000, 1001)


class Journal:
    """What happens to one seat while one socket holds it."""

    __slots__ = ("_epoch", "_pending", "_seat", "_watch")

    def __init__(self, *, room: int, role: str, epoch: int):
        self._seat = {"consultation_id": room, "role": role}
        self._epoch = epoch
        self._watch = QualityWatch()
        self._pending: list[Callable[..., None]] = []

    def hear(self, text: str) -> bool:
        """Takes a `quality` frame; says whether there is something to write. No database."""
        note = self._watch.judge(bad=is_bad(**quality_of(text)), at=timezone.now())
        if note is None:
            return False
        what, at = note
        if what == "begun":
            self._pending.append(partial(begin_incident, kind=Incident.Kind.QUALITY, started_at=at))
        else:
            self._pending.append(partial(end_incidents, kind=Incident.Kind.QUALITY, at=at))
        return True

    def hear_again(self, silence: float) -> None:
        """The first word after so many seconds, too many for a living line: a cut that the socket itself survived."""
        now = timezone.now()
        since = now - timedelta(seconds=silence)
        self._pending.append(partial(record_cut, epoch=self._epoch, started_at=since, ended_at=now))

    @property
    def has_news(self) -> bool:
        """Whether something waits to be written."""
        return bool(self._pending)

    async def write(self) -> None:
        """Writes what was heard since; what the database doesn't take is logged and dropped."""
        pending, self._pending = self._pending, []
        for service in pending:
            await self._do(service)

    async def end(self, code: Close | None, hung_up: int | None, silence: float) -> None:
        """The socket is closed: by the server with `code`, or by the client with `hung_up`, after `silence` seconds."""
        now = timezone.now()
        heard = now - timedelta(seconds=silence)
        await self.write()
        if self._watch.is_open:
            await self._do(end_incidents, kind=Incident.Kind.QUALITY, at=heard)
        # Nothing was missed before the close: it began with it.
        started_at = heard if now - heard > PING_EVERY else now
        dropped = code is None and hung_up not in ON_PURPOSE
        if dropped or code is Close.SILENT:
            await self._do(record_cut, epoch=self._epoch, started_at=started_at)

    async def _do(self, service: Callable[..., None], **values) -> None:
        try:
            # The watch is cancelled when its socket closes, often just when there is something to write.
            await asyncio.shield(database_sync_to_async(service)(**self._seat, **values))
        except Exception as error:
            # The watch that writes this also minds the clock: it goes on.
            logger.warning("call: incident of consultation %s not written: %r", self._seat["consultation_id"], error)
