"""How passwords are kept: Argon2id as OWASP asks for, older hashes renewed at the login."""

import pytest
from django.contrib.auth.hashers import Argon2PasswordHasher, identify_hasher, make_password
from django.test import Client

from accounts.hashers import PasswordHasher
from rofim import settings as product
from tests.conftest import PASSWORD

pytestmark = pytest.mark.django_db


@pytest.fixture
def real_hash(settings):
    settings.PASSWORD_HASHERS = product.PASSWORD_HASHERS


def test_argon2id_with_46_mib(real_hash):
    kept = make_password(PASSWORD)
    assert kept.startswith("argon2$argon2id$v=19$m=47104,t=2,p=1$")
    assert isinstance(identify_hasher(kept), PasswordHasher)


def test_an_older_hash_is_renewed_at_the_login_which_goes_on(real_hash, practitioner):
    user = practitioner.user
    user.password = Argon2PasswordHasher().encode(PASSWORD, "s" * 22)
    user.save()
    client = Client()
    assert client.post("/connexion/", {"email": user.email, "password": "faux"}).status_code == 200
    user.refresh_from_db()
    assert "m=102400" in user.password
    assert client.post("/connexion/", {"email": user.email, "password": PASSWORD}).status_code == 302
    user.refresh_from_db()
    assert "m=47104" in user.password
    # The new hash is not « another password »: the code is asked for.
    assert client.get("/connexion/code/").status_code == 200
