"""The outbox: every SMS and e-mail is a row before it is a message. The row is the truth; Celery only hurries."""

import uuid

from django.db import models
from django.utils import timezone

from rofim.crypto import EncryptedCharField, EncryptedJSONField, EncryptedTextField


class OutgoingMessage(models.Model):
    """One SMS or e-mail: queued → sending → accepted → delivered | failed | expired; uncertain after a lost answer.

    `dropped` did not arrive either, and need not: another message, or the right address, took its place.
    """

    class Channel(models.TextChoices):
        SMS = "sms", "SMS"
        EMAIL = "email", "E-mail"

    class Status(models.TextChoices):
        QUEUED = "queued", "en attente"
        SENDING = "sending", "en cours d’envoi"
        UNCERTAIN = "uncertain", "envoi à vérifier"
        ACCEPTED = "accepted", "envoyé"
        DELIVERED = "delivered", "remis"
        FAILED = "failed", "échec"
        EXPIRED = "expired", "non envoyé\u00a0: trop tard"
        DROPPED = "dropped", "remplacé"

    # Also the e-mail's Message-ID, so that a repeat is recognised as one.
    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    channel = models.CharField("canal", max_length=5, choices=Channel)
    name = models.CharField("modèle", max_length=64, help_text="templates/notifications/<name>/")
    # What the message is about, in the words of the room that sent it ("invitation/12"): the letterbox knows no app.
    about = models.CharField("objet", max_length=64, blank=True, db_index=True)
    # One message per key, whoever asks and however often ("reminder/Igs3ff/day-before/sms").
    dedup_key = models.CharField(max_length=128, unique=True, null=True, blank=True)
    to = EncryptedCharField(max_length=254)
    subject = EncryptedCharField(max_length=255, blank=True)
    body = EncryptedTextField(blank=True)
    body_html = EncryptedTextField(blank=True)
    # [{"filename", "mimetype", "content": base64}]
    attachments = EncryptedJSONField(default=list, blank=True)
    status = models.CharField("état", max_length=9, choices=Status, default=Status.QUEUED)
    error = models.CharField("raison de l’échec", max_length=255, blank=True)
    # The transport that has it, or may have it: whom to ask.
    provider = models.CharField(max_length=64, blank=True)
    provider_id = models.CharField(max_length=64, blank=True, db_index=True)
    attempts = models.PositiveSmallIntegerField("essais", default=0)
    next_attempt_at = models.DateTimeField("prochain essai le", default=timezone.now)
    expires_at = models.DateTimeField("inutile après")
    claimed_at = models.DateTimeField(null=True, blank=True)
    accepted_at = models.DateTimeField("envoyé le", null=True, blank=True)
    # Since when it is known that it did not arrive: `failed`, `expired`.
    failed_at = models.DateTimeField("échec le", null=True, blank=True)
    delivered_at = models.DateTimeField("remis le", null=True, blank=True)
    created_at = models.DateTimeField("créé le", default=timezone.now, db_index=True)

    class Meta:
        verbose_name = "message"
        ordering = ["-created_at", "-pk"]
        indexes = [models.Index(fields=["status", "next_attempt_at"])]

    def __str__(self) -> str:
        return f"{self.get_channel_display()} n° {self.pk}"


class SMSProvider(models.Model):
    """How a transport has been doing lately. Only `breaker` writes it."""

    name = models.CharField(max_length=64, primary_key=True)
    # In a row.
    failures = models.PositiveIntegerField(default=0)
    # Out of order until then; None while it works.
    retry_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return self.name
