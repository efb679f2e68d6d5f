"""Limits are counted, kept without the key, and start again."""

from datetime import timedelta

import pytest
from django.test import RequestFactory
from django.utils import timezone

from accounts import audit
from accounts.models import AuditEvent, RateCount
from accounts.throttling import allow, client_ip
from rofim.retention import purge

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


def test_limit_then_a_new_period():
    now = timezone.now()
    answers = [allow("test", "0612345678", limit=3, period=HOUR, now=now) for _ in range(5)]
    assert answers == [True, True, True, False, False]
    assert not allow("test", "0612345678", limit=3, period=HOUR, now=now + timedelta(minutes=59))
    assert allow("test", "0612345678", limit=3, period=HOUR, now=now + HOUR)


def test_keys_and_buckets_do_not_mix():
    now = timezone.now()
    assert allow("one", "a", limit=1, period=HOUR, now=now)
    assert allow("two", "a", limit=1, period=HOUR, now=now)
    assert allow("one", "b", limit=1, period=HOUR, now=now)
    assert not allow("one", "a", limit=1, period=HOUR, now=now)


def test_the_key_is_kept_as_a_digest_only():
    allow("test", "0612345678", limit=1, period=HOUR, now=timezone.now())
    assert "0612345678" not in str(RateCount.objects.values().get())


@pytest.mark.parametrize("key", ["{}", "dr.martin@example.org\0{}"])
def test_a_household_has_one_count_however_many_addresses(key):
    now = timezone.now()

    def first(address: str) -> bool:
        return allow("test", key.format(address), limit=1, period=HOUR, now=now)

    assert first("2001:db8:1:2::1")
    assert not first("2001:db8:1:2:aaaa:bbbb:cccc:dddd")
    assert first("2001:db8:1:3::1")
    assert first("::ffff:192.0.2.1")
    assert first("::ffff:192.0.2.2")
    assert not first("192.0.2.2")


def test_no_header_changes_the_address():
    request = RequestFactory().get("/", REMOTE_ADDR="192.0.2.1", headers={"x-forwarded-for": "203.0.113.7"})
    assert client_ip(request) == "192.0.2.1"
    assert client_ip(RequestFactory().get("/", REMOTE_ADDR="")) == "0.0.0.0"


def test_audit_keeps_who_what_where(practitioner):
    request = RequestFactory().get("/", REMOTE_ADDR="2001:db8::1")
    audit.record(action="test", actor=practitioner.user, about="consultation/1", request=request)
    audit.record(action="test", actor=None)
    assert list(AuditEvent.objects.order_by("pk").values_list("actor", "about", "ip_address")) == [
        (practitioner.user_id, "consultation/1", "2001:db8::1"), (None, "", None),
    ]  # fmt: skip


def test_counts_are_forgotten_after_a_day():
    now = timezone.now()
    allow("test", "old", limit=1, period=HOUR, now=now - timedelta(days=1))
    allow("test", "new", limit=1, period=HOUR, now=now)
    assert purge(now=now)["rate-count"] == 1
    assert RateCount.objects.get().started_at == now
