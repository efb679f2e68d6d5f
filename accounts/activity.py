"""« Activité »: what was done with an account, in words, read from the trail."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q

from accounts.models import AuditEvent, User

# Of the trail's actions those that are about the account itself; what was read of patients stands on their pages.
WORDS = {
    "login.failed": "Connexion refusée\u00a0: mauvais mot de passe",
    "login.locked": "Connexion bloquée après trop d’essais",
    "login.code_refused": "Connexion refusée\u00a0: mauvais code",
    "logout": "Déconnexion",
    "identity.confirmed": "Identité confirmée de nouveau",
    "password.changed": "Mot de passe changé",
    "password.reset": "Mot de passe choisi de nouveau par lien",
    "mobile.change_asked": "Changement de portable demandé",
    "mobile.changed": "Téléphone portable changé",
    "email.change_asked": "Changement d’adresse e-mail demandé",
    "email.given_back": "Ancienne adresse e-mail rétablie",
    "email.changed": "Adresse e-mail changée",
    "recovery_codes.renewed": "Codes de secours remplacés",
    "totp.added": "Application d’authentification ajoutée",
    "totp.removed": "Application d’authentification retirée",
    "session.ended": "Session fermée à distance",
    "sessions.ended": "Toutes les autres sessions fermées",
    "signature.saved": "Signature enregistrée",
    "signature.removed": "Signature supprimée",
    "practice.changed": "Coordonnées du cabinet modifiées",
    "mentions.changed": "Mentions des ordonnances modifiées",
    "notifications.changed": "Choix des e-mails modifié",
    "registration.sent": "Inscription envoyée",
    "registration.confirmed": "Inscription confirmée",
    "registration.refused": "Inscription refusée par l’administration",
    "registration.validated": "Inscription validée par l’administration",
    "practitioner.suspended": "Compte suspendu par l’administration",
    "practitioner.restored": "Compte rétabli par l’administration",
}
# What somebody else may have done.
_ALARMING = frozenset({"login.failed", "login.locked", "login.code_refused"})


@dataclass(frozen=True)
class Entry:
    """One line; `ip_address` is empty for what somebody else did in the exercise of an office."""

    at: datetime
    words: str
    ip_address: str
    is_alarming: bool


def _entry(event: AuditEvent, user: User) -> Entry:
    is_office = event.actor_id not in (None, user.pk)
    return Entry(
        event.at, WORDS[event.action], "" if is_office else event.ip_address or "", event.action in _ALARMING
    )  # fmt: skip


def entries(*, user: User, limit: int) -> list[Entry]:
    """The last ones, newest first."""
    about = [f"user/{user.pk}"]
    practitioner = getattr(user, "practitioner", None)
    if practitioner:
        about.append(f"practitioner/{practitioner.pk}")
    found: Iterable[AuditEvent] = AuditEvent.objects.filter(
        Q(actor=user) | Q(about__in=about), action__in=WORDS
    ).order_by("-at", "-pk")[:limit]
    return [_entry(event, user) for event in found]
