"""The words that messages, calendar and pages share: whom the appointment is with, when, and its link."""

from django.conf import settings
from django.urls import reverse
from django.utils import timezone

from accounts.models import Practitioner
from patients.models import Invitation


def article_before(practitioner: Practitioner) -> str:
    """« le  » before « Dr MARTIN », nothing before « Mme DURAND »: what stands between « avec » and the name."""
    return "le " if practitioner.title in (Practitioner.Title.DR, Practitioner.Title.PR) else ""


def with_article(practitioner: Practitioner) -> str:
    """« le Dr MARTIN », « Mme DURAND »: who follows « avec »."""
    return article_before(practitioner) + practitioner.formal_name


def link_of(invitation: Invitation) -> str:
    """The patient's full link."""
    return settings.SITE_URL + reverse("patients:gate", args=[invitation.token])


def date_of(invitation: Invitation) -> str:
    """« 18/03/2020 », in Paris."""
    return timezone.localtime(invitation.starts_at).strftime("%d/%m/%Y")


def time_of(invitation: Invitation) -> str:
    """« 21:45 », in Paris."""
    return timezone.localtime(invitation.starts_at).strftime("%H:%M")
