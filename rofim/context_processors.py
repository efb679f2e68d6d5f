"""What every template may read."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest


def site(request: HttpRequest) -> dict[str, Any]:
    """`demo`: whether the demonstration's banner and links are shown."""
    return {"demo": settings.DEMO}
