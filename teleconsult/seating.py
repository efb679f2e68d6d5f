"""Who may sit in a room, asked of the database at the door and when something has changed. Synchronous: for threads."""

from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from importlib import import_module
from types import SimpleNamespace
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user
from django.contrib.sessions.backends.base import SessionBase
from django.contrib.sessions.models import Session

from accounts.models import Practitioner, User
from accounts.otp import verified_user
from accounts.sessions import find_session, login_of, present_key, touch_sessions
from patients.access import invitation_for_socket, is_granted
from teleconsult import presence
from teleconsult.incidents import begin_incident, end_incidents
from teleconsult.models import Consultation, ConsultationEvent, ConsultationQuerySet, Incident, Seat
from teleconsult.services import InvalidMove, complete_consultation, start_consultation
from teleconsult.states import Status


@dataclass(frozen=True, slots=True)
class Pass:
    """What a socket shows at the door: which seat of which room (reference or token), and its session's cookie.

    `page`: which page it is; `comes_back`: by itself, after a socket of the same page was lost. `login`: a
    practitioner's (`accounts.sessions.login_of`), once seated; it may go on under a new key.
    """

    role: str
    key: str
    session_key: str
    page: str
    comes_back: bool
    login: int | None = None


@dataclass(frozen=True, slots=True)
class Place:
    """A seat taken."""

    room: int
    practitioner: int
    epoch: int
    peer_epoch: int | None
    opens_at: datetime
    ends_at: datetime | None
    login: int | None = None


@dataclass(frozen=True, slots=True)
class Standing:
    """How a seated socket stands: still allowed, the room ended (by whom, why) or not; and its pass as it is now."""

    allowed: bool = False
    ended: tuple[str, str] | None = None
    ends_at: datetime | None = None
    shown: Pass | None = None


def _of_practitioner(session: SessionBase, reference: str, now: datetime) -> Consultation | None:
    """Both factors in a session that still lives, validated, one's own."""
    user = get_user(SimpleNamespace(session=session))  # type: ignore[arg-type]
    if not isinstance(user, User) or not verified_user(user, session):
        return None
    if find_session(session_key=session.session_key, user=user, now=now) is None:
        return None
    own = Consultation.objects.for_practitioner(user).filter(practitioner__status=Practitioner.Status.VALIDATED)
    return _lean(own).filter(reference=reference).first()


def _of_patient(session: SessionBase, token: str) -> Consultation | None:
    """The link, and its present code typed in this session."""
    invitation = invitation_for_socket(session, token)
    if invitation is None:
        return None
    return _lean(Consultation.objects.all()).filter(invitation=invitation).first()


def _still_of_patient(session: SessionBase, room: int) -> Consultation | None:
    """The same for a room to which the link led before."""
    consultation = _lean(Consultation.objects.all()).filter(pk=room).first()
    return consultation if consultation and is_granted(session, consultation.invitation) else None


def _lean(consultations: ConsultationQuerySet) -> ConsultationQuerySet:
    """With the invitation, and nothing that would have to be decrypted."""
    lean = consultations.select_related(None).select_related("invitation")
    return lean.defer("invitation__token", "invitation__code")


def consultation_for(shown: Pass, now: datetime, room: int | None = None) -> Consultation | None:
    """The consultation to which this pass leads (`room`: led before), open or not; None for strangers."""
    # What Django never issued never reaches the database (NUL).
    if not shown.session_key.isalnum():
        return None
    session = import_module(settings.SESSION_ENGINE).SessionStore(shown.session_key)
    if shown.role == Seat.Role.PRACTITIONER:
        return _of_practitioner(session, shown.key, now)
    return _of_patient(session, shown.key) if room is None else _still_of_patient(session, room)


def list_owner(session_key: str, now: datetime) -> int | None:
    """Whose list this session may hear of: both factors, a validated practitioner; None for everybody else."""
    # What Django never issued never reaches the database (NUL).
    if not session_key.isalnum():
        return None
    session = import_module(settings.SESSION_ENGINE).SessionStore(session_key)
    user = get_user(SimpleNamespace(session=session))  # type: ignore[arg-type]
    if not isinstance(user, User) or not verified_user(user, session):
        return None
    if find_session(session_key=session_key, user=user, now=now) is None:
        return None
    validated = Practitioner.objects.filter(user=user, status=Practitioner.Status.VALIDATED)
    return validated.values_list("pk", flat=True).first()


def list_marks(owners: Mapping[str, int], now: datetime) -> dict[str, tuple]:
    """For each session (key → practitioner) all that its right to the list depends on, as `marks_of` for calls."""
    people: dict[int, tuple] = {}
    sessions: dict[str, str] = {}
    keys, practitioners = sorted(owners), sorted(set(owners.values()))
    for start in range(0, len(keys), presence.CHUNK):
        valid = Session.objects.filter(session_key__in=keys[start : start + presence.CHUNK], expire_date__gt=now)
        sessions |= dict(valid.values_list("session_key", "session_data"))
        chosen = Practitioner.objects.filter(pk__in=practitioners[start : start + presence.CHUNK])
        people |= {row[0]: row for row in chosen.values_list("pk", "status", "user__is_active", "user__password")}
    return {key: (people.get(practitioner), sessions.get(key)) for key, practitioner in owners.items()}


def take_place(shown: Pass, now: datetime) -> Place | None:
    """Seats a socket: both there for the first time starts the consultation. None: refused. Raises HeldElsewhere."""
    consultation = consultation_for(shown, now)
    if consultation is None or not consultation.is_open(now):
        return None
    if consultation.ends_at is not None and consultation.ends_at <= now:
        end_overdue(consultation.pk, now)
        return None
    seat: dict[str, Any] = {"consultation_id": consultation.pk, "role": shown.role}
    taken = presence.take_seat(**seat, page=shown.page, comes_back=shown.comes_back, now=now)
    if taken.lost_since is not None:
        begin_incident(**seat, kind=Incident.Kind.LOST, started_at=taken.lost_since)
    end_incidents(**seat, at=now)
    if taken.peer_epoch is not None:
        try:
            consultation = start_consultation(consultation=consultation, now=now)
        except InvalidMove:
            presence.leave_seat(**seat, epoch=taken.epoch)
            return None
    return Place(
        room=consultation.pk,
        practitioner=consultation.practitioner_id,
        epoch=taken.epoch,
        peer_epoch=taken.peer_epoch,
        opens_at=consultation.invitation.opens_at,
        ends_at=consultation.ends_at,
        login=login_of(shown.session_key) if shown.role == Seat.Role.PRACTITIONER else None,
    )


def keep_logins(passes: Iterable[Pass], now: datetime) -> None:
    """Whoever sits in a call is there, however long nothing else of the site is used."""
    touch_sessions([shown.session_key for shown in passes if shown.role == Seat.Role.PRACTITIONER], now=now)


def marks_of(passes: Mapping[tuple[int, str], Pass], now: datetime) -> dict[tuple[int, str], tuple]:
    """For each (room, role) all that its standing depends on: while a mark stays the same, so does the standing.

    Two queries for 500 rooms. What is not in it (a second factor taken from the account) waits for the next check.
    """
    rooms = sorted({room for room, _ in passes})
    keys = sorted({shown.session_key for shown in passes.values()})
    states: dict[int, tuple] = {}
    sessions: dict[str, str] = {}
    for start in range(0, len(rooms), presence.CHUNK):
        chosen = Consultation.objects.order_by().filter(pk__in=rooms[start : start + presence.CHUNK])
        states |= {row[0]: row for row in chosen.values_list(*_STANDING)}
    for start in range(0, len(keys), presence.CHUNK):
        valid = Session.objects.filter(session_key__in=keys[start : start + presence.CHUNK], expire_date__gt=now)
        sessions |= dict(valid.values_list("session_key", "session_data"))
    # With the key: a login that ends right after its renewal leaves no session under either.
    return {
        key: (states.get(key[0]), shown.session_key, sessions.get(shown.session_key)) for key, shown in passes.items()
    }


_STANDING = (
    "pk", "status", "started_at", "practitioner_id", "invitation_id", "invitation__opens_at", "invitation__closed_at",
    "invitation__code_version", "practitioner__status", "practitioner__user__is_active",
    "practitioner__user__password",
)  # fmt: skip


def check_place(shown: Pass, *, room: int, now: datetime) -> Standing:
    """How a seated socket stands. A login that another tab has renewed is followed to its new key."""
    consultation = consultation_for(shown, now, room)
    if consultation is None and shown.login and (key := present_key(shown.login)):
        shown = replace(shown, session_key=key)
        consultation = consultation_for(shown, now, room)
    if consultation is None or consultation.has_ended:
        return Standing(ended=ending(room))
    if consultation.pk != room or not consultation.is_open(now):
        return Standing()
    if consultation.started_at is None and presence.peer_epoch(consultation_id=room, role=shown.role, now=now):
        # Ended or moved this very moment: the next check says so.
        with suppress(InvalidMove):
            consultation = start_consultation(consultation=consultation, now=now)
    return Standing(allowed=True, ends_at=consultation.ends_at, shown=shown)


def ending(room: int) -> tuple[str, str] | None:
    """(by whom, why) a consultation ended; None while it hasn't."""
    consultation = Consultation.objects.get(pk=room)
    if not consultation.has_ended:
        return None
    event = ConsultationEvent.objects.filter(consultation=room, kind="status", to_status=consultation.status).last()
    by = event.actor_role if event else ConsultationEvent.ActorRole.SYSTEM
    if consultation.status == Status.CANCELLED:
        return by, "cancelled"
    # Only the clock ends or gives up a visit in the system's name.
    return by, "time-limit" if by == ConsultationEvent.ActorRole.SYSTEM else "completed"


def end_overdue(room: int, now: datetime) -> None:
    """The limit (3h30 by default) is over: completes the consultation, unless somebody was first."""
    consultation = Consultation.objects.select_related("invitation").get(pk=room)
    if consultation.ends_at is None or now < consultation.ends_at:
        return
    with suppress(InvalidMove):
        complete_consultation(
            consultation=consultation,
            actor_role=ConsultationEvent.ActorRole.SYSTEM,
            actor=None,
            reason="time-limit",
            now=now,
        )
