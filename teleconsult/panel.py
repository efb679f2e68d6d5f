"""The practitioner's side panel beside the call, part by part: what has changed since the page last asked."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from hashlib import sha256
from typing import Any

from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.safestring import SafeString

from patients.identifiers import format_nir
from patients.models import Document, Intake
from teleconsult.models import Consultation, Seat
from teleconsult.presence import PRESENCE_TTL, waiting_since

# Whoever waits longest first; a fourth would only be a reason for haste.
_SHOWN_WAITING = 3


@dataclass(frozen=True)
class Part:
    """A piece of the panel, rendered, and the version by which the page tells whether it has it."""

    name: str
    html: SafeString

    @property
    def version(self) -> str:
        return sha256(self.html.encode()).hexdigest()[:16]


@dataclass(frozen=True)
class Waiting:
    """A patient in another waiting room of the same practitioner."""

    name: str
    since: datetime
    starts_at: datetime


def parts(consultation: Consultation, *, now: datetime) -> list[Part]:
    """Intake, documents, who waits elsewhere, and what is said of it to a screen reader: the name only, said once."""
    documents = documents_of(consultation)
    waiting = waiting_elsewhere(consultation, now)
    contexts: dict[str, dict[str, Any]] = {
        "intake": {"consultation": consultation, **intake_of(consultation)},
        "documents": {"consultation": consultation, "documents": documents},
        "waiting": {"waiting": waiting, "now": now},
        "said": {"waiting": waiting, "documents": documents},
    }
    return [Part(name, render_to_string(f"teleconsult/_panel_{name}.html", each)) for name, each in contexts.items()]


def changed(found: list[Part], seen: Mapping[str, str]) -> list[Part]:
    """Those of which the page has another version, or none."""
    return [part for part in found if seen.get(part.name) != part.version]


def documents_of(consultation: Consultation) -> list[Document]:
    """Photos and documents of the consultation, oldest first."""
    return list(Document.objects.filter(invitation=consultation.invitation))


def waiting_elsewhere(consultation: Consultation, now: datetime) -> list[Waiting]:
    """Patients who are alone in the practitioner's other waiting rooms, the first to arrive first."""
    others = (
        Consultation.objects.filter(
            practitioner=consultation.practitioner_id,
            seats__role=Seat.Role.PATIENT,
            seats__last_seen__gt=now - PRESENCE_TTL,
        )
        .not_ended()
        .exclude(pk=consultation.pk)
        .select_related("invitation__patient")
    )
    since = waiting_since([other.pk for other in others], now)
    found = [
        Waiting(other.patient.full_name, since[other.pk], other.starts_at) for other in others if other.pk in since
    ]
    return sorted(found, key=lambda each: each.since)[:_SHOWN_WAITING]


def intake_of(consultation: Consultation) -> dict[str, Any]:
    """« Données patient » as far as they are known; nothing but None while there are none."""
    intake: Intake | None = getattr(consultation.invitation, "intake", None)
    if intake is None:
        return {"intake": None}
    return {
        "intake": intake,
        "age": age_in_words(intake.birth_date, timezone.localdate()) if intake.birth_date else "",
        "nir": format_nir(intake.nir),
        "beneficiary_nir": format_nir(intake.beneficiary_nir),
    }


def age_in_words(born: date, today: date) -> str:
    """« 38 ans »; months before the second birthday, which is how a doctor counts a baby's age."""
    months = (today.year - born.year) * 12 + today.month - born.month - (today.day < born.day)
    if months < 24:
        return f"{max(months, 0)} mois"
    return f"{months // 12} ans"
