"""Who gets no seat, through the whole ASGI stack (origin, cookies, routing)."""

from datetime import timedelta

import pytest
from channels.db import database_sync_to_async as in_thread
from django.db import OperationalError
from django.test import Client
from django.utils import timezone

from accounts.models import Practitioner
from teleconsult import seating
from teleconsult.models import Consultation, Seat
from teleconsult.states import Status
from tests.conftest import make_consultation
from tests.unit.teleconsult.sockets import (
    change,
    is_refused,
    patient_browser,
    patient_path,
    practitioner_path,
)

pytestmark = pytest.mark.django_db(transaction=True)


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
    "path", ["/ws/", "/ws/teleconsultations/", "/ws/teleconsultation/unknwn/", "/ws/teleconsultation/abc%00de/",
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
