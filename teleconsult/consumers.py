"""The doors of the signalling sockets (PROTOCOL.md): who comes in gets a `CallSocket`, everybody else a 403."""

import logging
import re
import secrets
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import parse_qs

from channels.db import database_sync_to_async
from django.conf import settings
from django.db import Error as DatabaseFailure
from django.utils import timezone

from teleconsult import mailbox as mailboxes
from teleconsult import seating
from teleconsult.mailbox import Mailbox
from teleconsult.presence import HeldElsewhere
from teleconsult.signalling import Close
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
        page, comes_back = page_of(scope)
        shown = seating.Pass(role=self._role, key=key, session_key=session_key, page=page, comes_back=comes_back)
        place = None
        try:
            place = await database_sync_to_async(seating.take_place)(shown, timezone.now())
        except HeldElsewhere:
            await turn_away(send, Close.REPLACED)
            return
        except DatabaseFailure as error:
            logger.warning("call: nobody can be seated: %r", error)
        if place is None:
            await refuse(scope, receive, send)
        else:
            await CallSocket(shown, place, self._find_mailbox(), send).run(receive)


async def refuse(scope: Mapping[str, Any], receive: Receive, send: Send) -> None:
    """HTTP 403 before the upgrade."""
    await send({"type": "websocket.close"})


def page_of(scope: Mapping[str, Any]) -> tuple[str, bool]:
    """`?page=<id of the page>&back=1`: which page this is, and whether it comes back by itself."""
    asked = parse_qs(scope["query_string"][:200].decode("latin1"))
    page = asked.get("page", [""])[0]
    return page if re.fullmatch(r"[\w-]{1,36}", page, re.ASCII) else secrets.token_hex(8), "back" in asked


async def turn_away(send: Send, code: Close) -> None:
    """Closes with a code, which a browser only learns from a socket that was open."""
    await send({"type": "websocket.accept"})
    await send({"type": "websocket.close", "code": int(code)})


async def knock(scope: Mapping[str, Any], receive: Receive, send: Send) -> None:
    """Opens and closes: a rehearsal learns that sockets get through, and takes nobody's seat."""
    await turn_away(send, Close.LEFT)
