"""The rows of the audit trail: appended, sealed, chained, never changed."""

import uuid
from typing import Any

from django.conf import settings
from django.db import models
from django.utils import timezone

from accounts.audit_labels import label_of


class NotAppended(Exception):
    """The trail only grows: no row of it is ever changed or removed."""


class AppendOnlyQuerySet(models.QuerySet[Any]):
    """Reads and appends; the database's own triggers refuse the rest as well (migration 0008)."""

    def update(self, **changes: Any) -> int:
        raise NotAppended

    def bulk_update(self, *arguments: Any, **options: Any) -> int:
        raise NotAppended

    def delete(self) -> tuple[int, dict[str, int]]:
        raise NotAppended


class AppendOnly(models.Model):
    """A row that is written once."""

    objects = AppendOnlyQuerySet.as_manager()

    class Meta:
        abstract = True

    def save(self, *arguments: Any, **options: Any) -> None:
        if not self._state.adding:
            raise NotAppended
        super().save(*arguments, **options)

    def delete(self, *arguments: Any, **options: Any) -> tuple[int, dict[str, int]]:
        raise NotAppended


class AuditEvent(AppendOnly):
    """Who did what with an account or a patient's data, and when. Only `accounts.audit` writes it.

    Nothing sensitive inside: rows are named by their numbers, people by their role.
    """

    class Role(models.TextChoices):
        PRACTITIONER = "practitioner", "professionnel de santé"
        ADMINISTRATOR = "administrator", "administration"
        PATIENT = "patient", "patient"
        VISITOR = "visitor", "visiteur"
        SYSTEM = "system", "système"

    # What a repeated row is told by.
    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    # Who it was stays on the trail when the account is gone: the database asks for no such user.
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name="qui", on_delete=models.DO_NOTHING, db_constraint=False,
        null=True, blank=True, related_name="+",
    )  # fmt: skip
    role = models.CharField("rôle", max_length=13, choices=Role, default=Role.SYSTEM)
    action = models.CharField("action", max_length=64)
    about = models.CharField("objet", max_length=64, blank=True, db_index=True)
    # The appointment that it belongs to, as « invitation/12 »; empty for what belongs to none.
    within = models.CharField("rendez-vous", max_length=64, blank=True, db_index=True)
    ip_address = models.GenericIPAddressField("adresse IP", null=True, blank=True)
    at = models.DateTimeField("quand", default=timezone.now, db_index=True)
    # Keyed digest of all that: nobody with the database alone writes or changes a row.
    seal = models.CharField(max_length=64)

    class Meta:
        verbose_name = "événement"
        ordering = ["-at", "-pk"]

    def __str__(self) -> str:
        return f"{self.action} {self.about}".strip()

    @property
    def label(self) -> str:
        """« Inscription validée »."""
        return label_of(self.action)

    @property
    def actor_name(self) -> str:
        """For the administration: the account's address (fetch `actor` with the event), else the role."""
        if self.actor_id is None:
            return self.get_role_display()
        return self.actor.email if self.actor else f"compte {self.actor_id} (supprimé)"


class AuditLink(AppendOnly):
    """The place of one event in the chain: a keyed digest of its seal and of the link before."""

    position = models.PositiveBigIntegerField(primary_key=True)
    event = models.OneToOneField(AuditEvent, on_delete=models.DO_NOTHING, db_constraint=False, related_name="link")
    digest = models.CharField(max_length=64)

    def __str__(self) -> str:
        return f"{self.position} {self.digest[:12]}"


class AuditHead(models.Model):
    """The chain's last link, sealed (one row): tells a cut end, and lets one process append at a time."""

    position = models.PositiveBigIntegerField(default=0)
    digest = models.CharField(max_length=64, blank=True)
    seal = models.CharField(max_length=64)

    def __str__(self) -> str:
        return str(self.position)
