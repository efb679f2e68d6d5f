"""The signature that prescriptions carry."""

from django.db import transaction
from django.http import HttpRequest

from accounts import audit
from accounts.models import Practitioner


@transaction.atomic
def save_signature(*, practitioner: Practitioner, png: bytes | None, request: HttpRequest | None = None) -> None:
    """Keeps (or with None removes) the cleaned signature, encrypted."""
    practitioner.signature = png
    practitioner.save(update_fields=["signature"])
    audit.record(
        action="signature.saved" if png else "signature.removed", actor=practitioner.user,
        about=f"practitioner/{practitioner.pk}", request=request,
    )  # fmt: skip
