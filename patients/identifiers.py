"""The social security number (NIR). Pure."""

import re
from datetime import date

from django.utils.translation import gettext as _
from stdnum.exceptions import ValidationError as StdnumError
from stdnum.fr import nir as stdnum_nir

# python-stdnum checks the key (2A as 19, 2B as 18) but not the month. 20, 30–42 and 50–99 stand for an unknown one.
NIR_PATTERN = re.compile(r"[1-478][0-9]{2}(0[1-9]|1[0-2]|20|3[0-9]|4[0-2]|[5-9][0-9])([0-9]{2}|2[AB])[0-9]{6}[0-9]{2}")
_MALE = frozenset("137")


class InvalidNir(ValueError):
    """Not a social security number; the argument says in words what is wrong with it."""


def parse_nir(typed: str) -> str:
    """The 15 characters of a typed number (« 2 95 10 99 126 111 93 »), key checked; raises InvalidNir."""
    number = re.sub(r"[\s.\-]", "", typed).upper()
    if len(number) != 15:
        raise InvalidNir(_("Le numéro de sécurité sociale comporte 15 caractères, clé comprise (13 + 2)."))
    if not NIR_PATTERN.fullmatch(number):
        raise InvalidNir(
            _("Ce numéro n’a pas la forme d’un numéro de sécurité sociale. Recopiez-le de la carte Vitale.")
        )
    try:
        return stdnum_nir.validate(number)
    except StdnumError as error:
        raise InvalidNir(
            _("La clé (les 2 derniers chiffres) ne correspond pas\u00a0: un chiffre est sans doute mal recopié.")
        ) from error


def format_nir(number: str) -> str:
    """« 2 95 10 99 126 111 93 », as the carte Vitale shows it."""
    return stdnum_nir.format(number) if number else ""


def nir_disagreements(number: str, *, birth_date: date | None, sex: str) -> list[str]:
    """In words, what a valid NIR contradicts: birth date or sex (an `Intake.Sex` or empty). To warn, not to refuse."""
    found = []
    if sex and (number[0] in _MALE) != (sex == "male"):
        found.append(_("le sexe"))
    if birth_date and int(number[1:3]) != birth_date.year % 100:
        found.append(_("l’année de naissance"))
    if birth_date and 1 <= int(number[3:5]) <= 12 and int(number[3:5]) != birth_date.month:
        found.append(_("le mois de naissance"))
    return found
