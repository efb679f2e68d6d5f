"""Every address of the product. URL name = view name = template name = test name."""

from django.conf import settings
from django.contrib import admin
from django.urls import include, path

from rofim import views
from rofim.statistics import statistics

urlpatterns = [
    path("", views.home, name="home"),
    path("aide/patient/", views.help_patient, name="help_patient"),
    path("aide/patient/tutoriel.pdf", views.help_patient_pdf, name="help_patient_pdf"),
    path("aide/medecin/", views.help_practitioner, name="help_practitioner"),
    path("aide/medecin/tutoriel.pdf", views.help_practitioner_pdf, name="help_practitioner_pdf"),
    path("confidentialite/", views.privacy, name="privacy"),
    path("mentions-legales/", views.legal_notice, name="legal_notice"),
    path("accessibilite/", views.accessibility, name="accessibility"),
    path("communes/<str:code>/", views.communes, name="communes"),
    path("sante/", views.health, name="health"),
    path("sante/pret/", views.readiness, name="readiness"),
    path("admin/statistiques/", admin.site.admin_view(statistics), name="statistics"),
    path("admin/", admin.site.urls),
    path("", include("accounts.urls")),
    path("", include("rofim.notifications.urls")),
    path("", include("patients.urls")),
    path("", include("teleconsult.urls")),
    path("", include("prescriptions.urls")),
]

if settings.DEMO:
    urlpatterns.append(path("demo/", include("rofim.demo.urls")))

handler400 = "rofim.views.bad_request"
handler403 = "rofim.views.permission_denied"
handler404 = "rofim.views.page_not_found"
handler500 = "rofim.views.server_error"
