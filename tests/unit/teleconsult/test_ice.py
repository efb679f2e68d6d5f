"""TURN credentials, as coturn's `use-auth-secret` computes them."""

import base64
import hashlib
import hmac
from datetime import UTC, datetime, timedelta

import pytest

from teleconsult.ice import ice_configuration, ice_servers

NOW = datetime(2027, 3, 18, 20, 45, tzinfo=UTC)


def test_without_a_server_there_is_none(settings):
    settings.TURN_URL = ""
    assert ice_servers(consultation_id=7, ends_at=None, now=NOW) == []


def test_credentials_live_as_long_as_the_visit_and_ten_minutes(settings):
    settings.TURN_URL, settings.TURN_SECRET = "turn:turn.example.org:3478", "secret"
    (server,) = ice_servers(consultation_id=7, ends_at=NOW + timedelta(minutes=5), now=NOW)
    assert server["username"] == f"{int(NOW.timestamp()) + 900}:7"
    digest = hmac.new(b"secret", server["username"].encode(), hashlib.sha1).digest()
    assert server["credential"] == base64.b64encode(digest).decode()


def test_before_the_start_the_whole_duration_is_left(settings):
    settings.TURN_URL, settings.TURN_SECRET = "turn:turn.example.org:3478", "secret"
    settings.CONSULTATION_MAX_DURATION = timedelta(hours=1)
    (server,) = ice_servers(consultation_id=7, ends_at=None, now=NOW)
    assert server["username"] == f"{int(NOW.timestamp()) + 4200}:7"


def test_blocked_udp_finds_tcp(settings):
    settings.TURN_URL, settings.TURN_SECRET = "turn:a:3478, turns:b:443?transport=tcp,turns:c", "secret"
    (server,) = ice_servers(consultation_id=7, ends_at=None, now=NOW)
    assert server["urls"] == [
        "turn:a:3478?transport=udp", "turn:a:3478?transport=tcp", "turns:b:443?transport=tcp", "turns:c",
    ]  # fmt: skip


@pytest.mark.parametrize(("relay_only", "policy"), [(False, {}), (True, {"iceTransportPolicy": "relay"})])
def test_relay_only_is_a_policy_beside_the_servers(settings, relay_only, policy):
    settings.TURN_URL, settings.TURN_SECRET = "turn:turn.example.org:3478", "secret"
    settings.TURN_RELAY_ONLY = relay_only
    seat = {"consultation_id": 7, "ends_at": None, "now": NOW}
    assert ice_configuration(**seat) == {"iceServers": ice_servers(**seat), **policy}
