"""« J’ai perdu mon lien »: asked for by contact, answered by the worker to that very contact and nobody else.

The page writes one row whoever asks: neither its words nor its time tell whether the contact is known.
"""

from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.db.models import Q

from patients import notify
from patients.models import Invitation, LinkRequest, contact_digest
from rofim.notifications.models import OutgoingMessage

Channel = OutgoingMessage.Channel
# The nearest; a secretary's address may stand for hundreds of patients.
LINKS_AT_MOST = 5


def request_links(*, contact: str, now: datetime) -> None:
    """Notes that somebody asks for the links of `contact` (e-mail in lower case, or E.164). Sends nothing itself."""
    LinkRequest.objects.create(contact_digest=contact_digest(contact), requested_at=now)


@transaction.atomic
def answer_link_request(*, request: LinkRequest, now: datetime) -> int:
    """Sends the nearest appointments' links to the contact, by its channel alone; says how many appointments.

    Nothing for an unknown contact, nor for a request that another worker has answered.
    """
    deleted, _ = LinkRequest.objects.filter(pk=request.pk).delete()
    if not deleted:
        return 0
    digest = request.contact_digest
    invitations = list(
        Invitation.objects.filter(
            Q(patient__email_digest=digest) | Q(patient__phone_digest=digest),
            closed_at=None,
            starts_at__gt=now - settings.CONSULTATION_MAX_DURATION,
        )
        .select_related("patient", "practitioner__user")
        .order_by("starts_at", "pk")[:LINKS_AT_MOST]
    )
    for invitation in invitations:
        by_sms = invitation.patient.phone_digest == digest
        notify.send_invitation(invitation=invitation, channels=[Channel.SMS if by_sms else Channel.EMAIL])
    return len(invitations)
