"""What a report says: the facts, which nobody types, and the practitioner's own words (frozen at issue).

The record of a teleconsultation holds the report, what was prescribed, who took part, date and hour, and the technical
incidents (code de la santé publique, R.6316-4).
"""

import unicodedata
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from prescriptions import content as paper
from prescriptions import rules
from prescriptions.models import ConsultationReport, Prescription
from teleconsult.incidents import incidents_of
from teleconsult.models import Consultation
from teleconsult.summary import Summary

SECTIONS = (
    ("reason", "Motif"),
    ("findings", "Examen et observations"),
    ("conclusion", "Conclusion et conduite à tenir"),
)


def report_facts(
    *,
    consultation: Consultation,
    summary: Summary,
    patient: Mapping[str, Any],
    prescriptions: Sequence[Prescription],
    now: datetime,
) -> dict[str, Any]:
    """The part that is pre-filled, in the words in which it is printed."""
    return {
        "reference": consultation.reference,
        "held": summary.held,
        "lasted": summary.lasted,
        "ended_by": summary.ended_by,
        "patient": paper.identity(_printable(patient), paper.paris(now).date()),
        "prescriber": paper.prescriber_data(consultation.practitioner),
        "checks": [
            {
                "label": check.label,
                "detail": _shown(check.done.detail) if check.done else "",
                "words": f"vérifié à {paper.paris(check.done.at):%H:%M}" if check.done else "non vérifié",
            }
            for check in summary.checks
        ],
        "incidents": [
            f"{line.words}, à {paper.paris(line.at):%H:%M}"
            for line in incidents_of(consultation, now, practitioner_side="du côté du professionnel de santé")
        ],
        "prescriptions": [
            {"number": each.number, "lines": [_line(line) for line in each.content["lines"]]} for each in prescriptions
        ],
    }


def build_report(
    *,
    facts: Mapping[str, Any],
    report: ConsultationReport,
    number: int,
    replaced: ConsultationReport | None,
    now: datetime,
) -> dict[str, Any]:
    """The frozen content of version `number`."""
    local = paper.paris(now)
    replaces = ""
    if replaced and replaced.issued_at:
        replaces = f"version {replaced.version} du {paper.paris(replaced.issued_at):%d/%m/%Y à %H:%M}"
    texts = [{"title": title, "text": getattr(report, name)} for name, title in SECTIONS]
    return {
        "version": 1,
        **facts,
        "number": number,
        "replaces": replaces,
        "issued_at": f"{now.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}",
        "issued_on": f"{local:%d/%m/%Y à %H:%M}",
        "place": facts["prescriber"]["city"],
        "sections": [each for each in texts if each["text"]],
    }


def _line(line: Mapping[str, str]) -> str:
    """« DOLIPRANE, 500 mg, gélule : 1 gélule matin et soir, pendant 5 jours »."""
    dosage = line["dosage"].replace("\n", ", ")
    return f"{line['name']}, {line['strength_form']}\N{NO-BREAK SPACE}: {dosage}, {line['quantity']}"


def _printable(patient: Mapping[str, Any]) -> dict[str, Any]:
    return {name: _shown(value) for name, value in patient.items()}


def _shown(text: str) -> str:
    """`text` with a « ? » for what the embedded font has no shape for: nobody is there to correct it."""
    return rules.UNPRINTABLE.sub("?", unicodedata.normalize("NFC", text))
