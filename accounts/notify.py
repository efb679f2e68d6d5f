"""The messages of this room, one function each. They are rows of the outbox in the caller's transaction."""

from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.urls import reverse

from accounts.models import Login, Practitioner, User
from rofim.notifications.services import queue_email
from rofim.notifications.tasks import announce

# An answer of the administration stays useful for long, a password link does not.
_DECISION_LIVES = timedelta(days=7)


def _about(practitioner: Practitioner) -> str:
    return f"practitioner/{practitioner.pk}"


def tell_administrators(*, practitioner: Practitioner, now: datetime) -> None:
    """A registration waits. No personal data leaves: the administration shows it."""
    link = settings.SITE_URL + reverse("admin:accounts_practitioner_change", args=[practitioner.pk])
    for user in User.objects.filter(is_staff=True, is_active=True):
        queue_email(
            to=user.email,
            name="accounts/registration_pending",
            context={"link": link},
            expires_at=now + _DECISION_LIVES,
            about=_about(practitioner),
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


def _tell(practitioner: Practitioner, name: str, now: datetime) -> None:
    queue_email(
        to=practitioner.user.email,
        name=name,
        context={
            "formal_name": practitioner.formal_name,
            "reason": practitioner.decision_reason,
            "link": settings.SITE_URL + reverse("accounts:login"),
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
    _tell_security(user, "accounts/password_changed", now)


def tell_totp_added(*, user: User, now: datetime) -> None:
    """An authenticator app was tied to the account: whoever did not do it must know."""
    _tell_security(user, "accounts/totp_added", now)


def tell_totp_removed(*, user: User, now: datetime) -> None:
    """The authenticator app was untied from the account."""
    _tell_security(user, "accounts/totp_removed", now)


def _tell_security(user: User, name: str, now: datetime) -> None:
    queue_email(
        to=user.email,
        name=name,
        context={"reset": settings.SITE_URL + reverse("accounts:password_reset")},
        expires_at=now + timedelta(days=1),
        about=f"user/{user.pk}",
    )


def tell_new_browser(*, login: Login, now: datetime) -> None:
    """A login from a browser in which nobody had logged in to this account before."""
    queue_email(
        to=login.user.email,
        name="accounts/new_browser",
        context={"login": login, "account": settings.SITE_URL + reverse("accounts:account")},
        expires_at=now + timedelta(days=1),
        about=f"user/{login.user_id}",
    )


def tell_account_closed(*, practitioner: Practitioner, now: datetime) -> None:
    """The account is closed, to the address that it had until now."""
    queue_email(
        to=practitioner.user.email,
        name="accounts/account_closed",
        context={"register": settings.SITE_URL + reverse("accounts:register")},
        expires_at=now + _DECISION_LIVES,
        about=_about(practitioner),
    )


def tell_sms_budget_spent(*, now: datetime) -> None:
    """No login code leaves by SMS for the rest of the day: a robot, or a budget that is too small."""
    for user in User.objects.filter(is_staff=True, is_active=True):
        queue_email(
            to=user.email,
            name="accounts/sms_budget_spent",
            context={"budget": settings.SMS_DAILY_BUDGET},
            expires_at=now + timedelta(days=1),
        )
