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

# A region of each country code under which ten figures are a number: 0692… is one of Réunion, not of the mainland.
_TEN_FIGURES = ("FR", "GP", "GF", "MQ", "RE")
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
    """A number that exists, French or overseas unless it begins with another country's code; raises ValidationError."""
    if not re.fullmatch(r"\+?[0-9 .()/\u00a0\u202f-]{2,30}", value):
        raise ValidationError(_("Écrivez le numéro en chiffres, par exemple 06 12 34 56 78."))
    digits = re.sub(r"\D", "", value)
    # +33 6 92 …, as many write it, is no number: overseas has its own country codes.
    domestic = re.sub(r"^(0033|33)0?", "0", digits) if len(digits) > 10 else digits
    for typed, region in ((value, "FR"), *((domestic, region) for region in _TEN_FIGURES)):
        try:
            number = phonenumbers.parse(typed, region)
        except phonenumbers.NumberParseException:
            continue
        if phonenumbers.is_valid_number(number):
            return number
        if phonenumbers.is_valid_short_number_for_region(number, region):
            raise ValidationError(_("C’est un numéro court : il en faut un à dix chiffres, comme 06 12 34 56 78."))
    raise ValidationError(_("Ce numéro n’existe pas : vérifiez ses chiffres, par exemple 06 12 34 56 78."))


def _e164(number: phonenumbers.PhoneNumber) -> str:
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def _is_ours(number: phonenumbers.PhoneNumber) -> bool:
    return phonenumbers.region_code_for_number(number) in REGIONS


def clean_phone(value: str) -> str:
    """Any telephone of France or overseas, in E.164."""
    number = parse_phone(value)
    if not _is_ours(number):
        raise ValidationError(_("Donnez un numéro de France ou d’outre-mer."))
    return _e164(number)


def clean_mobile(value: str) -> str:
    """A mobile of France or overseas, in E.164: only such a number receives an SMS. Refuses others with the reason."""
    number = parse_phone(value)
    kind = phonenumbers.number_type(number)
    if not _is_ours(number):
        words = _(
            "Ce numéro étranger (+%(code)d) ne peut pas recevoir de SMS d’ici : "
            "donnez un portable de France ou d’outre-mer."
        )
        raise ValidationError(words % {"code": number.country_code})
    if kind in (PhoneNumberType.FIXED_LINE, PhoneNumberType.VOIP):
        raise ValidationError(_("Ce numéro fixe ne peut pas recevoir de SMS : donnez un portable (06, 07…)."))
    if kind != PhoneNumberType.MOBILE:
        raise ValidationError(_("Ce numéro spécial ne peut pas recevoir de SMS : donnez un portable (06, 07…)."))
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
    """Lower case, ASCII, no control character (Django takes them between quotes): what every mail server takes."""
    if not (value.isascii() and value.isprintable()):
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
