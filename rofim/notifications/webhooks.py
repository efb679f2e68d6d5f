"""What the SMS provider tells afterwards."""

from uuid import UUID

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST
from django_twilio import settings as twilio_settings
from django_twilio.decorators import twilio_view
from twilio.request_validator import RequestValidator

from rofim.notifications import delivery
from rofim.notifications.sms import twilio


@login_not_required
@twilio_view
@require_POST
def twilio_status(request: HttpRequest) -> HttpResponse:
    """A delivery receipt, its signature already checked."""
    # django-twilio takes an empty key from the environment, with which anybody signs.
    return _heard(request) if twilio_settings.TWILIO_AUTH_TOKEN else HttpResponse(status=403)


@login_not_required
@csrf_exempt
@require_POST
def twilio_second_status(request: HttpRequest) -> HttpResponse:
    """The same from the second account, whose key django-twilio does not know."""
    validator = RequestValidator(settings.TWILIO_SECOND_AUTH_TOKEN)
    signature = request.headers.get("X-Twilio-Signature", "")
    signed = validator.validate(request.build_absolute_uri(), request.POST, signature)
    if not settings.TWILIO_SECOND_AUTH_TOKEN or not signed:
        return HttpResponse(status=403)
    return _heard(request)


def _heard(request: HttpRequest) -> HttpResponse:
    """An empty 204 whatever is known: the answer tells nothing."""
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
