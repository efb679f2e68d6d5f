from django.apps import AppConfig


class NotificationsConfig(AppConfig):
    name = "rofim.notifications"
    label = "notifications"
