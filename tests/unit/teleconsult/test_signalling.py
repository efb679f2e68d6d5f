"""Frame validation: refusals first."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from teleconsult.signalling import (
    FLOOD_FRAMES,
    FLOOD_WINDOW,
    MAX_FRAME_BYTES,
    Close,
    FloodGate,
    Refused,
    check_size,
    encode,
    frame_type,
)

CANDIDATE = {"candidate": "candidate:1 1 udp 1 203.0.113.7 46154 typ host", "sdpMid": "0", "sdpMLineIndex": 0}
STATE = {"type": "state", "microphone": True, "camera": False, "screen": False}
QUALITY = {"type": "quality", "rtt": 0.04, "loss": 0, "jitter": None, "kind": "relay"}


def refusal(act, *arguments) -> Close:
    with pytest.raises(Refused) as refused:
        act(*arguments)
    return refused.value.code


@pytest.mark.parametrize(
    "text",
    [
        "", " ", "{", "null", "true", "7", '"ping"', "[]", '[{"type": "ping"}]', "{}", "\0", "ping",
        '{"type": null}', '{"type": 1}', '{"type": ["ping"]}', '{"type": {"ping": 1}}', '{"type": "pong"}',
        '{"type": "welcome"}', '{"type": "ended", "by": "patient", "reason": "completed"}', '{"type": "Ping"}',
        '{"type": "__class__"}', '{"type": "ping", "more": 1}', '{"type": "ping"} {"type": "ping"}',
        '{"type": "ping", "x": NaN}', '{"type": "quality", "rtt": NaN, "loss": 0, "jitter": 0, "kind": null}',
        '{"type": "quality", "rtt": Infinity, "loss": 0, "jitter": 0, "kind": null}',
        '{"type": "quality", "rtt": 1e999, "loss": 0, "jitter": 0, "kind": null}',
        '{"type": "quality", "rtt": "1", "loss": 0, "jitter": 0, "kind": null}',
        '{"type": "quality", "rtt": true, "loss": 0, "jitter": 0, "kind": null}',
        '{"type": "candidate"}', '{"type": "candidate", "candidate": "x"}', '{"type": "candidate", "candidate": []}',
        '{"type": "candidate", "candidate": {}}', '{"type": "candidate", "candidate": {"candidate": 1}}',
        '{"type": "candidate", "candidate": {"candidate": "x", "y": {}}}',
        '{"type": "candidate", "candidate": {"candidate": "\\ud800"}}',
        '{"type": "candidate", "candidate": {"candidate": "\ud800"}}',
        '{"type": "description"}', '{"type": "description", "description": null}',
        '{"type": "description", "description": "offer"}', '{"type": "description", "description": {"type": "offer"}}',
        '{"type": "description", "description": {"type": "offer", "sdp": null}}',
        '{"type": "description", "description": {"type": "offer", "sdp": ["v=0"]}}',
        '{"type": "description", "description": {"type": "script", "sdp": "v=0"}}',
        '{"type": "description", "description": {"type": ["offer"], "sdp": "v=0"}}',
        '{"type": "description", "description": {"type": "offer", "sdp": "v=0", "more": 1}}',
        '{"type": "description", "description": {"type": "rollback", "sdp": 0}}',
        '{"type": "state", "microphone": true, "camera": true}',
        '{"type": "state", "microphone": 1, "camera": true, "screen": false}',
        '{"type": "state", "microphone": "<script>", "camera": true, "screen": false}',
        "[" * 60_000, '{"type":' * 8_000, '{"type": "candidate", "candidate": ' + "[" * 500 + "]" * 500 + "}",
        '{"type": "candidate", "candidate": ' + json.dumps({"candidate": "", **{str(i): i for i in range(20)}}) + "}",
    ],
)  # fmt: skip
def test_malformed_is_refused(text):
    assert refusal(frame_type, text) == Close.BAD_FRAME


@pytest.mark.parametrize(
    "event",
    [
        {"bytes": b'{"type": "ping"}'},
        {"bytes": b"", "text": None},
        {"text": "x" * (MAX_FRAME_BYTES + 1)},
        {"text": "é" * (MAX_FRAME_BYTES // 2 + 1)},
        {"text": "😀" * (MAX_FRAME_BYTES // 4 + 1)},
        {"text": "\ud800" * (MAX_FRAME_BYTES // 2)},
    ],
)
def test_binary_and_oversized_are_refused(event):
    assert refusal(check_size, event) == Close.BAD_FRAME


@pytest.mark.parametrize("text", ["x" * MAX_FRAME_BYTES, "é" * (MAX_FRAME_BYTES // 2), "😀" * (MAX_FRAME_BYTES // 4)])
def test_64_kib_of_utf8_are_allowed(text):
    assert check_size({"text": text, "bytes": None}) == text


def test_the_121st_frame_in_ten_seconds_is_a_flood():
    gate = FloodGate()
    assert all(gate.admit(index * 0.05) for index in range(FLOOD_FRAMES))
    assert not gate.admit(FLOOD_WINDOW - 0.01)
    assert gate.admit(FLOOD_WINDOW + 0.01)


def test_a_lively_call_is_no_flood():
    gate = FloodGate()
    assert all(gate.admit(index / 11.9) for index in range(1200))


@pytest.mark.parametrize(
    "frame",
    [
        {"type": "description", "description": {"type": "offer", "sdp": "v=0\r\n"}},
        {"type": "description", "description": {"type": "answer", "sdp": "v=0\r\n"}},
        {"type": "description", "description": {"type": "pranswer", "sdp": ""}},
        {"type": "description", "description": {"type": "rollback"}},
        {"type": "description", "description": {"type": "rollback", "sdp": ""}},
        {"type": "candidate", "candidate": None},
        {"type": "candidate", "candidate": {"candidate": ""}},
        {"type": "candidate", "candidate": CANDIDATE | {"usernameFragment": None, "future": 1.5}},
        {"type": "ping"},
        {"type": "leave"},
        STATE,
        QUALITY,
    ],
)
def test_every_well_formed_frame_is_read(frame):
    assert frame_type(json.dumps(frame)) == frame["type"]


words = st.text(max_size=20)
json_values = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | words,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(words, inner, max_size=3),
    max_leaves=8,
)
names = st.sampled_from(["description", "candidate", "state", "quality", "ping", "leave", "welcome"])


def read(text: str) -> str | None:
    """The type of a frame; None if it was refused as it should be."""
    try:
        return frame_type(text)
    except Refused as refused:
        return None if refused.code == Close.BAD_FRAME else "refused otherwise"


@settings(max_examples=200, deadline=None)
@given(words | st.builds(json.dumps, json_values))
def test_whatever_comes_is_read_or_refused(text):
    assert read(text) is None


@settings(max_examples=200, deadline=None)
@given(names, st.dictionaries(names | words, json_values, max_size=3))
def test_whatever_comes_under_a_known_type_is_read_or_refused(kind, members):
    assert read(json.dumps({**members, "type": kind})) in (None, kind)


def test_the_server_writes_the_type_first():
    assert encode("time-left", seconds=120) == '{"type":"time-left","seconds":120}'
