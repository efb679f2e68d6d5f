"""WebSocket addresses (PROTOCOL.md)."""

from django.urls import re_path

from teleconsult.consumers import CallConsumer, knock, refuse
from teleconsult.list_socket import ListConsumer
from teleconsult.models import Seat

websocket_urlpatterns = [
    re_path(r"^ws/teleconsultation/$", ListConsumer()),  # type: ignore[arg-type]
    re_path(
        r"^ws/teleconsultation/(?P<reference>[A-Za-z0-9]{6})/$",
        CallConsumer(Seat.Role.PRACTITIONER),  # type: ignore[arg-type]
    ),
    re_path(r"^ws/visio/(?P<token>[A-Za-z0-9_-]{22})/$", CallConsumer(Seat.Role.PATIENT)),  # type: ignore[arg-type]
    re_path(r"^ws/test/$", knock),  # type: ignore[arg-type]
    # Without it Channels raises on an unknown address: a 500 and a traceback for anyone who asks.
    re_path(r"", refuse),  # type: ignore[arg-type]
]
