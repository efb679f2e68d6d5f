"""What a client may say (PROTOCOL.md). Pure: a frame comes in, its type comes out or `Refused` is raised.

The order matters: size, then rate, and only then parsing, so that a hostile socket costs little.
"""

from collections import deque
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from enum import IntEnum
from typing import Any

import orjson

# Bytes of UTF-8: a description with every codec and 40 candidates is some 10 KB.
MAX_FRAME_BYTES = 64 * 1024
# Frames in seconds: a call sets up with some 30; nobody types that fast.
FLOOD_FRAMES = 120
FLOOD_WINDOW = 10.0
# Members of a candidate: four today; browsers may add some.
MAX_CANDIDATE_MEMBERS = 16


class Close(IntEnum):
    """Why the server ends a socket."""

    LEFT = 1000
    RESTARTING = 1012
    ENDED = 4000
    BAD_FRAME = 4400
    NOT_ALLOWED = 4401
    SILENT = 4408
    REPLACED = 4409
    FLOOD = 4429


RELAYED = frozenset({"description", "candidate", "state"})


class Refused(Exception):
    """The frame ends its socket with `code`."""

    def __init__(self, code: Close):
        super().__init__(code)
        self.code = code


class FloodGate:
    """Counts the frames of one socket: more than FLOOD_FRAMES in any FLOOD_WINDOW seconds is a flood."""

    __slots__ = ("_times",)

    def __init__(self) -> None:
        self._times: deque[float] = deque(maxlen=FLOOD_FRAMES)

    def admit(self, now: float) -> bool:
        """Counts a frame at `now` (monotonic seconds); False from the first one too many."""
        times = self._times
        if len(times) == FLOOD_FRAMES and now - times[0] < FLOOD_WINDOW:
            return False
        times.append(now)
        return True


def _is_number(value: Any) -> bool:
    return value is None or (isinstance(value, int | float) and not isinstance(value, bool))


def _description(frame: dict) -> bool:
    description = frame["description"]
    if not isinstance(description, dict) or not description.keys() <= {"type", "sdp"}:
        return False
    kind, sdp = description.get("type"), description.get("sdp")
    if kind == "rollback":
        return sdp is None or isinstance(sdp, str)
    return kind in ("offer", "answer", "pranswer") and isinstance(sdp, str)


def _candidate(frame: dict) -> bool:
    candidate = frame["candidate"]
    if candidate is None:
        return True
    return (
        isinstance(candidate, dict)
        and isinstance(candidate.get("candidate"), str)
        and len(candidate) <= MAX_CANDIDATE_MEMBERS
        and not any(isinstance(value, dict | list) for value in candidate.values())
    )


def _state(frame: dict) -> bool:
    return all(isinstance(frame[name], bool) for name in ("microphone", "camera", "screen"))


def _quality(frame: dict) -> bool:
    return all(_is_number(frame[name]) for name in ("rtt", "loss", "jitter")) and isinstance(frame["kind"], str | None)


def _bare(frame: dict) -> bool:
    return True


# type → (its members, whether they are well formed). Nothing else is a frame.
_SHAPES: dict[str, tuple[frozenset[str], Callable[[dict], bool]]] = {
    "description": (frozenset({"type", "description"}), _description),
    "candidate": (frozenset({"type", "candidate"}), _candidate),
    "state": (frozenset({"type", "microphone", "camera", "screen"}), _state),
    "quality": (frozenset({"type", "rtt", "loss", "jitter", "kind"}), _quality),
    "ping": (frozenset({"type"}), _bare),
    "leave": (frozenset({"type"}), _bare),
}


def check_size(event: Mapping[str, Any]) -> str:
    """The text of an ASGI `websocket.receive` event. Binary or too long raises `Refused`."""
    text = event.get("text")
    if not isinstance(text, str) or len(text) > MAX_FRAME_BYTES:
        raise Refused(Close.BAD_FRAME)
    # Beyond ASCII a character is up to four bytes; a lone surrogate has no bytes at all.
    if not text.isascii() and len(text.encode(errors="surrogatepass")) > MAX_FRAME_BYTES:
        raise Refused(Close.BAD_FRAME)
    return text


def frame_type(text: str) -> str:
    """The type of a well-formed frame. Anything else raises `Refused`.

    orjson refuses NaN, infinities, lone surrogates and more than 1024 levels; the shapes leave at most two levels.
    """
    try:
        frame = orjson.loads(text)
    except orjson.JSONDecodeError:
        raise Refused(Close.BAD_FRAME) from None
    if isinstance(frame, dict):
        kind = frame.get("type")
        shape = _SHAPES.get(kind) if isinstance(kind, str) else None
        if isinstance(kind, str) and shape is not None and frame.keys() == shape[0] and shape[1](frame):
            return kind
    raise Refused(Close.BAD_FRAME)


def quality_of(text: str) -> dict[str, float | None]:
    """`rtt`, `loss` and `jitter` of a `quality` frame that `frame_type` has accepted."""
    frame = orjson.loads(text)
    return {name: frame[name] for name in ("rtt", "loss", "jitter")}


def iso(moment: datetime | None) -> str | None:
    """ISO 8601, UTC, milliseconds, « Z »."""
    return None if moment is None else moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def encode(kind: str, **members: Any) -> str:
    """A frame of the server: `{"type": …}` first."""
    return orjson.dumps({"type": kind, **members}).decode()
