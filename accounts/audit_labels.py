"""What each action on the trail is called in French. The one table: an action without a label fails a test."""

LABELS = {
    # Login and account.
    "login": "Connexion",
    "login.failed": "Connexion refusée\u00a0: adresse ou mot de passe",
    "login.locked": "Connexion bloquée 15 minutes après trop d’essais",
    "login.code_refused": "Connexion refusée\u00a0: code",
    "logout": "Déconnexion",
    "password.changed": "Mot de passe changé",
    "recovery_codes.renewed": "Nouveaux codes de secours",
    "signature.saved": "Signature enregistrée",
    "signature.removed": "Signature supprimée",
    # Registration and its validation.
    "registration.sent": "Inscription envoyée",
    "registration.confirmed": "Téléphone confirmé",
    "registration.validated": "Inscription validée",
    "registration.refused": "Inscription refusée",
    "practitioner.suspended": "Compte suspendu",
    "practitioner.restored": "Compte rétabli",
    "document.viewed": "Pièce d’identité consultée",
    # Appointment.
    "consultation.created": "Rendez-vous créé",
    "consultation.moved": "Rendez-vous déplacé",
    "consultation.cancelled": "Rendez-vous annulé",
    "consultation.completed": "Consultation terminée",
    "consultation.read": "Page du rendez-vous ouverte",
    "code.shown": "Code d’accès affiché",
    "code.renewed": "Nouveau code d’accès",
    "code.accepted": "Code d’accès saisi",
    "code.locked": "Accès bloqué 15 minutes\u00a0: 5 codes faux",
    "code.dead": "Code d’accès annulé\u00a0: 10 codes faux",
    "invitation.resent": "Invitation renvoyée",
    "check.ticked": "Vérification faite avec le patient",
    "check.unticked": "Vérification retirée",
    # What the patient gives, and who reads it.
    "intake.submitted": "Données patient envoyées",
    "intake.read": "Données patient affichées",
    "intake.exported": "Données patient téléchargées (Excel)",
    "document.added": "Document ajouté",
    "document.removed": "Document retiré",
    "document.read": "Document ouvert",
    "snapshot.taken": "Photo du patient prise, avec son accord",
    "notes.read": "Notes affichées",
    "notes.saved": "Notes modifiées",
    "feedback.given": "Avis donné sur la consultation",
    # Papers.
    "prescription.drafted": "Ordonnance en préparation",
    "prescription.issued": "Ordonnance délivrée",
    "prescription.read": "Ordonnance affichée",
    "prescription.downloaded": "Ordonnance téléchargée",
    "prescription.sent": "Ordonnance envoyée par e-mail",
    "prescription.cancelled": "Ordonnance annulée",
    "prescription.verified": "Ordonnance vérifiée par son code",
    "report.drafted": "Compte rendu en préparation",
    "report.issued": "Compte rendu délivré",
    "report.read": "Compte rendu affiché",
    "report.downloaded": "Compte rendu téléchargé",
    "report.sent": "Compte rendu envoyé par e-mail",
}


def label_of(action: str) -> str:
    """The words of an action; the action itself where a later version knows none."""
    return LABELS.get(action, action)
