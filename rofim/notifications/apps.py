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

    # An e-mail is what remains: it comes last, and never alone.
    providers = sms.chain()[:-1] if sms.goes_on_by_email() else sms.chain()
    if providers and all("." in name or name in sms.TRANSPORTS for name in providers):
        return []
    known = ", ".join(sms.TRANSPORTS)
    return [checks.Error(f"SMS_TRANSPORT must be of: {known}; then « email », if wanted", id="notifications.E001")]
