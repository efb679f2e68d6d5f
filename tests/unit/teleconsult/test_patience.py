"""What keeps a frame waiting is ended, and nothing else is."""

import asyncio

import pytest

from teleconsult.patience import Patience


async def test_what_leaves_at_once_needs_no_patience():
    patience, done = Patience(0.01), []

    async def send():
        done.append(1)

    for _ in range(3):
        await patience.wait_for(send())
    assert done == [1, 1, 1]
    # What came in time is not ended afterwards, however long its task goes on.
    await asyncio.sleep(0.05)


async def test_what_takes_too_long_is_ended_and_the_task_goes_on():
    patience = Patience(0.01)
    for _ in range(2):
        with pytest.raises(TimeoutError):
            await patience.wait_for(asyncio.Event().wait())
    assert asyncio.current_task().cancelling() == 0
    await asyncio.sleep(0)


async def test_each_waits_for_its_own():
    patience, released = Patience(0.05), asyncio.Event()
    stuck = asyncio.create_task(patience.wait_for(asyncio.Event().wait()))
    free = asyncio.create_task(patience.wait_for(released.wait()))
    await asyncio.sleep(0)
    released.set()
    await free
    with pytest.raises(TimeoutError):
        await stuck


async def test_a_cancellation_from_elsewhere_remains_one():
    patience = Patience(60)
    task = asyncio.create_task(patience.wait_for(asyncio.Event().wait()))
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_within_a_task_that_is_being_cancelled():
    """A server that stops still says farewell, and doesn't wait for who reads nothing."""
    patience, ended = Patience(0.01), []

    async def run():
        try:
            await asyncio.Event().wait()
        finally:
            with pytest.raises(TimeoutError):
                await patience.wait_for(asyncio.Event().wait())
            ended.append(1)

    task = asyncio.create_task(run())
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert ended == [1]
