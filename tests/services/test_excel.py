"""The Excel file in LibreOffice: opens, prints on one page, and shows text as it was typed."""

import csv
import subprocess
from datetime import date
from pathlib import Path

import pikepdf
from django.utils import timezone

from patients.export import intake_workbook
from patients.models import Intake


def convert(source: Path, kind: str, *extra: str) -> None:
    """soffice with a profile of its own, so that runs side by side don't meet."""
    subprocess.run(
        ["soffice", f"-env:UserInstallation=file://{source.parent}/profile", "--headless", "--convert-to", kind, *extra,
         "--outdir", str(source.parent), str(source)],
        check=True, capture_output=True, timeout=120,
    )  # fmt: skip


def test_libreoffice_opens_it_and_prints_one_page(tmp_path):
    now = timezone.now()
    intake = Intake(
        last_name="Carpentier", first_name="Sophie", birth_date=date(1981, 7, 4), sex="female", nir="281071305500155",
        address="12 rue de la République\n" + "bâtiment " * 25, postal_code="01400", insurer="=1+1", mutual_name="+33",
        phone="+33639985566", beneficiary="insured", mutual_member_number="00123", consented_at=now, updated_at=now,
    )  # fmt: skip
    file = tmp_path / "donnees-Igs3ff.xlsx"
    file.write_bytes(intake_workbook(intake=intake, reference="Igs3ff", now=now))
    convert(file, "csv:Text - txt - csv (StarCalc):44,34,76,1,,0,false,true")
    convert(file, "pdf")
    with file.with_suffix(".csv").open(encoding="utf-8", newline="") as rows:
        shown = {row[0]: row[1] for row in csv.reader(rows) if len(row) > 1}
    assert shown["Organisme de sécurité sociale"] == "=1+1"
    assert shown["Nom de la mutuelle complémentaire"] == "+33"
    assert shown["N° d’adhérent de la mutuelle"] == "00123"
    assert shown["Code postal"] == "01400"
    assert shown["N° de sécurité sociale"] == "2 81 07 13 055 001 55"
    assert shown["Date de naissance"] == "04/07/1981"
    pages = pikepdf.open(file.with_suffix(".pdf")).pages
    assert len(pages) == 1
    # A4 in points.
    assert [round(float(side)) for side in pages[0].mediabox] == [0, 0, 595, 842]
