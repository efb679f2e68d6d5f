"""The consultation, what happened to it, and its two seats."""

from datetime import datetime, timedelta

from django.conf import settings
from django.db import models
from django.db.models import Exists, F, OuterRef
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import Practitioner, User
from patients.models import Invitation
from rofim.crypto import EncryptedCharField, EncryptedTextField
from teleconsult.states import ENDED, MISSED_AFTER, Status

REMINDER_BEFORE = timedelta(days=1)
# A reminder of the day before this late would come together with that of the opening.
REMINDER_UNTIL = timedelta(hours=3)


class ConsultationQuerySet(models.QuerySet["Consultation"]):
    """Readings. Every page goes through `for_practitioner`."""

    def for_practitioner(self, user: User) -> "ConsultationQuerySet":
        """One's own, and nothing of anybody else's."""
        return self.filter(practitioner__user=user).select_related(
            "practitioner__user", "invitation__patient", "invitation__intake"
        )

    def for_list(self, user: User) -> "ConsultationQuerySet":
        """One's own with what the list shows and nothing more: each encrypted field read is a decryption."""
        return (
            self.filter(practitioner__user=user)
            .select_related("invitation__patient", "invitation__intake")
            .only(
                "reference", "starts_at", "status", "started_at", "practitioner_id",
                "invitation__opens_at", "invitation__closed_at", "invitation__link_opened_at",
                "invitation__code_validated_at", "invitation__locked_until",
                "invitation__code_failures", "invitation__rehearsal_result", "invitation__rehearsal_reasons",
                "invitation__rehearsal_at", "invitation__patient__last_name", "invitation__patient__first_name",
                "invitation__intake__completed_at",
            )
        )  # fmt: skip

    def not_ended(self) -> "ConsultationQuerySet":
        """Neither completed nor cancelled nor missed."""
        return self.exclude(status__in=ENDED)

    def due_for_opening(self, now: datetime) -> "ConsultationQuerySet":
        """Scheduled ones whose session opens now or should have."""
        return self.filter(status=Status.SCHEDULED, starts_at__lte=now + settings.SESSION_OPENS_BEFORE)

    def due_for_reminder(self, kind: str, now: datetime) -> "ConsultationQuerySet":
        """Reminders due, not sent and not past. Whoever was told of the hour since it was due needs no reminder of it.

        `day-before`: from 24 to 3 hours before; `opening`: from 30 minutes before until the hour.
        """
        opens_before = settings.SESSION_OPENS_BEFORE
        before, until = (REMINDER_BEFORE, REMINDER_UNTIL) if kind == "day-before" else (opens_before, timedelta(0))
        told = ConsultationEvent.objects.filter(
            consultation=OuterRef("pk"), kind__in=("moved", f"reminder-{kind}"), at__gte=OuterRef("starts_at") - before
        )
        return self.filter(
            ~Exists(told),
            status__in=(Status.SCHEDULED, Status.OPEN),
            starts_at__lte=now + before,
            starts_at__gt=now + until,
            created_at__lt=F("starts_at") - before,
        )

    def overdue(self, now: datetime) -> "ConsultationQuerySet":
        """Never begun, 3h30 after the hour."""
        return self.filter(status__in=(Status.SCHEDULED, Status.OPEN), starts_at__lte=now - MISSED_AFTER)

    def past_limit(self, now: datetime) -> "ConsultationQuerySet":
        """Begun longer ago than a consultation may last."""
        return self.filter(status=Status.IN_PROGRESS, started_at__lte=now - settings.CONSULTATION_MAX_DURATION)


class Consultation(models.Model):
    """One visit of one patient to one practitioner, from its creation to its end (FHIR Appointment and Encounter)."""

    # « N° », e.g. Igs3ff: six characters without look-alikes.
    reference = models.CharField("n°", max_length=6, unique=True)
    practitioner = models.ForeignKey(Practitioner, on_delete=models.PROTECT, related_name="consultations")
    invitation = models.OneToOneField(Invitation, on_delete=models.PROTECT, related_name="consultation")
    starts_at = models.DateTimeField("date et heure")
    status = models.CharField("état", max_length=11, choices=Status, default=Status.SCHEDULED)
    opened_at = models.DateTimeField(null=True, blank=True)
    # When both were first there; the 3h30 are counted from here.
    started_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    # One appointment per creation, however often it is clicked; a keyed digest, nothing of the patient inside.
    creation_key = models.CharField(max_length=64, null=True, blank=True)

    objects = ConsultationQuerySet.as_manager()

    class Meta:
        verbose_name = "téléconsultation"
        ordering = ["starts_at", "pk"]
        indexes = [
            # The list counts and pages without reading a row.
            models.Index(fields=["practitioner", "starts_at", "status"]),
            models.Index(fields=["status", "starts_at"]),
        ]
        constraints = [models.UniqueConstraint(fields=["practitioner", "creation_key"], name="one_per_creation")]

    def __str__(self) -> str:
        return self.reference

    @property
    def patient(self):
        return self.invitation.patient

    @property
    def has_ended(self) -> bool:
        return self.status in ENDED

    def is_open(self, now: datetime) -> bool:
        """Whether the room may be entered: by the clock, even where no worker has marked it open yet."""
        return not self.has_ended and self.invitation.is_open(now)

    @property
    def ends_at(self) -> datetime | None:
        """When the limit (3h30 by default) ends a consultation that has started."""
        return self.started_at + settings.CONSULTATION_MAX_DURATION if self.started_at else None

    def time_left(self, now: datetime) -> timedelta | None:
        return self.ends_at - now if self.ends_at else None


class ConsultationEvent(models.Model):
    """One thing that happened: a change of status (from, to) or an act, who did it and when. Append-only."""

    class ActorRole(models.TextChoices):
        PRACTITIONER = "practitioner", "professionnel de santé"
        PATIENT = "patient", "patient"
        SYSTEM = "system", "système"

    consultation = models.ForeignKey(Consultation, on_delete=models.CASCADE, related_name="events")
    kind = models.CharField(max_length=32, help_text="status, moved, code-renewed, invitation-resent, …")
    from_status = models.CharField(max_length=11, choices=Status, blank=True)
    to_status = models.CharField(max_length=11, choices=Status, blank=True)
    actor_role = models.CharField(max_length=12, choices=ActorRole)
    actor = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = "événement"
        ordering = ["at", "pk"]

    def __str__(self) -> str:
        return f"{self.consultation} {self.kind}"


class Seat(models.Model):
    """One of the two places in a room: a lease that the newest socket of its role holds. Nobody can be third."""

    class Role(models.TextChoices):
        PRACTITIONER = "practitioner", "professionnel de santé"
        PATIENT = "patient", "patient"

    consultation = models.ForeignKey(Consultation, on_delete=models.CASCADE, related_name="seats")
    role = models.CharField(max_length=12, choices=Role)
    # Rises whenever the seat is taken anew.
    epoch = models.PositiveIntegerField(default=0)
    # Since when this role has been here without a break; « en salle d'attente depuis ».
    since = models.DateTimeField(null=True, blank=True)
    # Presence is `last_seen`, refreshed every 5 s, dead after 60 s; never the socket's disconnect.
    last_seen = models.DateTimeField(null=True, blank=True)
    # The page whose socket took the seat last; empty once that socket is closed. A killed process empties nothing.
    holder = models.CharField(max_length=36, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["consultation", "role"], name="one_seat_per_role")]

    def __str__(self) -> str:
        return f"{self.consultation} {self.role}"


class ConsultationNotes(models.Model):
    """What the practitioner writes down for oneself. In a row of its own: no list or page decrypts it by the way."""

    MAX_LENGTH = 20_000

    consultation = models.OneToOneField(Consultation, on_delete=models.CASCADE, related_name="notes")
    text = EncryptedTextField("notes", max_length=MAX_LENGTH, blank=True)
    # Rises with every change: who writes names the one that was read.
    version = models.PositiveIntegerField(default=0)
    saved_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"{self.consultation} notes"


class ConsultationCheck(models.Model):
    """One thing that the practitioner has made sure of with the patient (HAS 2019, guide de la téléconsultation)."""

    class Kind(models.TextChoices):
        IDENTITY = "identity", "Pièce d’identité présentée"
        PLACE = "place", "Lieu où se trouve le patient"
        CALLBACK = "callback", "Numéro où le rappeler"
        PEOPLE = "people", "Personnes présentes"

    consultation = models.ForeignKey(Consultation, on_delete=models.CASCADE, related_name="checks")
    kind = models.CharField(max_length=8, choices=Kind)
    # Where the patient is, if typed.
    detail = EncryptedCharField("précision", max_length=200, blank=True)
    by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["consultation", "kind"], name="one_check_per_kind")]

    def __str__(self) -> str:
        return f"{self.consultation} {self.kind}"


class Incident(models.Model):
    """A cut or a long degradation of one side of a call, as the server saw it (CSP R.6316-4)."""

    class Kind(models.TextChoices):
        LOST = "lost", "coupure"
        QUALITY = "quality", "mauvaise connexion"

    consultation = models.ForeignKey(Consultation, on_delete=models.CASCADE, related_name="incidents")
    role = models.CharField(max_length=12, choices=Seat.Role)
    kind = models.CharField(max_length=7, choices=Kind)
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["started_at", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["consultation", "role", "kind"],
                condition=models.Q(ended_at=None),
                name="one_open_incident_per_seat_and_kind",
            )
        ]

    def __str__(self) -> str:
        return f"{self.consultation} {self.role} {self.kind}"


class Feedback(models.Model):
    """« Comment s’est passée la consultation ? »: the patient's answer, one per visit.

    A patient-reported experience measure (PREM); in FHIR a QuestionnaireResponse.
    """

    MAX_LENGTH = 1_000

    class Rating(models.IntegerChoices):
        VERY_BAD = 1, _("Très mal")
        BAD = 2, _("Mal")
        FAIR = 3, _("Moyennement")
        GOOD = 4, _("Bien")
        VERY_GOOD = 5, _("Très bien")

    consultation = models.OneToOneField(Consultation, on_delete=models.CASCADE, related_name="feedback")
    rating = models.PositiveSmallIntegerField("note", choices=Rating)
    comment = EncryptedTextField("commentaire", max_length=MAX_LENGTH, blank=True)
    # The newest answer's: it replaces the one before.
    given_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(rating__gte=1, rating__lte=5), name="rating_from_1_to_5")
        ]

    def __str__(self) -> str:
        return f"{self.consultation} {self.rating}/5"
