"""One heartbeat for all sockets: what it costs, and what makes a socket's standing worth another look."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import Practitioner
from patients.models import Invitation
from teleconsult import seating
from teleconsult.models import Seat
from teleconsult.seating import Pass
from teleconsult.states import Status
from tests.conftest import make_consultation
from tests.unit.teleconsult.sockets import change

pytestmark = pytest.mark.django_db


def passed(role: str, browser: Client) -> Pass:
    return Pass(role=role, key="", session_key=browser.cookies["session"].value, page="page", comes_back=False)


@pytest.fixture
def mark(consultation, doctor):
    """Reads the practitioner's mark."""
    key = (consultation.pk, Seat.Role.PRACTITIONER)
    passes = {key: passed(key[1], doctor)}
    return lambda now=None: seating.marks_of(passes, now or timezone.now())[key]


def test_nothing_happened(mark):
    assert mark() == mark()


def test_what_the_standing_depends_on(consultation, practitioner, doctor, mark):
    now = timezone.now()
    seen = {mark()}
    for instance, fields in [
        (consultation, {"status": Status.IN_PROGRESS}),
        (consultation, {"started_at": now}),
        (consultation.invitation, {"opens_at": now + timedelta(days=1)}),
        (consultation.invitation, {"closed_at": now, "closed_reason": Invitation.ClosedReason.CANCELLED}),
        (consultation.invitation, {"code_version": 2}),
        (practitioner, {"status": Practitioner.Status.SUSPENDED}),
        (practitioner.user, {"password": "another"}),
        (practitioner.user, {"is_active": False}),
    ]:
        change(instance, **fields)
        assert mark() not in seen, fields
        seen.add(mark())
    assert mark(now + timedelta(days=2)) not in seen
    seen.add(mark(now + timedelta(days=2)))
    doctor.logout()
    assert mark()[1] is None


def test_many_sockets_cost_few_queries(practitioner, doctor, patient, django_assert_num_queries):
    rooms = [make_consultation(practitioner) for _ in range(20)]
    passes = {
        (room.pk, role): passed(role, browser)
        for room in rooms
        for role, browser in ((Seat.Role.PRACTITIONER, doctor), (Seat.Role.PATIENT, patient))
    }
    with django_assert_num_queries(2):
        assert seating.marks_of(passes, timezone.now()).keys() == passes.keys()
