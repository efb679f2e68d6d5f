"""`/sante/pret/`: what is missing is named, with a 503."""

import pytest
from celery.signals import heartbeat_sent
from django.db import OperationalError
from django.test import Client

from rofim import readiness

NOBODY = "redis://127.0.0.1:9/0"


def test_readiness_without_database(db, monkeypatch):
    def broken() -> bool:
        raise OperationalError("gone")

    monkeypatch.setattr(readiness, "_database", broken)
    response = Client().get("/sante/pret/")
    assert response.status_code == 503
    assert response.json() == {"status": "missing", "database": "missing"}


def test_readiness_without_redis(db, settings):
    settings.REDIS_URL = NOBODY
    response = Client().get("/sante/pret/")
    assert response.status_code == 503
    assert response.json()["database"] == "ok"
    assert response.json()["redis"] == response.json()["worker"] == "missing"


def test_worker_survives_a_silent_redis(settings):
    settings.REDIS_URL = NOBODY
    readiness.mark_seen("worker")


def test_worker_unseen_then_seen(settings, monkeypatch):
    kept: dict[str, str] = {}

    class Memory:
        def __enter__(self):
            return self

        def __exit__(self, *_):
            return None

        def set(self, key, value, ex):
            assert 0 < ex <= 60
            kept[key] = value

        def exists(self, key):
            return int(key in kept)

    settings.REDIS_URL = NOBODY
    monkeypatch.setattr(readiness, "_redis", Memory)
    assert not readiness._seen("worker")
    heartbeat_sent.send(sender=None)
    assert readiness._seen("worker")


def test_readiness_embedded(db, settings):
    settings.REDIS_URL = ""
    response = Client().get("/sante/pret/")
    assert response.status_code == 200
    assert response.json() == {"status": "ok", "database": "ok"}


def test_an_unexpected_error_is_not_hidden(monkeypatch):
    def surprised() -> bool:
        raise KeyError("a fault of ours")

    with pytest.raises(KeyError):
        readiness._answers("part", surprised)
