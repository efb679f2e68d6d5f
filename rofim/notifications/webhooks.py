"""What the SMS provider tells afterwards."""

from uuid import UUID

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_POST
from django_twilio.decorators import twilio_view

from rofim.notifications import delivery
from rofim.notifications.sms import twilio


@login_not_required
@twilio_view
@require_POST
def twilio_status(request: HttpRequest) -> HttpResponse:
    """A delivery receipt, its signature already checked. An empty 204 whatever is known: the answer tells nothing."""
    status = twilio.STATUSES.get(request.POST.get("MessageStatus", ""))
    if status is not None:
        delivery.record_receipt(
            uuid=_uuid(request.GET.get("message", "")),
            provider_id=request.POST.get("MessageSid", "")[:64],
            status=status,
            reason=twilio.reason(request.POST.get("ErrorCode")) if status == delivery.Status.FAILED else "",
            now=timezone.now(),
        )
    return HttpResponse(status=204)


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
