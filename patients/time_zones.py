"""Where a patient's clock runs: overseas it is another hour than in Paris."""

from datetime import datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import phonenumbers
from django.utils import timezone

if TYPE_CHECKING:
    from patients.models import Invitation

PARIS = "Europe/Paris"
# Zone → (name, where one is there in French and in English, regions of its telephone numbers).
_OVERSEAS = {
    "America/Guadeloupe": (
        "Guadeloupe, Saint-Martin, Saint-Barthélemy",
        "en Guadeloupe",
        "in Guadeloupe",
        ("GP", "MF", "BL"),
    ),
    "America/Martinique": ("Martinique", "en Martinique", "in Martinique", ("MQ",)),
    "America/Cayenne": ("Guyane", "en Guyane", "in French Guiana", ("GF",)),
    "Indian/Reunion": ("La Réunion", "à La Réunion", "in Réunion", ("RE",)),
    "Indian/Mayotte": ("Mayotte", "à Mayotte", "in Mayotte", ("YT",)),
    "America/Miquelon": (
        "Saint-Pierre-et-Miquelon",
        "à Saint-Pierre-et-Miquelon",
        "in Saint-Pierre and Miquelon",
        ("PM",),
    ),
    "Pacific/Noumea": ("Nouvelle-Calédonie", "en Nouvelle-Calédonie", "in New Caledonia", ("NC",)),
    "Pacific/Tahiti": ("Polynésie française", "à Tahiti", "in Tahiti", ("PF",)),
    "Pacific/Marquesas": ("Îles Marquises", "aux Marquises", "in the Marquesas", ()),
    "Pacific/Gambier": ("Îles Gambier", "aux Gambier", "in the Gambier Islands", ()),
    "Pacific/Wallis": ("Wallis-et-Futuna", "à Wallis-et-Futuna", "in Wallis and Futuna", ("WF",)),
}
CHOICES = [(PARIS, "Heure de Paris"), *((zone, name) for zone, (name, *_) in _OVERSEAS.items())]
_ZONE_OF_REGION = {region: zone for zone, (*_, regions) in _OVERSEAS.items() for region in regions}


def zone_of_phone(number: str) -> str:
    """Where a number (E.164 or empty) is from: an overseas zone, otherwise Paris."""
    if not number:
        return PARIS
    return _ZONE_OF_REGION.get(phonenumbers.region_code_for_number(phonenumbers.parse(number)) or "", PARIS)


def local_hour(invitation: "Invitation") -> datetime | None:
    """The appointment by the patient's clock; None where it shows the same as in Paris."""
    there = invitation.starts_at.astimezone(ZoneInfo(invitation.clock))
    return None if there.utcoffset() == timezone.localtime(invitation.starts_at).utcoffset() else there


def place_of(invitation: "Invitation") -> str:
    """« à La Réunion », « in Réunion »: where the patient's clock runs; only for one of overseas France."""
    _, french, english, _ = _OVERSEAS[invitation.clock]
    return english if invitation.language == "en" else french


def local_words(invitation: "Invitation") -> str:
    """« 12:30 à La Réunion », with the date where it is another; empty where the clock shows the same as in Paris."""
    there = local_hour(invitation)
    if there is None:
        return ""
    day = "" if there.date() == timezone.localdate(invitation.starts_at) else f"{there:%d/%m/%Y} à "
    return f"{day}{there:%H:%M} {_OVERSEAS[invitation.clock][1]}"
