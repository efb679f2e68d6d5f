"""A seated socket, through the whole ASGI stack: what is no frame, then the call."""

import asyncio
import json
from datetime import datetime

import pytest
from channels.db import database_sync_to_async as in_thread
from django.utils import timezone

from teleconsult import presence, sockets
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
    patient_browser,
    patient_path,
    practitioner_path,
)

pytestmark = pytest.mark.django_db(transaction=True)

OFFER = {"type": "description", "description": {"type": "offer", "sdp": "v=0\r\n"}}
STATE = {"type": "state", "microphone": True, "camera": True, "screen": False}


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


async def test_who_never_reads_is_cut_before_it_fills_the_memory(consultation, doctor, patient, monkeypatch):
    monkeypatch.setattr(sockets, "MOST_SENT", 20_000)
    async with (
        connected(patient_path(consultation), patient) as deaf,
        connected(practitioner_path(consultation), doctor) as sender,
    ):
        await deaf.next_of("welcome")
        await deaf.next_of("peer-joined")
        long = OFFER | {"description": {"type": "offer", "sdp": "x" * 9_000}}
        for _ in range(3):
            await sender.send_json_to(long)
        assert [await deaf.next(), await deaf.next()] == [long, long]
        assert await deaf.closed() == Close.SILENT
        await sender.next_of("welcome")
        assert await sender.next() == {"type": "peer-left", "reason": "lost"}


async def test_who_keeps_a_frame_waiting_keeps_nobody_waiting(consultation, doctor, patient, monkeypatch):
    """As uvicorn waits for a client that reads nothing."""
    monkeypatch.setattr(sockets, "SENDING_TIMEOUT", 0.1)

    async def stuck(scope, receive, send):
        async def wait_on(event):
            if "description" in event.get("text", ""):
                await asyncio.Event().wait()
            await send(event)

        await application(scope, receive, wait_on)

    async with (
        connected(patient_path(consultation), patient, stuck) as deaf,
        connected(practitioner_path(consultation), doctor) as sender,
    ):
        await deaf.next_of("welcome")
        await deaf.next_of("peer-joined")
        await sender.next_of("welcome")
        await sender.send_json_to(OFFER)
        await sender.send_json_to({"type": "ping"})
        assert await deaf.closed() == Close.SILENT
        assert {(await sender.next())["type"] for _ in range(2)} == {"peer-left", "pong"}


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


async def test_a_page_that_comes_back_takes_no_seat_from_another_page(consultation, patient):
    laptop, phone = (f"{patient_path(consultation)}?page={name}" for name in ("laptop", "phone"))
    async with connected(laptop, patient) as first:
        await first.next_of("welcome")
    async with connected(phone, patient) as newer:
        await newer.next_of("welcome")
        async with connected(f"{laptop}&back=1", patient) as awake:
            assert await awake.closed() == Close.REPLACED
        await newer.settled()
        async with connected(f"{phone}&back=1", patient) as itself:
            assert (await itself.next_of("welcome"))["epoch"] == 3
            assert await newer.closed() == Close.REPLACED
        async with connected(laptop, patient) as asked_for:
            assert (await asked_for.next_of("welcome"))["epoch"] == 4


@pytest.mark.parametrize("query", ["page=", "page=%00", "page=" + "x" * 5000, "page=é&back", "&&==", "page=a&page=b"])
async def test_any_other_query_is_a_page_of_its_own(consultation, patient, query):
    async with connected(f"{patient_path(consultation)}?{query}", patient) as socket:
        await socket.next_of("welcome")
        assert (await Seat.objects.aget()).holder not in ("", "é", "\0")


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
