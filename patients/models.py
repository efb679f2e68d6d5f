"""The patient of a practitioner, the invitation that lets the patient in, and what the patient enters."""

import base64
import uuid
from datetime import datetime
from typing import Any

from django.db import models, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import Practitioner
from patients import names
from patients.time_zones import zone_of_phone
from rofim.crypto import (
    EncryptedBinaryField,
    EncryptedCharField,
    EncryptedDateField,
    EncryptedTextField,
    blind_index,
)


def contact_digest(contact: str) -> str:
    """The blind index of an e-mail (lower case) or a number (E.164); empty for an empty one."""
    return blind_index(contact, purpose="patient-contact") if contact else ""


class PatientQuerySet(models.QuerySet["Patient"]):
    """Readings. Every page goes through `for_practitioner`."""

    def for_practitioner(self, practitioner: Practitioner) -> "PatientQuerySet":
        """One's own, and nobody else's."""
        return self.filter(practitioner=practitioner)

    def named(self, practitioner: Practitioner, typed: str) -> "PatientQuerySet":
        """One's own whose name has a word that begins like each word typed, in any order."""
        digests = names.asked(practitioner.pk, typed)
        found = self.for_practitioner(practitioner) if digests else self.none()
        for digest in digests:
            found = found.filter(pk__in=PatientName.objects.filter(digest=digest).values("patient"))
        return found


class Patient(models.Model):
    """A person whom one practitioner sees. Two practitioners' records of the same person know nothing of each other."""

    practitioner = models.ForeignKey(Practitioner, on_delete=models.CASCADE, related_name="patients")
    last_name = EncryptedCharField("nom", max_length=80)
    first_name = EncryptedCharField("prénom", max_length=80)
    email = EncryptedCharField("e-mail", max_length=254, blank=True)
    phone = EncryptedCharField("téléphone portable", max_length=20, blank=True, help_text="E.164")
    # Blind indexes of the two, under which « J’ai perdu mon lien » finds the patient; kept by `save`.
    email_digest = models.CharField(max_length=64, blank=True, db_index=True)
    phone_digest = models.CharField(max_length=64, blank=True, db_index=True)
    created_at = models.DateTimeField(default=timezone.now)

    objects = PatientQuerySet.as_manager()

    class Meta:
        verbose_name = "patient"

    def __str__(self) -> str:
        return f"Patient {self.pk}"

    @transaction.atomic
    def save(self, *args: Any, **kwargs: Any) -> None:
        """With the blind indexes of contacts and name, which can't be made by the database."""
        self.email_digest, self.phone_digest = contact_digest(self.email), contact_digest(self.phone)
        if (fields := kwargs.get("update_fields")) is not None:
            kwargs["update_fields"] = {*fields, "email_digest", "phone_digest"}
        super().save(*args, **kwargs)
        wanted = names.indexed(self.practitioner_id, self.last_name, self.first_name)
        known = set(self.name_index.values_list("digest", flat=True))
        self.name_index.filter(digest__in=known - wanted).delete()
        PatientName.objects.bulk_create(PatientName(patient=self, digest=each) for each in sorted(wanted - known))

    @property
    def full_name(self) -> str:
        """« Sophie Carpentier »."""
        return f"{self.first_name} {self.last_name}".strip()


class PatientName(models.Model):
    """One entry of the blind index by which a name is found: patients/names.py."""

    patient = models.ForeignKey(Patient, on_delete=models.CASCADE, related_name="name_index")
    digest = models.BigIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["digest", "patient"], name="one_entry_per_prefix")]

    def __str__(self) -> str:
        return f"{self.patient} {self.digest:x}"


class Invitation(models.Model):
    """What lets one patient into one appointment: a link, a code, and the window of time in which they work."""

    class Language(models.TextChoices):
        FR = "fr", "Français"
        EN = "en", "English"

    class ClosedReason(models.TextChoices):
        COMPLETED = "completed", "terminée"
        CANCELLED = "cancelled", "annulée"
        MISSED = "missed", "manquée"

    class Rehearsal(models.TextChoices):
        GREEN = "green", "tout va bien"
        ORANGE = "orange", "à améliorer"
        RED = "red", "à réparer"

    practitioner = models.ForeignKey(Practitioner, on_delete=models.CASCADE, related_name="invitations")
    patient = models.ForeignKey(Patient, on_delete=models.CASCADE, related_name="invitations")
    # 128 random bits, 22 characters. Kept encrypted to be shown again, found by its digest.
    token = EncryptedCharField(max_length=22)
    token_digest = models.CharField(max_length=64, unique=True)
    code = EncryptedCharField(max_length=4)
    # Rises with every new code: sessions opened by an older one close.
    code_version = models.PositiveSmallIntegerField(default=1)
    code_failures = models.PositiveSmallIntegerField(default=0, help_text="since the code was made; 10 end it")
    recent_failures = models.PositiveSmallIntegerField(default=0, help_text="since the last lock or success; 5 lock")
    locked_until = models.DateTimeField(null=True, blank=True)
    # The link goes by e-mail alone, the code by SMS alone: whoever reads one of the two can't enter.
    sends_code_apart = models.BooleanField(default=False)
    # Rises with every move and cancellation: calendars keep the highest (RFC 5545, 3.8.7.4).
    calendar_sequence = models.PositiveSmallIntegerField(default=0)
    language = models.CharField(max_length=2, choices=Language, default=Language.FR)
    # By whose clock the patient lives, if chosen by hand; otherwise the telephone number tells (`clock`).
    time_zone = models.CharField(max_length=20, blank=True, help_text="patients/time_zones.py")
    starts_at = models.DateTimeField()
    opens_at = models.DateTimeField()
    # Set when the consultation ends: the room is shut, the documents stay behind the code.
    closed_at = models.DateTimeField(null=True, blank=True)
    closed_reason = models.CharField(max_length=9, choices=ClosedReason, blank=True)
    link_opened_at = models.DateTimeField(null=True, blank=True)
    code_validated_at = models.DateTimeField(null=True, blank=True)
    # The newest rehearsal from the link: patients/rehearsal.py.
    rehearsal_result = models.CharField(max_length=6, choices=Rehearsal, blank=True)
    rehearsal_reasons = models.JSONField(default=list, blank=True)
    rehearsal_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = "invitation"

    def __str__(self) -> str:
        return f"Invitation {self.pk}"

    @staticmethod
    def digest(token: str) -> str:
        """The blind index under which a link's token is found."""
        return blind_index(token, purpose="invitation-token")

    def is_open(self, now: datetime) -> bool:
        """Whether the patient may enter: from 30 minutes before, until the end. The clock decides, no worker."""
        return self.opens_at <= now and self.closed_at is None

    @property
    def clock(self) -> str:
        """The time zone of the patient's messages; every page of the practitioner's is in Paris."""
        return self.time_zone or zone_of_phone(self.patient.phone)

    def is_locked(self, now: datetime) -> bool:
        return self.locked_until is not None and now < self.locked_until

    @property
    def is_code_dead(self) -> bool:
        """Ten wrong tries end a code for good; the practitioner gives a new one."""
        return self.code_failures >= 10


class LinkRequest(models.Model):
    """« J’ai perdu mon lien », asked for this contact. Written whoever asks, so that the page's answer tells nothing;
    the worker answers and deletes it."""

    contact_digest = models.CharField(max_length=64)
    requested_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"LinkRequest {self.pk}"


class Intake(models.Model):
    """« Données patient »: what the patient says of himself for one appointment. Encrypted field by field."""

    class Sex(models.TextChoices):
        FEMALE = "female", _("Féminin")
        MALE = "male", _("Masculin")

    class Beneficiary(models.TextChoices):
        INSURED = "insured", _("Assuré")
        DEPENDANT = "dependant", _("Ayant droit")

    invitation = models.OneToOneField(Invitation, on_delete=models.CASCADE, related_name="intake")
    last_name = EncryptedCharField("nom", max_length=80)
    first_name = EncryptedCharField("prénom", max_length=80)
    birth_date = EncryptedDateField("date de naissance", null=True, blank=True)
    birth_postal_code = EncryptedCharField("code postal de naissance", max_length=5, blank=True)
    birth_city = EncryptedCharField("ville de naissance", max_length=80, blank=True)
    sex = EncryptedCharField("sexe", max_length=6, choices=Sex, blank=True)
    address = EncryptedTextField("adresse postale", max_length=300, blank=True)
    postal_code = EncryptedCharField("code postal", max_length=5, blank=True)
    city = EncryptedCharField("ville", max_length=80, blank=True)
    phone = EncryptedCharField("numéro de téléphone", max_length=20, blank=True)
    nir = EncryptedCharField("n° de sécurité sociale", max_length=15, blank=True)
    beneficiary = EncryptedCharField("bénéficiaire", max_length=9, choices=Beneficiary, blank=True)
    insurer = EncryptedCharField("organisme de sécurité sociale", max_length=120, blank=True)
    mutual_name = EncryptedCharField("nom de la mutuelle complémentaire", max_length=120, blank=True)
    mutual_member_number = EncryptedCharField("n° d’adhérent de la mutuelle", max_length=40, blank=True)
    beneficiary_nir = EncryptedCharField("n° de sécurité sociale de l’ayant droit", max_length=15, blank=True)
    consented_at = models.DateTimeField("consentement donné le", null=True, blank=True)
    # Name, birth date, sex and consent were given: the practitioner's list shows the data.
    completed_at = models.DateTimeField("complété le", null=True, blank=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        verbose_name = "données patient"
        verbose_name_plural = "données patient"

    def __str__(self) -> str:
        return f"Intake {self.pk}"


def _document_path(document: "Document", filename: str) -> str:
    return f"documents/{uuid.uuid4().hex}"


class Document(models.Model):
    """A photo or a paper of one appointment (FHIR DocumentReference). What is stored was written by this program."""

    class Kind(models.TextChoices):
        PATIENT = "patient", "ajouté par le patient"
        SNAPSHOT = "snapshot", "photo prise pendant la consultation"

    PDF = "application/pdf"

    invitation = models.ForeignKey(Invitation, on_delete=models.CASCADE, related_name="documents")
    kind = models.CharField("provenance", max_length=8, choices=Kind)
    # « resultat.pdf »: the patient's own name for it, with the ending of what is stored.
    name = EncryptedCharField("nom", max_length=120)
    file = models.FileField("fichier", upload_to=_document_path)
    content_type = models.CharField(max_length=32)
    # A JPEG of at most 240 pixels; empty for a PDF.
    thumbnail = EncryptedBinaryField(blank=True, default=b"")
    # When the patient agreed to be photographed.
    consented_at = models.DateTimeField("accord donné le", null=True, blank=True)
    added_at = models.DateTimeField("ajouté le", default=timezone.now)

    class Meta:
        verbose_name = "document"
        ordering = ["added_at", "pk"]

    def __str__(self) -> str:
        return f"Document {self.pk}"

    @property
    def is_pdf(self) -> bool:
        return self.content_type == self.PDF

    @property
    def thumbnail_uri(self) -> str:
        """The thumbnail inside the page: no address of its own, no request of its own."""
        return f"data:image/jpeg;base64,{base64.b64encode(self.thumbnail).decode()}"
