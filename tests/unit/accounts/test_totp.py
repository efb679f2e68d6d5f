"""TOTP: which codes count, when, and how often."""

import base64
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django_otp.oath import hotp

from accounts import otp, totp
from accounts.models import TOTPDevice

pytestmark = pytest.mark.django_db

NOW = datetime(2027, 3, 1, 9, 0, 5, tzinfo=UTC)


def code(device: TOTPDevice, at: datetime = NOW) -> str:
    """What the app shows."""
    return f"{hotp(base64.b32decode(device.key), int(at.timestamp()) // 30):06d}"


@pytest.fixture
def user(practitioner):
    return practitioner.user


@pytest.fixture
def device(user) -> TOTPDevice:
    """Tied ten minutes ago."""
    device = totp.start_totp(user=user)
    earlier = NOW - timedelta(minutes=10)
    return totp.confirm_totp(user=user, code=code(device, earlier), now=earlier)


def refused(user, typed: str, now: datetime = NOW) -> otp.CodeRefused:
    with pytest.raises(otp.CodeRefused) as refusal:
        totp.check_totp(user=user, code=typed, now=now)
    return refusal.value


def wrong(device: TOTPDevice) -> str:
    near = {code(device, NOW + timedelta(seconds=30 * step)) for step in range(-3, 4)}
    return next(text for text in ("000000", "111111", "222222", "333333", "444444", "555555", "666666", "777777")
                if text not in near)  # fmt: skip


def test_nobody_has_one_at_first(user):
    assert not totp.has_totp(user)
    refused(user, "123456")


def test_an_unconfirmed_app_counts_for_nothing(user):
    device = totp.start_totp(user=user)
    assert not totp.has_totp(user)
    refused(user, code(device))


def test_a_code_is_good_once_and_so_are_the_older_ones(user, device):
    assert totp.check_totp(user=user, code=code(device), now=NOW) == device
    refused(user, code(device))
    refused(user, code(device, NOW - timedelta(seconds=30)), now=NOW + timedelta(seconds=2))


@pytest.mark.parametrize(("seconds", "good"), [(-70, False), (-30, True), (0, True), (30, True), (70, False)])
def test_a_clock_may_be_half_a_minute_off(user, device, seconds, good):
    typed = code(device, NOW + timedelta(seconds=seconds))
    if good:
        totp.check_totp(user=user, code=typed, now=NOW)
    else:
        refused(user, typed)


def test_the_clock_of_the_app_is_learnt(user, device):
    for step in range(4):
        now = NOW + timedelta(minutes=10 * step)
        totp.check_totp(user=user, code=code(device, now + timedelta(seconds=30 * (step + 1))), now=now)


def test_wrong_codes_are_read_later_and_later(user, device):
    now = NOW
    for pause in (1, 2, 4, 8):
        assert refused(user, wrong(device), now).retry_at is None
        # The right one too: else the answer would tell.
        early = refused(user, code(device, now), now)
        assert early.retry_at == now + timedelta(seconds=pause)
        now = early.retry_at
    assert totp.check_totp(user=user, code=code(device, now), now=now)


def test_the_pause_stops_growing(user, device):
    device.throttling_failure_count, device.throttling_failure_timestamp = 11, NOW - timedelta(hours=1)
    device.save()
    refused(user, wrong(device))
    assert refused(user, code(device)).retry_at == NOW + timedelta(seconds=1024)


@pytest.mark.parametrize("typed", ["", "12345", "1234567", "abcdef", "１２３４５６", "12 456"])
def test_what_is_no_code_is_not_counted(user, device, typed):
    refused(user, typed)
    device.refresh_from_db()
    assert device.throttling_failure_count == 0


def test_the_app_of_another_person(user, device, other_practitioner):
    refused(other_practitioner.user, code(device))


def test_starting_again_gives_another_secret_until_one_is_tied(user):
    first = totp.start_totp(user=user)
    second = totp.start_totp(user=user)
    assert first.key != second.key
    totp.confirm_totp(user=user, code=code(second), now=NOW)
    assert totp.start_totp(user=user).key == second.key
    assert totp.has_totp(user)


def test_removed_it_is_gone(user, device):
    assert totp.remove_totp(user=user)
    assert not totp.remove_totp(user=user)
    assert not totp.has_totp(user)
    refused(user, code(device))


def test_the_secret_is_encrypted_where_it_lies(device):
    with connection.cursor() as cursor:
        cursor.execute("SELECT key FROM accounts_totpdevice")
        [(stored,)] = cursor.fetchall()
    assert device.key not in stored
    assert stored.startswith("gAAAA")


def test_what_the_app_reads(device):
    assert totp.config_url(device) == (f"otpauth://totp/Rofim:dr.martin%40example.org?secret={device.key}&issuer=Rofim")
    assert len(device.key) == 32
    assert totp.secret_text(device).replace(" ", "") == device.key
