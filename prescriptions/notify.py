"""Messages of this room."""

from datetime import datetime, timedelta

from django.conf import settings
from django.urls import reverse

from prescriptions.models import Prescription
from rofim.notifications.services import Attachment, queue_email

# A link that comes later than this helps nobody who waits for a medicine.
_USEFUL_FOR = timedelta(days=2)


def send_prescription(*, prescription: Prescription, attach_pdf: bool, now: datetime) -> None:
    """« Votre ordonnance »: the link behind the access code, and the PDF if the practitioner ticked it."""
    invitation = prescription.consultation.invitation
    path = reverse("prescriptions:patient_documents", args=[invitation.token])
    attachments = []
    if attach_pdf:
        attachments.append(
            Attachment(f"ordonnance-{prescription.number}.pdf", "application/pdf", bytes(prescription.pdf or b""))
        )
    queue_email(
        to=invitation.patient.email,
        name="prescriptions/issued",
        context={
            "practitioner": prescription.practitioner.formal_name,
            "link": f"{settings.SITE_URL}{path}",
            "attached": attach_pdf,
        },
        expires_at=now + _USEFUL_FOR,
        about=f"invitation/{invitation.pk}",
        dedup_key=f"prescription/{prescription.pk}/{'pdf' if attach_pdf else 'link'}/{now:%Y%m%d%H%M}",
        attachments=attachments,
    )
