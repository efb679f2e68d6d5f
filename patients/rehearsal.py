"""The rehearsal before the appointment: what a browser may report of it, and how the practitioner reads it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from patients.models import Invitation

Result = Invitation.Rehearsal


@dataclass(frozen=True)
class Reason:
    """What one check found: how bad it is, and in words for the practitioner."""

    result: Result
    words: str


# The same codes, with the same colours, as RESULT_OF in static/js/call/rehearsal.js.
REASONS = {
    "browser-in-app": Reason(Result.RED, "ouvert dans une application (Facebook, Gmail…) et non dans un navigateur"),
    "browser-unsupported": Reason(Result.RED, "navigateur inadapté"),
    "browser-old": Reason(Result.ORANGE, "navigateur ancien"),
    "browser-unknown": Reason(Result.ORANGE, "navigateur inconnu"),
    "page-insecure": Reason(Result.RED, "page non sécurisée"),
    "camera-refused": Reason(Result.RED, "caméra non autorisée"),
    "camera-missing": Reason(Result.ORANGE, "pas de caméra"),
    "camera-busy": Reason(Result.ORANGE, "caméra déjà utilisée"),
    "camera-unknown": Reason(Result.ORANGE, "caméra en panne"),
    "microphone-refused": Reason(Result.RED, "micro non autorisé"),
    "microphone-missing": Reason(Result.RED, "pas de micro"),
    "microphone-busy": Reason(Result.RED, "micro déjà utilisé"),
    "microphone-unknown": Reason(Result.RED, "micro en panne"),
    "microphone-silent": Reason(Result.ORANGE, "micro muet"),
    "loudspeaker-unheard": Reason(Result.ORANGE, "son pas entendu"),
    "service-unreachable": Reason(Result.RED, "service injoignable"),
    "connection-blocked": Reason(Result.RED, "connexion directe bloquée"),
    "relay-unreachable": Reason(Result.ORANGE, "relais injoignable"),
}
_SEVERITY = [Result.GREEN, Result.ORANGE, Result.RED]


class UnknownReason(ValueError):
    """A code that no check gives."""


def checked(codes: Sequence[str]) -> list[str]:
    """The codes without repetition, in the order of the checks; any other raises UnknownReason."""
    if len(codes) > len(REASONS) or not set(codes) <= REASONS.keys():
        raise UnknownReason
    return [code for code in REASONS if code in codes]


def result_of(codes: Iterable[str]) -> Result:
    """The worst of what was found; green for nothing."""
    return max((REASONS[code].result for code in codes), key=_SEVERITY.index, default=Result.GREEN)


def record(*, invitation: Invitation, codes: Sequence[str], now: datetime) -> Result | None:
    """Keeps the newest rehearsal. None once the appointment has ended; raises UnknownReason."""
    reasons = checked(codes)
    result = result_of(reasons)
    kept = Invitation.objects.filter(pk=invitation.pk, closed_at=None).update(
        rehearsal_result=result, rehearsal_reasons=reasons, rehearsal_at=now
    )
    return result if kept else None


def in_words(invitation: Invitation) -> str:
    """« a testé son matériel : tout va bien », « test du matériel : micro muet »; empty if there was none."""
    if invitation.rehearsal_at is None:
        return ""
    # A code that a later version no longer knows says nothing.
    words = [REASONS[code].words for code in invitation.rehearsal_reasons if code in REASONS]
    if not words:
        return "a testé son matériel\u00a0: tout va bien"
    return f"test du matériel\u00a0: {', '.join(words)}"
