"""The relay's doors, tried on a real coturn with production's configuration: who may allocate, and towards whom."""

from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address, IPv6Address, ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from teleconsult.ice import MARGIN, ice_servers
from tests.services.coturn import SECRET, Coturn
from tests.services.turn_client import TurnClient, TurnError

SPECIAL = {
    4: (
        "127.0.0.1", "127.8.9.10", "0.0.0.0", "0.1.2.3", "10.0.0.1", "10.255.255.255", "100.64.0.1", "169.254.169.254",
        "172.16.0.1", "172.31.255.255", "192.0.0.1", "192.0.2.1", "192.88.99.1", "192.168.1.1", "198.18.0.1",
        "198.51.100.1", "203.0.113.1", "224.0.0.1", "240.0.0.1", "255.255.255.255",
    ),
    6: (
        "::1", "::", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:169.254.169.254", "::ffff:192.168.1.1",
        "::127.0.0.1", "64:ff9b::7f00:1", "64:ff9b:1::a00:1", "100::1", "2001::1", "2001:db8::1", "2002:7f00:1::1",
        "3fff::1", "5f00::1", "fc00::1", "fd12:3456::1", "fe80::1", "fec0::1", "ff02::1",
    ),
}  # fmt: skip
# Anybody's: a relay that refused these too would pass every other test here. CreatePermission sends them nothing.
PUBLIC = {4: ("1.1.1.1", "99.0.0.1", "172.32.0.1", "223.255.255.254"), 6: ("2001:200::1", "2606:4700::1111", "2a00::1")}


@pytest.fixture(scope="module")
def running(coturn: Coturn) -> Coturn:
    certificate, key = make_certificate(coturn.folder)
    coturn.start(f"--cert={certificate}", f"--pkey={key}")
    return coturn


def make_certificate(folder: Path) -> tuple[Path, Path]:
    """A certificate for 127.0.0.1, signed by itself, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "rofim.test")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(hours=1))
        .sign(key, hashes.SHA256())
    )
    paths = folder / "certificate.pem", folder / "key.pem"
    paths[0].write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    paths[1].write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )  # fmt: skip
    return paths


@pytest.fixture
def client(running: Coturn) -> Iterator[TurnClient]:
    with TurnClient(running.port) as client:
        yield client


@pytest.fixture
def credentials(settings, running: Coturn):
    """The (username, password) that a seat gets at `now` with its end at `ends_at`."""
    settings.TURN_URL, settings.TURN_SECRET = running.url, SECRET

    def issue(*, now: datetime | None = None, ends_at: datetime | None = None) -> tuple[str, str]:
        (server,) = ice_servers(consultation_id=7, ends_at=ends_at, now=now or datetime.now(UTC))
        return server["username"], server["credential"]

    return issue


def refusal(attempt, *arguments, **options) -> int:
    """The code with which the relay refuses."""
    with pytest.raises(TurnError) as refused:
        attempt(*arguments, **options)
    return refused.value.code


@pytest.mark.parametrize("transport", ["udp", "tcp", "tls"])
def test_a_seats_credentials_allocate(running, credentials, transport):
    port = running.tls_port if transport == "tls" else running.port
    with TurnClient(port, transport=transport) as client:
        assert client.allocate(*credentials()) == ip_address("127.0.0.1")


def test_no_credentials(client):
    assert refusal(client.allocate) == 401


def test_expired_credentials(client, credentials):
    now = datetime.now(UTC)
    assert refusal(client.allocate, *credentials(now=now, ends_at=now - MARGIN - timedelta(seconds=5))) == 401


def test_credentials_outlive_the_end_by_the_margin(client, credentials):
    ends_at = datetime.now(UTC) - MARGIN + timedelta(minutes=1)
    assert client.allocate(*credentials(ends_at=ends_at))


def test_another_secrets_credentials(client, credentials, settings):
    settings.TURN_SECRET = "not the relay's"
    assert refusal(client.allocate, *credentials()) == 401


def test_a_prolonged_expiry_is_not_signed(client, credentials):
    username, password = credentials(ends_at=datetime.now(UTC) - timedelta(hours=1))
    expiry, _, consultation = username.partition(":")
    assert refusal(client.allocate, f"{int(expiry) + 86_400}:{consultation}", password) == 401


def test_two_firefox_that_change_networks_four_times_are_still_relayed(running, credentials):
    """Four allocations each, all of them left behind on the former networks."""
    with ExitStack() as clients:
        for _ in range(2 * 4 * 5):
            assert clients.enter_context(TurnClient(running.port)).allocate(*credentials())


@pytest.mark.parametrize(("version", "relayed"), [(4, IPv4Address("127.0.0.1")), (6, IPv6Address("::1"))])
def test_no_special_address_is_a_peer(client, credentials, version, relayed):
    assert client.allocate(*credentials(), version=version) == relayed
    assert {peer: refusal(client.permit, peer) for peer in SPECIAL[version]} == dict.fromkeys(SPECIAL[version], 403)


@pytest.mark.parametrize("version", [4, 6])
def test_a_public_address_is_a_peer(client, credentials, version):
    client.allocate(*credentials(), version=version)
    for peer in PUBLIC[version]:
        client.permit(peer)
