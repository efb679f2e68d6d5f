"""The doors of the signalling sockets (PROTOCOL.md): who comes in gets a `CallSocket`, everybody else a 403."""

import logging
from collections.abc import Callable, Mapping
from typing import Any

from channels.db import database_sync_to_async
from django.conf import settings
from django.db import Error as DatabaseFailure
from django.utils import timezone

from teleconsult import mailbox as mailboxes
from teleconsult import seating
from teleconsult.mailbox import Mailbox
from teleconsult.sockets import CallSocket, Receive, Send

logger = logging.getLogger(__name__)


class CallConsumer:
    """The ASGI application of one of the two addresses; `role` is the seat to which it leads."""

    def __init__(self, role: str, find_mailbox: Callable[[], Mailbox] = mailboxes.here):
        self._role = str(role)
        self._find_mailbox = find_mailbox

    async def __call__(self, scope: Mapping[str, Any], receive: Receive, send: Send) -> None:
        await receive()
        (key,) = scope["url_route"]["kwargs"].values()
        session_key = scope["cookies"].get(settings.SESSION_COOKIE_NAME, "")
        shown = seating.Pass(role=self._role, key=key, session_key=session_key)
        place = None
        try:
            place = await database_sync_to_async(seating.take_place)(shown, timezone.now())
        except DatabaseFailure as error:
            logger.warning("call: nobody can be seated: %r", error)
        if place is None:
            await refuse(scope, receive, send)
        else:
            await CallSocket(shown, place, self._find_mailbox(), send).run(receive)


async def refuse(scope: Mapping[str, Any], receive: Receive, send: Send) -> None:
    """HTTP 403 before the upgrade."""
    await send({"type": "websocket.close"})


async def knock(scope: Mapping[str, Any], receive: Receive, send: Send) -> None:
    """Opens and closes: a rehearsal learns that sockets get through, and takes nobody's seat."""
    await send({"type": "websocket.accept"})
    await send({"type": "websocket.close", "code": 1000})
