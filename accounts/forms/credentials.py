"""A new mobile, a new e-mail address."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from accounts import fields
from accounts.fields import CleanedEmailField, CleanedField
from accounts.forms.inputs import EMAIL_ERRORS
from accounts.models import User

SAME_MOBILE = "C’est déjà le numéro du compte."


class MobileForm(forms.Form):
    """The mobile that is to get the codes."""

    mobile_phone = CleanedField(
        label="Nouveau téléphone portable",
        help_text="Un code y est envoyé par SMS pour vérifier que c’est bien le vôtre.",
        max_length=30,
        cleaner=fields.clean_mobile,
        error_messages={"required": "Indiquez le numéro de votre nouveau portable."},
        widget=forms.TextInput(attrs={"type": "tel", "autocomplete": "tel", "inputmode": "tel", "autofocus": True}),
    )

    def __init__(self, user: User, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.user = user

    def clean_mobile_phone(self) -> str:
        number = self.cleaned_data["mobile_phone"]
        if number == str(self.user.mobile_phone):
            raise ValidationError(SAME_MOBILE)
        return number


class ReplacedMobileForm(MobileForm):
    """A practitioner's new mobile, by an administrator who has made sure of whose it is."""

    called_back = forms.BooleanField(
        label="J’ai rappelé cette personne au téléphone de son cabinet, et revu sa pièce d’identité",
        error_messages={"required": "Rappelez-la d’abord\u00a0: un e-mail ou un appel reçu ne prouve rien."},
    )

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        field = self.fields["mobile_phone"]
        field.help_text = "Le code de la prochaine connexion y est envoyé par SMS."
        field.error_messages["required"] = "Indiquez le numéro du nouveau portable."
        field.widget.attrs["autocomplete"] = "off"


class ReplacedAdministratorMobileForm(ReplacedMobileForm):
    """The same for an administrator, who has neither practice nor identity document here."""

    called_back = forms.BooleanField(
        label="J’ai vu cette personne, ou l’ai rappelée à un numéro que je connais depuis longtemps, et l’ai reconnue",
        error_messages={"required": "Assurez-vous-en d’abord\u00a0: un e-mail ou un appel reçu ne prouve rien."},
    )


class EmailForm(forms.Form):
    """The address that is to be the account's. Whether another account has it is told to nobody."""

    email = CleanedEmailField(
        label="Nouvelle adresse e-mail", max_length=254, error_messages=EMAIL_ERRORS,
        help_text="Un lien y est envoyé pour vérifier que c’est bien la vôtre.",
        widget=forms.EmailInput(attrs={"autocomplete": "email", "autofocus": True}),
    )  # fmt: skip

    def __init__(self, user: User, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.user = user

    def clean_email(self) -> str:
        email = self.cleaned_data["email"]
        if email == self.user.email:
            raise ValidationError("C’est déjà l’adresse de votre compte.")
        return email
