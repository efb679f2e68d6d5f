"""A clock that the tests move."""

from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone


@pytest.fixture
def time_machine_now() -> Iterator[Callable[[timedelta], None]]:
    """Moves the clock forward by a duration."""
    travels: list[time_machine.travel] = []

    def forward(by: timedelta) -> None:
        travel = time_machine.travel(timezone.now() + by)
        travel.start()
        travels.append(travel)

    yield forward
    while travels:
        travels.pop().stop()
