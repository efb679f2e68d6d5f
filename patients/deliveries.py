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
    """Hurries the practitioner's list; where the setting says so, an SMS that did not leave goes on by e-mail."""
    messages = OutgoingMessage.objects.filter(pk__in=keys, about__startswith="invitation/")
    # What waits for another try looks as before.
    changed = messages.exclude(status=Status.QUEUED).values_list("about", flat=True)
    invitations = Invitation.objects.filter(pk__in={notify.invitation_of(about) for about in changed})
    for practitioner in set(invitations.values_list("practitioner", flat=True)):
        announce_change(practitioner_id=practitioner)
    if sms.goes_on_by_email():
        # One that may have left, too: the patient has it twice at worst, and the SMS itself is never repeated blindly.
        stuck = messages.filter(
            channel=OutgoingMessage.Channel.SMS, status__in=(Status.QUEUED, Status.UNCERTAIN, Status.FAILED)
        )
        for message in stuck.defer("body"):
            notify.send_by_email_instead(message=message, now=now)
