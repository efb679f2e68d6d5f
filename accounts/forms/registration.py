"""« Inscription », one form for each step; HTML names as in product.md, 1."""

from typing import Any

from django import forms
from django.contrib.auth import password_validation
from django.core.exceptions import ValidationError

from accounts import fields
from accounts.fields import CleanedEmailField
from accounts.forms.inputs import EMAIL_ERRORS, password_field, text_field
from accounts.models import Practitioner, User
from accounts.passwords import own_words
from rofim.communes import communes_for, is_commune_of
from rofim.uploads import CleanFile, clean_upload

Profession = Practitioner.Profession
# Registered in ADELI by tradition; those who moved to RPPS since may give that number instead.
ADELI_PROFESSIONS = frozenset({Profession.PSYCHOLOGIST, Profession.SPEECH_THERAPIST, Profession.DIETITIAN})
_DOCUMENTS = "image/jpeg,image/png,image/webp,image/heic,image/heif,application/pdf,.heic,.heif,.pdf"


class YouForm(forms.Form):
    """« Vous »: who registers, and the number that the profession has."""

    title = forms.ChoiceField(
        label="Civilité", choices=[("", "Choisir…"), *Practitioner.Title.choices],
        error_messages={"required": "Choisissez une civilité."},
        widget=forms.Select(attrs={"autocomplete": "honorific-prefix"}),
    )  # fmt: skip
    first_name = text_field(
        "Prénom", "Indiquez votre prénom.", cleaner=fields.clean_name, max_length=80,
        attrs={"autocomplete": "given-name"},
    )  # fmt: skip
    last_name = text_field(
        "Nom", "Indiquez votre nom.", cleaner=fields.clean_name, max_length=80, attrs={"autocomplete": "family-name"}
    )
    profession = forms.ChoiceField(
        label="Profession", choices=[("", "Choisir…"), *Profession.choices],
        error_messages={"required": "Choisissez votre profession."},
    )  # fmt: skip
    specialty = text_field("Spécialité", max_length=80, help_text="Obligatoire pour les médecins.")
    rpps = text_field(
        "N° RPPS", cleaner=fields.clean_rpps, max_length=20, attrs={"inputmode": "numeric", "autocomplete": "off"},
        help_text="11 chiffres, sur votre carte professionnelle (CPS).",
    )  # fmt: skip
    adeli = text_field(
        "N° ADELI", cleaner=fields.clean_adeli, max_length=20, attrs={"inputmode": "numeric", "autocomplete": "off"},
        help_text="9 chiffres, pour les psychologues, orthophonistes et diététiciens sans n° RPPS.",
    )  # fmt: skip
    billing_number = text_field(
        "N° AM ou FINESS", cleaner=fields.clean_billing_number, max_length=20, attrs={"autocomplete": "off"},
        help_text="Facultatif : 9 caractères.",
    )  # fmt: skip

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        self._clean_numbers(cleaned)
        needs_specialty = cleaned.get("profession") == Profession.PHYSICIAN
        if needs_specialty and not cleaned.get("specialty") and "specialty" not in self.errors:
            self.add_error("specialty", "Indiquez votre spécialité.")
        return cleaned

    def _clean_numbers(self, cleaned: dict[str, Any]) -> None:
        """The profession decides which number is asked for; what stands in the other one's field doesn't count."""
        profession = cleaned.get("profession")
        if not profession:
            return
        if profession not in ADELI_PROFESSIONS:
            self.errors.pop("adeli", None)
            cleaned["adeli"] = ""
            if not cleaned.get("rpps") and "rpps" not in self.errors:
                self.add_error("rpps", "Indiquez votre n° RPPS.")
        elif not {"rpps", "adeli"} & self.errors.keys() and not cleaned.get("adeli") and not cleaned.get("rpps"):
            self.add_error("adeli", "Indiquez votre n° ADELI, ou votre n° RPPS si vous en avez un.")


class PracticeForm(forms.Form):
    """« Votre cabinet »: what prescriptions carry."""

    practice_name = text_field(
        "Nom du cabinet", "Indiquez le nom du cabinet.", max_length=120, attrs={"autocomplete": "organization"}
    )
    practice_address = text_field(
        "Adresse du cabinet", "Indiquez l’adresse du cabinet.", max_length=200,
        attrs={"autocomplete": "street-address"},
    )  # fmt: skip
    practice_postal_code = text_field(
        "Code postal", "Indiquez le code postal.", cleaner=fields.clean_postal_code, max_length=10,
        attrs={"inputmode": "numeric", "autocomplete": "postal-code"},
    )  # fmt: skip
    practice_city = text_field(
        "Ville", "Indiquez la ville.", cleaner=fields.clean_text, max_length=80,
        attrs={"autocomplete": "address-level2", "list": "communes"},
    )  # fmt: skip
    practice_phone = text_field(
        "Téléphone du cabinet", "Indiquez le téléphone du cabinet.", cleaner=fields.clean_phone, max_length=30,
        attrs={"type": "tel", "autocomplete": "off"},
    )  # fmt: skip
    # The place that was doubted, as the page sends it back with the next try: then it is meant.
    place_meant = forms.CharField(required=False, max_length=100, widget=forms.HiddenInput)
    doubted = ""

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        code, city = cleaned.get("practice_postal_code", ""), cleaned.get("practice_city", "")
        if not (city and code) or is_commune_of(city, code):
            return cleaned
        self.doubted = f"{code} {city}"
        if cleaned.get("place_meant") != self.doubted:
            names = communes_for(code)
            shown = ", ".join(names[:3]) + ("…" if names[3:] else "")
            self.add_error(
                "practice_city", f"Code postal {code} : {shown}. Corrigez, ou continuez si la ville est juste."
            )
        return cleaned

    def communes(self) -> tuple[str, ...]:
        """Proposed for the postal code, where no script does it."""
        return communes_for((self["practice_postal_code"].value() or "").strip())


class DocumentForm(forms.Form):
    """« Votre pièce d’identité »; `cleaned_data["identity_document"]` is a `CleanFile`, `name` what the browser calls it."""  # noqa: E501

    identity_document = forms.FileField(
        label="Copie électronique de votre pièce d’identité (CNI ou passeport)",
        help_text="JPEG, PNG, WebP, HEIC ou PDF, 10 Mo au plus.",
        allow_empty_file=True,
        error_messages={"required": "Choisissez le fichier de votre pièce d’identité."},
        widget=forms.FileInput(attrs={"accept": _DOCUMENTS}),
    )
    name = ""

    def clean_identity_document(self) -> CleanFile | None:
        upload = self.cleaned_data["identity_document"]
        if upload is None:
            return None
        self.name = upload.name
        return clean_upload(upload)


class AccessForm(forms.Form):
    """« Votre accès »; `person` is what the steps before said of whom the password is to be."""

    email = CleanedEmailField(
        label="Adresse e-mail", max_length=254, error_messages=EMAIL_ERRORS,
        help_text="Elle vous servira à vous connecter : un message y part pour la confirmer.",
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
    )  # fmt: skip
    mobile_phone = text_field(
        "Téléphone portable", "Indiquez votre portable.", cleaner=fields.clean_mobile, max_length=30,
        attrs={"type": "tel", "autocomplete": "tel"},
        help_text="Le n° de portable est requis pour la double authentification obligatoire pour le partage de données de santé.",  # noqa: E501
    )  # fmt: skip
    password1 = password_field(
        "Mot de passe", "Choisissez un mot de passe.", "new-password",
        help_text="12 caractères au moins : quelques mots suffisent, sans règle compliquée.",
    )  # fmt: skip
    password2 = password_field(
        "Mot de passe, une seconde fois", "Écrivez le mot de passe une seconde fois.", "new-password"
    )
    accept_terms = forms.BooleanField(
        label="J’accepte les conditions d’utilisation et la politique de confidentialité.",
        error_messages={"required": "Cochez cette case pour vous inscrire."},
    )

    def __init__(self, *args: Any, person: dict[str, Any], **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.person = person

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        password = cleaned.get("password1")
        if password:
            try:
                password_validation.validate_password(password, self._user(cleaned))
            except ValidationError as error:
                self.add_error("password1", error)
            if "password2" in cleaned and cleaned["password2"] != password:
                self.add_error("password2", "Les deux mots de passe sont différents.")
        return cleaned

    def own_words(self) -> str:
        """For the page's meter: what of `person` counts for little in the password."""
        return " ".join(own_words(self._user({})))

    def _user(self, cleaned: dict[str, Any]) -> User:
        """Whose own data the password may not be made of; never saved."""
        known = self.person | {name: cleaned.get(name, "") for name in ("email", "mobile_phone")}
        user = User(**{name: known.get(name, "") for name in ("email", "first_name", "last_name", "mobile_phone")})
        names = ("rpps", "adeli", "practice_name", "practice_city", "practice_phone")
        Practitioner(user=user, **{name: known.get(name, "") for name in names})
        return user
