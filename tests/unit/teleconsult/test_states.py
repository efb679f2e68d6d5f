"""The table of moves: what product.md allows, and nothing else."""

from itertools import product

import pytest

from teleconsult.states import ENDED, MOVES, Status, is_allowed

ALLOWED = {
    (Status.SCHEDULED, Status.OPEN),
    (Status.SCHEDULED, Status.CANCELLED),
    (Status.OPEN, Status.IN_PROGRESS),
    (Status.OPEN, Status.CANCELLED),
    (Status.OPEN, Status.MISSED),
    (Status.IN_PROGRESS, Status.COMPLETED),
}


@pytest.mark.parametrize(("old", "new"), list(product(Status, Status)))
def test_only_the_moves_of_the_product_are_allowed(old, new):
    assert is_allowed(old, new) is ((old, new) in ALLOWED)


def test_every_status_has_its_line_and_the_ended_have_no_way_out():
    assert set(MOVES) == set(Status)
    assert {Status.COMPLETED, Status.CANCELLED, Status.MISSED} == ENDED
