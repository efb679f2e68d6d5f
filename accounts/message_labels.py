"""What each message is called in French: templates/notifications/<name>/. A template without a name fails a test."""

LABELS = {
    # Registration and its validation.
    "accounts/registration_link": "Lien de confirmation de l’inscription",
    "accounts/known_address": "Inscription avec une adresse connue",
    "accounts/registration_pending": "Inscriptions à traiter",
    "accounts/document_requested": "Autre pièce d’identité demandée",
    "accounts/validated": "Inscription validée",
    "accounts/refused": "Inscription refusée",
    "accounts/suspended": "Compte suspendu",
    "accounts/restored": "Compte rétabli",
    "accounts/administrator_created": "Nouvel administrateur",
    # Login and account.
    "accounts/login_code": "Code de connexion",
    "accounts/password_reset": "Lien de nouveau mot de passe",
    "accounts/password_changed": "Mot de passe changé",
    "accounts/email_link": "Lien de confirmation de l’adresse e-mail",
    "accounts/email_wanted": "Adresse e-mail demandée par un autre compte",
    "accounts/email_change_asked": "Changement d’adresse e-mail demandé",
    "accounts/email_changed": "Adresse e-mail changée",
    "accounts/email_taken_away": "Ancienne adresse e-mail retirée",
    "accounts/email_given_back": "Ancienne adresse e-mail rétablie",
    "accounts/mobile_changed": "Téléphone portable changé",
    "accounts/mobile_replaced": "Téléphone portable remplacé par l’administration",
    "accounts/new_browser": "Connexion depuis un nouveau navigateur",
    "accounts/totp_added": "Application d’authentification ajoutée",
    "accounts/totp_removed": "Application d’authentification retirée",
    "accounts/recovery_code_used": "Code de secours utilisé",
    "accounts/recovery_codes_renewed": "Codes de secours remplacés",
    "accounts/account_closed": "Compte fermé",
    "accounts/sms_budget_spent": "SMS du jour épuisés",
    # To the patient.
    "patients/invitation": "Invitation",
    "patients/moved": "Nouvelle date",
    "patients/cancelled": "Annulation",
    "patients/reminder_day_before": "Rappel de la veille",
    "patients/reminder_opening": "Rappel à l’ouverture",
    "prescriptions/issued": "Ordonnance",
    "prescriptions/report": "Compte rendu",
    # To the practitioner, of appointments.
    "patients/code_dead": "Trop de codes faux",
    "teleconsult/unreached": "Alerte\u00a0: patient pas joint",
    "teleconsult/day_summary": "Résumé de la journée",
}


def label_of(name: str) -> str:
    """The words for a message's template; the template's own name where a later version knows none."""
    return LABELS.get(name, name)
