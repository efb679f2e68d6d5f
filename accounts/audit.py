"""The trail: who did what, about what, from where. Only identifiers, never contents."""

import ipaddress
from datetime import datetime

from django.db import transaction
from django.http import HttpRequest

from accounts import audit_chain, throttling
from accounts.models import AuditEvent, User

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
    # No partial: Django names a robust callback that fails by its __qualname__, which a partial has not.
    transaction.on_commit(lambda: audit_chain.append(event), robust=True)


def record_login_failure(*, email: str, request: HttpRequest, action: str = "login.failed") -> None:
    """A login that came to nothing: the same work for a known address and for any other."""
    user = User.objects.filter(email=email.strip().lower()).first()
    record(action=action, actor=None, about=f"user/{user.pk}" if user else "user/unknown", request=request)


def record_lock_out(*, email: str, request: HttpRequest, now: datetime) -> None:
    """The lock after too many failures: once while it lasts, however often it is tried."""
    if throttling.lock_out_noted(f"{throttling.client_ip(request)}\0{email.strip().lower()}", now=now):
        record_login_failure(email=email, request=request, action="login.locked")


def _role_of(actor: User | None, request: HttpRequest | None) -> Role:
    if actor is not None:
        return Role.ADMINISTRATOR if actor.is_staff else Role.PRACTITIONER
    return Role.SYSTEM if request is None else Role.VISITOR


def _address_of(request: HttpRequest | None) -> str | None:
    """The browser's address as every database keeps it; None for what is none."""
    if request is None:
        return None
    try:
        return str(ipaddress.ip_address(throttling.client_ip(request).partition("%")[0]))
    except ValueError:
        return None
