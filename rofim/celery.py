"""The Celery application: an accelerator, never a store (the outbox and the database hold the truth)."""

import logging.config
import os
from typing import Any

from celery import Celery
from celery.signals import heartbeat_sent, setup_logging
from django.conf import settings
from django.utils import timezone

from rofim import readiness, retention

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "rofim.settings")

app = Celery("rofim")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@app.task(name="rofim.purge")
def purge() -> None:
    """Once a night: what is past its time of retention goes, in every room."""
    retention.purge(now=timezone.now())


@setup_logging.connect
def _log_like_django(**kwargs: Any) -> None:
    """Celery's own handlers would write past the redaction (rofim/logging.py)."""
    logging.config.dictConfig(settings.LOGGING)


@heartbeat_sent.connect
def _worker_lives(**kwargs: Any) -> None:
    """Every 2 seconds, in the worker: what `/sante/pret/` reads."""
    readiness.mark_seen("worker")
