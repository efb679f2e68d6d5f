"""The socket of the list: who gets none, who loses it, and what it says, through the whole ASGI stack."""

import asyncio
from datetime import timedelta

import pytest
from channels.db import database_sync_to_async as in_thread
from django.test import Client
from django.utils import timezone

from accounts.models import Practitioner
from accounts.sessions import end_sessions
from patients.models import Invitation
from patients.services import save_intake, verify_code
from teleconsult import pulse
from teleconsult.services import cancel_consultation, move_consultation
from teleconsult.signalling import Close
from tests.conftest import make_consultation
from tests.unit.teleconsult.sockets import change, connected, is_refused, patient_browser, patient_path

pytestmark = pytest.mark.django_db(transaction=True)
LIST = "/ws/teleconsultation/"


@pytest.fixture
def quick_pulse(monkeypatch) -> None:
    monkeypatch.setattr(pulse, "PULSE_EVERY", 0.05)


@pytest.fixture
async def other_doctor(other_practitioner, client_for) -> Client:
    return await in_thread(client_for)(other_practitioner.user)


# --- Refusals -------------------------------------------------------------------------------------
async def test_a_stranger_hears_nothing():
    assert await is_refused(LIST, Client())


async def test_the_password_alone_hears_nothing(practitioner, half_logged_in):
    assert await is_refused(LIST, await in_thread(half_logged_in)(practitioner.user))


async def test_a_patient_hears_nothing(patient):
    assert await is_refused(LIST, patient)


async def test_an_administrator_hears_nothing(administrator, client_for):
    assert await is_refused(LIST, await in_thread(client_for)(administrator))


@pytest.mark.parametrize(
    "status", [status for status in Practitioner.Status if status != Practitioner.Status.VALIDATED]
)
async def test_the_not_validated_hear_nothing(practitioner, doctor, status):
    await in_thread(change)(practitioner, status=status)
    assert await is_refused(LIST, doctor)


async def test_the_deactivated_hear_nothing(practitioner, doctor):
    await in_thread(change)(practitioner.user, is_active=False)
    assert await is_refused(LIST, doctor)


@pytest.mark.parametrize("origin", [None, "null", "https://evil.example", "http://localhost:8000.evil.example"])
async def test_another_sites_page_hears_nothing(doctor, origin):
    assert await is_refused(LIST, doctor, origin)


async def test_a_made_up_cookie_hears_nothing():
    browser = Client()
    browser.cookies["session"] = "x\0" * 20
    assert await is_refused(LIST, browser)


async def test_nothing_of_another_practitioners_is_heard(consultation, practitioner, doctor, other_doctor):
    async with connected(LIST, other_doctor) as theirs, connected(LIST, doctor) as own:
        await theirs.next_of("changed")
        await own.next_of("changed")
        await in_thread(cancel_consultation)(consultation=consultation, by=practitioner.user, now=timezone.now())
        await own.next_of("changed")
        await theirs.settled()


@pytest.mark.parametrize(
    "text",
    ["{", "[]", '{"type":"leave"}', '{"type":"changed"}', "x" * 70_000,
     '{"type":"state","microphone":true,"camera":true,"screen":false}'],
)  # fmt: skip
async def test_it_hears_pings_alone(doctor, text):
    async with connected(LIST, doctor) as own:
        await own.next_of("changed")
        await own.send_to(text_data=text)
        assert await own.closed() == Close.BAD_FRAME


async def test_a_flood_closes_it(doctor):
    async with connected(LIST, doctor) as own:
        await own.next_of("changed")
        for _ in range(200):
            await own.send_json_to({"type": "ping"})
        while (event := await own.receive_output(10))["type"] != "websocket.close":
            pass
        assert event["code"] == Close.FLOOD


# --- Cut ------------------------------------------------------------------------------------------
@pytest.mark.parametrize("how", ["logged out", "sessions ended", "suspended", "deactivated", "another password"])
async def test_it_is_cut_when_the_right_to_it_ends(practitioner, doctor, quick_pulse, how):
    acts = {
        "logged out": doctor.logout,
        "sessions ended": lambda: end_sessions(user=practitioner.user),
        "suspended": lambda: change(practitioner, status=Practitioner.Status.SUSPENDED),
        "deactivated": lambda: change(practitioner.user, is_active=False),
        "another password": lambda: change(practitioner.user, password="another"),
    }
    async with connected(LIST, doctor) as own:
        await own.next_of("changed")
        await in_thread(acts[how])()
        assert await own.closed() == Close.NOT_ALLOWED


async def test_a_vanished_page_is_let_go(doctor, quick_pulse, monkeypatch):
    monkeypatch.setattr(pulse, "LIST_SILENCE", 0.2)
    async with connected(LIST, doctor) as own:
        await own.next_of("changed")
        assert await own.closed() == Close.SILENT


async def test_whoever_stays_is_left_alone(doctor, quick_pulse):
    beats = asyncio.Queue()
    original = pulse._beat_lists

    async def counted(*arguments):
        await original(*arguments)
        beats.put_nowait(None)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pulse, "_beat_lists", counted)
        async with connected(LIST, doctor) as own:
            await own.next_of("changed")
            for _ in range(3):
                await asyncio.wait_for(beats.get(), 10)
            await own.settled()


# --- What it says -----------------------------------------------------------------------------------
async def test_whoever_comes_asks_for_the_rows_once(doctor):
    async with connected(LIST, doctor) as own:
        await own.next_of("changed")
        await own.settled()


async def test_what_the_practitioner_does_elsewhere(consultation, practitioner, doctor):
    async with connected(LIST, doctor) as one, connected(LIST, doctor) as two:
        await one.next_of("changed")
        await two.next_of("changed")
        later = timezone.now() + timedelta(hours=5)
        await in_thread(move_consultation)(
            consultation=consultation, starts_at=later, by=practitioner.user, now=timezone.now()
        )
        await one.next_of("changed")
        await two.next_of("changed")


async def test_what_is_rolled_back_is_not_told(practitioner, doctor):
    completed = await in_thread(make_consultation)(practitioner, status="completed")
    async with connected(LIST, doctor) as own:
        await own.next_of("changed")
        with pytest.raises(Exception, match="completed"):
            await in_thread(cancel_consultation)(consultation=completed, by=practitioner.user, now=timezone.now())
        await own.settled()


async def test_the_patient_comes_and_goes(consultation, doctor):
    patient = await in_thread(patient_browser)(consultation.invitation)
    async with connected(LIST, doctor) as own:
        await own.next_of("changed")
        async with connected(patient_path(consultation), patient) as waiting:
            await waiting.next_of("welcome")
            await own.next_of("changed")
        await own.next_of("changed")


async def test_the_patients_data_arrive(consultation, doctor):
    async with connected(LIST, doctor) as own:
        await own.next_of("changed")
        invitation = await in_thread(Invitation.objects.select_related("patient").get)(pk=consultation.invitation_id)
        await in_thread(save_intake)(invitation=invitation, values={}, now=timezone.now(), complete=True)
        await own.next_of("changed")


async def test_a_link_that_locks(consultation, doctor):
    async with connected(LIST, doctor) as own:
        await own.next_of("changed")
        for _ in range(5):
            with pytest.raises(Exception):  # noqa: B017, PT011
                await in_thread(verify_code)(
                    invitation=consultation.invitation, code="ZZZZ", address="203.0.113.7", now=timezone.now()
                )
        await own.next_of("changed")
