"""Sockets for tests: a browser's cookies in, the server's frames out."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from channels.testing import WebsocketCommunicator
from django.conf import settings
from django.test import Client

from patients import access
from patients.models import Invitation
from rofim.asgi import application
from teleconsult.models import Consultation

# Seconds; far beyond what anything here takes, so that a busy machine fails nothing.
PATIENCE = 60


def patient_browser(*invitations: Invitation) -> Client:
    """A browser in which the codes of these invitations were typed."""
    client = Client()
    session = client.session
    session[access.SESSION_KEY] = {str(invitation.pk): invitation.code_version for invitation in invitations}
    session.save()
    return client


def change(instance, **fields) -> None:
    """Changes a row behind everybody's back."""
    type(instance).objects.filter(pk=instance.pk).update(**fields)


def practitioner_path(consultation: Consultation) -> str:
    return f"/ws/teleconsultation/{consultation.reference}/"


def patient_path(consultation: Consultation) -> str:
    return f"/ws/visio/{consultation.invitation.token}/"


def cookies(client: Client) -> str:
    """A browser's `Cookie` header."""
    return "; ".join(f"{name}={morsel.value}" for name, morsel in client.cookies.items())


def headers(client: Client, origin: str | None = settings.SITE_URL) -> list[tuple[bytes, bytes]]:
    found = [(b"cookie", cookies(client).encode())] if client.cookies else []
    return found if origin is None else [*found, (b"origin", origin.encode())]


class Socket(WebsocketCommunicator):
    """A communicator that says what it expects."""

    async def next(self) -> dict:
        """The next frame."""
        return await self.receive_json_from(PATIENCE)

    async def next_of(self, kind: str) -> dict:
        """The next frame, which must be of this type."""
        frame = await self.next()
        assert frame["type"] == kind, frame
        return frame

    async def closed(self) -> int:
        """The close code that the server sends next."""
        event = await self.receive_output(PATIENCE)
        assert event["type"] == "websocket.close", event
        return event["code"]

    async def settled(self) -> None:
        """Everything that was sent before has been dealt with."""
        await self.send_json_to({"type": "ping"})
        await self.next_of("pong")


async def is_refused(path: str, client: Client, origin: str | None = settings.SITE_URL, app=application) -> bool:
    """Whether the server closes before it accepts (HTTP 403)."""
    socket = Socket(app, path, headers(client, origin))
    accepted, _ = await socket.connect(PATIENCE)
    await socket.disconnect(timeout=PATIENCE)
    return not accepted


@asynccontextmanager
async def connected(path: str, client: Client, app=application) -> AsyncIterator[Socket]:
    """An accepted socket, before its welcome."""
    socket = Socket(app, path, headers(client))
    accepted, _ = await socket.connect(PATIENCE)
    assert accepted
    try:
        yield socket
    finally:
        await socket.disconnect(timeout=PATIENCE)
