"""The Celery application: an accelerator, never a store (the outbox and the database hold the truth)."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "rofim.settings")

app = Celery("rofim")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
