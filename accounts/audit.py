"""The trail: who did what, about what, from where. Only identifiers, never contents."""

import ipaddress
from functools import partial

from django.db import transaction
from django.http import HttpRequest

from accounts import audit_chain
from accounts.models import AuditEvent, User
from accounts.throttling import client_ip

Role = AuditEvent.Role


def record(
    *, action: str, actor: User | None, about: str = "", within: str = "", request: HttpRequest | None = None,
    role: Role | None = None,
) -> None:  # fmt: skip
    """Appends one event in the caller's transaction, and chains it once that is committed.

    `action` is « noun.verb », of `audit_labels`. `about` names a row ("document/12"), `within` the appointment that it
    belongs to ("invitation/7"): never a person. `role` only where the actor doesn't tell it (a patient).
    """
    event = AuditEvent(
        action=action, actor=actor, role=role or _role_of(actor, request), about=about, within=within,
        ip_address=_address_of(request),
    )  # fmt: skip
    event.seal = audit_chain.seal_of(event)
    event.save()
    # What can't be chained now (a killed process) is chained by the next `verify_audit`.
    transaction.on_commit(partial(audit_chain.append, event), robust=True)


def record_login_failure(*, action: str, email: str, request: HttpRequest) -> None:
    """A login that came to nothing, known address or not: the same rows, and the same work, for both."""
    user = User.objects.filter(email=email.strip().lower()).first()
    about = f"user/{user.pk}" if user else "user/unknown"
    record(action=action, actor=None, about=about, request=request)


def _role_of(actor: User | None, request: HttpRequest | None) -> Role:
    if actor is not None:
        return Role.ADMINISTRATOR if actor.is_staff else Role.PRACTITIONER
    return Role.SYSTEM if request is None else Role.VISITOR


def _address_of(request: HttpRequest | None) -> str | None:
    """The browser's address as every database keeps it; None for what is none."""
    if request is None:
        return None
    try:
        return str(ipaddress.ip_address(client_ip(request).partition("%")[0]))
    except ValueError:
        return None
