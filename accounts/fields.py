"""What forms of this room read: names, plain text, telephone numbers, professional numbers. Messages in French."""

import re
import unicodedata
from typing import Any

import phonenumbers
from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from phonenumbers import PhoneNumberType
from stdnum import luhn

# Overseas numbers are written like the mainland's: the region must be known before parsing (0692 → Réunion).
_REGION_OF_PREFIX = {
    "0590": "GP", "0690": "GP", "0691": "GP", "0594": "GF", "0694": "GF", "0596": "MQ", "0696": "MQ", "0697": "MQ",
    "0262": "RE", "0263": "RE", "0692": "RE", "0693": "RE", "0269": "YT", "0639": "YT",
}  # fmt: skip
# France and overseas: elsewhere an SMS costs more than a robot's fun should.
REGIONS = frozenset({"FR", "GP", "BL", "MF", "MQ", "GF", "RE", "YT", "PM", "NC", "PF", "WF"})
_LETTERS = frozenset("LM")


def clean_name(value: str) -> str:
    """A person's name in NFC: letters and marks of any script, spaces, ’ ' - · . only."""
    name = " ".join(unicodedata.normalize("NFC", value).split())
    if not all(unicodedata.category(character)[0] in _LETTERS or character in " '’-‐·." for character in name):
        raise ValidationError("N’utilisez que des lettres, des espaces, des tirets et des apostrophes.")
    if name and not any(character.isalpha() for character in name):
        raise ValidationError("Écrivez au moins une lettre.")
    return name


def clean_text(value: str) -> str:
    """One line in NFC: letters, digits and usual punctuation; no `<>`, emoji, control or direction marks."""
    text = " ".join(unicodedata.normalize("NFC", value).split())
    for character in text:
        if unicodedata.category(character)[0] not in "LMNPZ" and character not in "+°ª`´^":
            raise ValidationError("N’utilisez que des lettres, des chiffres et la ponctuation courante.")
    if text and not any(character.isalnum() for character in text):
        raise ValidationError("Écrivez au moins une lettre ou un chiffre.")
    return text


def parse_phone(value: str) -> phonenumbers.PhoneNumber:
    """A valid number of France or overseas; raises ValidationError."""
    if not re.fullmatch(r"\+?[0-9 .()/\u00a0\u202f-]{6,30}", value):
        raise ValidationError(_("Écrivez le numéro en chiffres, par exemple 06 12 34 56 78."))
    digits = re.sub(r"\D", "", value)
    # +33 6 92 …, as many write it, is no number: overseas has its own country codes.
    domestic = re.sub(r"^(0033|33)0?", "0", digits) if len(digits) > 10 else digits
    region = _REGION_OF_PREFIX.get(domestic[:4]) if len(domestic) == 10 else None
    try:
        if region:
            number = phonenumbers.parse(domestic, region)
        else:
            number = phonenumbers.parse(re.sub(r"^\s*00", "+", value), "FR")
    except phonenumbers.NumberParseException:
        number = None
    if number is None or not phonenumbers.is_valid_number(number):
        raise ValidationError(_("Ce numéro n’existe pas : vérifiez ses chiffres, par exemple 06 12 34 56 78."))
    if phonenumbers.region_code_for_number(number) not in REGIONS:
        raise ValidationError(_("Donnez un numéro de France ou d’outre-mer."))
    return number


def _e164(number: phonenumbers.PhoneNumber) -> str:
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def clean_phone(value: str) -> str:
    """Any telephone of France or overseas, in E.164."""
    return _e164(parse_phone(value))


def clean_mobile(value: str) -> str:
    """A mobile of France or overseas, in E.164: only such a number receives an SMS."""
    number = parse_phone(value)
    if phonenumbers.number_type(number) != PhoneNumberType.MOBILE:
        raise ValidationError(_("Ce numéro ne peut pas recevoir de SMS : donnez un portable (06, 07…)."))
    return _e164(number)


def masked(number: Any) -> str:
    """« ··56 01 »: enough to know one's own telephone."""
    digits = str(number)
    return f"··\u00a0··\u00a0··\u00a0{digits[-4:-2]}\u00a0{digits[-2:]}"


def _digits(value: str) -> str:
    return re.sub(r"[ .\u00a0\u202f-]", "", value)


def clean_rpps(value: str) -> str:
    """11 digits of which the last is the Luhn key (ANS)."""
    number = _digits(value)
    if not re.fullmatch(r"[0-9]{11}", number):
        raise ValidationError("Le n° RPPS a 11 chiffres.")
    if not luhn.is_valid(number) or number == "0" * 11:
        raise ValidationError("Ce n° RPPS n’existe pas : vérifiez ses chiffres.")
    return number


def clean_adeli(value: str) -> str:
    """9 digits; no key is known."""
    number = _digits(value)
    if not re.fullmatch(r"[0-9]{9}", number) or number == "0" * 9:
        raise ValidationError("Le n° ADELI a 9 chiffres.")
    return number


def clean_billing_number(value: str) -> str:
    """N° AM or FINESS: 9 characters, digits but for Corsica's 2A and 2B."""
    number = _digits(value).upper()
    if not re.fullmatch(r"([0-9]{2}|2[AB])[0-9]{7}", number):
        raise ValidationError("Le n° AM ou FINESS a 9 caractères\u00a0: des chiffres, ou 2A et 2B pour la Corse.")
    return number


def clean_postal_code(value: str) -> str:
    """Five digits of a French department."""
    number = _digits(value)
    if not re.fullmatch(r"(0[1-9]|[1-8][0-9]|9[0-578])[0-9]{3}", number):
        raise ValidationError("Le code postal a 5 chiffres, par exemple 13002.")
    return number


def clean_email(value: str) -> str:
    """Lower case, ASCII: what every mail server takes."""
    if not value.isascii():
        raise ValidationError(_("L’adresse e-mail ne peut contenir ni accent ni signe particulier."))
    return value.strip().lower()


class CleanedField(forms.CharField):
    """Text that goes through `cleaner` unless it is empty."""

    def __init__(self, *, cleaner: Any, **kwargs: Any):
        super().__init__(**kwargs)
        self.cleaner = cleaner

    def clean(self, value: Any) -> str:
        text = super().clean(value)
        if not text:
            return text
        cleaned = self.cleaner(text)
        # Normalisation can lengthen.
        self.run_validators(cleaned)
        return cleaned


class CleanedEmailField(forms.EmailField):
    """An address in lower case and ASCII."""

    def clean(self, value: Any) -> str:
        text = super().clean(value)
        return clean_email(text) if text else text
