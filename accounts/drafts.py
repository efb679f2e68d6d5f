"""The registration that was begun in a browser: its session alone knows which one it is."""

from datetime import datetime

from django.contrib.sessions.backends.base import SessionBase
from django.db.models import Q

from accounts.models import Registration
from accounts.retention import DRAFT_LIVES, LINK_LIVES

_KEY = "registration"


def current_draft(session: SessionBase, *, now: datetime) -> Registration | None:
    """What was begun here and is not past its time."""
    alive = Q(touched_at__gt=now - DRAFT_LIVES) | Q(mobile_proved_at__isnull=False, touched_at__gt=now - LINK_LIVES)
    return Registration.objects.filter(alive, pk=session.get(_KEY, 0)).first()


def begin_draft(session: SessionBase, *, now: datetime) -> Registration:
    """An empty one, which this browser will find again."""
    draft = Registration.objects.create(touched_at=now)
    session[_KEY] = draft.pk
    return draft


def forget_draft(session: SessionBase) -> None:
    """This browser has begun nothing any more."""
    session.pop(_KEY, None)
