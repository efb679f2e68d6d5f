"""WebSocket addresses (PROTOCOL.md)."""

websocket_urlpatterns: list = []
