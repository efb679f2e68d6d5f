"""What the worker does for patients."""

import logging
from datetime import datetime

from celery import shared_task
from django.utils import timezone

from patients.lost_link import answer_link_request
from patients.models import LinkRequest

logger = logging.getLogger(__name__)


@shared_task(name="patients.answer_link_requests")
def answer_link_requests(now: datetime | None = None) -> int:
    """« J’ai perdu mon lien »: sends what was asked for; says how many appointments."""
    now, sent = now or timezone.now(), 0
    for request in LinkRequest.objects.order_by("pk"):
        try:
            sent += answer_link_request(request=request, now=now)
        except Exception:
            logger.exception("patients: link request %s failed", request.pk)
    return sent
