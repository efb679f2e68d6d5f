"""What runs and what is stuck, in numbers: nobody is named."""

from datetime import datetime, timedelta
from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import Count, QuerySet
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone

from accounts.models import Practitioner
from accounts.requests import VerifiedRequest
from rofim.notifications.models import OutgoingMessage
from teleconsult.models import Consultation
from teleconsult.states import Status


def statistics(request: VerifiedRequest) -> HttpResponse:
    """Registrations, messages of the last 24 hours, consultations of today: those who see deliveries see them."""
    if not request.user.has_perm("notifications.view_outgoingmessage"):
        raise PermissionDenied
    now = timezone.now()
    context = {"title": "Statistiques", "now": now, "tables": _tables(now)}
    return render(request, "admin/statistics.html", {**admin.site.each_context(request), **context})


def _tables(now: datetime) -> list[dict[str, Any]]:
    day = timezone.localtime(now).replace(hour=0, minute=0, second=0, microsecond=0)
    today = Consultation.objects.filter(starts_at__gte=day, starts_at__lt=day + timedelta(days=1))
    messages = OutgoingMessage.objects.filter(created_at__gt=now - timedelta(days=1))
    sms, email = (messages.filter(channel=channel) for channel in OutgoingMessage.Channel)
    return [
        {"name": "Inscriptions", "rows": _counts(Practitioner.objects.all(), Practitioner.Status)},
        {"name": "SMS, dernières 24 heures", "rows": _counts(sms, OutgoingMessage.Status)},
        {"name": "E-mails, dernières 24 heures", "rows": _counts(email, OutgoingMessage.Status)},
        {"name": "Téléconsultations d’aujourd’hui", "rows": _counts(today, Status)},
    ]


def _counts(rows: QuerySet, statuses: Any) -> list[tuple[str, int]]:
    counted = dict(rows.order_by().values_list("status").annotate(Count("pk")))
    return [(status.label, counted.get(status.value, 0)) for status in statuses]
