"""« Ordonnance » and « compte rendu »: drafts and what was issued. Nothing issued is ever edited."""

import uuid
from typing import Any, ClassVar, Self

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import Practitioner, User
from patients.models import Invitation
from rofim.crypto import EncryptedBinaryField, EncryptedCharField, EncryptedJSONField, EncryptedTextField
from teleconsult.models import Consultation


class PaperQuerySet(models.QuerySet[Any]):
    """Readings. Every page goes through `for_practitioner` or `for_invitation`."""

    def for_practitioner(self, user: User) -> Self:
        """One's own, and nothing of anybody else's."""
        return self.filter(practitioner__user=user).select_related(
            "practitioner__user", "consultation__invitation__patient"
        )

    def for_invitation(self, invitation: Invitation) -> Self:
        """What the patient of this very invitation may see: never a draft."""
        return self.filter(consultation__invitation=invitation).exclude(status="draft")

    def without_paper(self) -> Self:
        """For lists: leaves the PDF's bytes in the database."""
        return self.defer("pdf")


class Paper(models.Model):
    """What is drafted, then issued: at issue the content is frozen and the sealed PDF's bytes are kept."""

    # On the audit trail: « report.issued » about « report/7 ».
    KIND: ClassVar[str]
    # Each kind has its own columns of these names.
    practitioner: Any
    consultation: Any
    status: Any

    # Made with the empty form and sent back by it: a second click, or an old tab, finds what the first one made.
    form_key = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    # Everything on the paper, frozen at issue: the single source of the PDF.
    content = EncryptedJSONField(default=dict, blank=True)
    pdf = EncryptedBinaryField(null=True, blank=True)
    pdf_sha256 = models.CharField(max_length=64, blank=True)
    issued_at = models.DateTimeField("délivrée le", null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    updated_at = models.DateTimeField(auto_now=True)

    objects = PaperQuerySet.as_manager()

    class Meta:
        abstract = True

    @property
    def file_name(self) -> str:
        """As it is downloaded and attached."""
        raise NotImplementedError

    @property
    def is_draft(self) -> bool:
        return self.status == "draft"

    @property
    def is_valid(self) -> bool:
        """Issued, neither cancelled nor replaced: what a pharmacy may deliver on, what a patient may download."""
        return self.status == "issued"


class Prescription(Paper):
    """draft → issued → cancelled | replaced. At issue the content is frozen and the PDF's bytes are kept."""

    KIND = "prescription"

    class Status(models.TextChoices):
        DRAFT = "draft", "brouillon"
        ISSUED = "issued", "délivrée"
        CANCELLED = "cancelled", _("annulée")
        REPLACED = "replaced", _("remplacée")

    practitioner = models.ForeignKey(Practitioner, on_delete=models.PROTECT, related_name="prescriptions")
    consultation = models.ForeignKey(Consultation, on_delete=models.PROTECT, related_name="prescriptions")
    status = models.CharField("état", max_length=9, choices=Status, default=Status.DRAFT)
    # AAAA-NNNNNN, given at issue, without gaps within a practitioner's year.
    number = models.CharField("n°", max_length=11, blank=True)
    verification_code = models.CharField(max_length=10, unique=True, null=True, blank=True)
    # The patient as the practitioner confirmed them for this paper: last_name, first_name, sex, birth_date (ISO),
    # weight (kg), height (cm).
    patient_data = EncryptedJSONField(default=dict, blank=True)
    cancelled_at = models.DateTimeField(null=True, blank=True)
    cancellation_reason = EncryptedCharField(max_length=300, blank=True)
    replaces = models.OneToOneField("self", on_delete=models.PROTECT, null=True, blank=True, related_name="replaced_by")

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
    def file_name(self) -> str:
        return f"ordonnance-{self.number}.pdf"

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


class ConsultationReport(Paper):
    """« Compte rendu » of one completed consultation (FHIR Composition; once issued, DocumentReference).

    draft → issued → replaced, by a new version that says so.
    """

    KIND = "report"

    class Status(models.TextChoices):
        DRAFT = "draft", "brouillon"
        ISSUED = "issued", "délivré"
        REPLACED = "replaced", "remplacé"

    MAX_LENGTH = 20_000

    practitioner = models.ForeignKey(Practitioner, on_delete=models.PROTECT, related_name="reports")
    consultation = models.ForeignKey(Consultation, on_delete=models.PROTECT, related_name="reports")
    status = models.CharField("état", max_length=8, choices=Status, default=Status.DRAFT)
    # 1, 2, …, given at issue; 0 for a draft.
    version = models.PositiveSmallIntegerField(default=0)
    reason = EncryptedTextField("motif", max_length=MAX_LENGTH, blank=True)
    findings = EncryptedTextField("examen et observations", max_length=MAX_LENGTH, blank=True)
    conclusion = EncryptedTextField("conclusion et conduite à tenir", max_length=MAX_LENGTH, blank=True)

    class Meta:
        verbose_name = "compte rendu"
        verbose_name_plural = "comptes rendus"
        ordering = ["-version", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["consultation", "version"], condition=~models.Q(version=0), name="one_report_per_version"
            ),
            models.UniqueConstraint(
                fields=["consultation"], condition=models.Q(status="draft"), name="one_report_draft_per_consultation"
            ),
            models.UniqueConstraint(
                fields=["consultation"], condition=models.Q(status="issued"), name="one_valid_report_per_consultation"
            ),
            models.CheckConstraint(
                condition=models.Q(status="draft", version=0)
                | (~models.Q(status="draft") & models.Q(version__gt=0, pdf__isnull=False, issued_at__isnull=False)),
                name="issued_report_is_complete",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.consultation} v{self.version}"

    @property
    def file_name(self) -> str:
        return f"compte-rendu-{self.consultation.reference}-v{self.version}.pdf"
