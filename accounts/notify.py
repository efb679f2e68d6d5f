"""The messages of this room, one function each. They are rows of the outbox in the caller's transaction."""

from datetime import datetime, timedelta

from django.conf import settings
from django.contrib.auth.backends import ModelBackend
from django.db import transaction
from django.urls import reverse

from accounts.models import Practitioner, User
from rofim.notifications.services import queue_email
from rofim.notifications.tasks import announce

# An answer of the administration stays useful for long, a password link does not.
_DECISION_LIVES = timedelta(days=7)


def _about(practitioner: Practitioner) -> str:
    return f"practitioner/{practitioner.pk}"


def tell_administrators(*, count: int, oldest: Practitioner, now: datetime) -> None:
    """Registrations wait, `oldest` the longest. No personal data leaves: the administration shows it."""
    page = ("change", [oldest.pk]) if count == 1 else ("changelist", [])
    link = settings.SITE_URL + reverse(f"admin:accounts_practitioner_{page[0]}", args=page[1])
    deciders = ModelBackend().with_perm("accounts.change_practitioner")
    for user in deciders.filter(is_staff=True):
        queue_email(
            to=user.email,
            name="accounts/registration_pending",
            context={"link": link, "count": count, "waits_since": oldest.submitted_at},
            expires_at=now + timedelta(days=1),
            about="registrations",
            dedup_key=f"registrations/{user.pk}/{now:%Y-%m-%dT%H:%M}",
        )


def tell_new_administrator(*, user: User, by: User, now: datetime) -> None:
    """Somebody has become an administrator, and chooses the password by the ordinary link."""
    queue_email(
        to=user.email,
        name="accounts/administrator_created",
        context={
            "by": by.get_full_name(),
            "link": settings.SITE_URL + reverse("accounts:password_reset"),
            "login": settings.SITE_URL + reverse("admin:index"),
        },
        expires_at=now + _DECISION_LIVES,
        about=f"user/{user.pk}",
    )


def tell_validated(*, practitioner: Practitioner, now: datetime) -> None:
    """« Votre inscription est validée par Rofim. »"""
    _tell(practitioner, "accounts/validated", now)


def tell_refused(*, practitioner: Practitioner, now: datetime) -> None:
    """Refused, with the reason."""
    _tell(practitioner, "accounts/refused", now)


def tell_suspended(*, practitioner: Practitioner, now: datetime) -> None:
    """Suspended, with the reason."""
    _tell(practitioner, "accounts/suspended", now)


def tell_restored(*, practitioner: Practitioner, now: datetime) -> None:
    """Open again."""
    _tell(practitioner, "accounts/restored", now)


def ask_for_document(*, practitioner: Practitioner, token: str, now: datetime) -> None:
    """Another proof of identity is needed, with the reason and the link to the page that takes it."""
    _tell(practitioner, "accounts/document_requested", now, reverse("accounts:register_document", args=[token]))


def _tell(practitioner: Practitioner, name: str, now: datetime, path: str = "") -> None:
    queue_email(
        to=practitioner.user.email,
        name=name,
        context={
            "formal_name": practitioner.formal_name,
            "reason": practitioner.decision_reason,
            "link": settings.SITE_URL + (path or reverse("accounts:login")),
        },
        expires_at=now + _DECISION_LIVES,
        about=_about(practitioner),
    )


def tell_known_address(*, user: User, now: datetime) -> None:
    """Somebody registered with an address that has an account: its owner, or somebody else."""
    queue_email(
        to=user.email,
        name="accounts/known_address",
        context={
            "login": settings.SITE_URL + reverse("accounts:login"),
            "reset": settings.SITE_URL + reverse("accounts:password_reset"),
        },
        expires_at=now + timedelta(days=1),
        about=f"user/{user.pk}",
    )


def send_password_link(*, user: User, link: str, now: datetime) -> None:
    """The link that lets a new password be chosen, once."""
    queue_email(
        to=user.email,
        name="accounts/password_reset",
        context={"link": link, "minutes": settings.PASSWORD_RESET_TIMEOUT // 60},
        expires_at=now + timedelta(seconds=settings.PASSWORD_RESET_TIMEOUT),
        about=f"user/{user.pk}",
    )


def rehearse_password_link(*, link: str, now: datetime) -> None:
    """The work of `send_password_link` for an address that nobody has, undone: the time of the answer tells nothing."""
    with transaction.atomic():
        queue_email(
            to="personne@example.org",
            name="accounts/password_reset",
            context={"link": link, "minutes": settings.PASSWORD_RESET_TIMEOUT // 60},
            expires_at=now,
        )
        transaction.set_rollback(True)
    # No message has this key: the worker finds nothing to send.
    announce(0)


def tell_password_changed(*, user: User, now: datetime) -> None:
    """The password was changed: whoever did not do it must know."""
    queue_email(
        to=user.email,
        name="accounts/password_changed",
        context={"reset": settings.SITE_URL + reverse("accounts:password_reset")},
        expires_at=now + timedelta(days=1),
        about=f"user/{user.pk}",
    )
