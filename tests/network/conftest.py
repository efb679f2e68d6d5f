"""One stage for all network tests, and a call of its own for each."""

from collections.abc import Iterator

import pytest

from tests.network.network import Network
from tests.network.site import Site
from tests.network.stage import Call, Stage


@pytest.fixture(scope="package")
def stage() -> Iterator[Stage]:
    with Stage() as stage:
        yield stage


@pytest.fixture
def network(stage: Stage) -> Network:
    return stage.network


@pytest.fixture
def site(stage: Stage) -> Site:
    return stage.site


@pytest.fixture
def call(stage: Stage) -> Iterator[Call]:
    with stage.call() as call:
        yield call
