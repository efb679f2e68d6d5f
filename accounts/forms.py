"""The forms of registration, login and account; HTML names as in product.md, 1."""

from typing import Any

from django import forms
from django.contrib.auth import password_validation
from django.contrib.auth.forms import PasswordResetForm as DjangoPasswordResetForm
from django.contrib.auth.forms import SetPasswordForm as DjangoSetPasswordForm
from django.core.exceptions import ValidationError

from accounts import fields
from accounts.fields import CleanedEmailField, CleanedField
from accounts.models import Practitioner, User
from rofim.uploads import PICTURES, CleanFile, clean_signature, clean_upload

Profession = Practitioner.Profession
# Registered in ADELI by tradition; those who moved to RPPS since may give that number instead.
ADELI_PROFESSIONS = frozenset({Profession.PSYCHOLOGIST, Profession.SPEECH_THERAPIST, Profession.DIETITIAN})
# Argon2 would take more; nobody types more, and longer input is an attack on the processor.
PASSWORD_MAX = 128
_DOCUMENTS = "image/jpeg,image/png,image/webp,image/heic,image/heif,application/pdf,.heic,.pdf"


def _text(label: str, required: str = "", *, cleaner: Any = fields.clean_text, **kwargs: Any) -> CleanedField:
    attrs = kwargs.pop("attrs", {})
    return CleanedField(
        label=label,
        cleaner=cleaner,
        required=bool(required),
        error_messages={"required": required} if required else {},
        widget=forms.TextInput(attrs=attrs),
        **kwargs,
    )


def _password(label: str, required: str, autocomplete: str, **kwargs: Any) -> forms.CharField:
    return forms.CharField(
        label=label,
        strip=False,
        max_length=PASSWORD_MAX,
        error_messages={"required": required, "max_length": f"{PASSWORD_MAX} caractères au plus."},
        widget=forms.PasswordInput(attrs={"autocomplete": autocomplete}),
        **kwargs,
    )


_EMAIL_ERRORS = {
    "required": "Indiquez votre adresse e-mail.",
    "invalid": "Cette adresse e-mail n’est pas complète : elle s’écrit nom@exemple.fr.",
}


class RegistrationForm(forms.Form):
    """« Inscription ». `cleaned_data["identity_document"]` is a `CleanFile`."""

    email = CleanedEmailField(
        label="Adresse e-mail", max_length=254, error_messages=_EMAIL_ERRORS,
        help_text="Elle vous servira à vous connecter.",
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
    )  # fmt: skip
    password1 = _password(
        "Mot de passe", "Choisissez un mot de passe.", "new-password",
        help_text="12 caractères au moins : quelques mots suffisent, sans règle compliquée.",
    )  # fmt: skip
    password2 = _password("Mot de passe, une seconde fois", "Écrivez le mot de passe une seconde fois.", "new-password")
    title = forms.ChoiceField(
        label="Civilité", choices=[("", "Choisir…"), *Practitioner.Title.choices],
        error_messages={"required": "Choisissez une civilité."},
    )  # fmt: skip
    first_name = _text(
        "Prénom", "Indiquez votre prénom.", cleaner=fields.clean_name, max_length=80,
        attrs={"autocomplete": "given-name"},
    )  # fmt: skip
    last_name = _text(
        "Nom", "Indiquez votre nom.", cleaner=fields.clean_name, max_length=80, attrs={"autocomplete": "family-name"}
    )
    profession = forms.ChoiceField(
        label="Profession", choices=[("", "Choisir…"), *Profession.choices],
        error_messages={"required": "Choisissez votre profession."},
    )  # fmt: skip
    specialty = _text("Spécialité", max_length=80, help_text="Obligatoire pour les médecins.")
    rpps = _text(
        "N° RPPS", cleaner=fields.clean_rpps, max_length=20, attrs={"inputmode": "numeric", "autocomplete": "off"},
        help_text="11 chiffres.",
    )  # fmt: skip
    adeli = _text(
        "N° ADELI", cleaner=fields.clean_adeli, max_length=20, attrs={"inputmode": "numeric", "autocomplete": "off"},
        help_text="9 chiffres, pour les psychologues, orthophonistes et diététiciens sans n° RPPS.",
    )  # fmt: skip
    billing_number = _text(
        "N° AM ou FINESS", cleaner=fields.clean_billing_number, max_length=20, attrs={"autocomplete": "off"},
        help_text="Facultatif.",
    )  # fmt: skip
    mobile_phone = _text(
        "Téléphone portable", "Indiquez votre portable.", cleaner=fields.clean_mobile, max_length=30,
        attrs={"type": "tel", "autocomplete": "tel"},
        help_text="Le n° de portable est requis pour la double authentification obligatoire pour le partage de données de santé.",  # noqa: E501
    )  # fmt: skip
    practice_name = _text(
        "Nom du cabinet", "Indiquez le nom du cabinet.", max_length=120, attrs={"autocomplete": "organization"}
    )
    practice_address = _text(
        "Adresse du cabinet", "Indiquez l’adresse du cabinet.", max_length=200,
        attrs={"autocomplete": "street-address"},
    )  # fmt: skip
    practice_postal_code = _text(
        "Code postal", "Indiquez le code postal.", cleaner=fields.clean_postal_code, max_length=10,
        attrs={"inputmode": "numeric", "autocomplete": "postal-code"},
    )  # fmt: skip
    practice_city = _text(
        "Ville", "Indiquez la ville.", cleaner=fields.clean_text, max_length=80,
        attrs={"autocomplete": "address-level2"},
    )  # fmt: skip
    practice_phone = _text(
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


class LoginForm(forms.Form):
    """E-mail and password; whether they are right is the view's business."""

    email = forms.CharField(
        label="Adresse e-mail", max_length=254, error_messages={"required": "Indiquez votre adresse e-mail."},
        widget=forms.EmailInput(attrs={"autocomplete": "username", "autofocus": True}),
    )  # fmt: skip
    password = _password("Mot de passe", "Indiquez votre mot de passe.", "current-password")

    def clean_email(self) -> str:
        return self.cleaned_data["email"].strip().lower()


class CodeForm(forms.Form):
    """The six digits of an SMS, or at login a recovery code."""

    code = forms.CharField(
        label="Code reçu par SMS",
        max_length=32,
        error_messages={"required": "Tapez le code."},
        widget=forms.TextInput(
            attrs={
                "autocomplete": "one-time-code", "inputmode": "numeric", "autofocus": True, "class": "code num",
                "maxlength": 32,
            }
        ),
    )  # fmt: skip


class PasswordResetForm(DjangoPasswordResetForm):
    """The address to which a link goes if it is known; the link itself is `accounts.services.send_password_link`'s."""

    email = CleanedEmailField(
        label="Adresse e-mail", max_length=254, error_messages=_EMAIL_ERRORS,
        widget=forms.EmailInput(attrs={"autocomplete": "email", "autofocus": True}),
    )  # fmt: skip


class SetPasswordForm(DjangoSetPasswordForm):
    """A new password, twice."""

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        labels = {"new_password1": "Nouveau mot de passe", "new_password2": "Nouveau mot de passe, une seconde fois"}
        for name, label in labels.items():
            self.fields[name].label, self.fields[name].help_text = label, ""
            self.fields[name].validators.append(_not_too_long)
        self.fields["new_password1"].help_text = "12 caractères au moins : quelques mots suffisent."


def _not_too_long(value: str) -> None:
    if len(value) > PASSWORD_MAX:
        raise ValidationError(f"{PASSWORD_MAX} caractères au plus.")


class PasswordChangeForm(SetPasswordForm):
    """The old password, then the new one twice."""

    old_password = _password("Mot de passe actuel", "Indiquez votre mot de passe actuel.", "current-password")
    field_order = ["old_password", "new_password1", "new_password2"]

    def clean_old_password(self) -> str:
        old = self.cleaned_data["old_password"]
        if not self.user.check_password(old):
            raise ValidationError("Ce n’est pas votre mot de passe actuel.")
        return old


class SignatureForm(forms.Form):
    """A picture of one's signature; `cleaned_data["signature"]` is the cleaned PNG."""

    signature = forms.FileField(
        label="Image de votre signature",
        help_text="Signez à l’encre noire sur du papier blanc et photographiez : JPEG, PNG ou HEIC, 10 Mo au plus.",
        allow_empty_file=True,
        error_messages={"required": "Choisissez l’image de votre signature."},
        widget=forms.FileInput(attrs={"accept": ",".join(sorted(PICTURES))}),
    )

    def clean_signature(self) -> bytes:
        return clean_signature(self.cleaned_data["signature"])


class BillingForm(forms.ModelForm):
    """« Situation conventionnelle » and « association agréée », printed on prescriptions."""

    class Meta:
        model = Practitioner
        fields = ("sector", "approved_association")
        labels = {"sector": "Situation conventionnelle", "approved_association": "Membre d’une association agréée"}
        help_texts = {"sector": "Par exemple : conventionné secteur 1. Imprimée sur vos ordonnances."}

    def clean_sector(self) -> str:
        return fields.clean_text(self.cleaned_data["sector"])


class ReasonForm(forms.Form):
    """Why a registration is refused: sent to the person."""

    reason = CleanedField(
        label="Motif", cleaner=fields.clean_text, max_length=500,
        help_text="Il est envoyé par e-mail à la personne.",
        error_messages={"required": "Indiquez le motif : il est envoyé à la personne."},
        widget=forms.Textarea(attrs={"rows": 3}),
    )  # fmt: skip
