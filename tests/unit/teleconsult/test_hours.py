"""Dates and hours as people type them."""

from contextlib import suppress
from datetime import date, datetime, time
from zoneinfo import ZoneInfo

import pytest
from django.core.exceptions import ValidationError
from hypothesis import given, settings
from hypothesis import strategies as st

from teleconsult.hours import is_twice, moment_of, parse_day, parse_time

# A Wednesday.
TODAY = date(2027, 3, 3)
PARIS = ZoneInfo("Europe/Paris")
NOON = datetime(2027, 3, 3, 12, 7, 40, tzinfo=PARIS)


@pytest.mark.parametrize(
    "typed",
    ["", "32/03/2027", "29/02/2027", "18/13", "18", "mars", "18 ma", "18 j", "1/1/1/1", "dans 2 mois",
     "٣/٣/٢٠٢٧", "2027-3", "18032", "lundi 18 mars", "<b>", "\0", "18/03/20270", "demain demain"],
)  # fmt: skip
def test_no_date(typed):
    with pytest.raises(ValidationError):
        parse_day(typed, TODAY)


@pytest.mark.parametrize(
    ("typed", "meant"),
    [("18/03/2020", date(2020, 3, 18)), ("18/3/27", date(2027, 3, 18)), ("18-03-2027", date(2027, 3, 18)),
     ("18.03.2027", date(2027, 3, 18)), ("18032027", date(2027, 3, 18)), ("2027-03-18", date(2027, 3, 18)),
     ("18/3", date(2027, 3, 18)), ("3/3", TODAY), ("2/3", date(2028, 3, 2)), ("1er avril", date(2027, 4, 1)),
     ("jeudi 18 mars 2027", date(2027, 3, 18)), ("le 18 MARS", date(2027, 3, 18)), ("5 févr.", date(2028, 2, 5)),
     ("15 août", date(2027, 8, 15)), ("aujourd’hui", TODAY), ("Aujourd'hui", TODAY), ("demain", date(2027, 3, 4)),
     ("Après-demain", date(2027, 3, 5)),
     ("Hier", date(2027, 3, 2)), ("avant-hier", date(2027, 3, 1)),
     ("mercredi", date(2027, 3, 10)), ("jeudi", date(2027, 3, 4)),
     ("lundi prochain", date(2027, 3, 8)), ("dans 10 jours", date(2027, 3, 13)),
     ("dans 2 semaines", date(2027, 3, 17))],
)  # fmt: skip
def test_a_date(typed, meant):
    assert parse_day(typed, TODAY) == meant


def test_a_weekday_that_contradicts_the_date_is_said():
    with pytest.raises(ValidationError, match="Le 18/03/2027 n’est pas un lundi, mais un jeudi"):
        parse_day("lundi 18 mars", TODAY)


@pytest.mark.parametrize(
    "typed", ["", "24:00", "12:60", "14h3", "14h3000", "h30", "-1:00", "minuit", "١٤:٣٠", "14:30pm", "\0"]
)
def test_no_hour(typed):
    with pytest.raises(ValidationError):
        parse_time(typed, NOON)


@pytest.mark.parametrize(
    ("typed", "meant"),
    [("14:30", time(14, 30)), ("14h30", time(14, 30)), ("14 H 30", time(14, 30)), ("14h", time(14)), ("9", time(9)),
     ("14.30", time(14, 30)), ("14,30", time(14, 30)), ("1430", time(14, 30)), ("930", time(9, 30)),
     ("9 heures 30", time(9, 30)), ("14:30:00", time(14, 30)), ("14h30min", time(14, 30)), ("midi", time(12)),
     (" Maintenant", time(12, 7)),
     ("0:05", time(0, 5)), ("23:59", time(23, 59))],
)  # fmt: skip
def test_an_hour(typed, meant):
    assert parse_time(typed, NOON) == meant


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=30))
def test_whatever_is_typed_is_understood_or_refused(typed):
    for parse in (lambda: parse_day(typed, TODAY), lambda: parse_time(typed, NOON)):
        with suppress(ValidationError):
            parse()


@settings(max_examples=100, deadline=None)
@given(st.dates(TODAY, date(2030, 1, 1)))
def test_a_date_in_full_is_that_date(day):
    for form in ("%d/%m/%Y", "%d/%m/%y", "%d %m %Y", "%Y-%m-%d"):
        assert parse_day(day.strftime(form), TODAY) == day


@pytest.mark.parametrize(
    ("hour", "twice"), [(time(1, 59), False), (time(2), True), (time(2, 59), True), (time(3), False)]
)
def test_the_hour_that_exists_twice(hour, twice):
    assert is_twice(date(2027, 10, 31), hour) is twice
    assert not is_twice(date(2027, 3, 28), hour)


def test_the_hour_that_does_not_exist():
    now = datetime(2027, 3, 3, 12, tzinfo=PARIS)
    for hour in (time(2), time(2, 59), time(2, 30, fold=1)):
        with pytest.raises(ValidationError, match="heure d’été"):
            moment_of(date(2027, 3, 28), hour, now=now)
    assert moment_of(date(2027, 3, 28), time(3), now=now).isoformat() == "2027-03-28T01:00:00+00:00"
