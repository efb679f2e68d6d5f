"""Where the patient is reached, corrected (product.md, 4)."""

from typing import Any

from django import forms

from patients.forms import format_phone
from patients.models import Patient
from teleconsult.forms import ConsultationForm

NO_CONTACT = "Donnez au moins un portable ou un e-mail : l’invitation part par là."


class ContactForm(forms.Form):
    """The two contacts of `patient`, as at the creation: a mobile that receives SMS, an e-mail, or both."""

    patient_phone = ConsultationForm.base_fields["patient_phone"]
    patient_email = ConsultationForm.base_fields["patient_email"]

    def __init__(self, data: Any = None, *, patient: Patient):
        super().__init__(data, initial={"patient_phone": format_phone(patient.phone), "patient_email": patient.email})

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if not self.errors and not (cleaned.get("patient_email") or cleaned.get("patient_phone")):
            self.add_error("patient_phone", NO_CONTACT)
        return cleaned
