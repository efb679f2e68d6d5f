"""An SMS transport that answers what a test tells it to (SMS_TRANSPORT=tests.unit.notifications.transport)."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from rofim.notifications.outcomes import Receipt

sent: list[tuple[str, str]] = []
found: list[Receipt] = []
asked: list[str] = []
answers: list[Receipt | Exception | Callable[[], Receipt]] = []


def reset() -> None:
    for memory in (sent, found, asked, answers):
        memory.clear()


def send(*, to: str, body: str, reference: UUID, valid_for: timedelta) -> Receipt:
    answer = answers.pop(0) if answers else Receipt(provider_id=f"SM{len(sent):032}")
    if callable(answer) and not isinstance(answer, Receipt):
        answer = answer()
    if isinstance(answer, Exception):
        raise answer
    sent.append((to, body))
    return answer


def find(*, to: str, body: str, since: datetime) -> Sequence[Receipt]:
    asked.append(to)
    answer = answers.pop(0) if answers and isinstance(answers[0], Exception) else None
    if answer is not None:
        raise answer
    return list(found)
