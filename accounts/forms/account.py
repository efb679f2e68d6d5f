"""What the account page changes."""

from django import forms

from accounts import fields
from accounts.models import Practitioner
from rofim.uploads import PICTURES, clean_signature


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
