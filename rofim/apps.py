"""Configurations of third-party applications that need one."""

from django.apps import AppConfig


class TwilioConfig(AppConfig):
    """django-twilio, with the key type of its own migration (another default writes one into site-packages)."""

    name = "django_twilio"
    default_auto_field = "django.db.models.AutoField"
