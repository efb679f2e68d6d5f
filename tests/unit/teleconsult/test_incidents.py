"""The journal of incidents: what is one, what is none, and how its practitioner reads it."""

import asyncio
from datetime import timedelta

import pytest
from channels.db import database_sync_to_async as in_thread
from django.db import IntegrityError, OperationalError, transaction
from django.urls import reverse
from django.utils import timezone

from teleconsult import incidents, journal, presence, sockets
from teleconsult.incidents import (
    QualityWatch,
    begin_incident,
    duration_in_words,
    end_incidents,
    incidents_of,
    is_bad,
    record_cut,
)
from teleconsult.models import Consultation, Incident, Seat
from teleconsult.signalling import Close
from teleconsult.states import Status
from tests.conftest import make_consultation
from tests.unit.teleconsult.sockets import PATIENCE, connected, patient_path, practitioner_path

LOST, QUALITY = Incident.Kind.LOST, Incident.Kind.QUALITY
GOOD = {"type": "quality", "rtt": 0.05, "loss": 0, "jitter": 0.01, "kind": "host"}
BAD = GOOD | {"loss": 0.3}


def seconds(count: float) -> timedelta:
    return timedelta(seconds=count)


# --- Limits -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("measure", "bad"),
    [
        ({"rtt": 0.59, "loss": 0.09, "jitter": 0.09}, False),
        ({"rtt": 0.6, "loss": 0, "jitter": 0}, True),
        ({"rtt": 0, "loss": 0.1, "jitter": 0}, True),
        ({"rtt": 0, "loss": 0, "jitter": 0.1}, True),
        ({"rtt": None, "loss": None, "jitter": None}, False),
        ({"rtt": -1e308, "loss": 1e308, "jitter": 0}, True),
    ],
)
def test_limits(measure, bad):
    assert is_bad(**measure) is bad


def test_one_bad_measure_is_no_incident():
    watch, now = QualityWatch(), timezone.now()
    assert watch.judge(bad=True, at=now) is None
    assert watch.judge(bad=False, at=now + seconds(10)) is None


def test_a_degradation_begins_once_and_ends_once():
    watch, now = QualityWatch(), timezone.now()
    notes = [watch.judge(bad=bad, at=now + seconds(10 * n)) for n, bad in enumerate([1, 1, 1, 0, 0, 1])]
    assert notes == [None, ("begun", now), None, ("over", now + seconds(30)), None, None]


# --- Rows ---------------------------------------------------------------------------------------


@pytest.fixture
def running(practitioner) -> Consultation:
    return make_consultation(practitioner, status=Status.IN_PROGRESS, started_at=timezone.now() - seconds(600))


def seat(consultation: Consultation, role: str = Seat.Role.PATIENT) -> dict:
    return {"consultation_id": consultation.pk, "role": role}


@pytest.mark.django_db
@pytest.mark.parametrize("status", [status for status in Status if status != Status.IN_PROGRESS])
def test_before_and_after_the_call_there_is_none(practitioner, status):
    quiet, now = make_consultation(practitioner, status=status), timezone.now()
    begin_incident(**seat(quiet), kind=QUALITY, started_at=now)
    taken = presence.take_seat(**seat(quiet), page="page", now=now)
    for epoch in (taken.epoch, taken.epoch - 1):
        record_cut(**seat(quiet), epoch=epoch, started_at=now - seconds(60))
    assert not Incident.objects.exists()


@pytest.mark.django_db
def test_one_open_incident_per_role_and_kind(running):
    now = timezone.now()
    for role in Seat.Role.values:
        for kind in (LOST, QUALITY):
            for later in (0, 5):
                begin_incident(**seat(running, role), kind=kind, started_at=now + seconds(later))
    assert Incident.objects.filter(started_at=now).count() == Incident.objects.count() == 4
    with pytest.raises(IntegrityError), transaction.atomic():
        Incident.objects.create(**seat(running), kind=LOST, started_at=now)


@pytest.mark.django_db
def test_made_up_incidents_fill_no_report(running, monkeypatch):
    monkeypatch.setattr(incidents, "MOST", 3)
    now = timezone.now()
    for n in range(5):
        begin_incident(**seat(running), kind=QUALITY, started_at=now + seconds(20 * n))
        end_incidents(**seat(running), at=now + seconds(20 * n + 10))
    assert Incident.objects.count() == 3
    begin_incident(**seat(running, Seat.Role.PRACTITIONER), kind=QUALITY, started_at=now)
    assert Incident.objects.count() == 4


@pytest.mark.django_db
@pytest.mark.parametrize(("lasted", "kept"), [(4, 0), (5, 0), (12, 1)])
def test_a_cut_counts_from_5_seconds_on(running, lasted, kept):
    now = timezone.now()
    taken = presence.take_seat(**seat(running), page="page", now=now)
    record_cut(**seat(running), epoch=taken.epoch, started_at=now)
    end_incidents(**seat(running, Seat.Role.PRACTITIONER), at=now + seconds(60))
    assert Incident.objects.get().ended_at is None
    end_incidents(**seat(running), at=now + seconds(lasted))
    assert Incident.objects.filter(ended_at=now + seconds(lasted)).count() == Incident.objects.count() == kept


@pytest.mark.django_db
def test_who_has_taken_the_seat_has_judged_the_gap(running):
    now = timezone.now()
    old = presence.take_seat(**seat(running), page="page", now=now)
    presence.take_seat(**seat(running), page="page", now=now)
    record_cut(**seat(running), epoch=old.epoch, started_at=now - seconds(60))
    assert not Incident.objects.exists()


# --- Words --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("lasted", "words"), [(0.2, "1 s"), (12.4, "12 s"), (60, "1 min"), (125, "2 min 5 s"), (3720, "1 h 02 min")]
)
def test_durations(lasted, words):
    assert duration_in_words(seconds(lasted)) == words.replace(" ", "\u00a0")


@pytest.mark.django_db
def test_the_appointment_tells_them(running, client_for, other_practitioner):
    now = timezone.now()
    make = Incident.objects.create
    make(**seat(running), kind=LOST, started_at=now - seconds(300), ended_at=now - seconds(288))
    make(**seat(running, "practitioner"), kind=QUALITY, started_at=now - seconds(200), ended_at=now - seconds(160))
    make(**seat(running), kind=QUALITY, started_at=now - seconds(100))
    make(**seat(running), kind=LOST, started_at=now - seconds(2))
    assert [line.words.replace("\u00a0", " ") for line in incidents_of(running, now)] == [
        "Coupure de 12 s du côté du patient",
        "Mauvaise connexion pendant 40 s de votre côté",
        "Mauvaise connexion du côté du patient, encore en cours",
    ]
    address = reverse("teleconsult:consultation_detail", args=[running.reference])
    page = client_for(running.practitioner.user).get(address).content.decode()
    assert "Coupure de 12\u00a0s du côté du patient" in page
    assert f"à {timezone.localtime(now - seconds(300)):%H:%M}" in page
    assert client_for(other_practitioner.user).get(address).status_code == 404
    running.status, running.ended_at = Status.COMPLETED, now + seconds(60)
    assert incidents_of(running, now)[-1].words == "Coupure du côté du patient, jusqu’à la fin"


@pytest.mark.django_db
def test_a_cut_that_nobody_could_write_is_told_all_the_same(running):
    """The web process was killed, and the patient hasn't come back."""
    now = timezone.now()
    presence.take_seat(**seat(running, "practitioner"), page="page", now=now)
    presence.take_seat(**seat(running), page="page", now=now - seconds(90))
    assert [line.words for line in incidents_of(running, now)] == ["Coupure du côté du patient, encore en cours"]
    assert incidents_of(running, now)[0].at == now - seconds(90)
    begin_incident(**seat(running), kind=LOST, started_at=now - seconds(90))
    assert len(incidents_of(running, now)) == 1
    Incident.objects.all().delete()
    running.status, running.ended_at = Status.COMPLETED, now
    assert incidents_of(running, now + seconds(3600))[0].words == "Coupure du côté du patient, jusqu’à la fin"


@pytest.mark.django_db
def test_who_waited_alone_and_vanished_was_cut_off_from_nobody(consultation):
    now = timezone.now()
    presence.take_seat(**seat(consultation), page="page", now=now - seconds(90))
    assert incidents_of(consultation, now) == []


# --- Sockets ------------------------------------------------------------------------------------


async def rows() -> list[tuple]:
    return [(each.role, each.kind, each.ended_at is not None) async for each in Incident.objects.all()]


async def cut_off(consultation, doctor, patient, code: int) -> None:
    """Both meet, then the patient's socket closes with this code."""
    async with connected(practitioner_path(consultation), doctor), connected(patient_path(consultation), patient) as it:
        await it.next_of("welcome")
        await it.disconnect(code)


@pytest.mark.django_db(transaction=True)
async def test_a_dropped_socket_opens_a_cut_and_the_next_one_closes_it(consultation, doctor, patient, monkeypatch):
    await cut_off(consultation, doctor, patient, 1006)
    assert ("patient", "lost", False) in await rows()
    monkeypatch.setattr(incidents, "LOST_AFTER", timedelta(0))
    async with connected(patient_path(consultation), patient) as back:
        await back.next_of("welcome")
        assert ("patient", "lost", True) in await rows()


@pytest.mark.django_db(transaction=True)
async def test_back_at_once_there_was_no_cut(consultation, doctor, patient):
    await cut_off(consultation, doctor, patient, 1006)
    async with connected(patient_path(consultation), patient) as back:
        await back.next_of("welcome")
        assert await rows() == []


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("code", [1000, 1001])
async def test_a_closed_or_reloaded_page_is_no_cut(consultation, doctor, patient, code):
    await cut_off(consultation, doctor, patient, code)
    assert await rows() == []


@pytest.mark.django_db(transaction=True)
async def test_alone_in_the_room_there_is_no_cut(consultation, patient):
    async with connected(patient_path(consultation), patient) as waiting:
        await waiting.next_of("welcome")
        await waiting.disconnect(1006)
    assert await rows() == []


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("code", "hung_up", "silence", "newer", "expected"),
    [
        (Close.SILENT, None, 45, False, [("patient", "lost", False)]),
        (None, 1005, 12, False, [("patient", "lost", False)]),
        (Close.REPLACED, None, 4, True, []),
        (Close.LEFT, None, 1, False, []),
        (Close.ENDED, None, 30, False, []),
        (Close.NOT_ALLOWED, None, 1, False, []),
    ],
)
async def test_how_a_socket_ends(consultation, code, hung_up, silence, newer, expected):
    now = timezone.now()
    await Consultation.objects.filter(pk=consultation.pk).aupdate(status=Status.IN_PROGRESS, started_at=now)
    taken = await in_thread(presence.take_seat)(**seat(consultation), page="page", now=now)
    if newer:
        await in_thread(presence.take_seat)(**seat(consultation), page="page", now=now)
    its = journal.Journal(room=consultation.pk, role=Seat.Role.PATIENT, epoch=taken.epoch)
    await its.end(code, hung_up, silence)
    assert await rows() == expected


@pytest.mark.django_db(transaction=True)
async def test_what_a_dead_network_kept_back_hides_no_cut(consultation):
    """The network returns: the old socket's last words come first, then its close, then the next socket."""
    now = timezone.now()
    await Consultation.objects.filter(pk=consultation.pk).aupdate(
        status=Status.IN_PROGRESS, started_at=now - seconds(60)
    )
    taken = await in_thread(presence.take_seat)(**seat(consultation), page="page", now=now)
    its = journal.Journal(room=consultation.pk, role=Seat.Role.PATIENT, epoch=taken.epoch)
    its.hear_again(15)
    await its.end(None, 1005, 0.01)
    await in_thread(end_incidents)(**seat(consultation), at=timezone.now())
    [cut] = [each async for each in Incident.objects.all()]
    assert cut.ended_at - cut.started_at == seconds(15)


@pytest.mark.django_db(transaction=True)
async def test_a_cut_that_the_socket_survives(consultation, doctor, patient, monkeypatch):
    async with connected(practitioner_path(consultation), doctor), connected(patient_path(consultation), patient) as it:
        await it.next_of("welcome")
        await it.settled()
        monkeypatch.setattr(incidents, "LOST_AFTER", timedelta(0))
        monkeypatch.setattr(sockets, "_UNSEEN", 0)
        await it.settled()
        await it.disconnect(1001)
        assert await rows() == [("patient", "lost", True)]


@pytest.mark.django_db
def test_a_cut_is_counted_from_the_start_of_the_call_on(running):
    taken = presence.take_seat(**seat(running), page="page", now=timezone.now())
    begun = running.started_at
    record_cut(**seat(running), epoch=taken.epoch, started_at=begun - seconds(30), ended_at=begun + seconds(4))
    assert not Incident.objects.exists()
    record_cut(**seat(running), epoch=taken.epoch, started_at=begun - seconds(30), ended_at=begun + seconds(9))
    assert Incident.objects.get().started_at == begun


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("gap", "kept"), [(8, 0), (14, 1)])
async def test_a_killed_process_leaves_the_cut_to_whoever_comes_next(consultation, doctor, patient, gap, kept):
    """As kill -9 leaves it: a holder in the database, and no socket."""
    vanished = timezone.now() - seconds(gap)
    await Consultation.objects.filter(pk=consultation.pk).aupdate(status=Status.IN_PROGRESS, started_at=vanished)
    await in_thread(presence.take_seat)(**seat(consultation), page="page", now=vanished)
    async with connected(patient_path(consultation), patient) as back:
        await back.next_of("welcome")
    assert await Incident.objects.filter(started_at=vanished, ended_at__gt=vanished).acount() == kept
    assert await Incident.objects.acount() == kept


@pytest.mark.django_db(transaction=True)
async def test_a_long_degradation_is_written_by_the_watch(consultation, doctor, patient, monkeypatch):
    monkeypatch.setattr(incidents, "BAD_FOR", timedelta(0))
    written, write = asyncio.Queue(), journal.Journal.write

    async def watched_write(self):
        had_news = self.has_news
        await write(self)
        if had_news:
            written.put_nowait(await rows())

    monkeypatch.setattr(journal.Journal, "write", watched_write)
    async with connected(practitioner_path(consultation), doctor) as it, connected(patient_path(consultation), patient):
        await it.next_of("welcome")
        await it.next_of("peer-joined")
        for frame, expected in ((BAD, False), (GOOD, True)):
            await it.send_json_to(frame)
            async with asyncio.timeout(PATIENCE):
                assert await written.get() == [("practitioner", "quality", expected)]
        await it.send_json_to(BAD)
        await it.settled()
    assert ("practitioner", "quality", False) not in await rows()


@pytest.mark.django_db(transaction=True)
async def test_a_broken_database_leaves_the_call_alone(consultation, doctor, patient, monkeypatch):
    def fail(**values):
        raise OperationalError

    monkeypatch.setattr(incidents, "BAD_FOR", timedelta(0))
    for name in ("begin_incident", "end_incidents", "record_cut"):
        monkeypatch.setattr(journal, name, fail)
    async with connected(practitioner_path(consultation), doctor) as it, connected(patient_path(consultation), patient):
        await it.next_of("welcome")
        await it.next_of("peer-joined")
        for frame in (BAD, GOOD, BAD):
            await it.send_json_to(frame)
            await it.settled()
        await it.disconnect(1006)
    assert not await in_thread(Incident.objects.exists)()
