"""What a prescription must carry, rule by rule."""

import io
from datetime import date

import pytest
from fontTools.ttLib import TTFont

from prescriptions import pdf, rules
from tests.unit.prescriptions.papers import LINE

ON = date(2026, 11, 22)
PRESCRIBER = {
    "profession_code": "physician", "profession": "Médecin", "last_name": "Martin", "first_name": "Claire",
    "identifier": "N° RPPS : 1", "address": "12 quai du Port", "postal_code": "13002", "city": "Marseille",
    "phone": "+33 4 91 00 00 00", "email": "dr@example.org", "signature": "cG5n",
}  # fmt: skip
PATIENT = {"last_name": "Carpentier", "first_name": "Sophie", "sex": "female", "birth_date": "1980-02-01"}


def found(*, prescriber=None, patient=None, lines=None) -> list[tuple[str, str]]:
    items = rules.missing(
        prescriber=PRESCRIBER | (prescriber or {}), patient=PATIENT | (patient or {}),
        lines=[LINE] if lines is None else lines, on=ON,
    )  # fmt: skip
    return [(item.article, item.field) for item in items]


def test_a_complete_one_lacks_nothing():
    assert found() == []


@pytest.mark.parametrize(
    "key", ["last_name", "first_name", "identifier", "address", "city", "phone", "email", "signature"]
)
def test_the_prescriber_is_named_in_full(key):
    assert found(prescriber={key: ""}) == [("CSP R.5132-3 1°", "")]


@pytest.mark.parametrize("profession", ["nurse", "physiotherapist", "psychologist", "podiatrist"])
def test_only_three_professions_prescribe_medicines(profession):
    assert found(prescriber={"profession_code": profession}) == [("CSP R.5132-6", "")]


@pytest.mark.parametrize("key", ["last_name", "first_name", "sex", "birth_date"])
def test_the_patient_is_named_in_full(key):
    assert found(patient={key: ""}) == [("CSP R.5132-3 7°", key)]


@pytest.mark.parametrize(
    ("birth_date", "asked"), [("2011-11-22", False), ("2011-11-23", True), ("2026-11-22", True), ("1930-01-01", False)]
)
def test_weight_and_height_before_fifteen(birth_date, asked):
    expected = [("CSP R.5132-3 7°", "weight"), ("CSP R.5132-3 7°", "height")] if asked else []
    assert found(patient={"birth_date": birth_date}) == expected
    assert found(patient={"birth_date": birth_date, "weight": "12.5", "height": "90"}) == []


@pytest.mark.parametrize("key", ["name", "strength_form", "dosage", "instructions"])
def test_each_line_says_what_and_how(key):
    assert found(lines=[LINE, LINE | {key: ""}]) == [("CSP R.5132-3 2°", f"lines-1-{key}")]


def test_a_duration_or_a_number_of_boxes():
    assert found(lines=[LINE | {"duration_days": None}]) == []
    assert found(lines=[LINE | {"boxes": None}]) == []
    assert found(lines=[LINE | {"duration_days": None, "boxes": None}]) == [
        ("CSP R.5132-3 3°", "lines-0-duration_days")
    ]


@pytest.mark.parametrize(
    ("days", "renewals", "refused"),
    [
        (30, 11, False),
        (28, 12, True),
        (90, 3, False),
        (90, 4, True),
        (365, 0, False),
        (365, 1, True),
        (None, 11, False),
    ],
)
def test_twelve_months_in_all(days, renewals, refused):
    expected = [("CSP R.5123-2", "lines-0-renewals")] if refused else []
    assert found(lines=[LINE | {"duration_days": days, "renewals": renewals}]) == expected


def test_at_least_one_line_and_at_most_thirty():
    assert found(lines=[]) == [("CSP R.5132-3 2°", "lines-0-name")]
    assert found(lines=[LINE] * 30) == []
    assert found(lines=[LINE] * 31) == [("règle de Rofim", "lines-30-name")]


def test_everything_missing_is_told_at_once():
    assert len(found(prescriber={"phone": "", "signature": ""}, patient={"sex": ""}, lines=[{}])) == 8


def test_what_counts_as_printable_is_in_the_font():
    drawn = {code for data, _ in pdf.font_resources().values() for code in _characters(data)}
    allowed = {code for code in range(0x20, 0x2F00) if not rules.UNPRINTABLE.match(chr(code))}
    assert allowed <= drawn | {0x0A}
    for text in ("éàùçœŒÆÿŸÉÎï«»’“”–—…€°½²³®™±×·", "Łódź Şahin Đorđe Ñúñez ẞ"):
        assert not rules.UNPRINTABLE.search(text.replace("Đ", "D"))


def _characters(data: bytes) -> list[int]:
    return list(TTFont(io.BytesIO(data)).getBestCmap())
