"""The chain over the trail: what makes a changed, removed, inserted or reordered row, and a cut end, show.

Each event carries a seal over its content; each link a digest over its event's seal and the link before it; the head a
seal over the last link. All three are keyed with SECRET_KEY: who has the database alone can't make them. Links are made
once the event is committed, in a transaction of their own: no page waits for another's to end, and no lock is held
while a page works.
"""

import ipaddress
import json
from dataclasses import dataclass
from datetime import UTC
from typing import Any

from django.db import transaction
from django.db.models import QuerySet, Subquery

from accounts.models import AuditEvent, AuditHead, AuditLink
from rofim.crypto import blind_index

HEAD_PK = 1


def seal_of(event: Any) -> str:
    """Keyed digest of everything that an event says; the same on every database."""
    address = str(ipaddress.ip_address(event.ip_address)) if event.ip_address else None
    at = event.at.astimezone(UTC).isoformat(timespec="microseconds")
    content = [
        str(event.uid), at, event.actor_id, str(event.role), event.action, event.about, event.within, address,
    ]  # fmt: skip
    return blind_index(json.dumps(content), purpose="audit/event")


def digest_of(position: int, seal: str, before: str) -> str:
    """Keyed digest of a link; `before` is the digest of the one before, empty for the first."""
    return blind_index(f"{position}\0{seal}\0{before}", purpose="audit/link")


def head_seal_of(position: int, digest: str) -> str:
    """Keyed digest of the head."""
    return blind_index(f"{position}\0{digest}", purpose="audit/head")


@transaction.atomic
def append(*events: AuditEvent) -> None:
    """Links committed events, in this order, behind the last; those that are linked already stay where they are."""
    head, _ = AuditHead.objects.select_for_update().get_or_create(pk=HEAD_PK)
    linked = set(AuditLink.objects.filter(event__in=events).values_list("event_id", flat=True))
    for event in events:
        if event.pk not in linked:
            head.position += 1
            head.digest = digest_of(head.position, event.seal, head.digest)
            AuditLink.objects.create(position=head.position, event_id=event.pk, digest=head.digest)
    head.seal = head_seal_of(head.position, head.digest)
    head.save()


def append_left_over() -> int:
    """Links what a process that was killed between two commits left behind; says how many.

    Only what this application wrote: a row that somebody put there is left for `verify` to find.
    """
    genuine = [event for event in _alone() if _is_genuine(event)]
    if genuine:
        append(*genuine)
    return len(genuine)


def _alone() -> QuerySet[AuditEvent]:
    return AuditEvent.objects.filter(link=None).order_by("pk")


def _is_genuine(event: AuditEvent) -> bool:
    """Sealed with our key, and no copy of another."""
    return event.seal == seal_of(event) and not AuditEvent.objects.filter(uid=event.uid).exclude(pk=event.pk).exists()


@dataclass(frozen=True)
class Verdict:
    """What `verify` found: how many rows are unbroken, the digest of the last of them, and what is wrong after it."""

    rows: int
    head: str
    broken: str = ""


def verify(*, known_head: str = "") -> Verdict:
    """Walks the whole chain. `known_head`: a digest noted earlier, which must still be in it."""
    # Read first: what is appended meanwhile is not looked at.
    head = AuditHead.objects.filter(pk=HEAD_PK).first() or AuditHead()
    rows, digest, is_known = 0, "", not known_head
    links = AuditLink.objects.filter(position__lte=head.position).order_by("position").select_related("event")
    for link in links.iterator(chunk_size=1000):
        if problem := _problem(link, rows + 1, digest):
            return Verdict(rows, digest, problem)
        rows, digest = rows + 1, link.digest
        is_known = is_known or digest == known_head
    return Verdict(rows, digest, _problem_of_end(head, rows, digest, is_known))


def _problem(link: AuditLink, position: int, before: str) -> str:
    """Why this is not the link at `position`; empty if it is."""
    if link.position != position:
        return f"row {position} was removed"
    if link.event.seal != seal_of(link.event):
        return f"row {position} was changed (event {link.event_id})"
    if link.digest != digest_of(position, link.event.seal, before):
        return f"row {position} is not in its place (event {link.event_id})"
    return ""


def _problem_of_end(head: AuditHead, rows: int, digest: str, is_known: bool) -> str:
    if rows < head.position:
        return f"the end is cut: nothing after row {rows} of {head.position}"
    if head.seal != head_seal_of(head.position, head.digest) or head.digest != digest:
        return f"the head was changed: it doesn't seal row {rows}"
    # One statement: a row that is appended at this very moment is in both or in neither.
    newest = AuditHead.objects.filter(pk=HEAD_PK).values("position")[:1]
    if AuditLink.objects.filter(position__gt=Subquery(newest)).exists():
        return f"the head was changed: there are rows after row {rows}"
    if not is_known:
        return "the end is cut: the head that was noted is no longer in the chain"
    strange = next((event for event in _alone().iterator() if not _is_genuine(event)), None)
    return f"event {strange.pk} was inserted" if strange else ""
