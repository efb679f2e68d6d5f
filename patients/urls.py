"""Addresses of this room (product.md, « Addresses »)."""

from django.urls import path

from patients import views

app_name = "patients"
urlpatterns = [
    path("visio/<str:token>/", views.gate, name="gate"),
    path("visio/<str:token>/informations/", views.intake, name="intake"),
    path("visio/<str:token>/rendez-vous.ics", views.calendar, name="calendar"),
    path("communes/<str:code>/", views.communes, name="communes"),
]
