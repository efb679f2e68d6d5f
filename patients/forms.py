"""What the patient types: the code at the gate, and « Données patient »."""

import re
import unicodedata
from datetime import date
from typing import Any

import phonenumbers
from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.fields import clean_email, clean_mobile
from patients.identifiers import InvalidNir, format_nir, nir_disagreements, parse_nir
from patients.models import Document, Intake
from patients.services import CODE_LENGTH, normalize_code
from rofim.uploads import PDF, PICTURES, CleanFile, clean_upload

# What names, streets and insurers are written with, besides letters, digits and their accents.
_PUNCTUATION = frozenset(" '’.,;:/()&°-–+#\n")
# Overseas numbers dialled as at home (0692…): the region that says so (dependencies.md, phones).
_OVERSEAS = {"262": "RE", "692": "RE", "693": "RE", "269": "YT", "639": "YT", "590": "GP", "690": "GP", "691": "GP",
             "594": "GF", "694": "GF", "596": "MQ", "696": "MQ", "697": "MQ"}  # fmt: skip


def clean_text(value: str) -> str:
    """The text as it is kept (NFC, single spaces); ValidationError for what no name or address is written with."""
    text = unicodedata.normalize("NFC", value.replace("\r\n", "\n"))
    text = "\n".join(" ".join(line.split()) for line in text.split("\n")).strip()
    for character in text:
        category = unicodedata.category(character)
        is_letter = category[0] in "LN" or (category == "Mn" and not "\ufe00" <= character <= "\ufe0f")
        if not is_letter and character not in _PUNCTUATION:
            raise ValidationError(
                _("Ce champ contient un caractère non accepté (symbole, émoji ou caractère invisible).")
            )
    return text


class PlainTextField(forms.CharField):
    """Words: letters, digits and common punctuation; one line unless its widget has several."""

    def clean(self, value: Any) -> str:
        cleaned = clean_text(super().clean(value))
        return cleaned if isinstance(self.widget, forms.Textarea) else cleaned.replace("\n", " ")


class NameField(PlainTextField):
    """A person's name: letters, spaces, hyphens, apostrophes; at least one letter."""

    def clean(self, value: Any) -> str:
        name = super().clean(value)
        if name and (re.search(r"[0-9;:/()&°+#,]", name) or not any(map(str.isalpha, name))):
            raise ValidationError(_("Un nom ne comporte que des lettres, des espaces, des tirets et des apostrophes."))
        return name


class PostalCodeField(forms.CharField):
    """Five digits; `abroad` also takes « 99 »."""

    def __init__(self, *, abroad: bool = False, **kwargs: Any):
        self.abroad = abroad
        super().__init__(**kwargs)

    def clean(self, value: Any) -> str:
        code = re.sub(r"\s", "", super().clean(value) or "")
        if code and not re.fullmatch(r"[0-9]{5}", code) and not (self.abroad and code == "99"):
            if self.abroad:
                raise ValidationError(_("Le code postal comporte 5 chiffres (99 si vous êtes né à l’étranger)."))
            raise ValidationError(_("Le code postal comporte 5 chiffres."))
        return code


class NirField(forms.CharField):
    """A social security number with its key; spaces are accepted."""

    def clean(self, value: Any) -> str:
        typed = super().clean(value)
        try:
            return parse_nir(typed) if typed else ""
        except InvalidNir as error:
            raise ValidationError(str(error)) from error

    def prepare_value(self, value: Any) -> Any:
        return format_nir(value) if isinstance(value, str) and re.fullmatch(r"[0-9AB]{15}", value) else value


class PhoneField(forms.CharField):
    """Any telephone number that exists, French unless it starts with +; cleaned to E.164."""

    def clean(self, value: Any) -> str:
        typed = super().clean(value)
        return parse_phone(typed) if typed else ""

    def prepare_value(self, value: Any) -> Any:
        return format_phone(value) if isinstance(value, str) and re.fullmatch(r"\+[0-9]{6,15}", value) else value


def parse_phone(typed: str) -> str:
    """E.164 of a number dialled in France or overseas France, or given with +; raises ValidationError."""
    digits = re.sub(r"[^0-9+]", "", typed)
    overseas = _OVERSEAS.get(digits[1:4]) if digits.startswith("0") else None
    for region in (overseas, "FR") if overseas else ("FR",):
        try:
            number = phonenumbers.parse(typed, region)
        except phonenumbers.NumberParseException:
            continue
        if not number.extension and _exists(number):
            return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    raise ValidationError(_("Ce numéro de téléphone n’existe pas. Exemple : 06 12 34 56 78."))


def _exists(number: phonenumbers.PhoneNumber) -> bool:
    # The library doesn't know ranges that ARCEP opened lately, nor those kept for fiction: any nine digits are French.
    is_french = number.country_code == 33 and re.fullmatch("[1-9][0-9]{8}", str(number.national_number))
    return bool(is_french) or phonenumbers.is_valid_number(number)


def format_phone(number: str) -> str:
    """« 06 11 22 33 44 », « 0692 12 34 56 » as parse_phone reads it, or « +32 470 12 34 56 »; empty stays empty."""
    if not number:
        return ""
    parsed = phonenumbers.parse(number)
    region = _OVERSEAS.get(str(parsed.national_number)[:3], "FR")
    is_dialled_so = parsed.country_code in (33, phonenumbers.country_code_for_region(region))
    kind = phonenumbers.PhoneNumberFormat
    return phonenumbers.format_number(parsed, kind.NATIONAL if is_dialled_so else kind.INTERNATIONAL)


class CodeForm(forms.Form):
    """The access code at the gate."""

    code = forms.CharField(
        label=_("Veuillez taper le code d’accès qui vous a été transmis :"),
        max_length=20,
        widget=forms.TextInput(
            attrs={
                "autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false", "autofocus": True,
                "class": "code-input",
            }
        ),
        error_messages={"required": _("Tapez le code à 4 caractères reçu par SMS ou par e-mail.")},
    )  # fmt: skip

    def clean_code(self) -> str:
        code = normalize_code(self.cleaned_data["code"])
        if not re.fullmatch(rf"[0-9A-Z]{{{CODE_LENGTH}}}", code):
            raise ValidationError(_("Le code comporte 4 caractères, chiffres ou lettres."))
        return code


def _text_input(autocomplete: str, **attrs: str) -> forms.TextInput:
    """What the browser may fill in by itself (WCAG 2.2, 1.3.5)."""
    return forms.TextInput(attrs={"autocomplete": autocomplete, **attrs})


class LostLinkForm(forms.Form):
    """« J’ai perdu mon lien »: `contact` is an e-mail in lower case or a number in E.164."""

    contact = forms.CharField(
        label=_("E-mail ou portable"),
        max_length=254,
        widget=forms.TextInput(attrs={"autocomplete": "email", "autocapitalize": "none", "spellcheck": "false"}),
        error_messages={"required": _("Tapez l’e-mail ou le portable que vous avez donné à votre praticien.")},
    )

    def clean_contact(self) -> str:
        typed = self.cleaned_data["contact"]
        if "@" not in typed and not any(map(str.isdigit, typed)):
            raise ValidationError(_("Tapez un e-mail (nom@exemple.fr) ou un portable (06 12 34 56 78)."))
        if "@" not in typed:
            return clean_mobile(typed)
        try:
            validate_email(typed)
        except ValidationError as error:
            words = _("Cette adresse e-mail n’est pas complète : elle s’écrit nom@exemple.fr.")
            raise ValidationError(words) from error
        return clean_email(typed)


class IntakeForm(forms.ModelForm):
    """« Données patient »: names, birth date, sex and consent are required, the rest may come later."""

    GROUPS = (
        (_("Informations personnelles"),
         ("last_name", "first_name", "birth_date", "sex", "birth_postal_code", "birth_city")),
        (_("Coordonnées"), ("address", "postal_code", "city", "phone")),
        (_("Sécurité sociale"), ("nir", "beneficiary", "insurer")),
        (_("Complémentaire"), ("mutual_name", "mutual_member_number", "beneficiary_nir")),
    )  # fmt: skip
    REQUIRED = ("last_name", "first_name", "birth_date", "sex")

    last_name = NameField(
        label=_("Nom"), max_length=80, widget=_text_input("family-name"),
        error_messages={"required": _("Indiquez votre nom.")},
    )  # fmt: skip
    first_name = NameField(
        label=_("Prénom"), max_length=80, widget=_text_input("given-name"),
        error_messages={"required": _("Indiquez votre prénom.")},
    )  # fmt: skip
    birth_date = forms.DateField(
        label=_("Date de naissance"),
        input_formats=["%Y-%m-%d", "%d/%m/%Y"],
        widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date", "autocomplete": "bday"}),
        error_messages={
            "required": _("Indiquez votre date de naissance."),
            "invalid": _("Cette date n’existe pas. Exemple\u00a0: 14/07/1980."),
        },
    )
    birth_postal_code = PostalCodeField(
        label=_("Code postal de naissance"), max_length=10, required=False, abroad=True,
        widget=_text_input("off", inputmode="numeric"),
        help_text=_("99 si vous êtes né à l’étranger"),
    )  # fmt: skip
    birth_city = PlainTextField(
        label=_("Ville de naissance"),
        max_length=80,
        required=False,
        help_text=_("Le pays si vous êtes né à l’étranger"),
    )
    sex = forms.ChoiceField(
        label=_("Sexe"), choices=Intake.Sex.choices, widget=forms.RadioSelect,
        error_messages={"required": _("Choisissez votre sexe.")},
    )  # fmt: skip
    address = PlainTextField(
        label=_("Adresse postale"), max_length=300, required=False,
        widget=forms.Textarea(attrs={"rows": 2, "autocomplete": "street-address"}),
    )  # fmt: skip
    postal_code = PostalCodeField(
        label=_("Code postal"), max_length=10, required=False, widget=_text_input("postal-code", inputmode="numeric")
    )
    city = PlainTextField(label=_("Ville"), max_length=80, required=False, widget=_text_input("address-level2"))
    phone = PhoneField(
        label=_("Numéro de téléphone"), max_length=30, required=False,
        widget=forms.TextInput(attrs={"type": "tel", "autocomplete": "tel"}),
    )  # fmt: skip
    nir = NirField(
        label=_("N° de sécurité sociale"), max_length=40, required=False,
        help_text=_("15 caractères, clé comprise, comme sur la carte Vitale"),
    )  # fmt: skip
    beneficiary = forms.ChoiceField(
        label=_("Bénéficiaire"), required=False, widget=forms.RadioSelect, choices=Intake.Beneficiary.choices,
        help_text=_("Ayant droit\u00a0: vous êtes rattaché à la sécurité sociale d’un proche."),
    )  # fmt: skip
    insurer = PlainTextField(
        label=_("Organisme de sécurité sociale"),
        max_length=120,
        required=False,
        help_text=_("Par exemple CPAM 13, MSA, MGEN"),
    )
    mutual_name = PlainTextField(label=_("Nom de la mutuelle complémentaire"), max_length=120, required=False)
    mutual_member_number = PlainTextField(label=_("N° d’adhérent de la mutuelle"), max_length=40, required=False)
    beneficiary_nir = NirField(label=_("N° de sécurité sociale de l’ayant droit"), max_length=40, required=False)
    consent = forms.BooleanField(
        label=_(
            "J’accepte que cette consultation ait lieu à distance, par vidéo, et que ces informations soient "
            "transmises au professionnel de santé."
        ),
        error_messages={"required": _("Sans votre accord, la téléconsultation ne peut pas avoir lieu.")},
    )

    class Meta:
        model = Intake
        fields = (
            "last_name", "first_name", "birth_date", "birth_postal_code", "birth_city", "sex", "address", "postal_code",
            "city", "phone", "nir", "beneficiary", "insurer", "mutual_name", "mutual_member_number", "beneficiary_nir",
        )  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        if self.instance.consented_at:
            del self.fields["consent"]

    @property
    def groups(self) -> list[tuple[str, list[tuple[forms.BoundField, str]]]]:
        """The four headed groups: their fields in reading order, each with its warning or an empty text."""
        warnings = self.warnings()
        return [(str(title), [(self[name], warnings.get(name, "")) for name in names]) for title, names in self.GROUPS]

    def warnings(self) -> dict[str, str]:
        """By field, what of the birth date and sex a NIR contradicts: a word to the patient, never a refusal."""
        stored = {name: getattr(self.instance, name) for name in self.Meta.fields}
        values = self.cleaned_data if self.is_bound else stored
        field = "beneficiary_nir" if values.get("beneficiary") == Intake.Beneficiary.DEPENDANT else "nir"
        number = values.get(field)
        if not number:
            return {}
        found = nir_disagreements(number, birth_date=values.get("birth_date"), sex=values.get("sex") or "")
        if not found:
            return {}
        parts = _(" et ").join([", ".join(found[:-1]), found[-1]] if found[1:] else found)
        words = _("Ce numéro ne correspond pas à ce que vous avez indiqué pour %(parts)s. Vérifiez-le.")
        return {field: words % {"parts": parts}}

    def clean_birth_date(self) -> date:
        born = self.cleaned_data["birth_date"]
        today = timezone.localdate()
        if born > today:
            raise ValidationError(_("La date de naissance est dans le futur."))
        if born.year < today.year - 120:
            raise ValidationError(_("Vérifiez l’année de naissance\u00a0: elle remonte à plus de 120 ans."))
        return born

    def values(self) -> dict[str, Any]:
        """The valid answers, by field of the model. An empty required one is not an answer: it erases nothing."""
        valid = {name: self.cleaned_data[name] for name in self.Meta.fields if name in self.cleaned_data}
        return {name: value for name, value in valid.items() if value or name not in self.REQUIRED}


class DocumentForm(forms.Form):
    """One photo or PDF; `cleaned_data["file"]` is a `CleanFile`, `name` what the browser calls it."""

    file = forms.FileField(
        error_messages={"required": _("Choisissez un fichier."), "empty": _("Ce fichier est vide.")},
    )

    accepted = frozenset({*PICTURES, PDF})
    name = ""

    def clean_file(self) -> CleanFile:
        upload = self.cleaned_data["file"]
        self.name = upload.name
        return clean_upload(upload, accepted=self.accepted)


class SnapshotForm(DocumentForm):
    """A picture of the patient, taken in the call; the patient has agreed."""

    kind = forms.ChoiceField(choices=[(Document.Kind.SNAPSHOT, "")], error_messages={"required": "Photo inconnue."})
    consent = forms.BooleanField(error_messages={"required": "Le patient n’a pas donné son accord."})

    accepted = PICTURES
