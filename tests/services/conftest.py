"""Real services of the test run's own; each lives in a module here."""

from tests.services.coturn import coturn
from tests.services.letterbox import outgoing_sms, postgresql, smtp, twilio
from tests.services.redis_server import redis_server
from tests.services.web import full_size

__all__ = ["coturn", "full_size", "outgoing_sms", "postgresql", "redis_server", "smtp", "twilio"]
