"""Addresses of this room (product.md, « Addresses »)."""

from django.urls import URLPattern, URLResolver, path

from teleconsult.views import (
    closing,
    documents,
    feedback,
    practitioner,
    proposals,
    reach,
    record,
    rehearsal,
    room,
    state,
)

app_name = "teleconsult"

_own = "teleconsultation/<str:reference>/"
urlpatterns: list[URLPattern | URLResolver] = [
    path("compte/fermer/", closing.account_close, name="account_close"),
    path("teleconsultation/", practitioner.consultation_list, name="consultation_list"),
    # Before the reference, which it would otherwise be.
    path("teleconsultation/nouvelle/", practitioner.consultation_create, name="consultation_create"),
    # While one types: views/proposals.py.
    path("teleconsultation/nouvelle/patients/", proposals.patient_suggestions, name="patient_suggestions"),
    path("teleconsultation/nouvelle/horaire/", proposals.hour_preview, name="hour_preview"),
    path(_own, practitioner.consultation_detail, name="consultation_detail"),
    path(f"{_own}modifier/", practitioner.consultation_edit, name="consultation_edit"),
    path(f"{_own}annuler/", practitioner.consultation_cancel, name="consultation_cancel"),
    path(f"{_own}renvoyer/", practitioner.invitation_resend, name="invitation_resend"),
    path(f"{_own}code/", practitioner.access_code_renew, name="access_code_renew"),
    path(f"{_own}contact/", reach.consultation_contact, name="consultation_contact"),
    path(f"{_own}messages/", reach.consultation_messages, name="consultation_messages"),
    path(f"{_own}messages/<int:pk>/renvoyer/", reach.message_resend, name="message_resend"),
    path(f"{_own}infos/", practitioner.consultation_infos, name="consultation_infos"),
    path(f"{_own}journal/", practitioner.consultation_trail, name="consultation_trail"),
    path(f"{_own}donnees.xlsx", practitioner.consultation_export, name="consultation_export"),
    path(f"{_own}terminer/", practitioner.consultation_end, name="consultation_end"),
    # Written as one types (views/record.py).
    path(f"{_own}notes/", record.consultation_notes, name="consultation_notes"),
    path(f"{_own}verifications/", record.consultation_check, name="consultation_check"),
    path(f"{_own}documents/", documents.consultation_documents, name="consultation_documents"),
    path(f"{_own}documents/<int:pk>/", documents.consultation_document, name="consultation_document"),
    # The call: views/room.py (its two pages) and views/state.py (« …/etat/ »).
    path(f"{_own}visio/", room.practitioner_room, name="practitioner_room"),
    path("visio/<str:token>/salle/", room.patient_room, name="patient_room"),
    path(f"{_own}etat/", state.practitioner_state, name="practitioner_state"),
    path("visio/<str:token>/etat/", state.patient_state, name="patient_state"),
    path("visio/<str:token>/avis/", feedback.patient_feedback, name="patient_feedback"),
    # Before the appointment: is this browser, its camera, its network good enough?
    path("test/", rehearsal.rehearsal, name="rehearsal"),
    path("visio/<str:token>/test/", rehearsal.patient_rehearsal, name="patient_rehearsal"),
    path("visio/<str:token>/test/relais/", rehearsal.patient_rehearsal_relay, name="patient_rehearsal_relay"),
]
