"""The messages of this room, one function each. They are rows of the outbox in the caller's transaction."""

from datetime import datetime, timedelta

from django.conf import settings
from django.contrib.auth.backends import ModelBackend
from django.urls import reverse

from accounts.fields import masked
from accounts.models import Login, Practitioner, Registration, User
from accounts.retention import LINK_LIVES
from rofim.notifications.services import queue_email, queue_sms
from rofim.notifications.tasks import announce

# An answer of the administration stays useful for long, a password link does not.
_DECISION_LIVES = timedelta(days=7)
# Whoever did not do it himself must still learn of it on Monday.
_SECURITY_LIVES = timedelta(days=3)


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
    _tell(practitioner, "accounts/document_requested", now, reverse("accounts:other_document", args=[token]))


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


def send_registration_link(*, draft: Registration, token: str, now: datetime) -> None:
    """The link that proves the address of a registration: a page whose button completes it."""
    link = settings.SITE_URL + reverse("accounts:register_confirm", args=[token])
    queue_email(
        to=draft.answers["email"],
        name="accounts/registration_link",
        context={"link": link, "days": LINK_LIVES.days},
        expires_at=now + LINK_LIVES,
        about=f"registration/{draft.pk}",
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
    """The work of `send_password_link` for an address that nobody has, within a transaction that will be undone: the
    time of the answer tells nothing.
    """
    queue_email(
        to="personne@example.org",
        name="accounts/password_reset",
        context={"link": link, "minutes": settings.PASSWORD_RESET_TIMEOUT // 60},
        expires_at=now,
    )


def rehearse_announcement() -> None:
    """Once it is undone: no message has this key, the worker finds nothing to send."""
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


def tell_mobile_changed(*, user: User, old: str, now: datetime) -> None:
    """The mobile that gets the codes was changed: told by e-mail, and by SMS to the old number."""
    _tell_security(user, "accounts/mobile_changed", now, {"phone": masked(user.mobile_phone)})
    _tell_old_mobile(user, old, now)


def tell_mobile_replaced(*, user: User, old: str, now: datetime) -> None:
    """The administration has put another mobile in the place of `old`: told by e-mail, and by SMS to `old`."""
    _tell_security(user, "accounts/mobile_replaced", now, {"phone": masked(user.mobile_phone)})
    _tell_old_mobile(user, old, now)


def _tell_old_mobile(user: User, old: str, now: datetime) -> None:
    queue_sms(
        to=old,
        name="accounts/mobile_changed",
        context={"host": settings.SITE_HOST},
        expires_at=now + _SECURITY_LIVES,
        about=f"user/{user.pk}",
    )


def send_email_link(*, user: User, to: str, link: str, now: datetime) -> None:
    """The link that proves the new address, once."""
    queue_email(
        to=to,
        name="accounts/email_link",
        context={"link": link},
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


def tell_email_wanted(*, owner: User, now: datetime) -> None:
    """Somebody asked to have this address for another account; nothing changed."""
    _tell_security(owner, "accounts/email_wanted", now)


def tell_email_change_asked(*, user: User, new: str, now: datetime) -> None:
    """To the present address: another one was asked for; whoever did not do it must know."""
    _tell_security(user, "accounts/email_change_asked", now, {"new": new})


def tell_email_changed(*, user: User, old: str, back: str, now: datetime) -> None:
    """To both addresses; the old one gets the link `back` as well, which undoes it."""
    _tell_security(user, "accounts/email_changed", now)
    queue_email(
        to=old,
        name="accounts/email_taken_away",
        context={"new": user.email, "back": back},
        expires_at=now + _SECURITY_LIVES,
        about=f"user/{user.pk}",
    )


def tell_email_given_back(*, user: User, now: datetime) -> None:
    """The old address is the account's again; its password counts no more."""
    _tell_security(user, "accounts/email_given_back", now)


def tell_recovery_code_used(*, user: User, left: int, now: datetime) -> None:
    """A recovery code was used, with how many are left."""
    _tell_security(user, "accounts/recovery_code_used", now, {"left": left})


def tell_recovery_codes_renewed(*, user: User, now: datetime) -> None:
    """Ten new codes were made, the older ones are dead."""
    _tell_security(user, "accounts/recovery_codes_renewed", now)


def tell_sms_budget_spent(*, now: datetime) -> None:
    """No login code leaves by SMS for the rest of the day: a robot, or a budget that is too small."""
    for user in User.objects.filter(is_staff=True, is_active=True):
        queue_email(
            to=user.email,
            name="accounts/sms_budget_spent",
            context={"budget": settings.SMS_DAILY_BUDGET},
            expires_at=now + timedelta(days=1),
        )


def _tell_security(user: User, name: str, now: datetime, context: dict | None = None) -> None:
    queue_email(
        to=user.email,
        name=name,
        context={
            "reset": settings.SITE_URL + reverse("accounts:password_reset"),
            "account": settings.SITE_URL + reverse("accounts:account"),
            **(context or {}),
        },
        expires_at=now + _SECURITY_LIVES,
        about=f"user/{user.pk}",
    )
