"""Passwords that anybody tries first. No rule of composition: length, and not the common ones."""

import re

from django.contrib.auth.models import AbstractBaseUser
from django.contrib.auth.password_validation import CommonPasswordValidator as DjangoCommonPasswordValidator
from django.core.exceptions import ValidationError

_FRENCH = frozenset({
    "motdepasse", "monmotdepasse", "azerty", "azertyuiop", "azertyuiopqsdfghjklm", "bonjour", "soleil", "doudou",
    "chouchou", "loulou", "marseille", "toulouse", "jetaime", "administrateur", "medecin", "docteur", "cabinet",
    "cabinetmedical", "teleconsultation", "rofim", "sante",
})  # fmt: skip
_RUNS = ("0123456789" * 13, "9876543210" * 13, "abcdefghijklmnopqrstuvwxyz" * 5, "azertyuiopqsdfghjklmwxcvbn" * 5)


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
