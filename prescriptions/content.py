"""What is frozen at issue: one JSON object with everything on the paper, in the words in which it is printed."""

import base64
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any

import phonenumbers
from django.conf import settings
from django.utils import timezone

from accounts.models import Practitioner
from patients.models import Intake
from prescriptions import rules
from teleconsult.models import Consultation

_NBSP = "\N{NO-BREAK SPACE}"


def paris(moment: datetime) -> datetime:
    """`moment` on the clock of the site (Europe/Paris)."""
    return timezone.localtime(moment)


def prescriber_data(practitioner: Practitioner) -> dict[str, Any]:
    """The registration, as the paper shows it (CSP R.5132-3 1°, R.4127-79; CSS R.161-45)."""
    user = practitioner.user
    identifier = ""
    if practitioner.rpps:
        identifier = f"N° RPPS :{_NBSP}{practitioner.rpps}"
    elif practitioner.adeli:
        identifier = f"N° ADELI :{_NBSP}{practitioner.adeli}"
    return {
        "display_name": practitioner.display_name,
        "title": practitioner.title,
        "first_name": user.first_name,
        "last_name": user.last_name,
        "profession_code": practitioner.profession,
        "profession": practitioner.get_profession_display(),
        "specialty": practitioner.specialty,
        "identifier": identifier,
        "billing_number": practitioner.billing_number,
        "sector": practitioner.sector,
        "approved_association": practitioner.approved_association,
        "practice_name": practitioner.practice_name,
        "address": practitioner.practice_address,
        "postal_code": practitioner.practice_postal_code,
        "city": practitioner.practice_city,
        "phone": international_phone(practitioner.practice_phone),
        "email": user.email,
        "signature": base64.b64encode(bytes(practitioner.signature)).decode() if practitioner.signature else "",
    }


def international_phone(phone: Any) -> str:
    """« +33 4 91 00 00 00 » (« précédées de l'indicatif international +33 », CSP R.5132-3 1°)."""
    if not phone:
        return ""
    text = phonenumbers.format_number(phone, phonenumbers.PhoneNumberFormat.INTERNATIONAL)
    return text.replace(" ", _NBSP)


def build(
    *,
    practitioner: Practitioner,
    consultation: Consultation,
    patient: Mapping[str, Any],
    lines: Sequence[Mapping[str, Any]],
    number: str,
    code: str,
    now: datetime,
) -> dict[str, Any]:
    """The frozen content of a prescription that `rules.missing` found complete."""
    prescriber = prescriber_data(practitioner)
    today = paris(now).date()
    return {
        "version": 1,
        "number": number,
        "code": code,
        "verify_url": f"{settings.SITE_URL}/verifier/{code}/",
        "verify_host": settings.SITE_URL.split("://")[-1],
        "issued_at": f"{now.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}",
        "issued_on": f"{today:%d/%m/%Y}",
        "place": prescriber["city"],
        "consultation_at": f"{paris(consultation.started_at or consultation.starts_at):%d/%m/%Y à %H:%M}",
        "prescriber": prescriber,
        "patient": _patient(patient, today),
        "lines": [_line(line) for line in lines],
        "end": _end(len(lines)),
    }


def _patient(patient: Mapping[str, Any], today: date) -> dict[str, str]:
    return identity(patient, today) | {
        "weight": _decimal(patient.get("weight")),
        "height": _decimal(patient.get("height")),
    }


def identity(patient: Mapping[str, Any], today: date) -> dict[str, str]:
    """Name, sex and age in words; the name alone where no more is known."""
    names = {"last_name": patient["last_name"], "first_name": patient["first_name"]}
    return names | _birth(patient, today) if patient.get("sex") and patient.get("birth_date") else names


def _birth(patient: Mapping[str, Any], today: date) -> dict[str, str]:
    birth_date = date.fromisoformat(patient["birth_date"])
    years = rules.age_in_years(birth_date, today)
    return {
        "sex": str(Intake.Sex(patient["sex"]).label),
        "born": "née" if patient["sex"] == Intake.Sex.FEMALE else "né",
        "birth_date": f"{birth_date:%d/%m/%Y}",
        "birth_date_iso": patient["birth_date"],
        "age": f"{years}{_NBSP}an{_plural(years)}" if years else "moins d’un an",
    }


def _line(line: Mapping[str, Any]) -> dict[str, str]:
    days, boxes, renewals = line.get("duration_days"), line.get("boxes"), line.get("renewals") or 0
    quantity = []
    if days:
        quantity.append(f"pendant {days}{_NBSP}jour{_plural(days)}")
    if boxes:
        quantity.append(f"{boxes}{_NBSP}boîte{_plural(boxes)}")
    return {
        "name": line["name"],
        "strength_form": line["strength_form"],
        "dosage": line["dosage"],
        "instructions": line.get("instructions", ""),
        "quantity": ", ".join(quantity),
        "renewal": f"à renouveler {renewals}{_NBSP}fois" if renewals else "ne pas renouveler",
    }


def _end(count: int) -> str:
    return f"Fin de l’ordonnance : {count}{_NBSP}ligne{_plural(count)}. Rien ne peut être ajouté ci-dessous."


def _plural(count: int) -> str:
    return "s" if count > 1 else ""


def _decimal(value: Any) -> str:
    return str(value or "").replace(".", ",")
