"""The words that messages, calendar and pages share: whom the appointment is with, when, and its link."""

from zoneinfo import ZoneInfo

import phonenumbers
from django.conf import settings
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import override

from accounts.models import Practitioner
from patients.models import Invitation

# Where a number of overseas France is at home: its clock, and the place in French and English.
_OVERSEAS = {
    "GP": ("America/Guadeloupe", "en Guadeloupe", "in Guadeloupe"),
    "BL": ("America/St_Barthelemy", "à Saint-Barthélemy", "in Saint-Barthélemy"),
    "MF": ("America/Marigot", "à Saint-Martin", "in Saint-Martin"),
    "MQ": ("America/Martinique", "en Martinique", "in Martinique"),
    "GF": ("America/Cayenne", "en Guyane", "in French Guiana"),
    "PM": ("America/Miquelon", "à Saint-Pierre-et-Miquelon", "in Saint-Pierre and Miquelon"),
    "RE": ("Indian/Reunion", "à La Réunion", "in Réunion"),
    "YT": ("Indian/Mayotte", "à Mayotte", "in Mayotte"),
    "NC": ("Pacific/Noumea", "en Nouvelle-Calédonie", "in New Caledonia"),
    "PF": ("Pacific/Tahiti", "à Tahiti", "in Tahiti"),
    "WF": ("Pacific/Wallis", "à Wallis-et-Futuna", "in Wallis and Futuna"),
}


def article_before(practitioner: Practitioner) -> str:
    """« le  » before « Dr MARTIN », nothing before « Mme DURAND »: what stands between « avec » and the name."""
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

    Only the number tells where the patient lives. Another day is named: « 06:45 le 19/03/2020 en Nouvelle-Calédonie ».
    """
    english = invitation.language == Invitation.Language.EN
    region = _region(invitation.patient.phone)
    if region not in _OVERSEAS:
        return " Paris time" if english else ""
    zone_name, french_place, english_place = _OVERSEAS[region]
    zone = ZoneInfo(zone_name)
    local = timezone.localtime(invitation.starts_at, zone)
    hour = f"{local:%H:%M}"
    if local.date() != timezone.localdate(invitation.starts_at):
        hour += f" on {_date(invitation, zone)}" if english else f" le {_date(invitation, zone)}"
    return f" Paris time, {hour} {english_place}" if english else f" (Paris), {hour} {french_place}"


def _region(phone: str) -> str:
    if not phone:
        return ""
    return phonenumbers.region_code_for_number(phonenumbers.parse(phone)) or ""
