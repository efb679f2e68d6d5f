"""What ends a socket by itself: silence, the time limit, a right that is lost; and what does not."""

from datetime import timedelta

import pytest
from channels.db import database_sync_to_async as in_thread
from django.db import OperationalError, transaction
from django.test import Client
from django.utils import timezone

from accounts.models import Practitioner
from accounts.services.decisions import restore_practitioner, suspend_practitioner
from accounts.sessions import end_sessions
from patients.models import Invitation
from teleconsult import seating, services, watch
from teleconsult.mailbox import here
from teleconsult.models import Consultation, Seat
from teleconsult.signalling import Close
from teleconsult.states import Status
from tests.unit.accounts.helpers import confirm
from tests.unit.teleconsult.sockets import (
    change,
    connected,
    is_refused,
    patient_path,
    practitioner_path,
)

pytestmark = pytest.mark.django_db(transaction=True)

OFFER = {"type": "description", "description": {"type": "offer", "sdp": "v=0\r\n"}}
STATE = {"type": "state", "microphone": True, "camera": True, "screen": False}


async def test_silence_closes_4408_and_the_other_learns_it(consultation, doctor, patient, monkeypatch, no_flood):
    monkeypatch.setattr(watch, "SILENCE", 0.3)
    async with (
        connected(patient_path(consultation), patient) as lively,
        connected(practitioner_path(consultation), doctor) as silent,
    ):
        await silent.next_of("welcome")
        await lively.next_of("welcome")
        await lively.next_of("peer-joined")
        frame = {"type": "pong"}
        while frame == {"type": "pong"}:
            await lively.send_json_to({"type": "ping"})
            frame = await lively.next()
        assert frame == {"type": "peer-left", "reason": "lost"}
        assert await silent.closed() == Close.SILENT


# --- The end ---------------------------------------------------------------------------------------------------


def complete(consultation: Consultation, practitioner: Practitioner) -> None:
    fresh = Consultation.objects.get(pk=consultation.pk)
    services.complete_consultation(
        consultation=fresh, actor_role="practitioner", actor=practitioner.user, reason="completed", now=timezone.now()
    )


async def test_terminer_ends_it_for_both(consultation, practitioner, doctor, patient):
    async with (
        connected(patient_path(consultation), patient) as one,
        connected(practitioner_path(consultation), doctor) as two,
    ):
        await one.next_of("welcome")
        await one.next_of("peer-joined")
        await two.next_of("welcome")
        await in_thread(complete)(consultation, practitioner)
        for socket in (one, two):
            assert await socket.next() == {"type": "ended", "by": "practitioner", "reason": "completed"}
            assert await socket.closed() == Close.ENDED
    assert await is_refused(patient_path(consultation), patient)
    assert not await Seat.objects.filter(last_seen__isnull=False).aexists()


async def test_cancelling_ends_the_wait(consultation, practitioner, patient):
    async with connected(patient_path(consultation), patient) as waiting:
        await waiting.next_of("welcome")
        fresh = await Consultation.objects.select_related("invitation__patient", "practitioner__user").aget()
        await in_thread(services.cancel_consultation)(consultation=fresh, by=practitioner.user, now=timezone.now())
        assert await waiting.next() == {"type": "ended", "by": "practitioner", "reason": "cancelled"}
        assert await waiting.closed() == Close.ENDED


async def test_an_end_that_nobody_announced_is_found(consultation, patient, quick_checks):
    async with connected(patient_path(consultation), patient) as waiting:
        await waiting.next_of("welcome")
        await in_thread(change)(consultation, status=Status.CANCELLED)
        assert (await waiting.next_of("ended"))["reason"] == "cancelled"
        assert await waiting.closed() == Close.ENDED


async def test_the_limit_ends_it_for_both(consultation, doctor, patient, settings, monkeypatch):
    settings.CONSULTATION_MAX_DURATION = timedelta(seconds=1)
    monkeypatch.setattr(watch, "TIME_LEFT", (600, 0.5, 0.2))
    async with (
        connected(patient_path(consultation), patient) as one,
        connected(practitioner_path(consultation), doctor) as two,
    ):
        await one.next_of("welcome")
        await one.next_of("peer-joined")
        await two.next_of("welcome")
        for socket in (one, two):
            assert [await socket.next() for _ in range(3)] == [
                {"type": "time-left", "seconds": 0.5},
                {"type": "time-left", "seconds": 0.2},
                {"type": "ended", "by": "system", "reason": "time-limit"},
            ]
            assert await socket.closed() == Close.ENDED
    row = await Consultation.objects.aget(pk=consultation.pk)
    assert row.status == Status.COMPLETED
    assert await row.events.filter(to_status=Status.COMPLETED, actor_role="system").acount() == 1


async def test_the_limit_holds_without_a_database(consultation, doctor, patient, settings, monkeypatch):
    def fail(*arguments):
        raise OperationalError

    settings.CONSULTATION_MAX_DURATION = timedelta(seconds=0.5)
    monkeypatch.setattr(seating, "end_overdue", fail)
    async with (
        connected(patient_path(consultation), patient),
        connected(practitioner_path(consultation), doctor) as socket,
    ):
        await socket.next_of("welcome")
        await socket.next_of("ended")
        assert await socket.closed() == Close.ENDED


# --- No longer allowed -----------------------------------------------------------------------------------------


async def test_logging_out_closes_4401(consultation, doctor, quick_checks):
    async with connected(practitioner_path(consultation), doctor) as socket:
        await socket.next_of("welcome")
        await in_thread(doctor.logout)()
        assert await socket.closed() == Close.NOT_ALLOWED


def prove_again(doctor: Client) -> None:
    # Uncommitted, the SMS is still to be read: its body is blanked once it has left.
    with transaction.atomic():
        confirm(doctor, "/compte/mot-de-passe/")


async def test_a_proof_in_another_tab_closes_nothing_and_the_end_of_the_login_does(
    consultation, practitioner, doctor, quick_checks, no_flood
):
    async with connected(practitioner_path(consultation), doctor) as socket:
        await socket.next_of("welcome")
        before = doctor.cookies["session"].value
        await in_thread(prove_again)(doctor)
        assert doctor.cookies["session"].value != before
        (seated,) = here().sockets.values()
        while seated.shown.session_key == before:
            await socket.settled()
        await socket.settled()
        await in_thread(end_sessions)(user=practitioner.user)
        assert await socket.closed() == Close.NOT_ALLOWED


@pytest.mark.parametrize("fields", [{"status": Practitioner.Status.SUSPENDED}, {"status": Practitioner.Status.REFUSED}])
async def test_suspension_closes_4401(consultation, practitioner, doctor, patient, quick_checks, fields):
    async with (
        connected(patient_path(consultation), patient) as other,
        connected(practitioner_path(consultation), doctor) as socket,
    ):
        await socket.next_of("welcome")
        await other.next_of("welcome")
        await other.next_of("peer-joined")
        await in_thread(change)(practitioner, **fields)
        assert await socket.closed() == Close.NOT_ALLOWED
        assert await other.next() == {"type": "peer-left", "reason": "refused"}


async def test_deactivation_closes_4401(consultation, practitioner, doctor, quick_checks):
    async with connected(practitioner_path(consultation), doctor) as socket:
        await socket.next_of("welcome")
        await in_thread(change)(practitioner.user, is_active=False)
        assert await socket.closed() == Close.NOT_ALLOWED


@pytest.mark.parametrize(
    "fields",
    [
        {"code_version": 2},
        {"closed_at": timezone.now(), "closed_reason": Invitation.ClosedReason.CANCELLED},
        {"opens_at": timezone.now() + timedelta(days=1)},
    ],
    ids=["a new code", "closed", "moved"],
)
async def test_a_closed_link_closes_4401(consultation, patient, quick_checks, fields):
    async with connected(patient_path(consultation), patient) as socket:
        await socket.next_of("welcome")
        await in_thread(change)(consultation.invitation, **fields)
        assert await socket.closed() == Close.NOT_ALLOWED


async def test_a_seat_taken_elsewhere_unheard_closes_4409(consultation, patient, quick_checks):
    async with connected(patient_path(consultation), patient) as socket:
        await socket.next_of("welcome")
        await in_thread(change)(await Seat.objects.aget(), epoch=2)
        assert await socket.closed() == Close.REPLACED


# --- Faults ----------------------------------------------------------------------------------------------------


async def test_a_failing_check_leaves_the_call_alone(
    consultation, doctor, patient, monkeypatch, quick_checks, no_flood
):
    asked = []

    def fail(*arguments, **named):
        asked.append(1)
        raise OperationalError

    monkeypatch.setattr(seating, "check_place", fail)
    async with (
        connected(patient_path(consultation), patient) as one,
        connected(practitioner_path(consultation), doctor) as two,
    ):
        await one.next_of("welcome")
        await one.next_of("peer-joined")
        await two.next_of("welcome")
        while len(asked) < 3:
            await one.send_json_to(STATE)
            assert await two.next() == STATE
            await in_thread(Seat.objects.count)()


async def test_the_lease_is_prolonged(consultation, patient, quick_checks, no_flood):
    async with connected(patient_path(consultation), patient) as socket:
        await socket.next_of("welcome")
        taken = await Seat.objects.aget()
        while (await Seat.objects.aget()).last_seen == taken.last_seen:
            await socket.settled()


async def test_the_administrations_suspension_cuts_the_socket_and_the_session_for_good(
    consultation, practitioner, doctor, administrator, quick_checks
):
    about = {"practitioner": practitioner, "by": administrator, "now": timezone.now()}
    async with connected(practitioner_path(consultation), doctor) as socket:
        await socket.next_of("welcome")
        await in_thread(suspend_practitioner)(**about, reason="Contrôle")
        assert await socket.closed() == Close.NOT_ALLOWED
    await in_thread(restore_practitioner)(**about)
    # The browser of before has no seat any more: its session is gone, not asleep.
    assert await is_refused(practitioner_path(consultation), doctor)
