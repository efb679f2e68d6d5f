"""Addresses of this room (product.md, « Addresses »)."""

from django.urls import URLPattern, URLResolver, path

from prescriptions import views

app_name = "prescriptions"

_own = "ordonnances/<str:number>/"
urlpatterns: list[URLPattern | URLResolver] = [
    path(
        "teleconsultation/<str:reference>/ordonnances/",
        views.consultation_prescriptions,
        name="consultation_prescriptions",
    ),
    path(
        "teleconsultation/<str:reference>/ordonnances/nouvelle/", views.prescription_create, name="prescription_create"
    ),
    path("ordonnances/", views.prescription_list, name="prescription_list"),
    # Before the page, whose number would otherwise end in « .pdf ».
    path("ordonnances/<str:number>.pdf", views.prescription_pdf, name="prescription_pdf"),
    path(_own, views.prescription_detail, name="prescription_detail"),
    path(f"{_own}envoyer/", views.prescription_send, name="prescription_send"),
    path(f"{_own}annuler/", views.prescription_cancel, name="prescription_cancel"),
    path("visio/<str:token>/documents/", views.patient_documents, name="patient_documents"),
    path(
        "visio/<str:token>/documents/<str:number>.pdf", views.patient_prescription_pdf, name="patient_prescription_pdf"
    ),
    # Without a code: the page that asks for it.
    path("verifier/", views.verify, name="verify"),
    path("verifier/<str:code>/", views.verify, name="verify"),
]
