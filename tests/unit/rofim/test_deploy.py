"""The full-size deployment: no container engine at hand, so its files are checked as data against the settings."""

import re
import subprocess
import sys
from ipaddress import IPv6Address, ip_address, ip_network
from pathlib import Path

import pytest
import yaml
from cryptography.fernet import Fernet

ROOT = Path(__file__).parents[3]
COMPOSE = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
EXAMPLE = dict(
    line.split("=", 1)
    for line in (ROOT / "rofim/deploy/env.example").read_text().splitlines()
    if line and not line.startswith("#")
)


def filled(value: str) -> str:
    """`${NAME:?}` as Compose would fill it in from a complete .env."""
    answers = EXAMPLE | {
        "FIELD_ENCRYPTION_KEYS": Fernet.generate_key().decode(),
        "EMAIL_URL": "smtp+tls://user:password@smtp.example:587",
    }
    return re.sub(r"\$\{(\w+):\?\}", lambda name: answers[name[1]] or "given", value)


def test_every_part_is_there():
    assert {"proxy", "web", "worker", "outbox", "beat", "postgres", "valkey", "coturn"} <= set(COMPOSE["services"])


def test_only_the_proxy_and_turn_are_reachable_from_outside():
    published = {name for name, service in COMPOSE["services"].items() if "ports" in service}
    assert published == {"proxy"}


def test_every_variable_asked_for_is_in_the_example():
    asked = set(re.findall(r"(?<!\$)\$\{(\w+)", (ROOT / "docker-compose.yml").read_text()))
    assert asked == set(EXAMPLE)


def test_every_mounted_file_and_build_context_exists():
    for service in COMPOSE["services"].values():
        for volume in service.get("volumes", []):
            source = volume.split(":")[0]
            assert (ROOT / source).exists() if source.startswith("./") else source in COMPOSE["volumes"]
        if "build" in service:
            assert (ROOT / service["build"]["dockerfile"]).exists()


def test_every_variable_given_to_the_application_is_read_by_it():
    settings = (ROOT / "rofim/settings.py").read_text()
    for name in COMPOSE["services"]["web"]["environment"]:
        assert f'"{name}"' in settings, name


def load_settings(environment: dict[str, str]) -> subprocess.CompletedProcess:
    return subprocess.run(
        [sys.executable, "-c", "import django; django.setup()"],
        cwd=ROOT,
        env={"PATH": "", "DJANGO_SETTINGS_MODULE": "rofim.settings", **environment},
        capture_output=True,
        text=True,
    )


def test_the_application_starts_with_the_settings_of_compose(tmp_path):
    environment = {name: filled(str(value)) for name, value in COMPOSE["services"]["web"]["environment"].items()} | {
        "DATA_DIR": str(tmp_path)
    }
    done = load_settings(environment)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("name", ["SECRET_KEY", "FIELD_ENCRYPTION_KEYS"])
def test_without_a_secret_the_application_refuses_to_start_and_names_it(name, tmp_path):
    environment = {"SECRET_KEY": "a", "FIELD_ENCRYPTION_KEYS": Fernet.generate_key().decode()}
    del environment[name]
    done = load_settings(environment | {"DATA_DIR": str(tmp_path)})
    assert done.returncode != 0
    assert f"Missing in the environment: {name}" in done.stderr


@pytest.mark.parametrize(
    ("given", "missing"),
    [({"TURN_RELAY_ONLY": "true"}, "TURN_URL"), ({"TURN_URL": "turn:turn.example:3478"}, "TURN_SECRET")],
)
def test_half_a_relay_is_refused(given, missing, tmp_path):
    environment = {"SECRET_KEY": "a", "FIELD_ENCRYPTION_KEYS": Fernet.generate_key().decode(), **given}
    done = load_settings(environment | {"DATA_DIR": str(tmp_path)})
    assert done.returncode != 0
    assert f"Missing in the environment: {missing}" in done.stderr


def test_the_relay_refuses_every_special_range():
    """The same on a real coturn: tests/services/test_turn.py."""
    lines = (ROOT / "rofim/deploy/turnserver.conf").read_text().splitlines()
    assert "use-auth-secret" in lines
    denied = [
        tuple(ip_address(end) for end in line.split("=")[1].split("-")) for line in lines if line.startswith("denied-")
    ]
    # Coturn reads a range from « :: » as one from anywhere, and denies everybody.
    assert IPv6Address("::") not in {first for first, _ in denied}
    for special in (
        "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.168.0.0/16",
        "::1/128", "::ffff:0:0/96", "64:ff9b::/96", "64:ff9b:1::/48", "2001:db8::/32", "2002::/16", "fc00::/7",
        "fe80::/10", "ff00::/8",
    ):  # fmt: skip
        network = ip_network(special)
        assert any(
            first.version == network.version and first <= network[0] and network[-1] <= last for first, last in denied
        ), special
