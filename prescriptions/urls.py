"""Addresses of this room (product.md, « Addresses »)."""

from django.urls import URLPattern, URLResolver, path

from prescriptions.views import patient, prescription, report, verify

app_name = "prescriptions"

_own = "ordonnances/<str:number>/"
_report = "teleconsultation/<str:reference>/compte-rendu"
urlpatterns: list[URLPattern | URLResolver] = [
    path(
        "teleconsultation/<str:reference>/ordonnances/",
        prescription.consultation_prescriptions,
        name="consultation_prescriptions",
    ),
    path(
        "teleconsultation/<str:reference>/ordonnances/nouvelle/",
        prescription.prescription_create,
        name="prescription_create",
    ),
    path("ordonnances/", prescription.prescription_list, name="prescription_list"),
    # Before the page, whose number would otherwise end in « .pdf ».
    path("ordonnances/<str:number>.pdf", prescription.prescription_pdf, name="prescription_pdf"),
    path(_own, prescription.prescription_detail, name="prescription_detail"),
    path(f"{_own}envoyer/", prescription.prescription_send, name="prescription_send"),
    path(f"{_own}annuler/", prescription.prescription_cancel, name="prescription_cancel"),
    path(f"{_report}/", report.report_create, name="report_create"),
    path(f"{_report}/<int:version>.pdf", report.report_pdf, name="report_pdf"),
    path(f"{_report}/<int:version>/", report.report_detail, name="report_detail"),
    path(f"{_report}/<int:version>/envoyer/", report.report_send, name="report_send"),
    path("visio/<str:token>/documents/", patient.patient_documents, name="patient_documents"),
    # Before a prescription, whose number it would otherwise be.
    path("visio/<str:token>/documents/compte-rendu.pdf", patient.patient_report_pdf, name="patient_report_pdf"),
    path(
        "visio/<str:token>/documents/<str:number>.pdf",
        patient.patient_prescription_pdf,
        name="patient_prescription_pdf",
    ),
    # Without a code: the page that asks for it.
    path("verifier/", verify.verify, name="verify"),
    path("verifier/<str:code>/", verify.verify, name="verify"),
]
