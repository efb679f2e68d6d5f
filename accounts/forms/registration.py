"""« Inscription »; HTML names as in product.md, 1."""

from typing import Any

from django import forms
from django.contrib.auth import password_validation
from django.core.exceptions import ValidationError

from accounts import fields
from accounts.fields import CleanedEmailField
from accounts.forms.inputs import EMAIL_ERRORS, password_field, text_field
from accounts.models import Practitioner, User
from rofim.uploads import CleanFile, clean_upload

Profession = Practitioner.Profession
# Registered in ADELI by tradition; those who moved to RPPS since may give that number instead.
ADELI_PROFESSIONS = frozenset({Profession.PSYCHOLOGIST, Profession.SPEECH_THERAPIST, Profession.DIETITIAN})
_DOCUMENTS = "image/jpeg,image/png,image/webp,image/heic,image/heif,application/pdf,.heic,.pdf"


class RegistrationForm(forms.Form):
    """« Inscription ». `cleaned_data["identity_document"]` is a `CleanFile`."""

    email = CleanedEmailField(
        label="Adresse e-mail", max_length=254, error_messages=EMAIL_ERRORS,
        help_text="Elle vous servira à vous connecter.",
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
    )  # fmt: skip
    password1 = password_field(
        "Mot de passe", "Choisissez un mot de passe.", "new-password",
        help_text="12 caractères au moins : quelques mots suffisent, sans règle compliquée.",
    )  # fmt: skip
    password2 = password_field(
        "Mot de passe, une seconde fois", "Écrivez le mot de passe une seconde fois.", "new-password"
    )
    title = forms.ChoiceField(
        label="Civilité", choices=[("", "Choisir…"), *Practitioner.Title.choices],
        error_messages={"required": "Choisissez une civilité."},
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
        help_text="11 chiffres.",
    )  # fmt: skip
    adeli = text_field(
        "N° ADELI", cleaner=fields.clean_adeli, max_length=20, attrs={"inputmode": "numeric", "autocomplete": "off"},
        help_text="9 chiffres, pour les psychologues, orthophonistes et diététiciens sans n° RPPS.",
    )  # fmt: skip
    billing_number = text_field(
        "N° AM ou FINESS", cleaner=fields.clean_billing_number, max_length=20, attrs={"autocomplete": "off"},
        help_text="Facultatif.",
    )  # fmt: skip
    mobile_phone = text_field(
        "Téléphone portable", "Indiquez votre portable.", cleaner=fields.clean_mobile, max_length=30,
        attrs={"type": "tel", "autocomplete": "tel"},
        help_text="Le n° de portable est requis pour la double authentification obligatoire pour le partage de données de santé.",  # noqa: E501
    )  # fmt: skip
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
        attrs={"autocomplete": "address-level2"},
    )  # fmt: skip
    practice_phone = text_field(
        "Téléphone du cabinet", "Indiquez le téléphone du cabinet.", cleaner=fields.clean_phone, max_length=30,
        attrs={"type": "tel", "autocomplete": "off"},
    )  # fmt: skip
    identity_document = forms.FileField(
        label="Copie électronique de votre pièce d’identité (CNI ou passeport)",
        help_text="JPEG, PNG, WebP, HEIC ou PDF, 10 Mo au plus. Elle est chiffrée, vue par nos administrateurs "
        "seulement, et supprimée après la vérification.",
        allow_empty_file=True,
        error_messages={"required": "Choisissez le fichier de votre pièce d’identité."},
        widget=forms.FileInput(attrs={"accept": _DOCUMENTS}),
    )
    accept_terms = forms.BooleanField(
        label="J’accepte les conditions d’utilisation et la politique de confidentialité.",
        error_messages={"required": "Cochez cette case pour vous inscrire."},
    )

    def clean_identity_document(self) -> CleanFile:
        return clean_upload(self.cleaned_data["identity_document"])

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        self._clean_passwords(cleaned)
        self._clean_numbers(cleaned)
        needs_specialty = cleaned.get("profession") == Profession.PHYSICIAN
        if needs_specialty and not cleaned.get("specialty") and "specialty" not in self.errors:
            self.add_error("specialty", "Indiquez votre spécialité.")
        return cleaned

    def _clean_passwords(self, cleaned: dict[str, Any]) -> None:
        password = cleaned.get("password1")
        if not password:
            return
        user = User(**{name: cleaned.get(name, "") for name in ("email", "first_name", "last_name")})
        try:
            password_validation.validate_password(password, user)
        except ValidationError as error:
            self.add_error("password1", error)
        if "password2" in cleaned and cleaned["password2"] != password:
            self.add_error("password2", "Les deux mots de passe sont différents.")

    def _clean_numbers(self, cleaned: dict[str, Any]) -> None:
        """The profession decides which number is asked for; the other one may be absent."""
        profession = cleaned.get("profession")
        if not profession or {"rpps", "adeli"} & self.errors.keys():
            return
        if profession in ADELI_PROFESSIONS:
            if not cleaned.get("adeli") and not cleaned.get("rpps"):
                self.add_error("adeli", "Indiquez votre n° ADELI.")
        elif not cleaned.get("rpps"):
            self.add_error("rpps", "Indiquez votre n° RPPS.")
        else:
            cleaned["adeli"] = ""

    def personal_fields(self) -> list[forms.BoundField]:
        """« Vous »."""
        return [
            self[name]
            for name in (
                "title",
                "first_name",
                "last_name",
                "profession",
                "specialty",
                "rpps",
                "adeli",
                "billing_number",
            )
        ]

    def practice_fields(self) -> list[forms.BoundField]:
        """« Votre cabinet »."""
        return [self[f"practice_{name}"] for name in ("name", "address", "postal_code", "city", "phone")]

    def login_fields(self) -> list[forms.BoundField]:
        """« Votre accès »."""
        return [self[name] for name in ("email", "password1", "password2", "mobile_phone")]
