"""What proves who somebody is: password, mobile, e-mail address."""

from datetime import datetime

from django.conf import settings
from django.db import IntegrityError, transaction
from django.http import HttpRequest
from django.urls import reverse
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_encode
from django_otp import devices_for_user

from accounts import audit, links, notify, otp, throttling
from accounts.links import LinkDead, Purpose
from accounts.models import OneTimeLink, Practitioner, SMSDevice, User
from accounts.sessions import end_sessions

_SHUT = (Practitioner.Status.REFUSED, Practitioner.Status.SUSPENDED, Practitioner.Status.CLOSED)


class TooMany(Exception):
    """Asked for too often: later."""


class SameMobile(Exception):
    """The account has this number already: a second click."""


@transaction.atomic
def change_password(
    *,
    user: User,
    password: str,
    now: datetime,
    request: HttpRequest | None = None,
    keep: str | None = None,
    action: str = "password.changed",
) -> None:
    """A new password: all sessions end but the one whose key is `keep`, the owner is told."""
    user.set_password(password)
    user.save(update_fields=["password"])
    end_sessions(user=user, keep=keep)
    throttling.forgive_logins(user.email)
    notify.tell_password_changed(user=user, now=now)
    audit.record(action=action, actor=user, about=f"user/{user.pk}", request=request)


def may_reset(user: User) -> bool:
    """Whether a link may open the account again: not one that is closed, suspended or refused."""
    practitioner = getattr(user, "practitioner", None)
    return user.is_active and (practitioner is None or practitioner.status not in _SHUT)


def ask_password_reset(*, email: str, now: datetime) -> None:
    """Sends a link to `email` if it may open an account, and takes as long if it doesn't. 3 an hour to one address."""
    if not throttling.password_reset_to(email, now=now):
        return
    user = User.objects.select_related("practitioner").filter(email=email).first()
    if user is not None and may_reset(user):
        with transaction.atomic():
            notify.send_password_link(user=user, link=_reset_link(user, now), now=now)
        return
    with transaction.atomic():
        notify.rehearse_password_link(link=_reset_link(User(pk=0, email=email), now), now=now)
        transaction.set_rollback(True)
    notify.rehearse_announcement()


def _reset_link(user: User, now: datetime) -> str:
    uid, token = (
        urlsafe_base64_encode(force_bytes(user.pk)),
        links.make_link(user=user, purpose=Purpose.PASSWORD, now=now),
    )
    return settings.SITE_URL + reverse("accounts:password_reset_confirm", args=[uid, token])


@transaction.atomic
def reset_password(*, link: OneTimeLink, password: str, now: datetime, request: HttpRequest | None = None) -> None:
    """Uses the link for a new password; raises `LinkDead`. All sessions end, the owner is told."""
    links.use_link(link)
    change_password(user=link.user, password=password, now=now, request=request, action="password.reset")


@transaction.atomic
def ask_mobile_change(*, user: User, phone: str, now: datetime, request: HttpRequest | None = None) -> SMSDevice:
    """A device on the new number, which counts for nothing until its code is given; raises `TooMany`.

    The number may be another account's as well: a practice shares one.
    """
    if not throttling.mobile_change_of(user.pk, now=now):
        raise TooMany
    audit.record(action="mobile.change_asked", actor=user, about=f"user/{user.pk}", request=request)
    return SMSDevice.objects.create(user=None, name="sms", phone=phone, confirmed=False)


@transaction.atomic
def change_mobile(
    *, user: User, proved: SMSDevice, now: datetime, request: HttpRequest | None = None, keep: str | None = None
) -> None:
    """The number of `proved`, whose code was just given, gets the codes from now on; those on their way are dead.

    Other sessions end; the owner is told by e-mail, and by SMS to the old number.
    """
    old = str(user.mobile_phone)
    user.mobile_phone = proved.phone
    user.save(update_fields=["mobile_phone"])
    device = otp.device_of(user)
    SMSDevice.objects.filter(pk=device.pk).update(token=None, pending="")
    proved.delete()
    end_sessions(user=user, keep=keep)
    notify.tell_mobile_changed(user=user, old=old, now=now)
    audit.record(action="mobile.changed", actor=user, about=f"user/{user.pk}", request=request)


@transaction.atomic
def replace_mobile(
    *, user: User, phone: str, by: User | None, now: datetime, request: HttpRequest | None = None
) -> None:
    """What the administration does for somebody who has the mobile no more; raises `SameMobile`.

    The code of the next login goes to `phone` and proves it: app and recovery codes were perhaps on the lost telephone,
    or a thief's, and count no more. All sessions end; the owner is told by e-mail, and by SMS to the old number.
    `by`: None for the operator, on the server.
    """
    user = User.objects.select_for_update().get(pk=user.pk)
    old = str(user.mobile_phone)
    if phone == old:
        raise SameMobile
    user.mobile_phone = phone
    user.save(update_fields=["mobile_phone"])
    for device in devices_for_user(user, confirmed=None):
        device.delete()
    end_sessions(user=user)
    notify.tell_mobile_replaced(user=user, old=old, now=now)
    practitioner = getattr(user, "practitioner", None)
    audit.record(
        action="practitioner.mobile_changed" if practitioner else "administrator.mobile_changed",
        about=f"practitioner/{practitioner.pk}" if practitioner else f"user/{user.pk}", actor=by, request=request,
    )  # fmt: skip


@transaction.atomic
def ask_email_change(*, user: User, email: str, now: datetime, request: HttpRequest | None = None) -> None:
    """Sends a link to the new address, and word to the present one.

    If the new one is another account's, its owner gets an e-mail instead of the link; whoever asked sees the same.
    Raises `TooMany`.
    """
    if not throttling.email_change_of(user.pk, now=now):
        raise TooMany
    token = links.make_link(user=user, purpose=Purpose.EMAIL, email=email, now=now)
    owner = User.objects.filter(email=email).first()
    if owner is None:
        link = settings.SITE_URL + reverse("accounts:account_email_confirm", args=[token])
        notify.send_email_link(user=user, to=email, link=link, now=now)
    elif throttling.email_wanted_notice(email, now=now):
        notify.tell_email_wanted(owner=owner, now=now)
    notify.tell_email_change_asked(user=user, new=email, now=now)
    audit.record(action="email.change_asked", actor=user, about=f"user/{user.pk}", request=request)


@transaction.atomic
def change_email(
    *, link: OneTimeLink, now: datetime, request: HttpRequest | None = None, keep: str | None = None
) -> None:
    """Uses the link for the new address; raises `LinkDead`. Other sessions end, both addresses are told."""
    user, old = link.user, link.user.email
    _move_to(link)
    end_sessions(user=user, keep=keep)
    token = links.make_link(user=user, purpose=Purpose.EMAIL_BACK, email=old, now=now)
    back = settings.SITE_URL + reverse("accounts:account_email_back", args=[token])
    notify.tell_email_changed(user=user, old=old, back=back, now=now)
    audit.record(action="email.changed", actor=user, about=f"user/{user.pk}", request=request)


@transaction.atomic
def give_email_back(*, link: OneTimeLink, now: datetime, request: HttpRequest | None = None) -> None:
    """« Ce n’était pas moi »: the old address is the account's again; raises `LinkDead`.

    Whoever changed it knows the password: it counts no more, and all sessions end. A reset link opens the account.
    Ways back to addresses before this one stay: this one may be a thief's as well.
    """
    user = link.user
    _move_to(link)
    user.set_unusable_password()
    user.save(update_fields=["password"])
    links.drop_links_since(link)
    end_sessions(user=user)
    notify.tell_email_given_back(user=user, now=now)
    audit.record(action="email.given_back", actor=None, about=f"user/{user.pk}", request=request)


def _move_to(link: OneTimeLink) -> None:
    links.use_link(link)
    user = link.user
    user.email = link.email
    try:
        with transaction.atomic():
            user.save(update_fields=["email"])
    except IntegrityError as taken:
        # Another account has it since.
        raise LinkDead from taken
