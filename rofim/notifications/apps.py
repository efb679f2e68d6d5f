from typing import Any

from django.apps import AppConfig
from django.core import checks


class NotificationsConfig(AppConfig):
    name = "rofim.notifications"
    label = "notifications"
    verbose_name = "Messages envoyés"

    def ready(self) -> None:
        checks.register(_check_transport)


def _check_transport(**kwargs: Any) -> list[checks.Error]:
    from rofim.notifications import sms  # models are loaded only after this module

    if all("." in name or name in sms.TRANSPORTS for name in sms.names()):
        return []
    return [checks.Error(f"SMS_TRANSPORT must be of: {', '.join(sms.TRANSPORTS)}", id="notifications.E001")]
