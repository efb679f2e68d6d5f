"""What follows when the letterbox says how messages fared (rofim/notifications/listeners.py)."""

from collections.abc import Collection
from datetime import datetime

from patients import notify
from patients.models import Invitation
from rofim.live import announce_change
from rofim.notifications import sms
from rofim.notifications.models import OutgoingMessage

Status = OutgoingMessage.Status


def messages_changed(keys: Collection[int], *, now: datetime) -> None:
    """Hurries the practitioner's list; where the setting says so, an SMS that can't leave goes on by e-mail."""
    rows = OutgoingMessage.objects.filter(pk__in=keys, about__startswith="invitation/")
    messages = list(rows.defer("subject", "body", "body_html", "attachments"))
    pks = {message.pk: int(message.about.removeprefix("invitation/")) for message in messages}
    invitations = Invitation.objects.select_related("patient", "practitioner__user").in_bulk(set(pks.values()))
    for message in messages:
        invitation = invitations.get(pks[message.pk])
        if invitation and sms.goes_on_by_email() and message.status in (Status.QUEUED, Status.FAILED):
            notify.send_by_email_instead(invitation=invitation, message=message, now=now)
    # What waits for another try looks as before.
    changed = {pks[message.pk] for message in messages if message.status != Status.QUEUED}
    for practitioner in {invitations[pk].practitioner_id for pk in changed if pk in invitations}:
        announce_change(practitioner_id=practitioner)
