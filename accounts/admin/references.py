"""References of the trail in words: « Dr Claire Martin » for practitioner/12, « rendez-vous n° 7 » for invitation/7.

Of a patient a number is all that is ever said.
"""

from collections import defaultdict
from collections.abc import Iterable

from django.urls import reverse
from django.utils.html import format_html
from django.utils.http import urlencode

from accounts.models import Practitioner, User

_WORDS = {
    "user": "compte",
    "practitioner": "inscription",
    "registration": "inscription commencée",
    "invitation": "rendez-vous",
    "consultation": "consultation",
    "document": "document",
    "prescription": "ordonnance",
    "report": "compte rendu",
}


def names_of(references: Iterable[str]) -> dict[str, str]:
    """The words of each reference; two queries however many there are. What is unknown keeps its reference."""
    numbers: dict[str, set[int]] = defaultdict(set)
    for reference in set(references):
        kind, _, number = reference.partition("/")
        if kind in _WORDS and number.isdecimal():
            numbers[kind].add(int(number))
    # What was tried with an address that has no account.
    names = {"user/unknown": "compte inconnu"} | {
        f"{kind}/{number}": f"{words} n°\u00a0{number}" for kind, words in _WORDS.items() for number in numbers[kind]
    }
    people = Practitioner.objects.select_related("user").in_bulk(numbers["practitioner"])
    names |= {f"practitioner/{pk}": str(each) for pk, each in people.items()}
    users = User.objects.select_related("practitioner").in_bulk(numbers["user"])
    return names | {f"user/{pk}": _person(each) for pk, each in users.items()}


def _person(user: User) -> str:
    practitioner = getattr(user, "practitioner", None)
    return str(practitioner or user.get_full_name() or user)


def reference_link(reference: str, names: dict[str, str]) -> str:
    """The words, which lead to all that the trail has about it."""
    if not reference:
        return ""
    url = f"{reverse('admin:accounts_auditevent_changelist')}?{urlencode({'q': reference})}"
    return format_html('<a href="{}" title="{}">{}</a>', url, reference, names.get(reference, reference))
