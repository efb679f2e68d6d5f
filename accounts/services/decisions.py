"""The administration's decisions about a practitioner."""

from datetime import datetime

from django.db import transaction
from django.http import HttpRequest

from accounts import audit, notify
from accounts.models import Practitioner, User
from accounts.services.documents import delete_document, link_token
from accounts.sessions import end_sessions

Status = Practitioner.Status


class AlreadyDecided(Exception):
    """Somebody else was first, or the state doesn't allow this decision. `practitioner` is as it is now."""

    def __init__(self, practitioner: Practitioner):
        super().__init__()
        self.practitioner = practitioner


def _decide(
    practitioner: Practitioner, *, old: tuple[Status, ...], new: Status, by: User, now: datetime, action: str,
    request: HttpRequest | None, reason: str = "", **facts: object,
) -> None:  # fmt: skip
    moved = Practitioner.objects.filter(pk=practitioner.pk, status__in=old).update(
        status=new, decided_at=now, decided_by=by, decision_reason=reason, **facts
    )
    practitioner.refresh_from_db()
    if not moved:
        raise AlreadyDecided(practitioner)
    audit.record(action=action, actor=by, about=f"practitioner/{practitioner.pk}", request=request)


@transaction.atomic
def validate_practitioner(
    *, practitioner: Practitioner, by: User, proof: str, now: datetime, request: HttpRequest | None = None
) -> None:
    """« Valider » on sight of `proof` (a Practitioner.ProofKind); raises AlreadyDecided.

    The e-mail leaves, the document is deleted; that it was seen, by whom and when, stays.
    """
    _decide(
        practitioner, old=(Status.PENDING,), new=Status.VALIDATED, by=by, now=now, action="registration.validated",
        request=request, verified_at=now, verified_by=by, verified_proof=proof,
    )  # fmt: skip
    delete_document(practitioner)
    notify.tell_validated(practitioner=practitioner, now=now)


@transaction.atomic
def refuse_practitioner(
    *, practitioner: Practitioner, by: User, reason: str, now: datetime, request: HttpRequest | None = None
) -> None:
    """« Refuser » with a reason; raises AlreadyDecided. The e-mail leaves, the document is deleted."""
    _decide(
        practitioner, old=(Status.PENDING, Status.INCOMPLETE), new=Status.REFUSED, by=by, now=now, reason=reason,
        action="registration.refused", request=request,
    )  # fmt: skip
    delete_document(practitioner)
    notify.tell_refused(practitioner=practitioner, now=now)


@transaction.atomic
def request_document(
    *, practitioner: Practitioner, by: User, reason: str, now: datetime, request: HttpRequest | None = None
) -> None:
    """« Demander une autre pièce » with a reason, also once more; raises AlreadyDecided.

    The e-mail with a new link leaves, an earlier link is dead, the document is deleted.
    """
    _decide(
        practitioner, old=(Status.PENDING, Status.INCOMPLETE), new=Status.INCOMPLETE, by=by, now=now, reason=reason,
        action="document.requested", request=request,
    )  # fmt: skip
    delete_document(practitioner)
    notify.ask_for_document(practitioner=practitioner, token=link_token(practitioner), now=now)


@transaction.atomic
def suspend_practitioner(
    *, practitioner: Practitioner, by: User, reason: str, now: datetime, request: HttpRequest | None = None
) -> None:
    """« Suspendre »: nothing of a practitioner opens any more, sessions end; raises AlreadyDecided."""
    _decide(
        practitioner, old=(Status.VALIDATED,), new=Status.SUSPENDED, by=by, now=now, reason=reason,
        action="practitioner.suspended", request=request,
    )  # fmt: skip
    User.objects.filter(pk=practitioner.user_id).update(is_active=False)
    end_sessions(user=practitioner.user)
    notify.tell_suspended(practitioner=practitioner, now=now)


@transaction.atomic
def restore_practitioner(
    *, practitioner: Practitioner, by: User, now: datetime, request: HttpRequest | None = None
) -> None:
    """« Rétablir »; raises AlreadyDecided. No session of before comes back."""
    _decide(
        practitioner, old=(Status.SUSPENDED,), new=Status.VALIDATED, by=by, now=now, action="practitioner.restored",
        request=request,
    )  # fmt: skip
    User.objects.filter(pk=practitioner.user_id).update(is_active=True)
    notify.tell_restored(practitioner=practitioner, now=now)
