"""As much of a STUN and TURN client (RFC 8489, RFC 8656) as it takes to try a relay's doors. Standard library only."""

import hashlib
import hmac
import os
import socket
import ssl
import struct
from collections.abc import Iterator
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import Self

COOKIE = 0x2112A442
HEADER = struct.Struct("!HHI12s")
BINDING, ALLOCATE, CREATE_PERMISSION = 0x001, 0x003, 0x008
ERROR, SUCCESS = 0x110, 0x100
USERNAME, MESSAGE_INTEGRITY, ERROR_CODE, REALM, NONCE = 0x0006, 0x0008, 0x0009, 0x0014, 0x0015
XOR_PEER_ADDRESS, XOR_RELAYED_ADDRESS, REQUESTED_ADDRESS_FAMILY, REQUESTED_TRANSPORT = 0x0012, 0x0016, 0x0017, 0x0019
FAMILIES = {4: 1, 6: 2}
UDP = 17


class TurnError(Exception):
    """The server refused, with this code."""

    def __init__(self, code: int):
        super().__init__(code)
        self.code = code


class TurnClient:
    """One client of a relay on loopback: one socket, one allocation. `transport`: udp, tcp or tls (unverified)."""

    def __init__(self, port: int, *, transport: str = "udp", patience: float = 5.0):
        kind = socket.SOCK_DGRAM if transport == "udp" else socket.SOCK_STREAM
        self._socket = socket.socket(socket.AF_INET, kind)
        self._stream = transport != "udp"
        self._key = b""
        self._identity: list[tuple[int, bytes]] = []
        try:
            self._socket.settimeout(patience)
            self._socket.connect(("127.0.0.1", port))
            if transport == "tls":
                context = ssl.create_default_context()
                # The certificate is the test's own, made a moment ago.
                context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
                self._socket = context.wrap_socket(self._socket)
        except OSError:
            self._socket.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.close()

    def bind(self) -> bool:
        """A STUN binding, which needs no credential: the server lives."""
        self._request(BINDING, [])
        return True

    def allocate(self, username: str = "", password: str = "", *, version: int = 4) -> IPv4Address | IPv6Address:
        """The relayed address of a new UDP allocation (IP `version`); without a user name the bare request."""
        wanted = [
            (REQUESTED_TRANSPORT, bytes([UDP, 0, 0, 0])),
            (REQUESTED_ADDRESS_FAMILY, bytes([FAMILIES[version], 0, 0, 0])),
        ]
        challenge = self._ask(ALLOCATE, wanted)
        if not username:
            raise TurnError(_error(challenge))
        realm, nonce = challenge[REALM], challenge[NONCE]
        secret = b":".join((username.encode(), realm, password.encode()))
        self._key = hashlib.md5(secret, usedforsecurity=False).digest()
        self._identity = [(USERNAME, username.encode()), (REALM, realm), (NONCE, nonce)]
        answer = self._request(ALLOCATE, wanted)
        return _read_address(answer[XOR_RELAYED_ADDRESS], self._transaction)

    def permit(self, peer: str) -> None:
        """CreatePermission: from now on the relay forwards to and from `peer`. Nothing is sent to it."""
        transaction = os.urandom(12)
        self._request(CREATE_PERMISSION, [(XOR_PEER_ADDRESS, _write_address(peer, transaction))], transaction)

    def _request(
        self, method: int, attributes: list[tuple[int, bytes]], transaction: bytes | None = None
    ) -> dict[int, bytes]:
        answer = self._ask(method, attributes, transaction)
        if ERROR_CODE in answer:
            raise TurnError(_error(answer))
        return answer

    def _ask(
        self, method: int, attributes: list[tuple[int, bytes]], transaction: bytes | None = None
    ) -> dict[int, bytes]:
        self._transaction = transaction or os.urandom(12)
        body = b"".join(_pack(kind, value) for kind, value in attributes + self._identity)
        if self._key:
            # The signature covers a header whose length counts the signature already.
            head = HEADER.pack(method, len(body) + 24, COOKIE, self._transaction)
            body += _pack(MESSAGE_INTEGRITY, hmac.new(self._key, head + body, hashlib.sha1).digest())
        self._socket.sendall(HEADER.pack(method, len(body), COOKIE, self._transaction) + body)
        kind, body = self._receive()
        assert kind in (method | SUCCESS, method | ERROR), hex(kind)
        return dict(_unpack(body))

    def _receive(self) -> tuple[int, bytes]:
        message = self._read(2048)
        while self._stream and len(message) < HEADER.size:
            message += self._read(HEADER.size - len(message))
        whole = HEADER.size + HEADER.unpack_from(message)[1]
        while self._stream and len(message) < whole:
            message += self._read(whole - len(message))
        kind, length, cookie, transaction = HEADER.unpack_from(message)
        assert (cookie, transaction) == (COOKIE, self._transaction)
        return kind, message[HEADER.size : HEADER.size + length]

    def _read(self, limit: int) -> bytes:
        part = self._socket.recv(limit)
        if not part:
            raise ConnectionError("the relay hung up")
        return part


def _pack(kind: int, value: bytes) -> bytes:
    return struct.pack("!HH", kind, len(value)) + value + bytes(-len(value) % 4)


def _unpack(body: bytes) -> Iterator[tuple[int, bytes]]:
    while body:
        kind, length = struct.unpack_from("!HH", body)
        yield kind, body[4 : 4 + length]
        body = body[4 + length + (-length % 4) :]


def _error(answer: dict[int, bytes]) -> int:
    return answer[ERROR_CODE][2] * 100 + answer[ERROR_CODE][3]


def _mask(packed: bytes, transaction: bytes) -> bytes:
    mask = struct.pack("!I", COOKIE) + transaction
    return bytes(one ^ other for one, other in zip(packed, mask, strict=False))


def _write_address(address: str, transaction: bytes, port: int = 9) -> bytes:
    peer = ip_address(address)
    head = struct.pack("!BBH", 0, FAMILIES[peer.version], port ^ (COOKIE >> 16))
    return head + _mask(peer.packed, transaction)


def _read_address(value: bytes, transaction: bytes) -> IPv4Address | IPv6Address:
    return ip_address(_mask(value[4:], transaction))
