"""Passwords that anybody tries first. No rule of composition: length, not the common ones, not one's own data."""

import re
import unicodedata
from pathlib import Path
from typing import Any

from django.contrib.auth.models import AbstractBaseUser
from django.contrib.auth.password_validation import CommonPasswordValidator as DjangoCommonPasswordValidator
from django.core.exceptions import ValidationError

_FRENCH = frozenset({
    "motdepasse", "monmotdepasse", "azerty", "azertyuiop", "azertyuiopqsdfghjklm", "bonjour", "soleil", "doudou",
    "chouchou", "loulou", "marseille", "toulouse", "jetaime", "administrateur", "medecin", "docteur", "cabinet",
    "cabinetmedical", "teleconsultation", "rofim", "sante",
})  # fmt: skip
_RUNS = ("0123456789" * 13, "9876543210" * 13, "abcdefghijklmnopqrstuvwxyz" * 5, "azertyuiopqsdfghjklmwxcvbn" * 5)
# « B3rn@rd » is read as it is meant.
_LOOK_ALIKES = str.maketrans("013457@$!€", "oieastasie")
# What one's own data leaves of a password must be a password of its own.
_LEAST_ELSE = 8


class CommonPasswordValidator(DjangoCommonPasswordValidator):
    """Django's list of 20,000, French ones and runs, also with digits and signs around them, or repeated."""

    def validate(self, password: str, user: AbstractBaseUser | None = None) -> None:
        plain = password.lower().strip()
        word = re.sub(r"[\W\d_]+", "", plain)
        repeated = re.fullmatch(r"(.+?)\1+", word)
        candidates = {plain, word, repeated[1] if repeated else word} - {""}
        if (
            len(set(plain)) < 5
            or any(plain in run for run in _RUNS)
            or candidates & _FRENCH
            or not candidates.isdisjoint(self.passwords)
        ):
            raise ValidationError("Ce mot de passe est trop courant.", code="password_too_common")


class BreachedPasswordValidator(DjangoCommonPasswordValidator):
    """Passwords that were stolen elsewhere (accounts/data/): whoever breaks in tries these first. Nobody is asked."""

    def __init__(self) -> None:
        super().__init__(Path(__file__).parent / "data" / "breached_passwords.txt.gz")

    def validate(self, password: str, user: AbstractBaseUser | None = None) -> None:
        if password.lower().strip() in self.passwords:
            raise ValidationError(
                "Ce mot de passe figure dans des listes de mots de passe volés\u00a0: choisissez-en un autre.",
                code="password_breached",
            )


class OwnDataValidator:
    """Refuses what is little more than one's name, e-mail, telephone, professional number or practice.

    A long sentence may hold them; without them, eight characters must be left.
    """

    def validate(self, password: str, user: Any = None) -> None:
        own = sorted(_own_words(user), key=len, reverse=True)
        for reading in (_plain(password), _plain(password.translate(_LOOK_ALIKES))):
            left = reading
            for word in own:
                left = left.replace(word, "")
            if left != reading and len(left) < _LEAST_ELSE:
                raise ValidationError(
                    "Ce mot de passe est fait de vos propres données (nom, e-mail, téléphone, n° professionnel ou "
                    "cabinet) : ajoutez-y d’autres mots.",
                    code="password_too_similar",
                )

    def get_help_text(self) -> str:
        return "Pas seulement votre nom, votre e-mail ou vos numéros."


def own_words(user: Any) -> list[str]:
    """For the page, which says so while one types: the words that count for little in this user's password."""
    return sorted(_own_words(user))


def _own_words(user: Any) -> set[str]:
    if user is None:
        return set()
    practitioner = getattr(user, "practitioner", None)
    values = [user.email, user.first_name, user.last_name]
    numbers = [user.mobile_phone]
    if practitioner is not None:
        values += [practitioner.practice_name, practitioner.practice_city]
        numbers += [practitioner.rpps, practitioner.adeli, practitioner.practice_phone]
    words = {_plain(part) for value in values for part in [value, *re.split(r"[\W_]+", value)]}
    # +33612345678 is typed 0612345678, and remembered by its end.
    words |= {digits[start:] for number in numbers if (digits := re.sub(r"\D", "", str(number))) for start in (0, 2)}
    return {word for word in words if len(word) >= 3}


def _plain(text: str) -> str:
    letters = unicodedata.normalize("NFKD", text.lower())
    return "".join(c for c in letters if c.isalnum())
