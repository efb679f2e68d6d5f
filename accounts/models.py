"""Users, practitioners, the proof of who they are, and the trail of what was done with an account."""

import uuid
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.db import models
from django.db.models.functions import Lower
from django.utils import timezone
from django_otp.models import Device, SideChannelDevice, ThrottlingMixin, TimestampMixin
from django_otp.plugins.otp_static.models import StaticDevice
from phonenumber_field.modelfields import PhoneNumberField

from accounts.browsers import browser_in_words
from accounts.trail import AuditEvent, AuditHead, AuditLink, NotAppended  # noqa: F401 (Django looks for models here)
from rofim.crypto import EncryptedBinaryField, EncryptedCharField, EncryptedJSONField


class UserManager(BaseUserManager["User"]):
    """Users are known by their e-mail, in lower case."""

    def get_by_natural_key(self, username: str | None) -> "User":
        return self.get(email=(username or "").strip().lower())

    def create_user(self, email: str, password: str | None = None, **fields) -> "User":
        user = self.model(email=email.strip().lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields) -> "User":
        return self.create_user(email, password, is_staff=True, is_superuser=True, **fields)


class User(AbstractBaseUser, PermissionsMixin):  # type: ignore[django-manager-missing]
    """Whoever logs in: a practitioner or an administrator. Patients have no account."""

    email = models.EmailField("adresse e-mail", unique=True)
    first_name = models.CharField("prénom", max_length=80)
    last_name = models.CharField("nom", max_length=80)
    # The second factor: « obligatoire pour le partage de données de santé ».
    mobile_phone = PhoneNumberField("téléphone portable")
    is_staff = models.BooleanField("administrateur", default=False)
    is_active = models.BooleanField("actif", default=True)
    date_joined = models.DateTimeField("inscrit le", default=timezone.now)
    # Which e-mails one wants; those about the account's security always come.
    mail_new_browser = models.BooleanField("connexion depuis un nouveau navigateur", default=True)
    mail_code_dead = models.BooleanField("code d’accès d’un patient bloqué", default=True)
    mail_unreached = models.BooleanField("patient pas joint avant le rendez-vous", default=True)
    mail_day_summary = models.BooleanField("résumé de la journée", default=True)

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS = ["first_name", "last_name", "mobile_phone"]

    objects = UserManager()

    if TYPE_CHECKING:
        # Set on every request's user by django-otp's middleware.
        otp_device: Any

        def is_verified(self) -> bool: ...

    class Meta:
        verbose_name = "utilisateur"
        constraints = [models.UniqueConstraint(Lower("email"), name="user_email_case_insensitive")]

    def __str__(self) -> str:
        return self.email

    def get_full_name(self) -> str:
        return f"{self.first_name} {self.last_name}".strip()


def _document_path(holder: models.Model, filename: str) -> str:
    return f"identity/{uuid.uuid4().hex}"


class Practitioner(models.Model):
    """A health professional: what the registration asked for, and where its validation stands (FHIR Practitioner)."""

    class Title(models.TextChoices):
        DR = "Dr", "Dr"
        PR = "Pr", "Pr"
        MR = "M.", "M."
        MRS = "Mme", "Mme"

    class Profession(models.TextChoices):
        PHYSICIAN = "physician", "Médecin"
        DENTIST = "dentist", "Chirurgien-dentiste"
        MIDWIFE = "midwife", "Sage-femme"
        NURSE = "nurse", "Infirmier"
        PHYSIOTHERAPIST = "physiotherapist", "Masseur-kinésithérapeute"
        PSYCHOLOGIST = "psychologist", "Psychologue"
        PHARMACIST = "pharmacist", "Pharmacien"
        SPEECH_THERAPIST = "speech_therapist", "Orthophoniste"
        PODIATRIST = "podiatrist", "Pédicure-podologue"
        DIETITIAN = "dietitian", "Diététicien"

    class Status(models.TextChoices):
        PENDING = "pending", "en attente de validation"
        VALIDATED = "validated", "validé"
        REFUSED = "refused", "refusé"
        SUSPENDED = "suspended", "suspendu"
        CLOSED = "closed", "fermé"
        # Another document was asked for: the link of the e-mail leads back to PENDING.
        INCOMPLETE = "incomplete", "autre pièce demandée"

    class ProofKind(models.TextChoices):
        IDENTITY_CARD = "identity_card", "Carte nationale d’identité"
        PASSPORT = "passport", "Passeport"
        RESIDENCE_PERMIT = "residence_permit", "Titre de séjour"
        PROFESSIONAL_CARD = "professional_card", "Carte professionnelle (CPS)"

    user = models.OneToOneField(User, on_delete=models.CASCADE, related_name="practitioner")
    title = models.CharField("civilité", max_length=3, choices=Title)
    profession = models.CharField("profession", max_length=20, choices=Profession)
    specialty = models.CharField("spécialité", max_length=80, blank=True)
    rpps = models.CharField("n° RPPS", max_length=11, blank=True)
    adeli = models.CharField("n° ADELI", max_length=9, blank=True)
    billing_number = models.CharField("n° AM ou FINESS", max_length=9, blank=True)
    # « Situation conventionnelle » and « membre d'une association agréée », printed on prescriptions (CSS R.161-45).
    sector = models.CharField("secteur", max_length=40, blank=True)
    approved_association = models.BooleanField("membre d’une association agréée", default=False)
    practice_name = models.CharField("nom du cabinet", max_length=120)
    practice_address = models.CharField("adresse du cabinet", max_length=200)
    practice_postal_code = models.CharField("code postal", max_length=5)
    practice_city = models.CharField("ville", max_length=80)
    practice_phone = PhoneNumberField("téléphone du cabinet")
    signature = EncryptedBinaryField("signature (PNG)", null=True, blank=True)
    # Encrypted, shown to administrators only, deleted at the decision.
    identity_document = models.FileField("pièce d’identité", upload_to=_document_path, blank=True)
    identity_document_type = models.CharField(max_length=32, blank=True)
    status = models.CharField("état", max_length=11, choices=Status, default=Status.PENDING)
    submitted_at = models.DateTimeField("inscription envoyée le", null=True, blank=True)
    decided_at = models.DateTimeField("décision le", null=True, blank=True)
    decided_by = models.ForeignKey(
        User, verbose_name="décidé par", on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    decision_reason = models.CharField("motif", max_length=500, blank=True)
    closed_at = models.DateTimeField("fermé le", null=True, blank=True)
    # What stays of the proof of identity once it is deleted.
    verified_at = models.DateTimeField("vérifié le", null=True, blank=True)
    verified_by = models.ForeignKey(
        User, verbose_name="vérifié par", on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    verified_proof = models.CharField("pièce vue", max_length=20, choices=ProofKind, blank=True)
    # When the administrators were last told that this registration waits.
    announced_at = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        verbose_name = "professionnel de santé"
        verbose_name_plural = "professionnels de santé"

    def __str__(self) -> str:
        return self.display_name

    @property
    def display_name(self) -> str:
        """« Dr Claire Martin »."""
        return f"{self.title} {self.user.get_full_name()}"

    @property
    def formal_name(self) -> str:
        """« Dr MARTIN », as the invitation writes it."""
        return f"{self.title} {self.user.last_name.upper()}"

    @property
    def is_validated(self) -> bool:
        return self.status == self.Status.VALIDATED

    @property
    def document_kind(self) -> str:
        """« PDF » or « image », for the administrator; empty once deleted."""
        if not self.identity_document:
            return ""
        return "PDF" if self.identity_document_type == "application/pdf" else "image"


class Registration(models.Model):
    """What somebody who registers has typed and sent so far.

    Once mobile and mailbox are proved it becomes a user with a practitioner and is deleted; before, nothing knows of it
    but the browser that typed it, and nobody is told whether its address has an account.
    """

    # By HTML name, as typed, for the pages to show again. Never a password.
    typed = EncryptedJSONField("saisie", default=dict)
    # What the forms made of it at « S’inscrire »; the password as its digest.
    answers = EncryptedJSONField("réponses", default=dict)
    password = models.CharField(max_length=128, blank=True)
    identity_document = models.FileField("pièce d’identité", upload_to=_document_path, blank=True)
    identity_document_type = models.CharField(max_length=32, blank=True)
    identity_document_name = EncryptedCharField(max_length=100, blank=True)
    preview = EncryptedBinaryField("aperçu (JPEG)", null=True)
    touched_at = models.DateTimeField("modifiée le", db_index=True)
    submitted_at = models.DateTimeField("envoyée le", null=True)
    mobile_proved_at = models.DateTimeField("portable prouvé le", null=True)

    class Meta:
        verbose_name = "inscription commencée"
        verbose_name_plural = "inscriptions commencées"

    def __str__(self) -> str:
        return f"{self.pk}"


class SMSDevice(TimestampMixin, ThrottlingMixin, SideChannelDevice):
    """A mobile that receives codes, and the one code on its way to it. Only `accounts.otp` makes and checks codes.

    `throttling_failure_count` counts the wrong tries of the current code.
    """

    # Empty: the mobile of a registration, or a new one that is still to be proved (`accounts.pending`).
    user = models.ForeignKey(User, on_delete=models.CASCADE, null=True, blank=True, related_name="sms_devices")
    registration = models.OneToOneField(
        Registration, on_delete=models.CASCADE, null=True, blank=True, related_name="sms_device"
    )
    phone = PhoneNumberField("téléphone portable")
    # Keyed digest of the code and of what asked for it; the code itself is nowhere but in the message.
    token = models.CharField(max_length=64, blank=True, null=True)
    # Keyed digest of the pending login or registration that asked for the code.
    pending = models.CharField(max_length=64, blank=True)

    class Meta:
        verbose_name = "téléphone pour les codes"
        constraints = [models.UniqueConstraint(fields=["user"], name="one_sms_device_per_user")]

    def get_throttle_factor(self) -> int:
        """No growing delay: five tries, then the code is dead."""
        return 0

    def verify_token(self, token: str) -> bool:
        """Always refuses: a code counts only together with the login that asked for it (`accounts.otp.check_code`)."""
        return False


class TOTPDevice(TimestampMixin, ThrottlingMixin, Device):
    """An authenticator app. Only `accounts.totp` reads its codes; unconfirmed, it is being tied and counts for nothing.

    Not django-otp's own: that one keeps the secret in clear.
    """

    # Base 32 (RFC 4648), as apps take it.
    key = EncryptedCharField("secret", max_length=32)
    # Steps of 30 s by which the app's clock is off, and the step of the last code used: older ones are dead.
    drift = models.SmallIntegerField(default=0)
    last_t = models.BigIntegerField(default=-1)

    class Meta:
        verbose_name = "application de codes"
        constraints = [models.UniqueConstraint(fields=["user"], name="one_totp_device_per_user")]

    def get_throttle_factor(self) -> int:
        """Seconds after the first wrong code; each one doubles them."""
        return 1

    def verify_token(self, token: str) -> bool:
        """Always refuses: `accounts.totp.check_totp` reads codes."""
        return False


class RecoveryCode(models.Model):
    """One of the ten codes that replace a lost second factor. Only `accounts.recovery` makes, reads and uses them."""

    device = models.ForeignKey(StaticDevice, on_delete=models.CASCADE, related_name="recovery_codes")
    # Argon2id, salted, of a keyed digest: neither the database nor the key alone finds the code, both only slowly.
    digest = models.CharField(max_length=128)
    # Keyed digest of the click that made the ten.
    batch = models.CharField(max_length=64)

    class Meta:
        verbose_name = "code de secours"

    def __str__(self) -> str:
        return f"{self.pk}"


class LoginSession(models.Model):
    """A browser in which somebody is logged in with both factors. Only `accounts.sessions` makes and ends it."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="login_sessions")
    session_key = models.CharField(max_length=40, unique=True)
    started_at = models.DateTimeField("ouverte le")
    last_seen_at = models.DateTimeField("utilisée le", db_index=True)
    ip_address = models.GenericIPAddressField("adresse IP", null=True)
    user_agent = models.CharField("navigateur", max_length=300, blank=True)

    class Meta:
        verbose_name = "session ouverte"
        ordering = ["-last_seen_at"]

    def __str__(self) -> str:
        return f"{self.user_id} {self.started_at:%Y-%m-%d %H:%M}"

    @property
    def idle_until(self) -> datetime:
        """When it ends unless it is used before."""
        return self.last_seen_at + settings.SESSION_IDLE_TIMEOUT

    @property
    def ends_at(self) -> datetime:
        """When it ends however much it is used."""
        return self.started_at + timedelta(seconds=settings.SESSION_COOKIE_AGE)

    def left(self, now: datetime) -> timedelta:
        """How long it still lasts if nobody uses it."""
        return max(min(self.idle_until, self.ends_at) - now, timedelta(0))

    @property
    def browser(self) -> str:
        """« Firefox sur Windows »."""
        return browser_in_words(self.user_agent)


class Login(models.Model):
    """A login that succeeded, as its owner reads it in « Activité »; written by `accounts.sessions`, kept a year."""

    class Factor(models.TextChoices):
        SMS = "sms", "code par SMS"
        APPLICATION = "application", "application d’authentification"
        RECOVERY = "recovery", "code de secours"

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="logins")
    at = models.DateTimeField("quand", db_index=True)
    ip_address = models.GenericIPAddressField("adresse IP", null=True)
    # In words: « Firefox sur Windows ».
    browser = models.CharField("navigateur", max_length=60)
    factor = models.CharField("second facteur", max_length=11, choices=Factor)
    is_new_browser = models.BooleanField("nouveau navigateur", default=False)

    class Meta:
        verbose_name = "connexion"
        ordering = ["-at", "-pk"]

    def __str__(self) -> str:
        return f"{self.user_id} {self.at:%Y-%m-%d %H:%M}"


class OneTimeLink(models.Model):
    """A link that was sent by e-mail and may be used once. Only `accounts.links` makes, finds and uses it."""

    class Purpose(models.TextChoices):
        PASSWORD = "password", "nouveau mot de passe"
        EMAIL = "email", "nouvelle adresse e-mail"
        EMAIL_BACK = "email_back", "retour à l’ancienne adresse e-mail"

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="links")
    purpose = models.CharField(max_length=10, choices=Purpose)
    # Keyed digests of the secret in the link, and of the address and password for which it was made.
    token_digest = models.CharField(max_length=64, unique=True)
    state_digest = models.CharField(max_length=64)
    # The address that its use gives to the account.
    email = models.EmailField(blank=True)
    made_at = models.DateTimeField(db_index=True)

    class Meta:
        verbose_name = "lien à usage unique"

    def __str__(self) -> str:
        return f"{self.purpose} {self.user_id}"


class RateCount(models.Model):
    """How often something was tried in the running period. The key (a number, an address) is kept as a digest only."""

    bucket = models.CharField(max_length=40)
    key_digest = models.CharField(max_length=64)
    started_at = models.DateTimeField(db_index=True)
    count = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["bucket", "key_digest"], name="one_count_per_bucket_and_key")]

    def __str__(self) -> str:
        return self.bucket
