"""Twilio's Messages API (https://www.twilio.com/docs/messaging/api/message-resource), with a time-out of its own."""

import logging
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from uuid import UUID

import requests
from django.conf import settings
from django.urls import reverse
from django_twilio import settings as twilio_settings
from twilio.base.exceptions import TwilioException, TwilioRestException
from twilio.http.http_client import TwilioHttpClient
from twilio.rest import Client

from rofim.notifications.models import OutgoingMessage
from rofim.notifications.outcomes import Misconfigured, Receipt, Refused, TryLater, Unclear

# Seconds, to connect and again for the answer; the client has none by default and would hold the worker for ever.
# Without a worker it is the page that waits, and a login page answers within 3 s.
TIMEOUT = 1.25 if settings.CELERY_TASK_ALWAYS_EAGER else 5
# Seconds: the longest « ValidityPeriod » that Twilio takes.
_LONGEST_VALIDITY = 14_400

Status = OutgoingMessage.Status
STATUSES = {
    "accepted": Status.ACCEPTED, "scheduled": Status.ACCEPTED, "queued": Status.ACCEPTED, "sending": Status.ACCEPTED,
    "sent": Status.ACCEPTED, "delivered": Status.DELIVERED, "read": Status.DELIVERED,
    "undelivered": Status.FAILED, "failed": Status.FAILED, "canceled": Status.FAILED,
}  # fmt: skip
# https://www.twilio.com/docs/api/errors
_REASONS = {
    20003: "identifiants refusés par le prestataire SMS", 20404: "identifiants refusés par le prestataire SMS",
    21211: "numéro invalide", 21214: "numéro invalide", 21217: "numéro invalide",
    21614: "ce numéro n’est pas un mobile",
    21408: "pays non desservi", 21612: "numéro non desservi", 21610: "le destinataire a refusé les SMS (STOP)",
    21606: "expéditeur SMS mal configuré", 21212: "expéditeur SMS mal configuré", 21617: "SMS trop long",
    30003: "téléphone éteint ou hors réseau", 30004: "SMS bloqué par le destinataire ou l’opérateur",
    30005: "numéro inconnu", 30006: "ligne fixe ou non desservie", 30007: "filtré par l’opérateur",
    30008: "échec chez l’opérateur", 30036: "pas remis à temps",
}  # fmt: skip
# The account's fault, not the number's: another account may do better.
_OUR_FAULT = frozenset({21606, 21212})


def reason(code: int | str | None) -> str:
    """A short French reason for Twilio's error code; the code itself when it has no words here."""
    if code is None or not str(code).isdecimal():
        return "refusé par le prestataire SMS"
    number = int(code)
    return _REASONS.get(number, f"refusé par le prestataire SMS (code {number})")


@dataclass(frozen=True)
class Account:
    """An account of the API: where it is, who it is, and the view that hears its receipts."""

    sid: str
    token: str
    sender: str
    api_url: str
    status_view: str

    def send(self, *, to: str, body: str, reference: UUID, valid_for: timedelta) -> Receipt:
        """Posts one message. A lost answer is Unclear: it may have left."""
        try:
            sent = self._client().messages.create(
                to=to,
                body=body,
                **{"messaging_service_sid" if self.sender.startswith("MG") else "from_": self.sender},
                status_callback=f"{settings.SITE_URL}{reverse(self.status_view)}?message={reference}",
                validity_period=max(1, min(int(valid_for.total_seconds()), _LONGEST_VALIDITY)),
            )
        except TwilioRestException as error:
            raise _failure(error) from error
        except requests.ConnectTimeout as error:
            raise TryLater("prestataire SMS injoignable") from error
        except (requests.RequestException, TwilioException) as error:
            if _never_connected(error):
                raise TryLater("prestataire SMS injoignable") from error
            raise Unclear("le prestataire SMS n’a pas répondu") from error
        return Receipt(provider_id=sent.sid)

    def find(self, *, to: str, body: str, since: datetime) -> Sequence[Receipt]:
        """Asks for what went to this number (newest first) and keeps what has these very words, made since `since`.

        Not asked by « DateSent »: what waits in Twilio's queue has none yet.
        """
        try:
            sent = self._client().messages.list(to=to, limit=50, page_size=50)
        except TwilioRestException as error:
            if error.status in (401, 403):
                raise Misconfigured(_REASONS[20003]) from error
            raise Unclear("envoi à vérifier chez le prestataire SMS") from error
        except (requests.RequestException, TwilioException) as error:
            raise Unclear("envoi à vérifier chez le prestataire SMS") from error
        return [
            Receipt(
                provider_id=message.sid,
                status=STATUSES.get(message.status, Status.ACCEPTED),
                reason=reason(message.error_code) if message.error_code else "",
            )
            for message in sent
            if message.body and message.body.endswith(body) and message.date_created >= since - timedelta(minutes=1)
        ]

    def _client(self) -> Client:
        # One per thread: the client keeps its last answer in an attribute, where another thread would read it.
        return _client_of(self.sid, self.token, self.api_url, threading.get_ident())


def _account() -> Account:
    return Account(
        sid=twilio_settings.TWILIO_ACCOUNT_SID,
        token=twilio_settings.TWILIO_AUTH_TOKEN,
        sender=settings.TWILIO_SENDER,
        api_url=settings.TWILIO_API_URL,
        status_view="notifications:twilio_status",
    )


def send(*, to: str, body: str, reference: UUID, valid_for: timedelta) -> Receipt:
    """Hands one message to the account that the settings name."""
    return _account().send(to=to, body=body, reference=reference, valid_for=valid_for)


def find(*, to: str, body: str, since: datetime) -> Sequence[Receipt]:
    """Asks that account what it was given."""
    return _account().find(to=to, body=body, since=since)


@lru_cache(maxsize=64)
def _client_of(account_sid: str, auth_token: str, url: str, thread: int) -> Client:
    # Twilio's own logger writes numbers and texts.
    logging.getLogger("twilio.http_client").setLevel(logging.WARNING)
    client = Client(account_sid, auth_token, http_client=TwilioHttpClient(timeout=TIMEOUT, max_retries=0))
    if url:
        client.api.base_url = url
    return client


def _failure(error: TwilioRestException) -> Refused | TryLater | Unclear:
    if error.status == 429:
        return TryLater("prestataire SMS saturé")
    if error.status >= 500:
        return Unclear(f"panne du prestataire SMS ({error.status})")
    if error.status in (401, 403):
        return Misconfigured(_REASONS[20003])
    return (Misconfigured if error.code in _OUR_FAULT else Refused)(reason(error.code))


def _never_connected(error: Exception) -> bool:
    """Whether the connection was refused or the name unknown: then nothing can have left."""
    cause = getattr(error.args[0] if error.args else None, "reason", None)
    return type(cause).__name__ in ("NewConnectionError", "NameResolutionError", "ConnectTimeoutError")
