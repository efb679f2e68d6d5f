"""Password, mobile, e-mail address and recovery codes of an open account: the refusals, then the changes."""

import pytest

from accounts.models import AuditEvent
from rofim.notifications.models import OutgoingMessage
from tests.conftest import PASSWORD
from tests.unit.accounts.helpers import confirm

pytestmark = pytest.mark.django_db

NEW = "un-tout-autre-mot-de-passe"
NEW_PASSWORD = {"new_password1": NEW, "new_password2": NEW}
PASSWORD_PAGE = "/compte/mot-de-passe/"


@pytest.fixture
def user(practitioner):
    return practitioner.user


def left(name: str) -> int:
    return OutgoingMessage.objects.filter(name=f"accounts/{name}").count()


# --- Password ---


def test_a_login_of_just_now_is_not_enough_for_a_new_password(client_for, user):
    client = client_for(user)
    assert client.get(PASSWORD_PAGE).status_code == 302
    assert client.post(PASSWORD_PAGE, NEW_PASSWORD).status_code == 302
    # Nor is a proof that was given for another page.
    confirm(client, "/compte/codes/")
    assert client.post(PASSWORD_PAGE, NEW_PASSWORD).status_code == 302
    user.refresh_from_db()
    assert user.check_password(PASSWORD)


@pytest.mark.parametrize(
    ("new", "again", "field"),
    [
        (NEW, "autre", "new_password2"), ("court", "court", "new_password2"), ("", "", "new_password1"),
        ("a" * 129, "a" * 129, "new_password1"), ("a\0" * 9, "a\0" * 9, "new_password1"),
        ("dr.martin@example.org", "dr.martin@example.org", "new_password2"),
        ("motdepasse2026", "motdepasse2026", "new_password2"), (PASSWORD, PASSWORD, "new_password1"),
    ],
)  # fmt: skip
def test_password_not_changed(client_for, user, new, again, field):
    client = confirm(client_for(user), PASSWORD_PAGE)
    answer = client.post(PASSWORD_PAGE, {"new_password1": new, "new_password2": again})
    assert answer.context["form"].errors[field]
    user.refresh_from_db()
    assert user.check_password(PASSWORD)


def test_change_password(client_for, user):
    here, elsewhere = client_for(user), client_for(user)
    confirm(here, PASSWORD_PAGE)
    key = here.session.session_key
    assert here.post(PASSWORD_PAGE, NEW_PASSWORD).url == "/compte/"
    assert here.get("/compte/").status_code == 200
    assert here.session.session_key != key
    assert elsewhere.get("/compte/").status_code == 302
    assert left("password_changed") == 1
    assert AuditEvent.objects.filter(action="password.changed").exists()
    # The proof is spent.
    assert here.post(PASSWORD_PAGE, {"new_password1": "encore-un-autre-mot", "new_password2": "x"}).status_code == 302


def test_a_password_of_128_characters_counts_whole(client_for, user):
    long = "é" * 60 + "-mot-de-passe-" + "à" * 54
    client = confirm(client_for(user), PASSWORD_PAGE)
    assert client.post(PASSWORD_PAGE, {"new_password1": long, "new_password2": long}).url == "/compte/"
    user.refresh_from_db()
    assert user.check_password(long)
    assert not user.check_password(long[:-1])
