"""Role × state × the two addresses of the call: who gets a seat, and who doesn't."""

import pytest
from channels.db import database_sync_to_async as in_thread

from teleconsult.models import Seat
from tests.unit.roles import LIVE, OWNER, PATIENT, ROLES, STATES, browser_of, make_stage
from tests.unit.teleconsult.sockets import is_refused, patient_path, practitioner_path

pytestmark = pytest.mark.django_db(transaction=True)

SEATS = {Seat.Role.PRACTITIONER: (OWNER, practitioner_path), Seat.Role.PATIENT: (PATIENT, patient_path)}


@pytest.mark.parametrize("state", STATES)
async def test_every_seat_of_every_role_and_state_is_as_it_should_be(state):
    consultation = await in_thread(make_stage)(state)
    wrong = []
    for role in ROLES:
        browser = await in_thread(browser_of)(role, consultation)
        for seat, (holder, path) in SEATS.items():
            may = role == holder and state in LIVE
            if await is_refused(path(consultation), browser) == may:
                wrong.append(f"{role}: {'no ' if may else ''}seat of the {seat}")
    assert not wrong, f"{state}:\n" + "\n".join(wrong)
