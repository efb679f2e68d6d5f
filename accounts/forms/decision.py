"""The administration's decisions about a practitioner."""

from django import forms

from accounts import fields
from accounts.fields import CleanedField


class ReasonForm(forms.Form):
    """Why a registration is refused: sent to the person."""

    reason = CleanedField(
        label="Motif", cleaner=fields.clean_text, max_length=500,
        help_text="Il est envoyé par e-mail à la personne.",
        error_messages={"required": "Indiquez le motif : il est envoyé à la personne."},
        widget=forms.Textarea(attrs={"rows": 3}),
    )  # fmt: skip
