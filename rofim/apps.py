"""Configurations of third-party applications that need one."""

from django.apps import AppConfig
from django.contrib.admin import apps as admin_apps


class TwilioConfig(AppConfig):
    """django-twilio, with the key type of its own migration (another default writes one into site-packages)."""

    name = "django_twilio"
    default_auto_field = "django.db.models.AutoField"


class AdminConfig(admin_apps.AdminConfig):
    """Django's admin behind the two factors of everybody else, and with the models of our own rooms only."""

    default_site = "accounts.admin_site.AdminSite"
