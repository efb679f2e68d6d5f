"""The administration's decisions about a practitioner."""

from datetime import datetime

from django.db import transaction
from django.http import HttpRequest

from accounts import audit, notify
from accounts.models import Practitioner, User
from accounts.services.documents import delete_document
from accounts.sessions import end_sessions

Status = Practitioner.Status


class AlreadyDecided(Exception):
    """Somebody else was first, or the state doesn't allow this decision."""


def _decide(
    practitioner: Practitioner, *, old: Status, new: Status, by: User, now: datetime, reason: str, action: str,
    request: HttpRequest | None,
) -> None:  # fmt: skip
    moved = Practitioner.objects.filter(pk=practitioner.pk, status=old).update(
        status=new, decided_at=now, decided_by=by, decision_reason=reason
    )
    if not moved:
        raise AlreadyDecided
    practitioner.refresh_from_db()
    audit.record(action=action, actor=by, about=f"practitioner/{practitioner.pk}", request=request)


@transaction.atomic
def validate_practitioner(
    *, practitioner: Practitioner, by: User, now: datetime, request: HttpRequest | None = None
) -> None:
    """« Valider »; raises AlreadyDecided. The e-mail leaves, the document is deleted."""
    _decide(
        practitioner, old=Status.PENDING, new=Status.VALIDATED, by=by, now=now, reason="",
        action="registration.validated", request=request,
    )  # fmt: skip
    delete_document(practitioner)
    notify.tell_validated(practitioner=practitioner, now=now)


@transaction.atomic
def refuse_practitioner(
    *, practitioner: Practitioner, by: User, reason: str, now: datetime, request: HttpRequest | None = None
) -> None:
    """« Refuser » with a reason; raises AlreadyDecided. The e-mail leaves, the document is deleted."""
    _decide(
        practitioner, old=Status.PENDING, new=Status.REFUSED, by=by, now=now, reason=reason,
        action="registration.refused", request=request,
    )  # fmt: skip
    delete_document(practitioner)
    notify.tell_refused(practitioner=practitioner, now=now)


@transaction.atomic
def suspend_practitioner(
    *, practitioner: Practitioner, by: User, reason: str, now: datetime, request: HttpRequest | None = None
) -> None:
    """« Suspendre »: nothing of a practitioner opens any more, sessions end; raises AlreadyDecided."""
    _decide(
        practitioner, old=Status.VALIDATED, new=Status.SUSPENDED, by=by, now=now, reason=reason,
        action="practitioner.suspended", request=request,
    )  # fmt: skip
    User.objects.filter(pk=practitioner.user_id).update(is_active=False)
    end_sessions(user=practitioner.user)
    notify.tell_suspended(practitioner=practitioner, now=now)


@transaction.atomic
def restore_practitioner(
    *, practitioner: Practitioner, by: User, now: datetime, request: HttpRequest | None = None
) -> None:
    """« Rétablir »; raises AlreadyDecided."""
    _decide(
        practitioner, old=Status.SUSPENDED, new=Status.VALIDATED, by=by, now=now, reason="",
        action="practitioner.restored", request=request,
    )  # fmt: skip
    User.objects.filter(pk=practitioner.user_id).update(is_active=True)
    notify.tell_restored(practitioner=practitioner, now=now)
