"""Passwords made of one's own data, and those that were stolen elsewhere."""

import pytest
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError

from accounts.models import Practitioner, User
from accounts.passwords import BreachedPasswordValidator


@pytest.fixture
def user() -> User:
    user = User(email="lea.bernard@example.org", first_name="Léa", last_name="Bernard", mobile_phone="+33612345678")
    Practitioner(
        user=user, rpps="10003456786", practice_name="Cabinet du Port", practice_city="Nîmes",
        practice_phone="+33491000000",
    )  # fmt: skip
    return user


@pytest.mark.parametrize(
    "password",
    [
        "lea.bernard@example.org", "BernardLea1978", "bernard-bernard", "10003456786-lea", "06 12 34 56 78 !",
        "cabinet-du-port", "L3@ B3rn@rd 34", "nimes-bernard-1", "0491000000abc", "léa.bernard.léa",
    ],
)  # fmt: skip
def test_refused(password, user):
    with pytest.raises(ValidationError, match="vos propres données"):
        validate_password(password, user)


@pytest.mark.parametrize(
    "password",
    ["quatre cyprès bleus", "bernard aime les vieux tramways", "Zug7 +ré" * 16, "xK4!pq9ZtLw2", "😀" * 3 + "abcdéfgih"],
)
def test_taken(password, user):
    validate_password(password, user)


def test_without_a_user_or_a_practitioner(practitioner):
    validate_password("quatre cyprès bleus")
    validate_password("quatre cyprès bleus", User(email="a@b.fr"))
    with pytest.raises(ValidationError, match="vos propres données"):
        validate_password("martin-13002-m", practitioner.user)


@pytest.mark.parametrize("password", ["sojdlg123aljg", "Qwer1234ASDF", " withyouandonlyyou ", "wonderwoman400"])
def test_stolen_elsewhere_is_refused_and_says_so(password):
    with pytest.raises(ValidationError, match="mots de passe volés"):
        validate_password(password)


def test_the_list_is_whole_and_holds_what_nothing_else_refuses():
    stolen = BreachedPasswordValidator().passwords
    assert len(stolen) == 43940
    assert min(map(len, stolen)) == 12
    assert all(password == password.lower().strip() for password in stolen)
