"""SECURITY.md names tests that exist, and the few requirements that no other test holds."""

import re
from datetime import timedelta

import pytest
import time_machine
from django.conf import settings
from django.test import Client
from django.utils import timezone

from accounts.forms.login import LoginForm
from accounts.forms.password import SetPasswordForm
from accounts.models import User
from tests.conftest import PASSWORD

TEXT = (settings.BASE_DIR / "SECURITY.md").read_text()


def test_every_named_test_exists():
    named = re.findall(r"`([\w/]+\.py)::(\w+)`", TEXT)
    missing = []
    for path, name in named:
        source = settings.BASE_DIR / "tests" / path
        if not source.is_file() or not re.search(rf"^(async )?def {name}\(", source.read_text(), re.MULTILINE):
            missing.append(f"{path}::{name}")
    assert not missing, "SECURITY.md names tests that are not there:\n" + "\n".join(missing)
    assert len(named) > 60


def test_every_requirement_has_its_test_or_says_why_not():
    rows = re.findall(r"^\| (\d[^|]*)\|([^|]*)\|([^|]*)\|$", TEXT, re.MULTILINE)
    assert len(rows) > 50
    assert all("::" in tests or "**not" in where for _, where, tests in rows)


@pytest.mark.django_db
def test_a_fresh_installation_has_no_account():
    assert not User.objects.exists()


def test_passwords_are_masked_and_may_be_pasted():
    fields = {
        "current-password": LoginForm.base_fields["password"],
        "new-password": SetPasswordForm.base_fields["new_password1"],
    }
    for kind, field in fields.items():
        assert field.widget.input_type == "password"
        assert field.widget.attrs["autocomplete"] == kind
    # Nothing listens to a paste but the call's chat, for pictures.
    scripts = (settings.BASE_DIR / "static" / "js").rglob("*.js")
    assert [script.name for script in scripts if 'Listener("paste"' in script.read_text()] == ["chat_drawer.js"]


def test_nothing_is_asked_that_others_know():
    sources = [*(settings.BASE_DIR / "accounts").rglob("*.py"), *(settings.BASE_DIR / "templates").rglob("*.html")]
    assert not [path for path in sources if re.search("question secr|secret question", path.read_text(), re.IGNORECASE)]


@pytest.mark.django_db
def test_a_password_of_ten_years_still_opens(practitioner):
    with time_machine.travel(timezone.now() + timedelta(days=3653)):
        answer = Client().post("/connexion/", {"email": practitioner.user.email, "password": PASSWORD})
    assert answer["Location"] == "/connexion/code/"


@pytest.mark.django_db
def test_a_session_key_has_128_bits(practitioner, client_for):
    keys = {client_for(practitioner.user).session.session_key for _ in range(20)}
    assert len(keys) == 20
    # 32 of 36 symbols: 165 bits.
    assert all(re.fullmatch(r"[a-z0-9]{32}", key) for key in keys)


@pytest.mark.django_db
def test_every_page_behind_the_login_has_its_logout(practitioner, client_for):
    client = client_for(practitioner.user)
    for path in ("/", "/compte/", "/teleconsultation/", "/teleconsultation/nouvelle/", "/ordonnances/"):
        assert 'action="/deconnexion/"' in client.get(path).content.decode(), path
