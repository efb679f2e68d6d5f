"""How long a socket may keep a frame waiting.

Nearly every frame leaves at once. A timer for each (`asyncio.timeout`) costs about as much as relaying it does under
uvloop; here one timer looks after all frames of a socket, and only while there are any.
"""

import asyncio
from collections.abc import Awaitable
from typing import cast


class Patience:
    """Ends what takes longer than `seconds` (and up to half as long again)."""

    __slots__ = ("_loop", "_seconds", "_since", "_timer")

    def __init__(self, seconds: float):
        self._seconds = seconds
        self._loop = asyncio.get_running_loop()
        # None: out of patience.
        self._since: dict[asyncio.Task, float | None] = {}
        self._timer: asyncio.TimerHandle | None = None

    async def wait_for(self, sending: Awaitable[None]) -> None:
        """Raises TimeoutError if it takes too long; a cancellation from elsewhere remains one."""
        task = cast(asyncio.Task, asyncio.current_task())
        cancelled_before = task.cancelling()
        self._since[task] = self._loop.time()
        if self._timer is None:
            self._plan()
        try:
            await sending
        except asyncio.CancelledError:
            if self._since[task] is None and task.uncancel() <= cancelled_before:
                raise TimeoutError from None
            raise
        finally:
            del self._since[task]

    def _plan(self) -> None:
        self._timer = self._loop.call_later(self._seconds / 2, self._look)

    def _look(self) -> None:
        self._timer = None
        longest = self._loop.time() - self._seconds
        for task, since in self._since.items():
            if since is not None and since <= longest:
                self._since[task] = None
                task.cancel()
        if self._since:
            self._plan()
