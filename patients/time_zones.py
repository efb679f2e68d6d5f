"""Where a patient's clock runs: overseas it is another hour than in Paris."""

from datetime import datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import phonenumbers
from django.utils import timezone

if TYPE_CHECKING:
    from patients.models import Invitation

PARIS = "Europe/Paris"
# Zone → (name, where one is there, regions of its telephone numbers).
_OVERSEAS = {
    "America/Guadeloupe": ("Guadeloupe, Saint-Martin, Saint-Barthélemy", "en Guadeloupe", ("GP", "MF", "BL")),
    "America/Martinique": ("Martinique", "en Martinique", ("MQ",)),
    "America/Cayenne": ("Guyane", "en Guyane", ("GF",)),
    "Indian/Reunion": ("La Réunion", "à La Réunion", ("RE",)),
    "Indian/Mayotte": ("Mayotte", "à Mayotte", ("YT",)),
    "America/Miquelon": ("Saint-Pierre-et-Miquelon", "à Saint-Pierre-et-Miquelon", ("PM",)),
    "Pacific/Noumea": ("Nouvelle-Calédonie", "en Nouvelle-Calédonie", ("NC",)),
    "Pacific/Tahiti": ("Polynésie française", "à Tahiti", ("PF",)),
    "Pacific/Marquesas": ("Îles Marquises", "aux Marquises", ()),
    "Pacific/Gambier": ("Îles Gambier", "aux Gambier", ()),
    "Pacific/Wallis": ("Wallis-et-Futuna", "à Wallis-et-Futuna", ("WF",)),
}
CHOICES = [(PARIS, "Heure de Paris"), *((zone, name) for zone, (name, _, _) in _OVERSEAS.items())]
_ZONE_OF_REGION = {region: zone for zone, (_, _, regions) in _OVERSEAS.items() for region in regions}


def zone_of_phone(number: str) -> str:
    """Where a number (E.164 or empty) is from: an overseas zone, otherwise Paris."""
    if not number:
        return PARIS
    return _ZONE_OF_REGION.get(phonenumbers.region_code_for_number(phonenumbers.parse(number)) or "", PARIS)


def local_hour(invitation: "Invitation") -> datetime | None:
    """The appointment by the patient's clock; None where it shows the same as in Paris."""
    there = invitation.starts_at.astimezone(ZoneInfo(invitation.time_zone))
    return None if there.utcoffset() == timezone.localtime(invitation.starts_at).utcoffset() else there


def local_words(invitation: "Invitation") -> str:
    """« 12:30 à La Réunion », with the date where it is another; empty where the clock shows the same as in Paris."""
    there = local_hour(invitation)
    if there is None:
        return ""
    day = "" if there.date() == timezone.localdate(invitation.starts_at) else f"{there:%d/%m/%Y} à "
    return f"{day}{there:%H:%M} {_OVERSEAS[invitation.time_zone][1]}"
