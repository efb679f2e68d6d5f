"""One JSON line per event, UTC, through one redaction: no number, address, code, NIR or link of a person in any log.

What can't be recognised by its shape (a name, an answer of the intake) is never given to a logger in the first place.
"""

import logging
import re
from collections.abc import Mapping
from typing import Any

import structlog
from django.core.exceptions import SuspiciousOperation
from django.http import HttpRequest
from redis.exceptions import RedisError

MASK = "•••"

# Keys whose value is personal whatever it looks like: 4 letters and figures of a code have no shape of their own.
PERSONAL_KEYS = frozenset(
    """
    access_code address attachments authorization billing_number birth_city birth_date birth_postal_code body body_html
    city code cookie email first_name last_name link mobile_phone name_of_patient nir otp otp_token password password1
    password2 patient phone pin recipient subject to token
    """.split()  # noqa: SIM905
)

_PATTERNS: tuple[tuple[re.Pattern[str], str], ...] = (
    # The address of a patient's session is its key; so is the code of a prescription and a password reset's link.
    (re.compile(r"(/(?:visio|verifier)/)[^/\s\"'?#]+"), rf"\1{MASK}"),
    (re.compile(r"(/inscription/(?:confirmer|autre-piece)/)[^/\s\"'?#]+"), rf"\1{MASK}"),
    (re.compile(r"(/compte/email/(?:retablir/)?)(?!retablir/)[^/\s\"'?#]+"), rf"\1{MASK}"),
    (re.compile(r"(/mot-de-passe/(?:[\w-]+/)*?)[\w-]{2,}/[\w-]{10,}"), rf"\1{MASK}"),
    (re.compile(r"[\w.+%-]+(?:@|%40)[\w-]+(?:\.[\w-]+)+"), MASK),
    # « code=7K2M », "'token': 'x'", « mot de passe : x »
    (
        re.compile(
            r"""(?ix)(\b(?:access_code|code|otp(?:_token)?|pin|token|password[12]?|csrfmiddlewaretoken|nir|phone|email)
            ["']?\s?[=:]\s?["']?)[^\s"'&,;)}]+"""
        ),
        rf"\1{MASK}",
    ),
    # redis://:password@host
    (re.compile(r"(://[^/\s:@]*:)[^/\s@]+(@)"), rf"\1{MASK}\2"),
    # NIR, written together or in groups, Corsica included.
    (
        re.compile(
            r"(?<![\w-])[1-478](?:[ .]?\d{2}){2}[ .]?(?:\d{2}|2[ABab])(?:[ .]?\d{3}){2}(?:[ .]?\d{2})?(?![\w-])"
        ),
        MASK,
    ),
    # Telephone numbers, national and international, with or without spaces.
    (re.compile(r"(?:\+|%2B|(?<![\w.-])00)\d(?:[ .\-]?\d){7,14}"), MASK),
    (re.compile(r"(?<![\w.-])0[1-9](?:[ .\-]?\d{2}){4}(?![\w])"), MASK),
    # Any other long number: RPPS, member number. A micro-second has six figures, a year and day eight.
    (re.compile(r"(?<![\w.-])\d{9,}(?![\w-])"), MASK),
)  # fmt: skip

# Added by Django and Channels; they hold whole requests.
_DROPPED_KEYS = frozenset({"request", "sinfo", "scope"})


def redact_text(text: str) -> str:
    """`text` with every personal thing that has a shape masked."""
    for pattern, replacement in _PATTERNS:
        text = pattern.sub(replacement, text)
    return text


def _redact_value(value: Any) -> Any:
    if value is None or isinstance(value, (bool, int, float)):
        # 33612345678 as a number is still a telephone number.
        return MASK if isinstance(value, int) and abs(value) >= 10**9 else value
    if isinstance(value, Mapping):
        return {str(key): _redact_item(str(key), item) for key, item in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [_redact_value(item) for item in value]
    return redact_text(value if isinstance(value, str) else str(value))


def _redact_item(key: str, value: Any) -> Any:
    return MASK if key.lower() in PERSONAL_KEYS and value not in (None, "") else _redact_value(value)


def redact(logger: Any, method: str, event: dict[str, Any]) -> dict[str, Any]:
    """structlog processor: the last before rendering, over the line, its keys and its traceback."""
    kept = {}
    for key, value in event.items():
        if key in _DROPPED_KEYS:
            continue
        kept[key] = value if key.startswith("_") or key == "timestamp" else _redact_item(key, value)
    return kept


def drop_refusals_traceback(logger: Any, method: str, event: dict[str, Any]) -> dict[str, Any]:
    """structlog processor: a request that Django refused (forged Host, too many fields) is a line, not a traceback."""
    exc_info = event.get("exc_info")
    if isinstance(exc_info, tuple) and isinstance(exc_info[1], SuspiciousOperation):
        del event["exc_info"]
    return event


def name_who_asked(logger: Any, method: str, event: dict[str, Any]) -> dict[str, Any]:
    """structlog processor: what Django refuses (403, 404) says whose account asked, by number, and from where."""
    request = event.get("request")
    if isinstance(request, HttpRequest):
        # Only if it is known already: a line of the log asks no database.
        user = getattr(request, "_cached_user", None)
        event |= {"account": getattr(user, "pk", None), "ip_address": request.META.get("REMOTE_ADDR", "")}
    return event


class OneLineAMinute(logging.Filter):
    """channels_redis writes a traceback each second while Redis is away. What fails is said, without its stack."""

    def __init__(self) -> None:
        super().__init__()
        self._said_at = float("-inf")

    def filter(self, record: logging.LogRecord) -> bool:
        error = record.exc_info[1] if record.exc_info else None
        if not isinstance(error, (RedisError, OSError)):
            return True
        if record.created - self._said_at < 60:
            return False
        self._said_at = record.created
        record.msg, record.args, record.exc_info = "Redis unreachable: %r", (error,), None
        return True


_SHARED: list[Any] = [
    structlog.stdlib.add_logger_name,
    structlog.stdlib.add_log_level,
    structlog.stdlib.ExtraAdder(),
    structlog.processors.TimeStamper(fmt="iso", utc=True),
]


def config(*, readable: bool, level: str) -> dict[str, Any]:
    """settings.LOGGING: JSON on stderr, or coloured lines for a developer (`readable`); redacted both ways."""
    tail: list[Any] = [
        structlog.stdlib.ProcessorFormatter.remove_processors_meta,
        drop_refusals_traceback,
        name_who_asked,
        # To text before the redaction: a traceback quotes addresses and values.
        structlog.processors.format_exc_info,
        redact,
        structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)
        if readable
        else structlog.processors.JSONRenderer(ensure_ascii=False),
    ]
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "line": {
                "()": structlog.stdlib.ProcessorFormatter,
                "processors": tail,
                "foreign_pre_chain": _SHARED,
            }
        },
        "filters": {"one line a minute": {"()": OneLineAMinute}},
        "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
        "root": {"handlers": ["console"], "level": level},
        "loggers": {
            # Django gives these handlers and formats of their own.
            "django": {"handlers": [], "level": "INFO", "propagate": True},
            "django.server": {"handlers": [], "level": "INFO", "propagate": True},
            # At DEBUG it writes every value of every row; Twilio's and urllib3's write numbers, texts and addresses.
            "django.db.backends": {"level": "INFO"},
            "twilio.http_client": {"level": "WARNING"},
            "urllib3": {"level": "INFO"},
            "kombu": {"level": "INFO"},
            "channels_redis.pubsub": {"filters": ["one line a minute"]},
            # Four lines per task, every ten seconds; what goes wrong is above INFO.
            "celery.beat": {"level": "WARNING"},
            "celery.worker.strategy": {"level": "WARNING"},
            "celery.app.trace": {"level": "WARNING"},
            # One line per glyph table, and a greeting on the terminal of every command.
            "fontTools": {"level": "WARNING"},
            "pikepdf": {"level": "WARNING"},
            "weasyprint": {"level": "ERROR"},
        },
    }
