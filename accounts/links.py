"""Links sent by e-mail that act once: only the newest of its kind counts, and none outlives what it was made for."""

import secrets
from datetime import datetime, timedelta

from django.conf import settings
from django.utils.crypto import constant_time_compare

from accounts.models import OneTimeLink, User
from rofim.crypto import blind_index

Purpose = OneTimeLink.Purpose
LIFETIMES = {
    Purpose.PASSWORD: timedelta(seconds=settings.PASSWORD_RESET_TIMEOUT),
    Purpose.EMAIL: timedelta(days=1),
    Purpose.EMAIL_BACK: timedelta(days=7),
}


class LinkDead(Exception):
    """Used, expired, overtaken by a newer one, or the account changed since it was made."""


def _digest(token: str) -> str:
    return blind_index(token, purpose="one-time-link")


def _state(user: User, purpose: str) -> str:
    # The way back must survive whatever a thief of the account does next.
    proof = "" if purpose == Purpose.EMAIL_BACK else f"{user.email}\0{user.password}"
    return blind_index(f"{user.pk}\0{proof}", purpose="one-time-link/state")


def make_link(*, user: User, purpose: Purpose, now: datetime, email: str = "") -> str:
    """The secret of a new link; only its digest is kept. Earlier links of the same kind die, but for ways back."""
    if purpose != Purpose.EMAIL_BACK:
        drop_links(user=user, purpose=purpose)
    token = secrets.token_urlsafe(24)
    OneTimeLink.objects.create(
        user=user, purpose=purpose, token_digest=_digest(token), state_digest=_state(user, purpose), email=email,
        made_at=now,
    )  # fmt: skip
    return token


def find_link(*, purpose: Purpose, token: str, now: datetime) -> OneTimeLink:
    """The live link with this secret, its user with it; raises `LinkDead`. Changes nothing."""
    links = OneTimeLink.objects.select_related("user").filter(purpose=purpose, made_at__gt=now - LIFETIMES[purpose])
    link = links.filter(token_digest=_digest(token)).first()
    if link is None or not constant_time_compare(link.state_digest, _state(link.user, purpose)):
        raise LinkDead
    return link


def use_link(link: OneTimeLink) -> None:
    """Consumes the link, in the transaction of what it does; of two at once the second gets `LinkDead`."""
    deleted, _ = OneTimeLink.objects.filter(pk=link.pk).delete()
    if not deleted:
        raise LinkDead


def waiting_email(user: User, *, now: datetime) -> str:
    """The address whose link is still to be opened; empty without one."""
    links = OneTimeLink.objects.filter(user=user, purpose=Purpose.EMAIL, made_at__gt=now - LIFETIMES[Purpose.EMAIL])
    link = links.first()
    return link.email if link and link.state_digest == _state(user, Purpose.EMAIL) else ""


def drop_links(*, user: User, purpose: Purpose | None = None) -> None:
    """Kills the user's links of one kind, or all of them."""
    links = OneTimeLink.objects.filter(user=user)
    (links.filter(purpose=purpose) if purpose else links).delete()


def drop_links_since(link: OneTimeLink) -> None:
    """Kills all links of its user but the ways back that are older than `link`."""
    older = OneTimeLink.objects.filter(purpose=Purpose.EMAIL_BACK, made_at__lt=link.made_at)
    OneTimeLink.objects.filter(user=link.user).exclude(pk__in=older).delete()
