"""What the list shows of each consultation, in words. A fixed number of queries, however many the rows."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.conf import settings
from django.core.paginator import Page, Paginator
from django.db.models import Q
from django.utils import timezone

from accounts.models import Practitioner, User
from patients.models import Patient
from patients.notify import about
from patients.rehearsal import in_words as rehearsal_in_words
from rofim.notifications.models import OutgoingMessage
from teleconsult.models import Consultation, ConsultationQuerySet, Seat
from teleconsult.presence import PRESENCE_TTL, waiting_since
from teleconsult.states import ENDED, Status

PAGE_SIZE = 50
SUGGESTED, SUGGESTED_FROM = 6, 30

ENDED_WORDS = {Status.COMPLETED: "terminée", Status.CANCELLED: "annulée", Status.MISSED: "manquée"}
# A message younger than this is on its way, not missing.
ON_ITS_WAY = timedelta(minutes=2)
CHANNELS = {OutgoingMessage.Channel.SMS: "SMS", OutgoingMessage.Channel.EMAIL: "E-mail"}
_FAILED = (OutgoingMessage.Status.FAILED, OutgoingMessage.Status.EXPIRED)


@dataclass(frozen=True)
class Row:
    """One line of the table."""

    consultation: Consultation
    can_join: bool
    # Why « Rejoindre » can't be pressed: « ouvre à 22:00 », « terminée ».
    reason: str
    waiting_since: datetime | None
    has_intake: bool
    # Under the name: what became of the invitation, or what is wrong.
    note: str = ""
    is_alarming: bool = False
    # What the patient's rehearsal found: « test du matériel : micro muet ».
    rehearsal: str = ""

    @property
    def is_live(self) -> bool:
        return self.consultation.status == Status.IN_PROGRESS


@dataclass
class Section:
    """A titled part of the list."""

    title: str
    # Of all its consultations, or of one page.
    keys: list[int] | Page
    # The parameter of the address that turns this section's pages.
    parameter: str = ""
    rows: list[Row] = field(default_factory=list)

    @property
    def page(self) -> Page | None:
        return self.keys if isinstance(self.keys, Page) else None


@dataclass
class Listing:
    """The whole list, or what a search found."""

    sections: list[Section] = field(default_factory=list)
    today_count: int = 0
    query: str = ""
    # Beside what a search found: whose patient waits.
    waiting: list[Row] = field(default_factory=list)

    @property
    def rows(self) -> list[Row]:
        return [row for section in self.sections for row in section.rows]

    @property
    def today_in_words(self) -> str:
        """« 3 rendez-vous aujourd’hui »."""
        return f"{self.today_count or 'aucun'} rendez-vous aujourd’hui"


def opens_in_words(consultation: Consultation, now: datetime) -> str:
    """Why the call can't be joined: « ouvre à 22:00 », « ouvre le 20/03 à 08:30 », « annulée »; empty if it can."""
    if consultation.status in ENDED:
        return ENDED_WORDS[Status(consultation.status)]
    if consultation.is_open(now):
        return ""
    opens_at = timezone.localtime(consultation.invitation.opens_at)
    if opens_at.date() == timezone.localdate(now):
        return f"ouvre à {opens_at:%H:%M}"
    year = "" if opens_at.year == timezone.localdate(now).year else f"/{opens_at:%Y}"
    return f"ouvre le {opens_at:%d/%m}{year} à\u00a0{opens_at:%H:%M}"


def message_in_words(message: OutgoingMessage) -> str:
    """« SMS reçu à 18:02 », « E-mail envoyé », « SMS non remis »."""
    channel = CHANNELS[OutgoingMessage.Channel(message.channel)]
    if message.status == OutgoingMessage.Status.DELIVERED and message.delivered_at:
        return f"{channel} reçu {_when(message.delivered_at)}"
    words = {
        OutgoingMessage.Status.DELIVERED: "reçu",
        OutgoingMessage.Status.ACCEPTED: "envoyé",
        OutgoingMessage.Status.FAILED: "non remis",
        OutgoingMessage.Status.EXPIRED: "non envoyé : trop tard",
        OutgoingMessage.Status.UNCERTAIN: "envoi à vérifier",
        OutgoingMessage.Status.DROPPED: "remplacé",
    }
    return f"{channel} {words.get(OutgoingMessage.Status(message.status), 'en cours d’envoi')}"


def _when(moment: datetime) -> str:
    local = timezone.localtime(moment)
    return f"à {local:%H:%M}" if local.date() == timezone.localdate() else f"le {local:%d/%m}"


def _note(consultation: Consultation, messages: list[OutgoingMessage], now: datetime) -> tuple[str, bool]:
    """What the practitioner should know of this row, and whether it calls for something to be done."""
    if consultation.status in ENDED:
        return "", False
    invitation = consultation.invitation
    if invitation.is_code_dead:
        return "Trop de codes faux — donnez un nouveau code", True
    if invitation.is_locked(now):
        return f"Lien bloqué jusqu’à {timezone.localtime(invitation.locked_until):%H:%M}", True
    newest: dict[str, OutgoingMessage] = {}
    for message in messages:
        newest.setdefault(message.channel, message)
    failed = [message for message in newest.values() if message.status in _FAILED]
    # Whoever has opened the link needs no other message.
    if newest and not (invitation.link_opened_at or invitation.code_validated_at):
        if len(failed) == len(newest) or _is_stuck(consultation, newest.values(), now):
            words = message_in_words(failed[0]) if failed else "rien n’est encore parti"
            return f"Patient pas joint\u00a0: {words} — donnez le lien et le code par téléphone", True
        if failed:
            return f"{message_in_words(failed[0])} — donnez le code par téléphone", True
    return " · ".join(message_in_words(message) for message in sorted(newest.values(), key=lambda m: m.channel)), False


def _is_stuck(consultation: Consultation, newest: Iterable[OutgoingMessage], now: datetime) -> bool:
    """Half an hour before, and nothing has left for minutes."""
    arrived = (OutgoingMessage.Status.ACCEPTED, OutgoingMessage.Status.DELIVERED)
    return consultation.starts_at - now <= settings.SESSION_OPENS_BEFORE and all(
        message.status not in arrived and now - message.created_at > ON_ITS_WAY for message in newest
    )


def _messages_by_invitation(consultations: Iterable[Consultation]) -> dict[str, list[OutgoingMessage]]:
    found: dict[str, list[OutgoingMessage]] = {}
    keys = [about(consultation.invitation) for consultation in consultations]
    rows = OutgoingMessage.objects.filter(about__in=keys, name__startswith="patients/").exclude(name__endswith="_dead")
    for message in rows.only("about", "channel", "status", "delivered_at", "created_at"):
        found.setdefault(message.about, []).append(message)
    return found


def _row(consultation: Consultation, messages: list[OutgoingMessage], waiting: datetime | None, now: datetime) -> Row:
    reason = opens_in_words(consultation, now)
    note, is_alarming = _note(consultation, messages, now)
    since = None if consultation.has_ended else waiting
    rehearsal = "" if consultation.has_ended else rehearsal_in_words(consultation.invitation)
    if not is_alarming and (since or consultation.status == Status.IN_PROGRESS):
        # The patient is here: that the invitation arrived goes without saying.
        note = ""
    intake = getattr(consultation.invitation, "intake", None)
    return Row(
        consultation=consultation,
        can_join=not reason,
        reason=reason,
        waiting_since=since,
        has_intake=bool(intake and intake.completed_at),
        note=note,
        is_alarming=is_alarming,
        rehearsal=rehearsal,
    )


def list_consultations(*, user: User, now: datetime, page: str = "", later: str = "") -> Listing:
    """The list of one practitioner: today (and what is open), to come, past (and cancelled).

    `page` and `later` are the page numbers of the past and of what is to come, as typed in the address.
    """
    own = _own(user)
    start = timezone.localtime(now).replace(hour=0, minute=0, second=0, microsecond=0)
    # What opens before midnight belongs to today.
    end = max((start + timedelta(days=1)).replace(fold=0), now + settings.SESSION_OPENS_BEFORE)
    today = own.filter(Q(starts_at__gte=start) | ~Q(status__in=ENDED), starts_at__lt=end)
    # What was cancelled is to come no more, whatever its day.
    ended = own.filter(status__in=ENDED).exclude(starts_at__gte=start, starts_at__lt=end)
    sections = [
        Section("Aujourd’hui", _keys(today)),
        Section("À venir", _page(own.not_ended().filter(starts_at__gte=end), later), "avenir"),
        Section("Passés et annulés", _page(ended.reverse(), page), "page"),
    ]
    rows = _rows([key for section in sections for key in section.keys], user, now)
    for section in sections:
        section.rows = [rows[key] for key in section.keys if key in rows]
    taking_place = [row for row in sections[0].rows if row.consultation.status != Status.CANCELLED]
    return Listing([section for section in sections if section.rows], today_count=len(taking_place))


def search_consultations(*, user: User, now: datetime, query: str, page: str = "") -> Listing:
    """What `query` finds, the newest first, by the beginnings of the patient's names in any order or by number; and
    whose patient waits, who is not to be missed because of a search.
    """
    own = _own(user)
    named = Patient.objects.named(user.practitioner, query)
    found = own.filter(Q(reference__iexact=query) | Q(invitation__patient__in=named)).reverse()
    present = own.not_ended().filter(seats__role=Seat.Role.PATIENT, seats__last_seen__gt=now - PRESENCE_TTL)
    section, waiting = Section("Résultats", _page(found, page), "page"), _keys(present)
    rows = _rows([*section.keys, *waiting], user, now)
    section.rows = [rows[key] for key in section.keys if key in rows]
    return Listing(
        [section] if section.rows else [],
        query=query,
        waiting=[rows[key] for key in waiting if key in rows and rows[key].waiting_since],
    )


def _own(user: User) -> ConsultationQuerySet:
    """In the order of the index, which then is read as it stands: SQLite sorts nothing."""
    return Consultation.objects.filter(practitioner__user=user).order_by("starts_at", "status", "pk")


def _keys(consultations: ConsultationQuerySet) -> list[int]:
    return list(consultations.values_list("pk", flat=True))


def _page(consultations: ConsultationQuerySet, typed: str) -> Page:
    """A page of keys: what lies before it is skipped within the index, no row of it is read."""
    return Paginator(consultations.values_list("pk", flat=True), PAGE_SIZE).get_page(typed)


def _rows(keys: list[int], user: User, now: datetime) -> dict[int, Row]:
    chosen = list(Consultation.objects.for_list(user).filter(pk__in=keys))
    messages, waiting = _messages_by_invitation(chosen), waiting_since(keys, now)
    return {each.pk: _row(each, messages.get(about(each.invitation), []), waiting.get(each.pk), now) for each in chosen}


def suggest_patients(*, practitioner: Practitioner, query: str) -> list[Patient]:
    """One's own patients who may be meant, the newest first, each way to reach them once."""
    found: dict[tuple[str, ...], Patient] = {}
    for patient in Patient.objects.named(practitioner, query).order_by("-pk")[:SUGGESTED_FROM]:
        found.setdefault((patient.last_name, patient.first_name, patient.email, patient.phone), patient)
    return list(found.values())[:SUGGESTED]
