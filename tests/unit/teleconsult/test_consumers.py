"""The signalling socket, through the whole ASGI stack (origin, cookies, routing). Refusals first."""

import asyncio
import json
from datetime import datetime, timedelta

import pytest
from channels.db import database_sync_to_async as in_thread
from django.db import OperationalError
from django.test import Client
from django.utils import timezone

from accounts.models import Practitioner
from patients.models import Invitation
from teleconsult import consumers, presence, seating, services, signalling
from teleconsult.ice import MARGIN
from teleconsult.models import Consultation, Seat
from teleconsult.signalling import Close
from teleconsult.states import Status
from tests.conftest import make_consultation
from tests.unit.teleconsult.sockets import (
    PATIENCE,
    Socket,
    application,
    connected,
    headers,
    is_refused,
    patient_browser,
    patient_path,
    practitioner_path,
)

pytestmark = pytest.mark.django_db(transaction=True)

OFFER = {"type": "description", "description": {"type": "offer", "sdp": "v=0\r\n"}}
STATE = {"type": "state", "microphone": True, "camera": True, "screen": False}
CANDIDATE = {"type": "candidate", "candidate": {"candidate": "candidate:1 1 udp 1 203.0.113.7 9 typ host"}}


@pytest.fixture
def doctor(practitioner, client_for) -> Client:
    """The practitioner's browser."""
    return client_for(practitioner.user)


@pytest.fixture
def patient(consultation) -> Client:
    """The patient's browser."""
    return patient_browser(consultation.invitation)


@pytest.fixture
def quick_checks(monkeypatch) -> None:
    monkeypatch.setattr(consumers, "RECHECK_EVERY", 0.05)


@pytest.fixture
def no_flood(monkeypatch) -> None:
    """For tests that ping as fast as they can."""
    monkeypatch.setattr(signalling, "FLOOD_FRAMES", 1_000_000)


def change(instance, **fields) -> None:
    type(instance).objects.filter(pk=instance.pk).update(**fields)


# --- Who gets no seat ------------------------------------------------------------------------------------------


async def test_a_stranger_gets_no_seat(consultation):
    assert await is_refused(practitioner_path(consultation), Client())
    assert await is_refused(patient_path(consultation), Client())


async def test_without_the_second_factor_no_seat(consultation, practitioner, half_logged_in):
    assert await is_refused(practitioner_path(consultation), await in_thread(half_logged_in)(practitioner.user))


async def test_another_practitioner_gets_no_seat(consultation, other_practitioner, client_for):
    browser = await in_thread(client_for)(other_practitioner.user)
    assert await is_refused(practitioner_path(consultation), browser)
    assert await is_refused(patient_path(consultation), browser)


async def test_an_administrator_gets_no_seat(consultation, administrator, client_for):
    assert await is_refused(practitioner_path(consultation), await in_thread(client_for)(administrator))


@pytest.mark.parametrize(
    "status", [status for status in Practitioner.Status if status != Practitioner.Status.VALIDATED]
)
async def test_the_not_validated_get_no_seat(consultation, practitioner, doctor, status):
    await in_thread(change)(practitioner, status=status)
    assert await is_refused(practitioner_path(consultation), doctor)


async def test_the_patient_of_another_link_gets_no_seat(consultation, practitioner):
    other = await in_thread(make_consultation)(practitioner)
    browser = await in_thread(patient_browser)(other.invitation)
    assert await is_refused(patient_path(consultation), browser)


async def test_the_patients_link_leads_to_no_practitioners_seat(consultation, patient):
    assert await is_refused(practitioner_path(consultation), patient)


async def test_a_practitioner_needs_the_code_for_the_patients_seat(consultation, doctor):
    assert await is_refused(patient_path(consultation), doctor)


async def test_an_older_code_gives_no_seat(consultation, patient):
    await in_thread(change)(consultation.invitation, code_version=2)
    assert await is_refused(patient_path(consultation), patient)


async def test_before_the_opening_there_is_no_seat(practitioner, doctor):
    early = await in_thread(make_consultation)(practitioner, timezone.now() + timedelta(minutes=31))
    assert await is_refused(practitioner_path(early), doctor)
    assert await is_refused(patient_path(early), await in_thread(patient_browser)(early.invitation))


@pytest.mark.parametrize("status", [Status.COMPLETED, Status.CANCELLED, Status.MISSED])
async def test_after_the_end_there_is_no_seat(consultation, doctor, patient, status):
    await in_thread(change)(consultation, status=status)
    assert await is_refused(practitioner_path(consultation), doctor)
    assert await is_refused(patient_path(consultation), patient)


async def test_past_the_limit_there_is_no_seat_and_it_is_written(consultation, doctor, settings):
    started = timezone.now() - settings.CONSULTATION_MAX_DURATION
    await in_thread(change)(consultation, status=Status.IN_PROGRESS, started_at=started)
    assert await is_refused(practitioner_path(consultation), doctor)
    assert (await Consultation.objects.aget(pk=consultation.pk)).status == Status.COMPLETED


@pytest.mark.parametrize(
    "origin",
    [
        None, "", "null", "http://evil.example", "http://localhost:8001", "http://localhost", "https://localhost:8000",
        "http://localhost:8000.evil.example", "http://localhost:99999", "http://[", "http://localhost:8000/",
        "http://sub.localhost:8000", "localhost:8000",
    ],
)  # fmt: skip
async def test_a_foreign_origin_is_refused(consultation, doctor, origin):
    assert await is_refused(practitioner_path(consultation), doctor, origin)


@pytest.mark.parametrize(
    "path", ["/ws/", "/ws/teleconsultation/", "/ws/teleconsultation/unknwn/", "/ws/teleconsultation/abc%00de/",
             "/ws/teleconsultation/abcdefg/", "/ws/visio/x/", "/ws/visio/AAAAAAAAAAAAAAAAAAAAAA/", "/autre/"],
)  # fmt: skip
async def test_an_unknown_address_is_refused(doctor, path):
    assert await is_refused(path, doctor)


async def test_a_forged_cookie_is_refused(consultation):
    for value in ("x" * 5000, "' or 1=1", "é", "\\0", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"):
        browser = Client()
        browser.cookies["session"] = value
        assert await is_refused(practitioner_path(consultation), browser)


async def test_a_broken_database_refuses(consultation, doctor, monkeypatch):
    def fail(*arguments):
        raise OperationalError

    monkeypatch.setattr(seating, "take_place", fail)
    assert await is_refused(practitioner_path(consultation), doctor)


async def test_nobody_refused_ever_held_a_seat(consultation, other_practitioner, client_for):
    await is_refused(practitioner_path(consultation), await in_thread(client_for)(other_practitioner.user))
    assert not await Seat.objects.aexists()


# --- What is not a frame ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    ["{", "[]", '{"type": "pong"}', '{"type": "ping", "x": NaN}', "[" * 60_000, '{"type": "x\\ud800"}', "x" * 65_537,
     json.dumps(OFFER | {"description": {"type": "offer", "sdp": "x" * 65_536}})],
)  # fmt: skip
async def test_a_bad_frame_closes_4400_and_reaches_nobody(consultation, doctor, patient, text):
    async with (
        connected(practitioner_path(consultation), doctor) as sender,
        connected(patient_path(consultation), patient) as receiver,
    ):
        await sender.next_of("welcome")
        await sender.next_of("peer-joined")
        await receiver.next_of("welcome")
        await sender.send_to(text_data=text)
        assert await sender.closed() == Close.BAD_FRAME
        assert await receiver.next() == {"type": "peer-left", "reason": "gone"}


async def test_binary_closes_4400(consultation, doctor):
    async with connected(practitioner_path(consultation), doctor) as socket:
        await socket.next_of("welcome")
        await socket.send_to(bytes_data=b'{"type": "ping"}')
        assert await socket.closed() == Close.BAD_FRAME


async def test_a_flood_closes_4429(consultation, doctor):
    async with connected(practitioner_path(consultation), doctor) as socket:
        await socket.next_of("welcome")
        for _ in range(121):
            await socket.send_json_to({"type": "ping"})
        for _ in range(120):
            await socket.next_of("pong")
        assert await socket.closed() == Close.FLOOD


# --- The call --------------------------------------------------------------------------------------------------


async def test_welcome(consultation, doctor, patient, settings):
    settings.TURN_URL, settings.TURN_SECRET = "turn:turn.example.org:3478", "secret"
    async with connected(patient_path(consultation), patient) as waiting:
        welcome = await waiting.next_of("welcome")
        assert list(welcome) == [
            "type", "version", "role", "polite", "epoch", "iceServers", "peer", "now", "opensAt", "endsAt",
        ]  # fmt: skip
        assert (welcome["role"], welcome["polite"], welcome["epoch"]) == ("patient", True, 1)
        assert (welcome["peer"], welcome["endsAt"], welcome["version"]) == (False, None, 1)
        assert welcome["opensAt"] == consultation.invitation.opens_at.isoformat(timespec="milliseconds")[:-6] + "Z"
        assert welcome["iceServers"][0]["username"].endswith(f":{consultation.pk}")
        async with connected(practitioner_path(consultation), doctor) as second:
            welcome = await second.next_of("welcome")
            assert (welcome["role"], welcome["polite"], welcome["peer"]) == ("practitioner", False, True)
            joined = await waiting.next_of("peer-joined")
            assert joined == {"type": "peer-joined", "epoch": 1, "endsAt": welcome["endsAt"]}
            assert welcome["endsAt"] is not None
            # The time in the waiting room is not taken off the credentials.
            fresh = await waiting.next_of("ice-servers")
            assert fresh == {"type": "ice-servers", "iceServers": welcome["iceServers"]}
            expiry = datetime.fromisoformat(welcome["endsAt"]) + MARGIN
            assert fresh["iceServers"][0]["username"] == f"{int(expiry.timestamp())}:{consultation.pk}"


async def test_relay_only_is_told_to_both(consultation, doctor, patient, settings):
    settings.TURN_URL, settings.TURN_SECRET = "turn:turn.example.org:3478", "secret"
    settings.TURN_RELAY_ONLY = True
    async with connected(patient_path(consultation), patient) as waiting:
        assert (await waiting.next_of("welcome"))["iceTransportPolicy"] == "relay"
        async with connected(practitioner_path(consultation), doctor) as second:
            assert (await second.next_of("welcome"))["iceTransportPolicy"] == "relay"
            await waiting.next_of("peer-joined")
            assert (await waiting.next_of("ice-servers"))["iceTransportPolicy"] == "relay"


async def test_both_there_starts_the_consultation_once(practitioner, doctor):
    late = await in_thread(make_consultation)(practitioner, status=Status.SCHEDULED)
    patient = await in_thread(patient_browser)(late.invitation)
    async with connected(patient_path(late), patient):
        assert (await Consultation.objects.aget(pk=late.pk)).started_at is None
        async with connected(practitioner_path(late), doctor) as first:
            ends_at = (await first.next_of("welcome"))["endsAt"]
        async with connected(practitioner_path(late), doctor) as again:
            assert (await again.next_of("welcome"))["endsAt"] == ends_at
    row = await Consultation.objects.aget(pk=late.pk)
    assert row.status == Status.IN_PROGRESS
    assert await row.events.filter(to_status=Status.IN_PROGRESS).acount() == 1


async def test_frames_go_to_the_other_seat_only_in_order_and_untouched(consultation, doctor, patient, practitioner):
    elsewhere = await in_thread(make_consultation)(practitioner)
    async with (
        connected(patient_path(consultation), patient) as one,
        connected(practitioner_path(consultation), doctor) as two,
        connected(practitioner_path(elsewhere), doctor) as stranger,
    ):
        await one.next_of("welcome")
        await one.next_of("peer-joined")
        await two.next_of("welcome")
        await stranger.next_of("welcome")
        spaced = '{ "type" : "candidate", "candidate" : null }'
        await one.send_to(text_data=spaced)
        sent = [OFFER, STATE, *[{"type": "candidate", "candidate": {"candidate": str(n)}} for n in range(100)]]
        for frame in sent:
            await one.send_json_to(frame)
        await one.send_json_to({"type": "quality", "rtt": 0.1, "loss": 0, "jitter": 0, "kind": None})
        await two.send_json_to(STATE)
        assert await two.receive_from() == spaced
        assert [await two.next() for _ in sent] == sent
        assert await one.next() == STATE
        for socket in (one, two, stranger):
            await socket.settled()
            assert await socket.receive_nothing(0.01)


async def test_a_frame_for_nobody_is_dropped(consultation, doctor, patient):
    async with connected(practitioner_path(consultation), doctor) as alone:
        await alone.next_of("welcome")
        await alone.send_json_to(OFFER)
        await alone.settled()
        async with connected(patient_path(consultation), patient) as late:
            await late.next_of("welcome")
            await late.settled()


async def test_leaving_tells_the_other_and_frees_the_seat(consultation, doctor, patient):
    async with (
        connected(patient_path(consultation), patient) as waiting,
        connected(practitioner_path(consultation), doctor) as leaving,
    ):
        await waiting.next_of("welcome")
        await waiting.next_of("peer-joined")
        await leaving.next_of("welcome")
        await leaving.send_json_to({"type": "leave"})
        assert await leaving.closed() == Close.LEFT
        assert await waiting.next() == {"type": "peer-left", "reason": "gone"}
        await leaving.disconnect()
        assert (await Seat.objects.aget(role=Seat.Role.PRACTITIONER)).last_seen is None
        async with connected(practitioner_path(consultation), doctor) as back:
            assert (await back.next_of("welcome"))["epoch"] == 2
            assert (await waiting.next_of("peer-joined"))["epoch"] == 2


async def test_a_reload_keeps_the_seat(consultation, doctor, patient):
    async with connected(patient_path(consultation), patient) as first:
        await first.next_of("welcome")
    since = (await Seat.objects.aget()).since
    async with connected(patient_path(consultation), patient) as second:
        assert (await second.next_of("welcome"))["epoch"] == 2
        assert (await Seat.objects.aget()).since == since


async def test_a_third_browser_takes_the_seat_over(consultation, doctor, patient):
    newer_browser = await in_thread(patient_browser)(consultation.invitation)
    async with (
        connected(practitioner_path(consultation), doctor) as two,
        connected(patient_path(consultation), patient) as older,
    ):
        await two.next_of("welcome")
        await older.next_of("welcome")
        assert (await two.next_of("peer-joined"))["epoch"] == 1
        async with connected(patient_path(consultation), newer_browser) as newer:
            assert (await newer.next_of("welcome"))["epoch"] == 2
            assert await older.closed() == Close.REPLACED
            assert (await two.next_of("peer-joined"))["epoch"] == 2
            await older.send_json_to(OFFER)
            await two.send_json_to(STATE)
            assert await newer.next() == STATE
            await two.settled()
            await older.disconnect()
            await two.settled()
            assert (await Seat.objects.aget(role=Seat.Role.PATIENT)).last_seen is not None


async def test_silence_closes_4408_and_the_other_learns_it(consultation, doctor, patient, monkeypatch, no_flood):
    monkeypatch.setattr(consumers, "SILENCE", 0.3)
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
    monkeypatch.setattr(consumers, "TIME_LEFT", (600, 0.5, 0.2))
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
        assert await other.next() == {"type": "peer-left", "reason": "gone"}


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


async def test_a_stopping_server_keeps_the_seats(consultation, doctor, patient):
    async with connected(practitioner_path(consultation), doctor) as other:
        await other.next_of("welcome")
        stopped = Socket(application, patient_path(consultation), headers(patient))
        await stopped.connect(PATIENCE)
        await stopped.next_of("welcome")
        await other.next_of("peer-joined")
        stopped.future.cancel()
        await asyncio.wait([stopped.future])
        assert stopped.output_queue.get_nowait() == {"type": "websocket.close", "code": Close.RESTARTING}
        seat = await Seat.objects.aget(role=Seat.Role.PATIENT)
        assert timezone.now() - seat.last_seen < presence.SILENCE
        # Nobody left: nothing is said.
        await other.settled()
