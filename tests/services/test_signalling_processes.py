"""One call whose two seats are in two web processes, one on Daphne and one on uvicorn, over PostgreSQL and Valkey."""

import asyncio
import json
import re
import urllib.error
import urllib.request

import pytest
from websockets.exceptions import InvalidStatus

from tests.services.line import Line, arrives, dial, flow_both_ways, lines
from tests.services.web import SERVERS, SITE_URL, MeetingRoom, Web

DOCTOR, PATIENT = "practitioner", "patient"
# Seconds that are promised (reliability.md): sockets back after a process was killed, whoever may no longer is cut.
BACK_WITHIN, CUT_WITHIN = 10, 20
# Twice the worst case of what is read every 20 s, for a busy machine. News between processes takes milliseconds: what
# came before AT_ONCE came as news.
EVERY_20 = 45
AT_ONCE = 10


def http(web: Web, path: str, cookies: str, data: bytes | None = None) -> tuple[int, str, list[str]]:
    """Status, text and cookies set."""
    headers = {"Host": "rofim.example", "X-Forwarded-Proto": "https", "Origin": SITE_URL, "Cookie": cookies}
    request = urllib.request.Request(f"http://127.0.0.1:{web.port}{path}", data, headers)
    try:
        answer = urllib.request.urlopen(request, timeout=20)
    except urllib.error.HTTPError as error:
        answer = error
    with answer:
        return answer.status, answer.read().decode(), answer.headers.get_all("Set-Cookie") or []


def log_out(web: Web, cookies: str) -> None:
    """As the button in the page does."""
    _, page, set_cookies = http(web, "/compte/", cookies)
    token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', page)[1]
    crumbs = "; ".join([cookies, *(each.split(";")[0] for each in set_cookies)])
    http(web, "/deconnexion/", crumbs, f"csrfmiddlewaretoken={token}".encode())


async def is_refused(web: Web, path: str, cookies: str) -> bool:
    with pytest.raises(InvalidStatus) as refused:
        await dial(web, path, cookies)
    return refused.value.response.status_code == 403


async def nobody_is_third(room: MeetingRoom, webs: list[Web], stranger: MeetingRoom) -> bool:
    """Neither without a cookie nor with those of another room is there a way in."""
    return all(
        [
            await is_refused(web, path, cookies)
            for web in webs
            for path in room.paths.values()
            for cookies in ("", *stranger.cookies.values())
        ]
    )


@pytest.fixture
def webs(full_size):
    with full_size.web(*SERVERS) as webs:
        yield webs


@pytest.fixture
def room(full_size) -> MeetingRoom:
    return full_size.rooms(1)[0]


@pytest.mark.parametrize(("killed", "survivor"), [(0, 1), (1, 0)], ids=SERVERS)
async def test_kill_9_of_either_process(full_size, webs, killed, survivor):
    room, stranger = full_size.rooms(2)
    dead, alive = webs[killed], webs[survivor]
    async with lines((room, PATIENT, [dead, alive]), (room, DOCTOR, [alive])) as (patient, doctor):
        await flow_both_ways(patient, doctor, EVERY_20)
        epoch = patient.epoch
        dead.kill()
        await patient.next_of("welcome", BACK_WITHIN)
        assert patient.web is alive
        assert patient.epoch == epoch + 1
        assert (await doctor.next_of("peer-joined", BACK_WITHIN))["epoch"] == patient.epoch
        await flow_both_ways(patient, doctor, BACK_WITHIN)
        assert doctor.connects == 1
        assert await nobody_is_third(room, [alive], stranger)
        seats = full_size.sql("SELECT role, epoch FROM teleconsult_seat WHERE consultation_id = %s", room.pk)
        assert sorted(seats) == [(PATIENT, patient.epoch), (DOCTOR, doctor.epoch)]
        # Back at once: the call went on from browser to browser, nobody was cut off.
        assert not full_size.sql("SELECT 1 FROM teleconsult_incident WHERE consultation_id = %s", room.pk)


async def test_a_cut_that_the_killed_process_could_not_write(full_size, webs, room):
    """The patient comes back after a longer absence: the journal has the cut since it was last seen."""
    dead, alive = webs
    async with lines((room, DOCTOR, [alive]), (room, PATIENT, [dead])) as (doctor, patient):
        await flow_both_ways(patient, doctor, EVERY_20)
        dead.kill()
        await patient.hang_up()
        await doctor.next_of("peer-left", 90)
        assert "Coupure du côté du patient, encore en cours" in http(
            alive, room.states[DOCTOR].removesuffix("etat/"), room.cookies[DOCTOR]
        )[1].replace("\u00a0", " ")
        async with lines((room, PATIENT, [alive])):
            found = full_size.sql(
                "SELECT role, kind, extract(epoch FROM ended_at - started_at) FROM teleconsult_incident"
                " WHERE consultation_id = %s",
                room.pk,
            )
        assert [(role, kind) for role, kind, _ in found] == [(PATIENT, "lost")]
        assert 40 < found[0][2] < 100


async def test_redis_flushed_and_stopped(full_size, webs, room):
    """Neither closes a socket nor answers 500; afterwards frames flow again by themselves."""
    here, there = webs
    async with lines((room, PATIENT, [here]), (room, DOCTOR, [there])) as (patient, doctor):
        await flow_both_ways(patient, doctor, EVERY_20)
        full_size.valkey.command("FLUSHALL")
        await flow_both_ways(patient, doctor, EVERY_20)
        full_size.valkey.stop()
        try:
            assert not await arrives(patient, doctor)
            for web in webs:
                for path, cookies in (
                    (room.states[DOCTOR], room.cookies[DOCTOR]),
                    (room.states[PATIENT], room.cookies[PATIENT]),
                    ("/connexion/", ""),
                ):
                    status, _, _ = await asyncio.to_thread(http, web, path, cookies)
                    assert status == 200, (web.server, path)
            # Long enough for every part of both processes to notice.
            with pytest.raises(TimeoutError):
                await flow_both_ways(patient, doctor, 6)
        finally:
            full_size.valkey.start()
        await flow_both_ways(patient, doctor, EVERY_20)
        assert (patient.connects, doctor.connects) == (1, 1)
        for web in webs:
            said = [json.loads(line) for line in web.log.read_text().splitlines() if line.startswith("{")]
            said = [each for each in said if each["logger"] in ("teleconsult.mailbox", "channels_redis.pubsub")]
            # One from the library; ours when it begins and when it is over, if anything was to be sent; no tracebacks.
            assert len(said) in (1, 2, 3), said
            assert not any("exception" in each for each in said)


async def test_the_newest_wins_across_processes(full_size, webs, room):
    here, there = webs
    async with lines((room, DOCTOR, [here]), (room, PATIENT, [here]), (room, PATIENT, [there])) as (
        doctor, older, newer,
    ):  # fmt: skip
        async with asyncio.timeout(AT_ONCE):
            assert await older.closed == 4409
        await flow_both_ways(doctor, newer, EVERY_20)


async def test_who_comes_back_takes_nothing_from_another_page(webs, room):
    """The laptop's process died while the phone took over: the laptop is told so instead of taking it back."""
    here, there = webs
    phone_room = room.as_page("phone")
    async with (
        lines((room.as_page("laptop"), PATIENT, [here, there])) as (laptop,),
        lines((phone_room, PATIENT, [there])) as (phone,),
    ):
        async with asyncio.timeout(AT_ONCE):
            assert await laptop.closed == 4409
        back = Line(room.as_page("laptop", back=True), PATIENT, [there])
        async with asyncio.timeout(AT_ONCE):
            assert await back.closed == 4409
        assert not phone.closed.done()


async def test_suspended_and_logged_out_are_cut_within_20_seconds(full_size, webs):
    here, there = webs
    suspended, logged_out = full_size.rooms(2)
    async with lines(
        (suspended, PATIENT, [there]), (suspended, DOCTOR, [here]), (logged_out, PATIENT, [here]),
        (logged_out, DOCTOR, [there]),
    ) as (one, first, two, second):  # fmt: skip
        full_size.sql("UPDATE accounts_practitioner SET status = 'suspended' WHERE id = %s", suspended.practitioner)
        await asyncio.to_thread(log_out, here, logged_out.cookies[DOCTOR])
        async with asyncio.timeout(CUT_WITHIN):
            assert await asyncio.gather(first.closed, second.closed) == [4401, 4401]
        for patient in (one, two):
            await patient.next_of("peer-left")
            assert not patient.closed.done()
        for room in (suspended, logged_out):
            for web in webs:
                assert await is_refused(web, room.paths[DOCTOR], room.cookies[DOCTOR])
