"""What would have left: the demonstration's telephone and mailbox. These addresses exist only with DEMO=true."""

import re
from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils.crypto import salted_hmac
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from rofim.notifications.models import OutgoingMessage

# The page and its JSON show the newest; a demonstration makes fewer.
SHOWN = 200
# « Le code d’accès … est le 7K2M. », « @host #123456 », « votre code : 123456 »
_CODES = re.compile(r"(?i:code)\b[^.\n]*?[\s\u00a0]([0-9A-HJKMNP-TV-Z]{4}|\d{6})\b")


@login_not_required
@never_cache
@require_safe
def messages(request: HttpRequest) -> HttpResponse:
    """Every SMS and e-mail, newest first; htmx asks again every 2 s and gets 204 while nothing moved."""
    rows = list(OutgoingMessage.objects.all()[:SHOWN])
    seen = salted_hmac("demo.messages", repr([(row.pk, row.status) for row in rows])).hexdigest()
    polled = bool(request.htmx)  # type: ignore[attr-defined]
    if polled and request.GET.get("seen") == seen:
        return HttpResponse(status=204)
    context = {"outbox": [(row, code_in(row.body)) for row in rows], "seen": seen}
    return render(request, "demo/_messages.html" if polled else "demo/messages.html", context)


@login_not_required
@never_cache
@require_safe
def messages_json(request: HttpRequest) -> JsonResponse:
    """The same for programs: [{"id", "channel", "to", "subject", "body", "status", "created_at"}], newest first."""
    return JsonResponse([_as_json(row) for row in OutgoingMessage.objects.all()[:SHOWN]], safe=False)


def code_in(body: str) -> str:
    """The code that a message brings, to show it in large; empty if it has none."""
    found = _CODES.search(body)
    return found[1] if found else ""


def _as_json(row: OutgoingMessage) -> dict[str, Any]:
    return {
        "id": row.pk,
        "channel": row.channel,
        "to": row.to,
        "subject": row.subject,
        "body": row.body,
        "status": row.status,
        "created_at": row.created_at.isoformat(),
    }
