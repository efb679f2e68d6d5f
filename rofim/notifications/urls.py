"""Addresses of this room (product.md, « Addresses »)."""

from django.urls import path

from rofim.notifications import webhooks

app_name = "notifications"
urlpatterns = [
    path("twilio/statut/", webhooks.twilio_status, name="twilio_status"),
    path("twilio/statut/second/", webhooks.twilio_second_status, name="twilio_second_status"),
]
