"""Where the patient is reached, corrected (product.md, 4)."""

from typing import Any

from django import forms

from patients.forms import format_phone
from patients.models import Patient
from teleconsult.forms import ConsultationForm

APART = "Ce patient reçoit le code par un autre canal que le lien\u00a0: il lui faut un portable et un e-mail."
NO_CONTACT = "Donnez au moins un portable ou un e-mail\u00a0: l’invitation part par là."


class ContactForm(forms.Form):
    """The two contacts of `patient`, as at the creation: a mobile that receives SMS, an e-mail, or both."""

    patient_phone = ConsultationForm.base_fields["patient_phone"]
    patient_email = ConsultationForm.base_fields["patient_email"]

    def __init__(self, data: Any = None, *, patient: Patient):
        self.patient = patient
        super().__init__(data, initial={"patient_phone": format_phone(patient.phone), "patient_email": patient.email})

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if self.errors:
            return cleaned
        missing = [name for name in self.fields if not cleaned.get(name)]
        if len(missing) == len(self.fields):
            self.add_error("patient_phone", NO_CONTACT)
        elif missing and self.patient.invitations.filter(sends_code_apart=True, closed_at=None).exists():
            self.add_error(missing[0], APART)
        return cleaned
