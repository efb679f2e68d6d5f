"""Addresses of this room (product.md, « Addresses »)."""

from django.urls import path

from patients import views

app_name = "patients"
urlpatterns = [
    path("lien-perdu/", views.lost_link, name="lost_link"),
    path("langue/", views.language, name="language"),
    path("visio/<str:token>/", views.gate, name="gate"),
    path("visio/<str:token>/langue/", views.appointment_language, name="appointment_language"),
    path("visio/<str:token>/ouvert/", views.link_opened, name="link_opened"),
    path("visio/<str:token>/informations/", views.intake, name="intake"),
    path("visio/<str:token>/pieces-jointes/", views.shared_documents, name="shared_documents"),
    path(
        "visio/<str:token>/pieces-jointes/<int:pk>/supprimer/",
        views.shared_document_delete,
        name="shared_document_delete",
    ),
    path("visio/<str:token>/rendez-vous.ics", views.calendar, name="calendar"),
]
