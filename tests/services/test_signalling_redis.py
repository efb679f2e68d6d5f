"""One call across two web processes: two mailboxes with a connection each, over a real Redis."""

import pytest
from channels.db import database_sync_to_async as in_thread
from channels.routing import URLRouter
from channels.sessions import CookieMiddleware
from channels_redis.pubsub import RedisPubSubChannelLayer
from django.urls import re_path
from django.utils import timezone

from rofim import live
from teleconsult import mailbox, pulse, rooms, signalling, watch
from teleconsult.consumers import CallConsumer
from teleconsult.list_socket import ListConsumer
from teleconsult.mailbox import Mailbox
from teleconsult.models import Seat
from teleconsult.services import cancel_consultation
from teleconsult.signalling import Close
from tests.unit.teleconsult.sockets import connected, patient_browser, patient_path, practitioner_path

pytestmark = pytest.mark.django_db(transaction=True)

STATE = {"type": "state", "microphone": True, "camera": True, "screen": False}


class WebProcess:
    """What a web process is to a call: its own mailbox on its own connection."""

    def __init__(self, url: str):
        self.layer = RedisPubSubChannelLayer(hosts=[url])
        self.mailbox = Mailbox(self.layer)
        self.application = CookieMiddleware(
            URLRouter(
                [
                    re_path(r"^ws/teleconsultation/$", ListConsumer(find_mailbox=lambda: self.mailbox)),
                    re_path(r"^ws/teleconsultation/(?P<reference>\w{6})/$", self._seat(Seat.Role.PRACTITIONER)),
                    re_path(r"^ws/visio/(?P<token>[\w-]{22})/$", self._seat(Seat.Role.PATIENT)),
                ]
            )
        )

    def _seat(self, role: str) -> CallConsumer:
        return CallConsumer(role, find_mailbox=lambda: self.mailbox)


@pytest.fixture
async def web(redis_server, monkeypatch):
    """Two web processes."""
    monkeypatch.setattr(signalling, "FLOOD_FRAMES", 1_000_000)
    monkeypatch.setattr(mailbox, "LAYER_REST", 0.01)
    monkeypatch.setattr(mailbox, "PUMP_RESTART", 0.01)
    processes = WebProcess(redis_server.url), WebProcess(redis_server.url)
    yield processes
    for process in processes:
        await process.layer.flush()


@pytest.fixture
def doctor(practitioner, client_for):
    return client_for(practitioner.user)


@pytest.fixture
def patient(consultation):
    return patient_browser(consultation.invitation)


async def test_the_two_find_each_other_and_frames_cross_in_order(consultation, doctor, patient, web):
    here, there = web
    async with connected(patient_path(consultation), patient, here.application) as one:
        assert (await one.next_of("welcome"))["peer"] is False
        async with connected(practitioner_path(consultation), doctor, there.application) as two:
            welcome = await two.next_of("welcome")
            assert welcome["peer"] is True
            assert await one.next() == {"type": "peer-joined", "epoch": 1, "endsAt": welcome["endsAt"]}
            for sender, receiver in ((one, two), (two, one)):
                sent = [{"type": "candidate", "candidate": {"candidate": str(n)}} for n in range(200)]
                for frame in sent:
                    await sender.send_json_to(frame)
                assert [await receiver.next() for _ in sent] == sent
            await two.send_json_to({"type": "leave"})
            assert await two.closed() == Close.LEFT
        assert await one.next() == {"type": "peer-left", "reason": "gone"}


async def test_a_seat_taken_in_another_process_replaces(consultation, doctor, patient, web):
    here, there = web
    async with (
        connected(patient_path(consultation), patient, here.application) as older,
        connected(practitioner_path(consultation), doctor, here.application) as two,
    ):
        await older.next_of("welcome")
        await older.next_of("peer-joined")
        await two.next_of("welcome")
        async with connected(patient_path(consultation), patient, there.application) as newer:
            assert (await newer.next_of("welcome"))["epoch"] == 2
            assert await older.closed() == Close.REPLACED
            assert (await two.next_of("peer-joined"))["epoch"] == 2
            await newer.send_json_to(STATE)
            assert await two.next() == STATE
            await two.send_json_to(STATE)
            assert await newer.next() == STATE


async def test_the_end_reaches_another_process(consultation, patient, web, redis_server, settings, monkeypatch):
    settings.CHANNEL_LAYERS = {
        "default": {
            "BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer",
            "CONFIG": {"hosts": [redis_server.url]},
        }
    }
    monkeypatch.setattr(mailbox, "end_here", lambda *arguments: None)
    async with connected(patient_path(consultation), patient, web[0].application) as waiting:
        await waiting.next_of("welcome")
        await web[0].mailbox.join(mailbox.group_of(consultation.pk))
        await in_thread(rooms.announce_end)(consultation_id=consultation.pk, by="system", reason="time-limit")
        assert await waiting.next() == {"type": "ended", "by": "system", "reason": "time-limit"}
        assert await waiting.closed() == Close.ENDED


async def test_a_list_hears_of_what_happens_in_other_processes(
    consultation, practitioner, doctor, patient, web, redis_server, settings
):
    settings.CHANNEL_LAYERS = {
        "default": {
            "BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer",
            "CONFIG": {"hosts": [redis_server.url]},
        }
    }
    here, there = web
    async with connected("/ws/teleconsultation/", doctor, here.application) as own:
        await own.next_of("changed")
        await here.mailbox.join(live.group_of(practitioner.pk))
        async with connected(patient_path(consultation), patient, there.application) as waiting:
            await waiting.next_of("welcome")
            await own.next_of("changed")
        await own.next_of("changed")
        await in_thread(cancel_consultation)(consultation=consultation, by=practitioner.user, now=timezone.now())
        await own.next_of("changed")


async def test_an_outage_of_redis_closes_nothing_and_heals(
    consultation, doctor, patient, web, redis_server, monkeypatch
):
    monkeypatch.setattr(watch, "JOIN_EVERY", 0.2)
    monkeypatch.setattr(pulse, "PULSE_EVERY", 0.2)
    here, there = web
    async with (
        connected(patient_path(consultation), patient, here.application) as one,
        connected(practitioner_path(consultation), doctor, there.application) as two,
    ):
        await one.next_of("welcome")
        await two.next_of("welcome")
        await one.next_of("peer-joined")
        redis_server.stop()
        async with connected(practitioner_path(consultation), doctor, here.application) as beside:
            assert (await beside.next_of("welcome"))["epoch"] == 2
            assert (await one.next_of("peer-joined"))["epoch"] == 2
            for sender, receiver in ((one, beside), (beside, one)):
                await sender.send_json_to(STATE)
                assert await receiver.next() == STATE
            # Only the database could tell the older socket.
            assert await two.closed() == Close.REPLACED
        await one.next_of("peer-left")
        redis_server.start()
        async with connected(practitioner_path(consultation), doctor, there.application) as back:
            await back.next_of("welcome")
            assert (await one.next_of("peer-joined"))["epoch"] == 3
            for sender, receiver in ((one, back), (back, one)):
                marker = {"type": "candidate", "candidate": {"candidate": str(id(sender))}}
                heard = None
                while heard != marker:
                    await sender.send_json_to(marker)
                    heard = None if await receiver.receive_nothing(0.05) else await receiver.next()
