"""The Excel file."""

import zipfile
from datetime import date, datetime
from io import BytesIO

import pytest
from django.utils import timezone
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from openpyxl import load_workbook

from patients.export import intake_workbook
from patients.models import Intake

NOW = timezone.now()


def make_intake(**fields) -> Intake:
    values = {
        "last_name": "Carpentier", "first_name": "Sophie", "birth_date": date(1981, 7, 4), "sex": "female",
        "birth_postal_code": "01400", "birth_city": "Sandrans", "address": "12 rue de la République\nbât. B",
        "postal_code": "13002", "city": "Marseille", "phone": "+33639985566", "nir": "281071305500155",
        "beneficiary": "insured", "insurer": "CPAM", "consented_at": NOW, "updated_at": NOW,
    }  # fmt: skip
    return Intake(**(values | fields))


def sheet_of(intake: Intake):
    workbook = load_workbook(BytesIO(intake_workbook(intake=intake, reference="Igs3ff", now=NOW)))
    assert workbook.sheetnames == ["Données patient"]
    return workbook["Données patient"]


def answers(intake: Intake) -> dict:
    return {row[0].value: row[1] for row in sheet_of(intake).iter_rows(min_col=1, max_col=2) if row[0].value}


@pytest.mark.parametrize(
    "value", ["=1+1", "+33", "-1", "@SUM(A1)", "#N/A", '=HYPERLINK("http://x")', "TRUE", "1e9", "00123"]
)
def test_no_answer_becomes_a_formula_an_error_or_a_number(value):
    cell = answers(make_intake(insurer=value, mutual_member_number=value))["Organisme de sécurité sociale"]
    assert (cell.value, cell.data_type) == (value, "s")
    content = intake_workbook(intake=make_intake(insurer=value), reference="Igs3ff", now=NOW)
    with zipfile.ZipFile(BytesIO(content)) as archive:
        assert b"<f>" not in archive.read("xl/worksheets/sheet1.xml")


# Each example writes and reads a file: no deadline on a busy machine.
@hypothesis_settings(max_examples=40, deadline=None)
@given(st.text(alphabet=st.characters(), max_size=60))
def test_any_text_makes_a_file_that_opens(value):
    cell = answers(make_intake(insurer=value))["Organisme de sécurité sociale"]
    assert cell.data_type in ("s", "n")
    assert cell.value is None or isinstance(cell.value, str)


def test_the_four_groups_with_label_and_value():
    sheet = sheet_of(make_intake())
    labels = [cell.value for cell in sheet["A"] if cell.value]
    for heading in ("Informations personnelles", "Coordonnées", "Sécurité sociale", "Complémentaire"):
        assert heading in labels
    found = answers(make_intake())
    assert found["Nom"].value == "Carpentier"
    assert found["Sexe"].value == "Féminin"
    assert found["Bénéficiaire"].value == "Assuré"
    assert found["Adresse postale"].value == "12 rue de la République\nbât. B"
    assert "Igs3ff" in labels[0]


def test_dates_are_dates_and_numbers_are_text():
    found = answers(make_intake())
    assert found["Date de naissance"].value == datetime(1981, 7, 4)
    assert found["Date de naissance"].number_format == "dd/mm/yyyy"
    for label, text in [
        ("N° de sécurité sociale", "2 81 07 13 055 001 55"),
        ("Code postal de naissance", "01400"),
        ("Numéro de téléphone", "06 39 98 55 66"),
    ]:
        assert (found[label].value, found[label].data_type, found[label].number_format) == (text, "s", "@")


def test_it_prints_on_one_a4_page_with_fitted_columns():
    sheet = sheet_of(make_intake())
    assert sheet.page_setup.paperSize == 9
    assert sheet.sheet_properties.pageSetUpPr.fitToPage
    assert (sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight) == (1, 1)
    longest = max(len(str(cell.value)) for cell in sheet["A"][1:] if cell.value)
    assert sheet.column_dimensions["A"].width >= longest


def test_an_intake_left_half_empty_still_makes_a_file():
    empty = make_intake(birth_date=None, sex="", beneficiary="", phone="", nir="", consented_at=None)
    assert answers(empty)["Date de naissance"].value is None
