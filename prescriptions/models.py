"""« Ordonnance »: drafts and what was issued. Nothing issued is ever edited."""

import uuid

from django.db import models
from django.utils import timezone

from accounts.models import Practitioner, User
from patients.models import Invitation
from rofim.crypto import EncryptedBinaryField, EncryptedCharField, EncryptedJSONField, EncryptedTextField
from teleconsult.models import Consultation


class PrescriptionQuerySet(models.QuerySet["Prescription"]):
    """Readings. Every page goes through `for_practitioner` or `for_invitation`."""

    def for_practitioner(self, user: User) -> "PrescriptionQuerySet":
        """One's own, and nothing of anybody else's."""
        return self.filter(practitioner__user=user).select_related(
            "practitioner__user", "consultation__invitation__patient"
        )

    def for_invitation(self, invitation: Invitation) -> "PrescriptionQuerySet":
        """What the patient of this very invitation may see: never a draft."""
        return self.filter(consultation__invitation=invitation).exclude(status=Prescription.Status.DRAFT)

    def without_paper(self) -> "PrescriptionQuerySet":
        """For lists: leaves the PDF's bytes in the database."""
        return self.defer("pdf")


class Prescription(models.Model):
    """draft → issued → cancelled | replaced. At issue the content is frozen and the PDF's bytes are kept."""

    class Status(models.TextChoices):
        DRAFT = "draft", "brouillon"
        ISSUED = "issued", "délivrée"
        CANCELLED = "cancelled", "annulée"
        REPLACED = "replaced", "remplacée"

    practitioner = models.ForeignKey(Practitioner, on_delete=models.PROTECT, related_name="prescriptions")
    consultation = models.ForeignKey(Consultation, on_delete=models.PROTECT, related_name="prescriptions")
    # Made with the empty form and sent back by it: a second click, or an old tab, finds what the first one made.
    form_key = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    status = models.CharField("état", max_length=9, choices=Status, default=Status.DRAFT)
    # AAAA-NNNNNN, given at issue, without gaps within a practitioner's year.
    number = models.CharField("n°", max_length=11, blank=True)
    verification_code = models.CharField(max_length=10, unique=True, null=True, blank=True)
    # The patient as the practitioner confirmed them for this paper: last_name, first_name, sex, birth_date (ISO),
    # weight (kg), height (cm).
    patient_data = EncryptedJSONField(default=dict, blank=True)
    # Everything on the paper, frozen at issue: the single source of the PDF.
    content = EncryptedJSONField(default=dict, blank=True)
    pdf = EncryptedBinaryField(null=True, blank=True)
    pdf_sha256 = models.CharField(max_length=64, blank=True)
    issued_at = models.DateTimeField("délivrée le", null=True, blank=True)
    cancelled_at = models.DateTimeField(null=True, blank=True)
    cancellation_reason = EncryptedCharField(max_length=300, blank=True)
    replaces = models.OneToOneField("self", on_delete=models.PROTECT, null=True, blank=True, related_name="replaced_by")
    created_at = models.DateTimeField(default=timezone.now)
    updated_at = models.DateTimeField(auto_now=True)

    objects = PrescriptionQuerySet.as_manager()

    class Meta:
        verbose_name = "ordonnance"
        ordering = ["-created_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["practitioner", "number"], condition=~models.Q(number=""), name="one_number_per_practitioner"
            ),
            models.UniqueConstraint(
                fields=["consultation"], condition=models.Q(status="draft"), name="one_draft_per_consultation"
            ),
            # No prescription without its number, its code and its paper, whatever fails.
            models.CheckConstraint(
                condition=models.Q(status="draft")
                | (~models.Q(number="") & models.Q(verification_code__isnull=False, pdf__isnull=False)),
                name="issued_is_complete",
            ),
        ]

    def __str__(self) -> str:
        return self.number or f"brouillon {self.pk}"

    @property
    def is_draft(self) -> bool:
        return self.status == self.Status.DRAFT

    @property
    def is_valid(self) -> bool:
        """Whether a pharmacy may deliver on it."""
        return self.status == self.Status.ISSUED

    @property
    def patient_name(self) -> str:
        """« Sophie Carpentier », as on the paper."""
        data = self.patient_data
        return f"{data.get('first_name', '')} {data.get('last_name', '')}".strip()


class PrescriptionLine(models.Model):
    """One medicine: name, strength and form, dosage, how to take it, how long or how many, how often (CSP R.5132-3).

    Of a draft anything may still be empty: `rules` says what is missing.
    """

    prescription = models.ForeignKey(Prescription, on_delete=models.CASCADE, related_name="lines")
    position = models.PositiveSmallIntegerField()
    name = EncryptedCharField("médicament", max_length=200, blank=True)
    strength_form = EncryptedCharField("dosage et forme", max_length=120, blank=True)
    dosage = EncryptedTextField("posologie", max_length=500, blank=True)
    instructions = EncryptedCharField("mode d’emploi", max_length=300, blank=True)
    duration_days = models.PositiveSmallIntegerField("durée (jours)", null=True, blank=True)
    boxes = models.PositiveSmallIntegerField("nombre de boîtes", null=True, blank=True)
    renewals = models.PositiveSmallIntegerField("à renouveler", default=0)

    class Meta:
        ordering = ["position"]
        constraints = [models.UniqueConstraint(fields=["prescription", "position"], name="one_line_per_position")]

    def __str__(self) -> str:
        return f"{self.prescription} {self.position}"
