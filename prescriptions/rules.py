"""What a prescription of medicines must carry, and what is still missing. Pure: no database, no clock.

CSP = Code de la santé publique, CSS = Code de la sécurité sociale.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

MAX_LINES = 30
# « Renouvellement » beyond twelve months of treatment is not delivered (CSP R.5123-2); 366 counts a leap year in.
MAX_TREATMENT_DAYS = 366
# Twelve deliveries of a month.
MAX_RENEWALS = 11
# Below this age the doses depend on weight and height (CSP R.5132-3 7°, « si nécessaire »).
WEIGHT_AND_HEIGHT_BELOW_YEARS = 15
# Prescribers of medicines whose rights need no list of their own (CSP R.5132-6).
PRESCRIBING_PROFESSIONS = frozenset({"physician", "dentist", "midwife"})

# What the embedded font draws (Atkinson Hyperlegible Next, Latin and Latin Extended), checked against it by a test.
# Combining accents are left out: text is normalised (NFC) first.
_PRINTABLE = (
    "\n -~\xa0-\xac\xae-\xb4\xb6-\xff\u0100-\u0107\u010a-\u0113\u0116-\u011b\u011e-\u0123\u0126\u0127\u012a\u012b"
    "\u012e-\u0133\u0136\u0137\u0139-\u013e\u0141-\u0148\u0150-\u0155\u0158-\u015b\u015e-\u0165\u016a\u016b\u016e-\u017e"
    "\u0192\u0218-\u021b\u0237\u1e80-\u1e85\u1e9e\u1ef2\u1ef3\u2013\u2014\u2018-\u201a\u201c-\u201e\u2020\u2022\u2026"
    "\u2039\u203a\u20ac\u2122\u2212"
)
UNPRINTABLE = re.compile(f"[^{_PRINTABLE}]")


@dataclass(frozen=True)
class Missing:
    """One thing that stops the issue: what, which article asks for it, and where it is entered.

    `field` is the name of the form's field (`dosage` of line 2 is `lines-1-dosage`), empty where the account has it.
    """

    message: str
    article: str
    field: str = ""


def missing(
    *,
    prescriber: Mapping[str, Any],
    patient: Mapping[str, Any],
    lines: Sequence[Mapping[str, Any]],
    on: date,
) -> list[Missing]:
    """Everything that stops the issue on the day `on`, in the order of the form; empty when nothing does."""
    return [*_of_prescriber(prescriber), *_of_patient(patient, on), *_of_lines(lines)]


def age_in_years(birth_date: date, on: date) -> int:
    """Completed years of age."""
    return on.year - birth_date.year - ((on.month, on.day) < (birth_date.month, birth_date.day))


def needs_weight_and_height(birth_date: date | None, on: date) -> bool:
    """Whether the patient is a child for whom weight and height are asked for."""
    return birth_date is not None and age_in_years(birth_date, on) < WEIGHT_AND_HEIGHT_BELOW_YEARS


def _of_prescriber(prescriber: Mapping[str, Any]) -> list[Missing]:
    found = []
    if prescriber["profession_code"] not in PRESCRIBING_PROFESSIONS:
        found.append(
            Missing(
                "Seuls les médecins, chirurgiens-dentistes et sages-femmes prescrivent ici des médicaments",
                "CSP R.5132-6",
            )
        )
    required = {
        "last_name": "Votre nom",
        "first_name": "Votre prénom",
        "profession": "Votre profession",
        "identifier": "Votre n° RPPS (ou ADELI)",
        "address": "L’adresse de votre cabinet",
        "postal_code": "Le code postal de votre cabinet",
        "city": "La ville de votre cabinet",
        "phone": "Le téléphone de votre cabinet",
        "email": "Votre adresse e-mail",
        "signature": "Votre signature",
    }
    found += [Missing(label, "CSP R.5132-3 1°") for key, label in required.items() if not prescriber.get(key)]
    for value in prescriber.values():
        if isinstance(value, str) and (character := UNPRINTABLE.search(value)):
            found.append(
                Missing(
                    f"Un caractère de votre compte ne s’imprime pas : « {character[0]} »",
                    "CSP R.5132-3 1°, « lisiblement »",
                )
            )
    return found


def _of_patient(patient: Mapping[str, Any], on: date) -> list[Missing]:
    article = "CSP R.5132-3 7°"
    required = {
        "last_name": "Le nom du patient",
        "first_name": "Le prénom du patient",
        "sex": "Le sexe du patient",
        "birth_date": "La date de naissance du patient",
    }
    found = [Missing(label, article, key) for key, label in required.items() if not patient.get(key)]
    birth_date = date.fromisoformat(patient["birth_date"]) if patient.get("birth_date") else None
    if needs_weight_and_height(birth_date, on):
        child = {"weight": "Le poids du patient (moins de 15 ans)", "height": "La taille du patient (moins de 15 ans)"}
        found += [Missing(label, article, key) for key, label in child.items() if not patient.get(key)]
    return found


def _of_lines(lines: Sequence[Mapping[str, Any]]) -> list[Missing]:
    if not lines:
        return [Missing("Au moins un médicament", "CSP R.5132-3 2°", "lines-0-name")]
    found = []
    if len(lines) > MAX_LINES:
        found.append(Missing(f"Au plus {MAX_LINES} lignes", "règle de Rofim", f"lines-{MAX_LINES}-name"))
    for index, line in enumerate(lines):
        found += _of_line(line, index)
    return found


def _of_line(line: Mapping[str, Any], index: int) -> list[Missing]:
    where = f"lines-{index}-"
    required = {
        "name": "le nom du médicament",
        "strength_form": "le dosage et la forme",
        "dosage": "la posologie",
        "instructions": "le mode d’emploi",
    }
    found = [
        Missing(f"Ligne {index + 1} : {label}", "CSP R.5132-3 2°", where + key)
        for key, label in required.items()
        if not line.get(key)
    ]
    days, boxes, renewals = line.get("duration_days"), line.get("boxes"), line.get("renewals") or 0
    if not days and not boxes:
        message = f"Ligne {index + 1} : la durée ou le nombre de boîtes"
        found.append(Missing(message, "CSP R.5132-3 3°", where + "duration_days"))
    if renewals > MAX_RENEWALS or (days or 0) * (renewals + 1) > MAX_TREATMENT_DAYS:
        message = f"Ligne {index + 1} : au plus 12 mois, renouvellements compris"
        found.append(Missing(message, "CSP R.5123-2", where + "renewals"))
    return found
