"""NIR."""

from contextlib import suppress
from datetime import date

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from stdnum.fr import nir as stdnum_nir

from patients.identifiers import InvalidNir, format_nir, nir_disagreements, parse_nir


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("", "15 caractères"),
        ("29510991261119", "15 caractères"),
        ("2951099126111933", "15 caractères"),
        ("295109912611194", "clé"),
        ("995109912611193", "forme"),
        ("295139912611193", "forme"),
        ("253072C07300443", "forme"),
        ("２95109912611193", "forme"),
        ("29510991261119😀", "forme"),
        ("<script>a</scrip", "15 caractères"),
    ],
)
def test_what_is_no_number_is_refused_with_the_reason(typed, words):
    with pytest.raises(InvalidNir, match=words):
        parse_nir(typed)


@pytest.mark.parametrize(
    ("typed", "number"),
    [
        ("2 95 10 99 126 111 93", "295109912611193"),
        ("2\u00a095\u202f10 99.126-111 93", "295109912611193"),
        ("253072b07300470", "253072B07300470"),
        ("2 53 07 2A 073 004 43", "253072A07300443"),
    ],
)
def test_spaces_case_and_corsica_are_read(typed, number):
    assert parse_nir(typed) == number
    assert parse_nir(format_nir(number)) == number


@hypothesis_settings(deadline=None)
@given(
    st.sampled_from("123478"),
    st.integers(0, 99),
    st.sampled_from([*range(1, 13), 20, *range(30, 43), *range(50, 100)]),
    st.one_of(st.integers(1, 99).map("{:02d}".format), st.sampled_from(["2A", "2B"])),
    st.integers(0, 999_999),
)
def test_every_number_with_its_key_is_accepted_and_no_other_key(sex, year, month, department, rest):
    head = f"{sex}{year:02d}{month:02d}{department}{rest:06d}"
    key = stdnum_nir.calc_check_digits(head + "00")
    assert parse_nir(format_nir(head + key)) == head + key
    with pytest.raises(InvalidNir):
        parse_nir(head + f"{(int(key) + 1) % 100:02d}")


@hypothesis_settings(deadline=None)
@given(st.text(max_size=40))
def test_no_text_breaks_the_check(typed):
    with suppress(InvalidNir):
        assert len(parse_nir(typed)) == 15


def test_disagreements_are_named():
    number = "281071305500155"
    assert nir_disagreements(number, birth_date=date(1981, 7, 4), sex="female") == []
    assert nir_disagreements(number, birth_date=None, sex="") == []
    assert nir_disagreements(number, birth_date=date(1981, 7, 4), sex="male") == ["le sexe"]
    assert nir_disagreements(number, birth_date=date(1982, 8, 4), sex="female") == [
        "l’année de naissance",
        "le mois de naissance",
    ]


def test_a_month_that_stands_for_an_unknown_one_agrees_with_any():
    assert nir_disagreements("281201305500187", birth_date=date(1981, 7, 4), sex="female") == []
