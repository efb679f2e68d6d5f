"""/demo/messages/: everything that would have left, and nothing at all outside the demonstration."""

import os
import subprocess
import sys

import pytest
from django.test import Client

from rofim.demo.views import code_in

pytestmark = pytest.mark.django_db
inside = pytest.mark.urls("tests.unit.notifications.demo_urls")


@pytest.mark.parametrize("address", ["/demo/", "/demo/messages/", "/demo/messages.json"])
def test_404_outside_the_demonstration(address, make_message):
    make_message()
    answer = Client().get(address)
    assert answer.status_code == 404
    assert b"7K2M" not in answer.content


def test_production_has_no_such_address(tmp_path):
    script = (
        "import django; django.setup()\n"
        "from django.urls import Resolver404, resolve\n"
        "for path in ('/demo/messages/', '/demo/messages.json'):\n"
        "    try: resolve(path); raise SystemExit(path)\n"
        "    except Resolver404: pass\n"
        "from django.apps import apps; assert not apps.is_installed('rofim.demo')\n"
    )
    environment = os.environ | {
        "DJANGO_SETTINGS_MODULE": "rofim.settings", "DEBUG": "false", "DEMO": "false", "DATA_DIR": str(tmp_path),
        "SECRET_KEY": "x" * 50, "FIELD_ENCRYPTION_KEYS": "ZGV2ZWxvcG1lbnQtb25seS1lbmNyeXB0aW9uLWtleSE=",
    }  # fmt: skip
    done = subprocess.run([sys.executable, "-c", script], env=environment, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr


@inside
def test_messages_are_shown_newest_first_and_safe(make_message):
    make_message(body="Votre code : 123456")
    make_message(channel="email", to="sophie@example.org", subject="<script>alert(1)</script>", body='"><img src=x>')
    html = Client().get("/demo/messages/").content.decode()
    assert html.index("sophie@example.org") < html.index("06\u00a011\u00a022\u00a033\u00a044")
    assert "<script>alert" not in html
    assert "<img src=x" not in html
    assert '<strong class="num">123456</strong>' in html


@inside
def test_links_are_links(make_message):
    make_message()
    html = Client().get("/demo/messages/").content.decode()
    link = "https://rofim.example/visio/abcdefghijklmnopqrstuv"
    assert f'href="{link}"' in html
    assert f">{link}</a>" in html


@inside
def test_the_list_is_sent_again_only_when_something_moved(make_message):
    browser = Client(headers={"hx-request": "true"})
    make_message()
    page = browser.get("/demo/messages/")
    seen = page.context["seen"]
    assert "<html" not in page.content.decode()
    assert browser.get("/demo/messages/", {"seen": seen}).status_code == 204
    make_message()
    assert browser.get("/demo/messages/", {"seen": seen}).status_code == 200


@inside
def test_messages_json(make_message):
    make_message()
    row = make_message(channel="email", to="sophie@example.org", subject="Rendez-vous", status="accepted")
    answer = Client().get("/demo/messages.json")
    assert "no-store" in answer["Cache-Control"]
    first, second = answer.json()
    assert first == {
        "id": row.pk, "channel": "email", "to": "sophie@example.org", "subject": "Rendez-vous", "body": row.body,
        "status": "accepted", "created_at": row.created_at.isoformat(),
    }  # fmt: skip
    assert (second["channel"], second["to"]) == ("sms", "+33611223344")


@inside
def test_an_empty_list_says_what_will_come():
    assert "Aucun message" in Client().get("/demo/messages/").content.decode()


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ("Le code d'accès pour votre session vidéo est le 7K2M.", "7K2M"),
        ("Le code d’accès est le ABCD.", "ABCD"),
        ("Rofim : votre code de connexion est 123456.\n@localhost #123456", "123456"),
        ("Votre code\u00a0: 123456", "123456"),
        ("Votre consultation est annulée le 18/03/2020.", ""),
        ("Code d’accès bloqué : rendez-vous du 18/03/2020", ""),
    ],
)
def test_code_in(body, code):
    assert code_in(body) == code
