"""Canaries: personal values given to every logger, none of them in what comes out."""

import io
import json
import logging
import logging.config
from collections.abc import Callable

import pytest
from django.test import Client

from rofim import logging as rofim_logging
from tests.conftest import verify

TOKEN = "h3Zk_9-QwErTyUiOpAsDfG"
CANARIES = [
    "+33612345678", "0612345678", "06 12 34 56 78", "06.12.34.56.78", "+33 6 12 34 56 78", "%2B33612345678",
    "sophie.carpentier@example.org", "sophie%40example.org", "184127645108946", "1 84 12 76 451 089 46",
    "2 99 05 2A 004 123 45", "10003456786", TOKEN, "7K2M", "redis-s3cret",
]  # fmt: skip


@pytest.fixture(params=[False, True], ids=["json", "readable"])
def lines(request, monkeypatch) -> Callable[[], str]:
    """What the configured handler wrote so far."""
    output = io.StringIO()
    before = logging.getLogger().handlers[:], logging.getLogger().level
    config = rofim_logging.config(readable=request.param, level="DEBUG")
    config["handlers"]["console"]["stream"] = output
    logging.config.dictConfig(config)
    yield output.getvalue
    logging.getLogger().handlers[:], logging.getLogger().level = before


def assert_clean(text: str) -> None:
    assert text
    for canary in CANARIES:
        assert canary not in text, canary


@pytest.mark.parametrize(
    "name", ["rofim.x", "django.request", "django.server", "daphne.http", "celery.worker", "kombu"]
)
def test_no_canary_in_a_text_in_arguments_or_in_a_traceback(lines, name):
    logger = logging.getLogger(name)
    for canary in CANARIES:
        said = f"code={canary}" if canary == "7K2M" else f"/visio/{canary}/salle/" if canary == TOKEN else canary
        if canary == "redis-s3cret":
            said = "redis://:redis-s3cret@127.0.0.1:6379/0"
        logger.warning(f"in the text {said}")
        logger.warning("in the arguments %s", said)
        try:
            raise ValueError(f"in the exception {said}")
        except ValueError:
            logger.exception("in the traceback")
    assert_clean(lines())


def test_no_canary_under_a_personal_key(lines):
    personal = {
        "code": "7K2M", "token": TOKEN, "to": "0612345678", "body": "Le code est 7K2M", "phone": 33612345678,
        "data": {"args": ["+33612345678", {"access_code": "7K2M"}], "email": "sophie.carpentier@example.org"},
    }  # fmt: skip
    logging.getLogger("rofim.x").info("under a key", extra=personal)
    text = lines()
    assert_clean(text)
    assert "33612345678" not in text


def test_addresses_of_sockets_and_pages_are_masked(lines):
    access = logging.getLogger("django.channels.server")
    access.info("WebSocket CONNECT /ws/visio/%s/ [127.0.0.1:5000]", TOKEN)
    access.info("HTTP GET /visio/%s 200", TOKEN)
    access.info("HTTP GET /mot-de-passe/Mg/cx2k-0a1b2c3d4e5f60718293a4b5c6d7e8f9/ 200")
    access.info("HTTP GET /inscription/confirmer/WzMsIjIwMjYtMTEtMjNU:1xVKsg:2V03ylUk4xf_D-b6/ 200")
    access.info("HTTP GET /verifier/ABCD-EFGH-JKMN/ 200")
    access.info("HTTP GET /compte/email/bmV3LWFkZHJlc3Mtc2VjcmV0LTMy/ 200")
    access.info("HTTP POST /compte/email/retablir/b2xkLWFkZHJlc3Mtc2VjcmV0LTMy/ 403")
    text = lines()
    assert_clean(text)
    assert "cx2k" not in text
    assert "2V03" not in text
    assert "ABCD-EFGH" not in text
    assert "bmV3" not in text
    assert "b2xk" not in text
    assert "/compte/email/retablir/" in text
    assert "/ws/visio/" in text


@pytest.mark.django_db
def test_a_request_that_fails_leaves_no_token(lines):
    Client().get(f"/visio/{TOKEN}/nowhere/?email=sophie.carpentier@example.org")
    assert_clean(lines())


@pytest.mark.django_db
def test_a_refused_request_is_a_line_without_a_traceback(lines):
    assert Client().get("/", headers={"host": "evil.example"}).status_code == 400
    text = lines()
    assert "HTTP_HOST" in text
    assert "Traceback" not in text


@pytest.mark.django_db
def test_somebody_elses_appointment_is_a_line_with_who_and_from_where(lines, other_practitioner, consultation):
    client = verify(Client(REMOTE_ADDR="203.0.113.7"), other_practitioner.user)
    client.get(f"/teleconsultation/{consultation.reference}/")
    Client(REMOTE_ADDR="203.0.113.8").get("/nowhere/")
    refused = [line for line in lines().splitlines() if "Not Found" in line]
    if refused[0].startswith("{"):
        said = [json.loads(line) for line in refused]
        assert [(line["account"], line["ip_address"], line["status_code"]) for line in said] == [
            (other_practitioner.user.pk, "203.0.113.7", 404), (None, "203.0.113.8", 404),
        ]  # fmt: skip
    assert "203.0.113.7" in refused[0]


def test_what_says_nothing_of_anybody_stays_readable():
    for text in (
        "Task notifications.deliver[05105a6a-6d07-4969-858b-42d59460f2c1] succeeded in 0.003315850000035425s",
        "HTTP GET /teleconsultation/Igs3ff/visio/ 200 [0.12, 127.0.0.1:54321]",
        "2026-11-22T20:46:02.123456Z opened 12 of 10000",
    ):
        assert rofim_logging.redact_text(text) == text


def test_a_line_is_json_in_utc(capsys):
    output = io.StringIO()
    config = rofim_logging.config(readable=False, level="INFO")
    config["handlers"]["console"]["stream"] = output
    root = logging.getLogger()
    before = root.handlers[:], root.level
    try:
        logging.config.dictConfig(config)
        logging.getLogger("rofim.x").info("message settled", extra={"outgoing": 12, "status": "accepted"})
    finally:
        root.handlers[:], root.level = before
    line = json.loads(output.getvalue())
    assert line.pop("timestamp").endswith("Z")
    assert line == {
        "event": "message settled", "level": "info", "logger": "rofim.x", "outgoing": 12, "status": "accepted",
    }  # fmt: skip


def outage(error: BaseException | None, created: float) -> logging.LogRecord:
    info = (type(error), error, None) if error else None
    record = logging.LogRecord("channels_redis.pubsub", logging.ERROR, "", 0, "Unexpected exception", (), info)
    record.created = created
    return record


def test_an_outage_of_redis_is_a_line_a_minute_and_never_silence():
    gate = rofim_logging.OneLineAMinute()
    records = [outage(ConnectionRefusedError("no"), second) for second in range(130)]
    assert [record.created for record in records if gate.filter(record)] == [0, 60, 120]
    assert records[0].getMessage() == "Redis unreachable: ConnectionRefusedError('no')"
    assert records[0].exc_info is None
    # Anything else is a defect, each time with its traceback.
    for record in (outage(KeyError("x"), 1), outage(None, 1)):
        assert gate.filter(record)
    assert outage(KeyError("x"), 1).exc_info
