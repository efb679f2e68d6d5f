"""Messages of this room."""

from datetime import datetime, timedelta

from django.conf import settings
from django.urls import reverse

from patients.wording import article_before
from prescriptions.models import Paper
from rofim.notifications.services import Attachment, queue_email

# A link that comes later than this helps nobody who waits for a medicine.
_USEFUL_FOR = timedelta(days=2)


def send_paper(*, paper: Paper, name: str, attach_pdf: bool, now: datetime) -> None:
    """« Un document de votre téléconsultation »: the link behind the access code, and the PDF if it was ticked.

    `name`: the message's, `prescriptions/issued` or `prescriptions/report`.
    """
    invitation = paper.consultation.invitation
    path = reverse("prescriptions:patient_documents", args=[invitation.token])
    attachments = []
    if attach_pdf:
        # Shown beside the subject: as silent as that.
        name_of_file = f"document-{paper.consultation.reference}.pdf"
        attachments.append(Attachment(name_of_file, "application/pdf", bytes(paper.pdf or b"")))
    queue_email(
        to=invitation.patient.email,
        name=name,
        context={
            "article": article_before(paper.practitioner),
            "practitioner": paper.practitioner.formal_name,
            "link": f"{settings.SITE_URL}{path}",
            "attached": attach_pdf,
        },
        expires_at=now + _USEFUL_FOR,
        about=f"invitation/{invitation.pk}",
        language=invitation.language,
        dedup_key=f"{name}/{paper.pk}/{'pdf' if attach_pdf else 'link'}/{now:%Y%m%d%H%M}",
        attachments=attachments,
    )
