"""The roof over HTTP and WebSocket. Plain ASGI: runs on Daphne (default) and on uvicorn."""

import os

from channels.auth import AuthMiddlewareStack
from channels.routing import ProtocolTypeRouter, URLRouter
from channels.security.websocket import OriginValidator
from django.conf import settings
from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "rofim.settings")
http_application = get_asgi_application()

from teleconsult.routing import websocket_urlpatterns  # noqa: E402 (models need the loaded applications)

application = ProtocolTypeRouter(
    {
        "http": http_application,
        "websocket": OriginValidator(AuthMiddlewareStack(URLRouter(websocket_urlpatterns)), settings.SITE_ORIGINS),
    }
)
