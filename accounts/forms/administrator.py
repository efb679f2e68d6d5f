"""Who becomes an administrator: in the administration, and by `manage.py createsuperuser`."""

from typing import Any

from django import forms
from django.contrib.auth.models import Group
from django.core.exceptions import ValidationError
from django.db.models import QuerySet

from accounts import fields
from accounts.fields import CleanedEmailField
from accounts.forms.inputs import EMAIL_ERRORS, text_field
from accounts.models import User

ADDRESS_TAKEN = "Cette adresse e-mail a déjà un compte."


class PersonForm(forms.Form):
    """Who it is. Nobody becomes an administrator without the mobile that proves each login."""

    email = CleanedEmailField(
        label="Adresse e-mail", max_length=254, error_messages=EMAIL_ERRORS | {"required": "Indiquez l’adresse e-mail."}
    )
    first_name = text_field("Prénom", "Indiquez le prénom.", cleaner=fields.clean_name, max_length=80)
    last_name = text_field("Nom", "Indiquez le nom.", cleaner=fields.clean_name, max_length=80)
    mobile_phone = text_field(
        "Téléphone portable", "Indiquez le portable\u00a0: il reçoit le code de chaque connexion.",
        cleaner=fields.clean_mobile, max_length=30,
    )  # fmt: skip

    def clean_email(self) -> str:
        email = self.cleaned_data["email"]
        if User.objects.filter(email=email).exists():
            raise ValidationError(ADDRESS_TAKEN)
        return email


class RightsForm(forms.Form):
    """What an administrator may do."""

    groups = forms.ModelMultipleChoiceField(
        label="Groupes", queryset=Group.objects.none(), required=False, widget=forms.CheckboxSelectMultiple,
        help_text="«\u00a0validation\u00a0» voit et décide les inscriptions\u00a0; «\u00a0exploitation\u00a0» voit les "
        "envois, les statistiques et le journal.",
    )  # fmt: skip
    is_superuser = forms.BooleanField(
        label="Tous les droits", required=False, help_text="Fait et désactive aussi les administrateurs."
    )

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        groups: QuerySet[Group] = Group.objects.order_by("name")
        self.fields["groups"].queryset = groups  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if not self.errors and not cleaned["groups"] and not cleaned["is_superuser"]:
            self.add_error("groups", "Choisissez au moins un groupe, ou tous les droits.")
        return cleaned


class NewAdministratorForm(RightsForm, PersonForm):
    """Both, for somebody new."""

    field_order = ["email", "first_name", "last_name", "mobile_phone", "groups", "is_superuser"]


class AdministratorForm(RightsForm):
    """The rights of somebody who is an administrator, and whether they may log in at all."""

    is_active = forms.BooleanField(
        label="Actif",
        required=False,
        help_text="Décoché, la personne ne se connecte plus et ses sessions se terminent.",
    )
