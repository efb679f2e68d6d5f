"""Registrations that may be the same person's: asked by the administration before it decides."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from django.db.models import Exists, OuterRef, Q, QuerySet

from accounts.models import Practitioner

# Where dots in the name make no other address (Google: « Dots don't matter in Gmail addresses »).
_DOTLESS = frozenset({"gmail.com", "googlemail.com"})


@dataclass(frozen=True)
class Duplicate:
    """Another registration, and what it shares with the one looked at (« n° RPPS », « portable »)."""

    practitioner: Practitioner
    shared: list[str]


def normalised_email(address: str) -> str:
    """The mailbox behind an address: without « +something », and without dots at Gmail."""
    name, _, domain = address.lower().rpartition("@")
    name = name.partition("+")[0]
    if domain in _DOTLESS:
        name, domain = name.replace(".", ""), "gmail.com"
    return f"{name}@{domain}"


def duplicates_of(practitioner: Practitioner) -> list[Duplicate]:
    """Other registrations with the number, the mobile or the mailbox of this one, the latest first."""
    mailbox = normalised_email(practitioner.user.email)
    same: dict[str, Callable[[Practitioner], bool]] = {
        "n°\u00a0RPPS": lambda other: bool(other.rpps) and other.rpps == practitioner.rpps,
        "n°\u00a0ADELI": lambda other: bool(other.adeli) and other.adeli == practitioner.adeli,
        "portable": lambda other: other.user.mobile_phone == practitioner.user.mobile_phone,
        "adresse e-mail": lambda other: normalised_email(other.user.email) == mailbox,
    }
    others = (
        Practitioner.objects.exclude(pk=practitioner.pk)
        .filter(_candidates(practitioner, mailbox))
        .select_related("user")
    )
    found = [
        Duplicate(other, [word for word, is_same in same.items() if is_same(other)])
        for other in others.select_related("user").order_by("-submitted_at")
    ]
    return [duplicate for duplicate in found if duplicate.shared]


def with_shared_number(practitioners: QuerySet[Practitioner]) -> QuerySet[Practitioner]:
    """Those whose number or mobile another registration has too (`is_shared`)."""
    others = Practitioner.objects.exclude(pk=OuterRef("pk"))
    return practitioners.annotate(
        is_shared=Exists(others.filter(rpps=OuterRef("rpps")).exclude(rpps=""))
        | Exists(others.filter(adeli=OuterRef("adeli")).exclude(adeli=""))
        | Exists(others.filter(user__mobile_phone=OuterRef("user__mobile_phone")))
    )


def _candidates(practitioner: Practitioner, mailbox: str) -> Q:
    """What the database can compare; the mailbox by its first letter and domain, the rest is compared here."""
    domains = _DOTLESS if mailbox.endswith("@gmail.com") else {mailbox.rpartition("@")[2]}
    found = Q(user__mobile_phone=practitioner.user.mobile_phone)
    for part in _numbers(practitioner):
        found |= part
    for domain in domains:
        found |= Q(user__email__istartswith=mailbox[:1], user__email__iendswith=f"@{domain}")
    return found


def _numbers(practitioner: Practitioner) -> Iterator[Q]:
    if practitioner.rpps:
        yield Q(rpps=practitioner.rpps)
    if practitioner.adeli:
        yield Q(adeli=practitioner.adeli)
