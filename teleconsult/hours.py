"""Dates and hours as people type them, and the moment that they mean in Paris. Pure."""

import re
from datetime import UTC, date, datetime, time, timedelta

from django.core.exceptions import ValidationError
from django.utils import timezone

from patients.names import fold

FURTHEST = timedelta(days=366)
DATE_HELP = "18/03/2027, 18 mars, demain, lundi…"
TIME_HELP = "14:30, 14h30, 1430, maintenant…"
_NO_DATE = "Cette date n’existe pas\u00a0: écrivez-la ainsi, 18/03/2027, ou «\u00a0demain\u00a0», «\u00a0lundi\u00a0»."
_NO_TIME = "Cette heure n’existe pas\u00a0: écrivez-la ainsi, 21:45 ou 21h45."
# The past has its own answer: « Cette date est passée. »
_NEAR = {"avant hier": -2, "hier": -1, "aujourd hui": 0, "aujourdhui": 0, "auj": 0, "demain": 1, "apres demain": 2}
_DAYS = ("lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche")
_MONTHS = (
    "janvier", "fevrier", "mars", "avril", "mai", "juin", "juillet", "aout", "septembre", "octobre", "novembre",
    "decembre",
)  # fmt: skip


def parse_day(typed: str, today: date) -> date:
    """« 18/03/2027 », « 18/3 », « jeudi 18 mars », « hier », « demain », « lundi » (the next one), « dans 3 semaines ».

    Without a year the next such day is meant. Raises ValidationError.
    """
    words = fold(typed.replace("/", " "))
    if words in _NEAR:
        return today + timedelta(days=_NEAR[words])
    if found := re.fullmatch(r"dans ([0-9]{1,3}) (jour|semaine)s?", words):
        return today + timedelta(days=int(found[1]) * (7 if found[2] == "semaine" else 1))
    named = re.fullmatch(rf"({'|'.join(_DAYS)})(?: prochain)?", words)
    if named:
        return today + timedelta(days=(_DAYS.index(named[1]) - today.weekday() - 1) % 7 + 1)
    weekday = re.match(rf"(?:le )?(?:({'|'.join(_DAYS)}) )?", words)
    assert weekday is not None  # noqa: S101
    day = _numbered(words[weekday.end() :], today)
    if weekday[1] and day.weekday() != _DAYS.index(weekday[1]):
        raise ValidationError(f"Le {day:%d/%m/%Y} n’est pas un {weekday[1]}, mais un {_DAYS[day.weekday()]}.")
    return day


def _numbered(words: str, today: date) -> date:
    """« 18 03 2027 », « 18 3 », « 18032027 », « 1er mars », « 2027 03 18 »."""
    if iso := re.fullmatch(r"([0-9]{4}) ([0-9]{1,2}) ([0-9]{1,2})", words):
        return _date(int(iso[1]), int(iso[2]), int(iso[3]))
    found = re.fullmatch(r"([0-9]{1,2})(?:er)? ([0-9]{1,2}|[a-z]{3,9})(?: ([0-9]{4}|[0-9]{2}))?", words)
    found = found or re.fullmatch(r"([0-9]{2})([0-9]{2})([0-9]{4})", words)
    if not found:
        raise ValidationError(_NO_DATE)
    number, month = int(found[1]), _month(found[2])
    if found[3]:
        return _date(int(found[3]) + (2000 if len(found[3]) == 2 else 0), month, number)
    # The 29th of February may be years away: further than an appointment can be.
    day = _date(today.year, month, number) if (month, number) >= (today.month, today.day) else None
    return day or _date(today.year + 1, month, number)


def _month(word: str) -> int:
    if word.isdecimal():
        return int(word)
    meant = [index for index, name in enumerate(_MONTHS, 1) if name.startswith(word)]
    if len(meant) != 1:
        raise ValidationError(_NO_DATE)
    return meant[0]


def _date(year: int, month: int, day: int) -> date:
    try:
        return date(year, month, day)
    except ValueError:
        raise ValidationError(_NO_DATE) from None


def parse_time(typed: str, now: datetime) -> time:
    """« 14:30 », « 14h30 », « 14 h », « 14.30 », « 1430 », « 9 », « midi », « maintenant ». Raises ValidationError."""
    words = "".join(typed.split()).casefold()
    if words == "midi":
        return time(12)
    if words == "maintenant":
        return timezone.localtime(now).time().replace(second=0, microsecond=0)
    found = re.fullmatch(r"([0-9]{1,2})(?:h|heures?|[:.,])?(?:(?<=[^0-9])([0-9]{2})(?::00|min|mn)?)?", words)
    found = found or re.fullmatch(r"([0-9]{1,2})([0-9]{2})", words)
    if not found or int(found[1]) > 23 or int(found[2] or 0) > 59:
        raise ValidationError(_NO_TIME)
    return time(int(found[1]), int(found[2] or 0))


def is_twice(day: date, hour: time) -> bool:
    """Whether this hour of Paris happens twice: the end of summer time."""
    local = datetime.combine(day, hour, timezone.get_default_timezone())
    return local.utcoffset() > local.replace(fold=1).utcoffset()  # type: ignore[operator]


def moment_of(day: date, hour: time, *, now: datetime) -> datetime:
    """The moment of an hour of Paris; `hour.fold` 1 is the second of two.

    Raises ValidationError, by field: past, further than FURTHEST, or skipped by the change to summer time.
    """
    today = timezone.localdate(now)
    if day < today:
        raise ValidationError({"date": "Cette date est passée."})
    if day > today + FURTHEST:
        raise ValidationError({"date": "Cette date est trop éloignée\u00a0: un an au plus."})
    local = datetime.combine(day, hour, timezone.get_default_timezone())
    moment = local.astimezone(UTC)
    if moment.astimezone(local.tzinfo).replace(fold=0) != local.replace(fold=0):
        raise ValidationError(
            {"time": "Cette heure n’existe pas ce jour-là\u00a0: on passe à l’heure d’été. Choisissez-en une autre."}
        )
    if moment < now.replace(second=0, microsecond=0):
        raise ValidationError({"time": "Cette heure est passée."})
    return moment
