"""What the worker does by the clock in this room."""

from celery import shared_task
from django.utils import timezone

from accounts.services import announcements


@shared_task(name="accounts.announce_registrations", ignore_result=True)
def announce_registrations() -> None:
    """Tells the administrators of the registrations that wait, if there is something new to tell."""
    announcements.announce_registrations(now=timezone.now())
