"""Announcing the end, mail between mailboxes, and a channel layer that fails."""

import asyncio

import pytest
from channels.db import database_sync_to_async as in_thread
from channels.layers import InMemoryChannelLayer

from teleconsult import mailbox, rooms
from teleconsult.signalling import Close
from tests.unit.teleconsult.sockets import connected, patient_browser, patient_path, practitioner_path

STATE = {"type": "state", "microphone": True, "camera": True, "screen": False}


class BrokenLayer:
    """A channel layer that fails as an unreachable Redis does."""

    def __getattr__(self, name):
        async def fail(*arguments):
            raise ConnectionRefusedError

        return fail


class HangingLayer:
    """A channel layer that never answers."""

    def __getattr__(self, name):
        async def hang(*arguments):
            await asyncio.Event().wait()

        return hang


async def heart(sockets) -> None:
    """Beats for nobody."""


# --- Announcing the end ----------------------------------------------------------------------------------------


def test_announcing_to_an_empty_room_is_nothing():
    rooms.announce_end(consultation_id=1, by="practitioner", reason="completed")


@pytest.mark.parametrize("layer", [BrokenLayer(), HangingLayer()])
def test_announcing_never_raises(monkeypatch, layer):
    monkeypatch.setattr(mailbox, "get_channel_layer", lambda: layer)
    monkeypatch.setattr(mailbox, "LAYER_TIMEOUT", 0.05)
    rooms.announce_end(consultation_id=1, by="practitioner", reason="completed")


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("layer", [BrokenLayer(), HangingLayer()])
async def test_without_a_layer_two_sockets_of_a_process_notice_nothing(
    consultation, practitioner, client_for, monkeypatch, layer
):
    monkeypatch.setattr(mailbox, "get_channel_layer", lambda: layer)
    monkeypatch.setattr(mailbox, "LAYER_TIMEOUT", 0.05)
    monkeypatch.setattr(mailbox, "PUMP_RESTART", 0.01)
    patient = await in_thread(patient_browser)(consultation.invitation)
    doctor = await in_thread(client_for)(practitioner.user)
    async with (
        connected(patient_path(consultation), patient) as one,
        connected(practitioner_path(consultation), doctor) as two,
    ):
        await one.next_of("welcome")
        await one.next_of("peer-joined")
        await two.next_of("welcome")
        for _ in range(20):
            await two.send_json_to(STATE)
            assert await one.next() == STATE
        await in_thread(rooms.announce_end)(consultation_id=consultation.pk, by="practitioner", reason="completed")
        for socket in (one, two):
            await socket.next_of("ended")
            assert await socket.closed() == Close.ENDED


# --- Mail between mailboxes ------------------------------------------------------------------------------------


class Sitter:
    """A socket reduced to what it was told."""

    def __init__(self, role: str, epoch: int = 1, room: int = 7):
        self.role, self.epoch, self.room = role, epoch, room
        self.told: asyncio.Queue = asyncio.Queue()

    def seat_mail(self, *, ask):
        return ["seat", self.room, self.role, self.epoch, None, ask]

    def __getattr__(self, name):
        async def tell(*arguments):
            self.told.put_nowait((name, *arguments))

        return tell

    async def next(self):
        return await asyncio.wait_for(self.told.get(), 5)


@pytest.fixture
async def pair():
    """Two mailboxes, as two processes would have them, with the two seats of room 7."""
    layer = InMemoryChannelLayer()
    boxes = mailbox.Mailbox(layer), mailbox.Mailbox(layer)
    sitters = Sitter("patient"), Sitter("practitioner")
    for box, sitter in zip(boxes, sitters, strict=True):
        box.enter(mailbox.group_of(7), heart)
        box.seat(sitter)
        await box.join(mailbox.group_of(7))
    yield boxes, sitters
    for box, sitter in zip(boxes, sitters, strict=True):
        box.unseat(sitter)
        await box.leave(mailbox.group_of(7))


async def test_the_seats_find_each_other(pair):
    (one, two), (patient, doctor) = pair
    assert await patient.next() == ("peer_seated", 1, two.address, None)
    assert await doctor.next() == ("peer_seated", 1, one.address, None)


async def test_frames_arrive_in_order_and_once(pair):
    (one, two), (_, doctor) = pair
    assert (await doctor.next())[0] == "peer_seated"
    for number in range(50):
        one.post(two.address, ["frame", 7, "patient", 1, str(number)])
    assert [(await doctor.next())[3] for _ in range(50)] == [str(number) for number in range(50)]
    assert doctor.told.empty()


async def test_a_newer_seat_elsewhere_replaces(pair):
    (one, _), (_, doctor) = pair
    one.post(mailbox.group_of(7), ["seat", 7, "practitioner", 2, None, False])
    while (told := await doctor.next())[0] != "replace":
        assert told[0] == "peer_seated"


async def test_mail_for_nobody_or_of_an_unknown_kind_stops_nothing(pair):
    (one, two), (_, doctor) = pair
    assert (await doctor.next())[0] == "peer_seated"
    for mail in (["frame", 8, "patient", 1, "x"], ["novelty", 7, "patient", 1], ["frame", 7], ["ended", 7]):
        one.post(two.address, mail)
    one.post(two.address, ["left", 7, "patient", 1, "lost"])
    while (told := await doctor.next())[0] != "peer_left":
        assert told[0] == "peer_seated"
    assert told == ("peer_left", 1, "lost")


async def test_the_end_reaches_both(pair):
    (one, _), (_, doctor) = pair
    one.post(mailbox.group_of(7), ["ended", 7, "system", "time-limit"])
    while (told := await doctor.next())[0] != "end":
        assert told[0] == "peer_seated"
    assert told == ("end", "system", "time-limit")


async def test_the_pump_starts_again(monkeypatch):
    """A layer that fails at first: once it is back, the seats announce themselves without being asked."""
    monkeypatch.setattr(mailbox, "PUMP_RESTART", 0.01)
    monkeypatch.setattr(mailbox, "LAYER_REST", 0.0)

    class Flaky(InMemoryChannelLayer):
        failures = 3

        async def new_channel(self, prefix="specific."):
            if self.failures:
                self.failures -= 1
                raise ConnectionRefusedError
            return await super().new_channel(prefix)

    layer = Flaky()
    listener = "test.inmemory!listener"
    await layer.group_add(mailbox.group_of(7), listener)
    box, sitter = mailbox.Mailbox(layer), Sitter("patient")
    box.enter(mailbox.group_of(7), heart)
    box.seat(sitter)
    message = await asyncio.wait_for(layer.receive(listener), 5)
    assert message["mail"] == [["seat", 7, "patient", 1, None, True]]
    assert message["from"] == box.address
    box.unseat(sitter)
    await box.leave(mailbox.group_of(7))


async def test_an_idle_process_keeps_no_pump():
    box = mailbox.Mailbox(InMemoryChannelLayer())
    for _ in range(3):
        box.enter(mailbox.group_of(7), heart)
        box.enter(mailbox.group_of(8), heart)
        await box.join(mailbox.group_of(7))
        assert box.address
        await box.leave(mailbox.group_of(7))
        await box.leave(mailbox.group_of(8))
        assert box.address is None
