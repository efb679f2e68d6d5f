"""Deliveries in the admin: seen, never changed, without a word of theirs."""

import pytest
from django.contrib import admin
from django.test import RequestFactory
from django.urls import reverse

from rofim.notifications.admin import masked
from rofim.notifications.models import OutgoingMessage

pytestmark = pytest.mark.django_db


@pytest.fixture
def request_of_administrator(administrator):
    request = RequestFactory().get("/")
    request.user = administrator
    return request


def test_nothing_can_be_changed(make_message, request_of_administrator):
    page = admin.site._registry[OutgoingMessage]
    row = make_message()
    assert not page.has_add_permission(request_of_administrator)
    assert not page.has_change_permission(request_of_administrator, row)
    assert not page.has_delete_permission(request_of_administrator, row)
    assert page.has_view_permission(request_of_administrator, row)


def test_no_body_no_code_no_whole_number(make_message, client_for, administrator):
    row = make_message(subject="secret subject", dedup_key="reminder/1")
    browser = client_for(administrator)
    for name, args in (("changelist", []), ("change", [row.pk])):
        html = browser.get(reverse(f"admin:notifications_outgoingmessage_{name}", args=args)).content.decode()
        assert "•••• 33 44" in html
        for secret in ("7K2M", "+33611223344", "611223344", "abcdefghijklmnopqrstuv", "secret subject"):
            assert secret not in html


def test_masked():
    assert masked("sophie@orange.fr") == "s•••@orange.fr"
    assert masked("sophie@carpentier.fr") == "s•••@•••.fr"
    assert masked("+33611223344") == "•••• 33 44"
    assert masked("") == ""
