"""The roof over HTTP and WebSocket. Plain ASGI: runs on Daphne (default) and on uvicorn."""

import os
import sys

from channels.routing import ProtocolTypeRouter, URLRouter
from channels.sessions import CookieMiddleware
from django.conf import settings
from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "rofim.settings")
http_application = get_asgi_application()

from teleconsult.consumers import refuse  # noqa: E402 (models need the loaded applications)
from teleconsult.routing import websocket_urlpatterns  # noqa: E402

# Daphne reads 64 KiB of one connection before it looks at the next: 2,300 tiny frames, while nobody else is heard.
if twisted := sys.modules.get("twisted.internet.tcp"):
    twisted.Connection.bufferSize = 8 * 1024


class OwnOrigin:
    """Refuses every socket whose one `Origin` isn't letter for letter the site's own, as browsers write it.

    Channels' OriginValidator raises on an origin that isn't an address: a 500 for anyone who asks.
    """

    def __init__(self, application):
        self._application = application

    async def __call__(self, scope, receive, send):
        origins = [value.decode("latin1") for name, value in scope["headers"] if name == b"origin"]
        own = len(origins) == 1 and origins[0] in settings.SITE_ORIGINS
        await (self._application if own else refuse)(scope, receive, send)


# Cookies only: Channels' session middleware would look at the session for every frame that leaves.
application = ProtocolTypeRouter(
    {"http": http_application, "websocket": OwnOrigin(CookieMiddleware(URLRouter(websocket_urlpatterns)))}
)
