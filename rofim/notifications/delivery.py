"""From row to message: claim by guarded UPDATE, hand over outside any transaction, write down what came of it.

queued → sending → accepted → delivered | failed | expired; uncertain when the answer of the provider is not known.
"""

import logging
from collections.abc import Callable
from contextlib import ExitStack
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import connection
from django.db.models import F, Q
from django.utils import timezone

from rofim.notifications import breaker, listeners, mail, sms
from rofim.notifications.models import OutgoingMessage
from rofim.notifications.outcomes import Misconfigured, Receipt, Refused, TryLater, Unclear

logger = logging.getLogger(__name__)

Status = OutgoingMessage.Status
Channel = OutgoingMessage.Channel

# A hand-over takes 10 s at most (time-outs of the transports): who holds a row longer is dead.
CLAIM_LIFETIME = timedelta(minutes=2)
FIRST_PAUSE, LONGEST_PAUSE = timedelta(seconds=10), timedelta(minutes=5)

WAITING = (Status.QUEUED, Status.UNCERTAIN)
# For an e-mail the relay's word is the last one; a handset still has to confirm an SMS.
CLOSED = Q(status__in=(Status.DELIVERED, Status.FAILED, Status.EXPIRED, Status.DROPPED)) | Q(
    status=Status.ACCEPTED, channel=Channel.EMAIL
)


def deliver(pk: int, *, clock: Callable[[], datetime] = timezone.now) -> None:
    """Sends message `pk` if it is due and nobody else has it; else does nothing."""
    message = claim(pk, now=clock())
    if message is None:
        return
    with ExitStack() as afterwards:
        changes = _outcome(message, afterwards=afterwards, now=clock())
        _settle(message, changes, now=clock())


def _outcome(message: OutgoingMessage, *, afterwards: ExitStack, now: datetime) -> dict[str, Any]:
    """What is to be written down after the hand-over; whatever can wait until then goes into `afterwards`."""
    try:
        receipt = _hand_over(message, afterwards=afterwards, now=now)
    except Refused as error:
        return {"status": Status.FAILED, "error": str(error)}
    except TryLater as error:
        return {"status": Status.QUEUED, "error": str(error)}
    except Unclear as error:
        return {"status": Status.UNCERTAIN, "error": str(error)}
    except Exception as error:
        # A fault of ours must not hold the row: it waits like any other, and stops when it is too late.
        # It may have left.
        logger.exception("hand-over failed", extra={"outgoing": message.pk, "cause": type(error).__name__})
        return {"status": Status.UNCERTAIN, "error": "erreur inattendue"}
    return {"status": receipt.status, "error": receipt.reason, "provider_id": receipt.provider_id}


def claim(pk: int, *, now: datetime) -> OutgoingMessage | None:
    """The message, now `sending` for the caller alone; None if it is not due or somebody was first.

    The returned row still shows the status that it had.
    """
    message = OutgoingMessage.objects.filter(
        pk=pk, status__in=WAITING, next_attempt_at__lte=now, expires_at__gt=now
    ).first()
    if message is None:
        return None
    if message.channel == Channel.SMS:
        message.provider = message.provider or sms.names()[0]
    won = OutgoingMessage.objects.filter(pk=pk, status=message.status, claimed_at=message.claimed_at).update(
        status=Status.SENDING, claimed_at=now, attempts=F("attempts") + 1, provider=message.provider
    )
    if not won:
        return None
    message.claimed_at, message.attempts = now, message.attempts + 1
    return message


def record_receipt(*, uuid: Any, provider_id: str, status: OutgoingMessage.Status, reason: str, now: datetime) -> bool:
    """Writes down what the provider says afterwards; False if no message is meant.

    Receipts come twice and in any order: `delivered` is the truth and stays, « sent » never undoes an end.
    """
    rows = OutgoingMessage.objects.filter(Q(uuid=uuid) if uuid else Q(provider_id=provider_id), channel=Channel.SMS)
    # Rows that have not left have no provider_id either.
    if not provider_id or not rows.exists():
        return False
    open_ = (Status.SENDING, Status.UNCERTAIN, Status.ACCEPTED)
    replaces = {
        Status.ACCEPTED: (Status.SENDING, Status.UNCERTAIN),
        Status.FAILED: open_,
        Status.DELIVERED: (*open_, Status.QUEUED, Status.FAILED, Status.EXPIRED, Status.DROPPED),
    }
    changes = {"status": status, "error": reason, "provider_id": provider_id}
    meant = list(rows.values_list("pk", flat=True))
    changed = rows.filter(status__in=replaces[status]).update(**changes, **_stamps(status, Channel.SMS, now))
    if changed:
        logger.info("receipt", extra={"provider_id": provider_id, "status": status, "reason": reason})
        listeners.tell(meant, now=now)
    return True


def sweep(*, now: datetime, limit: int, channel: OutgoingMessage.Channel | None = None) -> list[int]:
    """Puts the outbox in order and returns the keys of at most `limit` due messages, longest waiting first.

    Of one `channel` only, if it is named.
    """
    rows = OutgoingMessage.objects
    rows.filter(status=Status.SENDING, claimed_at__lte=now - CLAIM_LIFETIME).update(
        status=Status.UNCERTAIN, next_attempt_at=now, error="l’envoi a été interrompu"
    )
    too_late = rows.filter(expires_at__lte=now)
    ended = list(too_late.filter(status__in=WAITING).values_list("pk", flat=True))
    too_late.filter(status=Status.QUEUED).update(status=Status.EXPIRED, failed_at=now)
    too_late.filter(status=Status.UNCERTAIN).update(
        status=Status.FAILED, failed_at=now, error="envoi incertain\u00a0: le prestataire n’a pas répondu à temps"
    )
    listeners.tell(ended, now=now)
    if not settings.DEMO:
        too_late.exclude(status=Status.SENDING).exclude(body="").update(**BLANK)
    due = rows.filter(status__in=WAITING, next_attempt_at__lte=now, expires_at__gt=now)
    if channel is not None:
        due = due.filter(channel=channel)
    return list(due.order_by("next_attempt_at").values_list("pk", flat=True)[:limit])


# What has codes and links. The subject stays: it has none.
BLANK: dict[str, Any] = {"body": "", "body_html": "", "attachments": []}


def _hand_over(message: OutgoingMessage, *, afterwards: ExitStack, now: datetime) -> Receipt:
    if message.channel == Channel.EMAIL:
        _let_database_go()
        # Repeated after a crash under the same Message-ID: mail programs show it once.
        return mail.send(message, afterwards=afterwards)
    if message.status == Status.UNCERTAIN and (receipt := _found(message, now=now)):
        return receipt
    return _send_sms(message, now=now)


def _let_database_go() -> None:
    """Gives the connection back: who waits 10 s for a provider must not hold what twenty others need for a moment."""
    if not connection.in_atomic_block:
        connection.close()


def _found(message: OutgoingMessage, *, now: datetime) -> Receipt | None:
    """What the provider that may have the message says of it; raises Unclear while it can't be asked."""
    name = message.provider
    provider = breaker.may_try(name, now=now)
    if provider is None:
        raise Unclear("envoi à vérifier chez le prestataire SMS")
    _let_database_go()
    try:
        receipts = sms.transport(name).find(to=message.to, body=message.body, since=message.created_at)
    except (Misconfigured, Unclear) as error:
        breaker.note_failure(name, now=now)
        # Wrong credentials are put right: it is asked again then.
        raise Unclear(str(error)) from error
    breaker.note_success(provider)
    for receipt in receipts:
        # The same words may have gone to the same number in another message (« renvoyer »).
        if not OutgoingMessage.objects.filter(provider_id=receipt.provider_id).exists():
            return receipt
    return None


def _send_sms(message: OutgoingMessage, *, now: datetime) -> Receipt:
    """Through the first provider that takes it. Whoever may have it already (Unclear) is the last to be asked."""
    failure: Exception = TryLater("prestataire SMS en panne")
    for name in sms.names():
        provider = breaker.may_try(name, now=now)
        if provider is None:
            continue
        # Written before it leaves (the first one's name by `claim`): a killed worker says nothing afterwards.
        if name != message.provider:
            OutgoingMessage.objects.filter(pk=message.pk).update(provider=name)
            message.provider = name
        _let_database_go()
        try:
            receipt = sms.transport(name).send(
                to=message.to, body=message.body, reference=message.uuid, valid_for=message.expires_at - now
            )
        except (Misconfigured, TryLater) as error:
            breaker.note_failure(name, now=now)
            failure = error
        except Unclear:
            breaker.note_failure(name, now=now)
            raise
        except Refused:
            breaker.note_success(provider)
            raise
        else:
            breaker.note_success(provider)
            return receipt
    raise failure


def _settle(message: OutgoingMessage, changes: dict[str, Any], *, now: datetime) -> None:
    status = changes["status"]
    if status in WAITING:
        pause = min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** min(message.attempts - 1, 10))
        changes["next_attempt_at"] = now + pause
    # Not if the provider's receipt was faster, or if the sweep gave the row to somebody else.
    settled = OutgoingMessage.objects.filter(
        pk=message.pk, claimed_at=message.claimed_at, status__in=(Status.SENDING, Status.UNCERTAIN)
    ).update(**changes, **_stamps(status, message.channel, now))
    logger.info(
        "message settled",
        extra={
            "outgoing": message.pk, "channel": message.channel, "template": message.name,
            "status": status, "reason": changes["error"], "attempts": message.attempts,
        },
    )  # fmt: skip
    if settled:
        listeners.tell([message.pk], now=now)


def _stamps(status: str, channel: str, now: datetime) -> dict[str, Any]:
    stamps: dict[str, Any] = {}
    if status == Status.ACCEPTED:
        stamps["accepted_at"] = now
    elif status == Status.DELIVERED:
        stamps["delivered_at"] = now
        stamps["failed_at"] = None
    elif status == Status.FAILED:
        stamps["failed_at"] = now
    ended = status == Status.DELIVERED or (status == Status.ACCEPTED and channel == Channel.EMAIL)
    return stamps | BLANK if ended and not settings.DEMO else stamps
