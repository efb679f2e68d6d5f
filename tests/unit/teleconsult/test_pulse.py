"""One heartbeat for all sockets: what it costs, and what makes a socket's standing worth another look."""

import asyncio
import time
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import Practitioner
from patients.models import Invitation
from teleconsult import pulse, seating
from teleconsult.mailbox import Mailbox
from teleconsult.models import Seat
from teleconsult.seating import Pass, Place
from teleconsult.signalling import Close
from teleconsult.sockets import CallSocket
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
    assert mark()[-1] is None


def test_many_sockets_cost_few_queries(practitioner, doctor, patient, django_assert_num_queries):
    rooms = [make_consultation(practitioner) for _ in range(20)]
    passes = {
        (room.pk, role): passed(role, browser)
        for room in rooms
        for role, browser in ((Seat.Role.PRACTITIONER, doctor), (Seat.Role.PATIENT, patient))
    }
    with django_assert_num_queries(2):
        assert seating.marks_of(passes, timezone.now()).keys() == passes.keys()


class Deaf:
    """A socket whose client reads nothing, under a server that waits for it."""

    epoch = 1

    def __init__(self, shown: Pass):
        self.shown, self.heard, self.looked = shown, time.monotonic(), False

    async def compare_peer(self, epoch: int, *, is_there: bool) -> None:
        await asyncio.Event().wait()

    def look_at(self, mark: tuple) -> None:
        self.looked = True


@pytest.mark.django_db(transaction=True)
async def test_a_client_that_reads_nothing_holds_nobody(consultation, doctor, patient, monkeypatch):
    monkeypatch.setattr(pulse, "SOCKET_TIMEOUT", 0.05)
    browsers = {Seat.Role.PRACTITIONER: doctor, Seat.Role.PATIENT: patient}
    for role in browsers:
        await Seat.objects.acreate(consultation=consultation, role=role, epoch=1, last_seen=timezone.now(), holder="a")
    sockets = {(consultation.pk, role): Deaf(passed(role, browser)) for role, browser in browsers.items()}
    async with asyncio.timeout(10):
        await pulse._beat(sockets)
    assert all(socket.looked for socket in sockets.values())


async def test_closing_waits_for_no_client():
    async def never(event: dict) -> None:
        await asyncio.Event().wait()

    place = Place(room=1, practitioner=1, epoch=1, peer_epoch=None, opens_at=timezone.now(), ends_at=None)
    shown = Pass(role=Seat.Role.PATIENT, key="", session_key="", page="page", comes_back=False)
    socket = CallSocket(shown, place, Mailbox(), never)
    async with asyncio.timeout(10):
        await socket.replace()
    assert socket.closing is Close.REPLACED
