"""The words that messages, calendar and pages share: whom the appointment is with, when, and its link."""

from django.conf import settings
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import get_language, override

from accounts.models import Practitioner
from patients.models import Invitation
from patients.time_zones import local_hour, place_of


def article_before(practitioner: Practitioner) -> str:
    """« le  » before « Dr MARTIN », nothing before « Mme DURAND »: what stands between « avec » and the name.

    Nothing on an English page.
    """
    if get_language() == "en":
        return ""
    return "le " if practitioner.title in (Practitioner.Title.DR, Practitioner.Title.PR) else ""


def with_article(practitioner: Practitioner) -> str:
    """« le Dr MARTIN », « Mme DURAND »: who follows « avec »."""
    return article_before(practitioner) + practitioner.formal_name


def practitioner_of(invitation: Invitation) -> str:
    """Who follows « avec » or « with », in the patient's language."""
    if invitation.language == Invitation.Language.EN:
        return invitation.practitioner.formal_name
    return with_article(invitation.practitioner)


def link_of(invitation: Invitation) -> str:
    """The patient's full link."""
    return settings.SITE_URL + reverse("patients:gate", args=[invitation.token])


def date_of(invitation: Invitation) -> str:
    """« 18/03/2020 », « 18 March 2020 », in Paris."""
    return _date(invitation, timezone.get_default_timezone())


def _date(invitation: Invitation, zone) -> str:
    local = timezone.localtime(invitation.starts_at, zone)
    if invitation.language == Invitation.Language.EN:
        # 03/04 would be read as the fourth of March by some.
        with override("en"):
            return date_format(local, "j F Y")
    return local.strftime("%d/%m/%Y")


def time_of(invitation: Invitation) -> str:
    """« 21:45 », in Paris."""
    return timezone.localtime(invitation.starts_at).strftime("%H:%M")


def local_time_of(invitation: Invitation) -> str:
    """What follows the hour for a patient of overseas France: « (Paris), 15:45 en Guadeloupe »; empty elsewhere.

    Another day is named: « 06:45 le 19/03/2020 en Nouvelle-Calédonie ».
    """
    english = invitation.language == Invitation.Language.EN
    there = overseas_hour(invitation)
    if not there:
        return " Paris time" if english else ""
    return f" Paris time, {there}" if english else f" (Paris), {there}"


def overseas_hour(invitation: Invitation) -> str:
    """« 15:45 en Guadeloupe », « 15:45 in Guadeloupe », with its day where it is another; empty elsewhere."""
    local = local_hour(invitation)
    if local is None:
        return ""
    hour = f"{local:%H:%M}"
    if local.date() != timezone.localdate(invitation.starts_at):
        day = _date(invitation, local.tzinfo)
        hour += f" on {day}" if invitation.language == Invitation.Language.EN else f" le {day}"
    return f"{hour} {place_of(invitation)}"
