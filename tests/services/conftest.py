"""Real services of the test run's own; each lives in a module here."""

from tests.services.coturn import coturn
from tests.services.letterbox import cluster, database_url, empty_database_url, migrated, outgoing_sms, smtp, twilio
from tests.services.redis_server import redis_server
from tests.services.web import full_size

__all__ = [
    "cluster",
    "coturn",
    "database_url",
    "empty_database_url",
    "full_size",
    "migrated",
    "outgoing_sms",
    "redis_server",
    "smtp",
    "twilio",
]
