"""Writing messages: a row in the caller's transaction, sent after its commit (delivery.py)."""

import base64
import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

import css_inline
from django.conf import settings
from django.db import transaction
from django.db.models import CharField, Exists, OuterRef, QuerySet, Value
from django.db.models.functions import Cast, Concat
from django.template import Context, TemplateDoesNotExist
from django.template.loader import get_template
from django.utils.translation import override

from rofim.notifications import gsm7
from rofim.notifications.delivery import BLANK, WAITING
from rofim.notifications.models import OutgoingMessage
from rofim.notifications.tasks import announce

# No network, no file: what an e-mail looks like is in its own template.
_INLINER = css_inline.CSSInliner(load_remote_stylesheets=False, keep_at_rules=True)
Status = OutgoingMessage.Status
# Septets: under this a name says nothing any more.
MIN_NAME = 10


@dataclass(frozen=True)
class Attachment:
    """A file of an e-mail (an .ics, a PDF). Its name carries no health data and no name of a patient."""

    filename: str
    mimetype: str
    content: bytes


@transaction.atomic
def queue_sms(
    *,
    to: str,
    name: str,
    context: dict,
    expires_at: datetime,
    about: str = "",
    dedup_key: str | None = None,
    language: str = "fr",
) -> OutgoingMessage:
    """Queues templates/notifications/<name>/sms.txt to the number `to` (E.164), useless after `expires_at`.

    In another `language` than French its templates are those of the folder of that name in theirs.

    The text is put in GSM-7 and in two segments: values of `context` under a key that ends with « name » or
    « practitioner » are shortened when they would make a third. The same `dedup_key` returns the first message.
    """
    return _queue(
        dedup_key,
        channel=OutgoingMessage.Channel.SMS,
        name=name,
        to=str(to),
        body=_fit_sms(_folder(name, language), _with_site(context, language)),
        expires_at=expires_at,
        about=about,
    )


@transaction.atomic
def queue_email(
    *,
    to: str,
    name: str,
    context: dict,
    expires_at: datetime,
    about: str = "",
    dedup_key: str | None = None,
    attachments: Sequence[Attachment] = (),
    language: str = "fr",
) -> OutgoingMessage:
    """Queues templates/notifications/<name>/{subject.txt,body.txt,body.html} to the address `to`.

    body.html extends notifications/layout.html; without one the text is dressed in it. The same `dedup_key` returns
    the first message.
    """
    context = _with_site(context, language)
    folder = _folder(name, language)
    # One line; its no-break spaces stay.
    subject = re.sub(r"[^\S\u00a0]+", " ", _render_text(f"notifications/{folder}/subject.txt", context))
    body = _render_text(f"notifications/{folder}/body.txt", context)
    return _queue(
        dedup_key,
        channel=OutgoingMessage.Channel.EMAIL,
        name=name,
        to=to,
        subject=subject[:255],
        body=body,
        body_html=_INLINER.inline(_render_html(folder, context, subject, body)),
        attachments=[
            {
                "filename": attachment.filename,
                "mimetype": attachment.mimetype,
                "content": base64.b64encode(attachment.content).decode(),
            }
            for attachment in attachments
        ],
        expires_at=expires_at,
        about=about,
    )


def messages_about(about: str) -> QuerySet[OutgoingMessage]:
    """Every message about one thing (« invitation/12 »), newest first."""
    return OutgoingMessage.objects.filter(about=about)


class NotResendable(Exception):
    """Nothing to send once more; says why, in French."""


@transaction.atomic
def resend_message(*, message: OutgoingMessage, now: datetime) -> OutgoingMessage:
    """A dead letter once more, word for word, as a message of its own; a second click returns the same one.

    Raises NotResendable.
    """
    row = OutgoingMessage.objects.get(pk=message.pk)
    if reason := why_not_resendable(message=row, now=now):
        raise NotResendable(reason)
    copied = ("channel", "name", "about", "to", "subject", "body", "body_html", "attachments", "expires_at")
    return _queue(resend_key(row), **{field: getattr(row, field) for field in copied})


def why_not_resendable(*, message: OutgoingMessage, now: datetime) -> str:
    """A French sentence; empty for a dead letter that is still of use, its words kept."""
    if message.status == Status.EXPIRED or message.expires_at <= now:
        return "Il est trop tard\u00a0: ce message ne servirait plus."
    if message.status == Status.DROPPED:
        return "Un autre message a pris sa place."
    if message.status != Status.FAILED:
        return "Ce message n’a pas échoué."
    return "" if message.body else "Son texte n’est plus conservé."


def dead_letters(*, now: datetime) -> QuerySet[OutgoingMessage]:
    """Those that may be sent once more, and in whose place nothing was sent yet."""
    key = Concat(Value("resend/"), Cast(OuterRef("pk"), CharField()), Value("/"), OuterRef("channel"))
    resent = OutgoingMessage.objects.filter(dedup_key=key)
    rows = OutgoingMessage.objects.filter(~Exists(resent), status=Status.FAILED, expires_at__gt=now)
    return rows.exclude(body="")


def resend_key(message: OutgoingMessage) -> str:
    """The `dedup_key` of what is sent in a dead letter's place: one, whoever asks and however often."""
    return f"resend/{message.pk}/{message.channel}"


@transaction.atomic
def drop_unsent(
    *, about: str, names: Collection[str] | None = None, to: Collection[str] | None = None
) -> list[OutgoingMessage]:
    """Stops the messages about one thing that have not left; the failed ones are no dead letters any more either.

    All of them are emptied: they may say what no longer is.

    `names` and `to` narrow it to some templates or recipients. Returns those that have left, may have left (they are
    not tried again), or leave this very moment.
    """
    # Locked: whoever is about to send one waits, and then finds it dropped.
    rows = OutgoingMessage.objects.select_for_update().filter(about=about)
    if names is not None:
        rows = rows.filter(name__in=names)
    # The recipient is encrypted: no query finds it.
    meant = [row for row in rows.defer("body", "body_html", "attachments") if to is None or row.to in to]
    stopped = OutgoingMessage.objects.filter(pk__in=[row.pk for row in meant])
    # Also what is just being sent: it is not tried a second time.
    ended = (*WAITING, Status.SENDING, Status.FAILED, Status.EXPIRED)
    stopped.filter(status__in=ended).update(status=Status.DROPPED, **BLANK)
    never_left = (Status.QUEUED, Status.FAILED, Status.EXPIRED, Status.DROPPED)
    # Tried without a clear refusal (a relay that broke off, a lost answer whose repeat waits): it may be there as well.
    return [row for row in meant if row.status not in never_left or (row.attempts and not row.failed_at)]


def _queue(dedup_key: str | None, **fields) -> OutgoingMessage:
    if dedup_key is None:
        message = OutgoingMessage.objects.create(**fields)
    else:
        message, created = OutgoingMessage.objects.get_or_create(dedup_key=dedup_key, defaults=fields)
        if not created:
            return message
    transaction.on_commit(lambda: announce(message.pk))
    return message


def is_queued(dedup_key: str) -> bool:
    """Whether a message of this key was written already, whatever became of it."""
    return OutgoingMessage.objects.filter(dedup_key=dedup_key).exists()


def _folder(name: str, language: str) -> str:
    return name if language == "fr" else f"{name}/{language}"


def _with_site(context: dict, language: str = "fr") -> dict:
    return {"site_url": settings.SITE_URL, "language": language, **context}


def _render_text(template_name: str, context: dict) -> str:
    # Plain text: escaping would send « O&#x27;Brien ».
    template = get_template(template_name).template  # type: ignore[attr-defined]
    with override(context.get("language", "fr")):
        return template.render(Context(context, autoescape=False)).strip()


def _render_html(folder: str, context: dict, subject: str, body: str) -> str:
    context = {**context, "subject": subject, "body": body}
    try:
        template = get_template(f"notifications/{folder}/body.html")
    except TemplateDoesNotExist:
        template = get_template("notifications/plain.html")
    with override(context.get("language", "fr")):
        return template.render(context)


def _fit_sms(folder: str, context: dict) -> str:
    """The SMS in at most MAX_SEGMENTS, names shortened if they must; a template too long by itself stays long."""
    template_name = f"notifications/{folder}/sms.txt"
    text = gsm7.transliterate(_render_text(template_name, context))
    names = {key: str(value) for key, value in context.items() if value and key.endswith(("name", "practitioner"))}
    limit = max(map(len, names.values()), default=0)
    while names and gsm7.segments(text) > gsm7.MAX_SEGMENTS and limit > MIN_NAME:
        limit -= 1
        shortened = {key: gsm7.shorten_name(value, limit) for key, value in names.items()}
        text = gsm7.transliterate(_render_text(template_name, {**context, **shortened}))
    return text
