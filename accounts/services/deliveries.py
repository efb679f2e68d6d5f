"""What the administration does with messages that did not arrive; it never sees a word of theirs."""

from datetime import datetime

from django.db import transaction
from django.http import HttpRequest

from accounts import audit
from accounts.models import User
from rofim.notifications.models import OutgoingMessage
from rofim.notifications.services import NotResendable, is_queued, resend_key, resend_message, why_not_resendable


@transaction.atomic
def resend_dead_letter(
    *, message: OutgoingMessage, by: User, now: datetime, request: HttpRequest | None = None
) -> OutgoingMessage:
    """« Renvoyer »: once more, word for word, to the same recipient. Raises NotResendable, at a second click too."""
    if reason := refusal_of(message=message, now=now):
        raise NotResendable(reason)
    again = resend_message(message=message, now=now)
    # On the trail of its appointment, too: the practitioner reads there who did it.
    within = message.about if message.about.startswith("invitation/") else ""
    audit.record(action="message.resent", actor=by, about=f"message/{message.pk}", within=within, request=request)
    return again


def refusal_of(*, message: OutgoingMessage, now: datetime) -> str:
    """Why a message is not to be sent once more, in French; empty if it may be."""
    if is_queued(resend_key(message)):
        return "Ce message a déjà été renvoyé."
    return why_not_resendable(message=message, now=now)
