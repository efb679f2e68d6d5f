"""E-mail through Django's backend (EMAIL_URL): text and HTML, attachments, one Message-ID per row."""

import base64
import smtplib
from contextlib import ExitStack, suppress
from email import encoders
from email.message import Message
from email.mime.base import MIMEBase

from django.conf import settings
from django.core.mail import EmailMultiAlternatives, get_connection
from django.core.mail.backends.base import BaseEmailBackend

from rofim.notifications.models import OutgoingMessage
from rofim.notifications.outcomes import Receipt, Refused, TryLater

# Enhanced status codes are not always there: the plain ones of RFC 5321, 4.2.3.
_REASONS = {
    550: "adresse refusée par le serveur du destinataire",
    551: "adresse refusée par le serveur du destinataire",
    553: "adresse refusée par le serveur du destinataire",
    552: "boîte aux lettres pleine",
}


def message_id(message: OutgoingMessage) -> str:
    """The same for every try, so that a repeat is recognised as one."""
    return f"<{message.uuid}@{settings.SITE_HOST}>"


def send(message: OutgoingMessage, *, afterwards: ExitStack) -> Receipt:
    """Hands the e-mail to the relay; raises Refused (5xx) or TryLater (4xx, no answer).

    The goodbye is left to `afterwards`: who is killed between the relay's word and his note of it sends twice.
    """
    relay = get_connection()
    afterwards.callback(_say_goodbye, relay)
    email = EmailMultiAlternatives(
        message.subject,
        message.body,
        to=[message.to],
        headers={"Message-ID": message_id(message)},
        connection=relay,
    )
    if message.body_html:
        email.attach_alternative(message.body_html, "text/html")
    for attachment in message.attachments:
        email.attach(_part(attachment))
    try:
        relay.open()
        email.send()
    except smtplib.SMTPRecipientsRefused as error:
        code, _ = next(iter(error.recipients.values()))
        raise _failure(code) from error
    except smtplib.SMTPAuthenticationError as error:
        raise Refused("identifiants refusés par le serveur d’e-mail") from error
    except smtplib.SMTPResponseException as error:
        raise _failure(error.smtp_code) from error
    except (smtplib.SMTPNotSupportedError, UnicodeError) as error:
        raise Refused("adresse que le serveur d’e-mail ne sait pas écrire") from error
    except (smtplib.SMTPException, OSError) as error:
        raise TryLater("serveur d’e-mail injoignable") from error
    return Receipt()


def _say_goodbye(relay: BaseEmailBackend) -> None:
    with suppress(smtplib.SMTPException, OSError):
        relay.close()


def _failure(code: int) -> Refused | TryLater:
    if code >= 500:
        return Refused(f"{_REASONS.get(code, 'refusé par le serveur d’e-mail')} ({code})")
    return TryLater(f"serveur d’e-mail occupé ({code})")


def _part(attachment: dict) -> MIMEBase:
    """A MIME part that keeps the parameters of its type (« text/calendar; method=PUBLISH »)."""
    header = Message()
    header["Content-Type"] = attachment["mimetype"]
    part = MIMEBase(header.get_content_maintype(), header.get_content_subtype())
    for name, value in (header.get_params() or [])[1:]:
        part.set_param(name, value)
    part.set_payload(base64.b64decode(attachment["content"]))
    encoders.encode_base64(part)
    part.add_header("Content-Disposition", "attachment", filename=attachment["filename"])
    return part
