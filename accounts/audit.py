"""The trail: who did what, about what, from where. Only identifiers, never contents."""

from django.http import HttpRequest

from accounts.models import AuditEvent, User
from accounts.throttling import client_ip


def record(*, action: str, actor: User | None, about: str = "", request: HttpRequest | None = None) -> None:
    """Appends one event in the caller's transaction. `about` names a row ("practitioner/12"), never a person."""
    AuditEvent.objects.create(
        action=action, actor=actor, about=about, ip_address=client_ip(request) if request is not None else None
    )
