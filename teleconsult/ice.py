"""Where media may go round a firewall: ephemeral TURN credentials, for whoever holds a seat or rehearses.

Source: draft-uberti-behave-turn-rest-00, as coturn's `use-auth-secret` reads it.
"""

import base64
import hashlib
import hmac
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings

# Over the end: an ICE restart in the last minute still works.
MARGIN = timedelta(minutes=10)
# Enough for one rehearsal, of no use for anything else.
REHEARSAL = timedelta(minutes=10)


def _addresses(turn_url: str) -> list[str]:
    """« turn:host:3478 » by UDP and by TCP; an address that names its transport stays as it is. Several: by commas."""
    addresses = []
    for address in (part.strip() for part in turn_url.split(",")):
        if "?" in address or address.startswith("turns:"):
            addresses.append(address)
        elif address:
            addresses += [f"{address}?transport=udp", f"{address}?transport=tcp"]
    return addresses


def _servers(owner: str, expiry: datetime) -> list[dict]:
    """With a credential of this owner that ends at `expiry`; empty without TURN_URL."""
    addresses = _addresses(settings.TURN_URL)
    if not addresses:
        return []
    username = f"{int(expiry.timestamp())}:{owner}"
    digest = hmac.new(settings.TURN_SECRET.encode(), username.encode(), hashlib.sha1).digest()
    return [{"urls": addresses, "username": username, "credential": base64.b64encode(digest).decode()}]


def ice_servers(*, consultation_id: int, ends_at: datetime | None, now: datetime) -> list[dict]:
    """`RTCConfiguration.iceServers`; empty without TURN_URL. Before the start, the whole duration is left."""
    return _servers(str(consultation_id), (ends_at or now + settings.CONSULTATION_MAX_DURATION) + MARGIN)


def rehearsal_ice_servers(*, invitation_id: int, now: datetime) -> list[dict]:
    """The same for 10 minutes, for whoever rehearses with a link; empty without TURN_URL."""
    return _servers(f"rehearsal-{invitation_id}", now + REHEARSAL)


def ice_configuration(*, consultation_id: int, ends_at: datetime | None, now: datetime) -> dict[str, Any]:
    """The part of a page's `RTCConfiguration` that is the server's: where to relay, and whether only there."""
    configuration: dict[str, Any] = {
        "iceServers": ice_servers(consultation_id=consultation_id, ends_at=ends_at, now=now)
    }
    if settings.TURN_RELAY_ONLY:
        configuration["iceTransportPolicy"] = "relay"
    return configuration
