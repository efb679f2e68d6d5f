"""Who has the mobile no more: an administrator, or the operator, puts another in its place. Refusals first."""

import io

import pytest
from django.contrib.auth.models import Group
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone

from accounts import recovery, totp
from accounts.models import AuditEvent, TOTPDevice, User
from accounts.services import credentials
from rofim.notifications.models import OutgoingMessage
from tests.conftest import PASSWORD, make_practitioner, make_user
from tests.unit.accounts.helpers import at_once, confirm, last_code, left, logs_in

pytestmark = pytest.mark.django_db

NEW = {"mobile_phone": "07 98 76 54 32", "called_back": "on"}


def page_of(practitioner) -> str:
    return f"/admin/accounts/practitioner/{practitioner.pk}/portable/"


def number_of(practitioner) -> str:
    return str(User.objects.get(pk=practitioner.user_id).mobile_phone)


@pytest.fixture
def clerk(db) -> User:
    """Of the group « validation »."""
    clerk = make_user("Clerc", "+33612345605", is_staff=True)
    clerk.groups.add(Group.objects.get(name="validation"))
    return clerk


def test_a_group_without_the_right_is_refused(client_for, practitioner):
    clerk = make_user("Exploitant", "+33612345606", is_staff=True)
    clerk.groups.add(Group.objects.get(name="exploitation"))
    client = client_for(clerk)
    assert client.get(page_of(practitioner)).status_code == 403
    assert client.post(page_of(practitioner), NEW).status_code == 403
    assert number_of(practitioner) == "+33612345601"


def test_a_fresh_second_factor_is_asked_however_new_the_login(client_for, clerk, practitioner):
    client = client_for(clerk)
    for answer in (client.get(page_of(practitioner)), client.post(page_of(practitioner), NEW)):
        assert answer.url.startswith("/compte/confirmation/?next=%2Fadmin%2F")
    assert number_of(practitioner) == "+33612345601"


def test_nobody_helps_the_own_account_nor_a_higher_one(client_for, clerk, administrator):
    own = make_practitioner("Double", "+33612345607")
    User.objects.filter(pk=own.user_id).update(is_staff=True)
    own.user.refresh_from_db()
    own.user.groups.add(Group.objects.get(name="validation"))
    for user in (own.user, clerk):
        client = confirm(client_for(user), page_of(own))
        assert client.post(page_of(own), NEW).status_code == 403
        assert "Remplacer ce portable" not in client.get(page_of(own).replace("portable", "change")).content.decode()
    assert number_of(own) == "+33612345607"
    assert confirm(client_for(administrator), page_of(own)).post(page_of(own), NEW).status_code == 302


@pytest.mark.parametrize("status", ["refused", "closed"])
def test_an_account_that_nobody_opens_is_left_alone(client_for, clerk, status):
    shut = make_practitioner("Parti", "+33612345607", status)
    assert confirm(client_for(clerk), page_of(shut)).post(page_of(shut), NEW).status_code == 403


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"mobile_phone": number}, "mobile_phone")
        for number in ("", "x", "04 91 00 00 00", "+1 202 555 0143", "06 12 34 56 01", "0" * 40, "\0", "<script>")
    ]
    + [({"called_back": ""}, "called_back")],
)
def test_wrong(client_for, clerk, practitioner, changes, field):
    client = confirm(client_for(clerk), page_of(practitioner))
    answer = client.post(page_of(practitioner), NEW | changes)
    assert list(answer.context["form"].errors) == [field]
    assert number_of(practitioner) == "+33612345601"
    assert left("mobile_replaced") == 0


def test_replaced(client_for, clerk, practitioner):
    user = practitioner.user
    here, half = client_for(user), Client()
    half.post("/connexion/", {"email": user.email, "password": PASSWORD})
    code = last_code()
    # Perhaps on the lost telephone, or a thief's.
    TOTPDevice.objects.create(user=user, name="totp", key=totp._new_key())
    codes = recovery.renew_recovery_codes(user=user, now=timezone.now())
    client = confirm(client_for(clerk), page_of(practitioner))
    assert client.post(page_of(practitioner), NEW).url.endswith(f"/{practitioner.pk}/change/")
    assert number_of(practitioner) == "+33798765432"
    # Neither the code on its way to the old number nor what replaces it opens anything.
    half.post("/connexion/code/", {"code": code})
    half.post("/connexion/code/?par=secours", {"code": codes[0]})
    assert half.get("/compte/").status_code == 302
    assert here.get("/compte/").status_code == 302
    assert not totp.has_totp(user)
    assert logs_in(user.email)
    assert OutgoingMessage.objects.filter(name="accounts/login_code").first().to == "+33798765432"
    told = OutgoingMessage.objects.filter(name__in=["accounts/mobile_replaced", "accounts/mobile_changed"])
    assert sorted(message.to for message in told) == ["+33612345601", user.email]
    event = AuditEvent.objects.get(action="practitioner.mobile_changed")
    assert (event.actor, event.about) == (clerk, f"practitioner/{practitioner.pk}")
    assert "Téléphone portable remplacé" in client_for(user).get("/compte/activite/").content.decode()


def test_a_second_click_and_a_replay_change_nothing(client_for, clerk, practitioner):
    client = confirm(client_for(clerk), page_of(practitioner))
    client.post(page_of(practitioner), NEW)
    with pytest.raises(credentials.SameMobile):
        credentials.replace_mobile(user=practitioner.user, phone="+33798765432", by=clerk, now=timezone.now())
    assert client.post(page_of(practitioner), NEW | {"mobile_phone": "0798765433"}).url.startswith("/compte/confirm")
    assert number_of(practitioner) == "+33798765432"
    assert left("mobile_replaced") == 1


@pytest.mark.django_db(transaction=True)
def test_two_clicks_at_once(practitioner):
    by, now = make_user("Clerc", "+33612345605", is_staff=True), timezone.now()

    def replace():
        credentials.replace_mobile(user=practitioner.user, phone="+33798765432", by=by, now=now)

    assert at_once(replace, credentials.SameMobile) == [False, False, False, True]
    assert left("mobile_replaced") == 1


# --- An administrator's ---


def admin_page_of(user) -> str:
    return f"/admin/accounts/user/{user.pk}/portable/"


@pytest.fixture
def chief(db) -> User:
    """Another one with all rights."""
    return make_user("Chef", "+33612345608", is_staff=True, is_superuser=True)


def mobile_of(user) -> str:
    return str(User.objects.get(pk=user.pk).mobile_phone)


def test_only_all_rights_and_a_fresh_second_factor_replace_an_administrators(client_for, clerk, chief, administrator):
    clerk.groups.set(Group.objects.all())
    # Not even a proof is asked of whoever may not.
    assert client_for(clerk).get(admin_page_of(chief)).status_code == 403
    assert confirm(client_for(clerk), admin_page_of(chief)).post(admin_page_of(chief), NEW).status_code == 403
    client = client_for(administrator)
    assert client.post(admin_page_of(chief), NEW).url.startswith("/compte/confirmation/?next=%2Fadmin%2F")
    assert mobile_of(chief) == "+33612345608"


def test_neither_ones_own_nor_that_of_somebody_else_who_is_no_administrator(client_for, administrator, practitioner):
    gone = make_user("Parti", "+33612345608", is_staff=True, is_active=False)
    double = make_practitioner("Double", "+33612345607")
    User.objects.filter(pk=double.user_id).update(is_staff=True)
    client = client_for(administrator)
    for user in (administrator, practitioner.user, gone, double.user):
        before = mobile_of(user)
        assert confirm(client, admin_page_of(user)).post(admin_page_of(user), NEW).status_code == 403
        assert "Remplacer ce portable" not in client.get(f"/admin/accounts/user/{user.pk}/change/").text
        assert mobile_of(user) == before
    far = f"/admin/accounts/user/{'9' * 30}/portable/"
    assert confirm(client, far).get(far).status_code == 404


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"mobile_phone": ""}, "mobile_phone"), ({"mobile_phone": "04 91 00 00 00"}, "mobile_phone"),
        ({"mobile_phone": "06 12 34 56 08"}, "mobile_phone"), ({"called_back": ""}, "called_back"),
    ],
)  # fmt: skip
def test_an_administrators_with_a_fault_stays(client_for, administrator, chief, changes, field):
    client = confirm(client_for(administrator), admin_page_of(chief))
    answer = client.post(admin_page_of(chief), NEW | changes)
    assert list(answer.context["form"].errors) == [field]
    assert mobile_of(chief) == "+33612345608"


def test_an_administrators_is_replaced_by_another_one(client_for, administrator, chief):
    inside = client_for(chief)
    code = recovery.renew_recovery_codes(user=chief, now=timezone.now())[0]
    client = confirm(client_for(administrator), admin_page_of(chief))
    change = f"/admin/accounts/user/{chief.pk}/change/"
    assert f'href="{admin_page_of(chief)}"' in client.get(change).text
    assert client.post(admin_page_of(chief), NEW).url == change
    assert inside.get("/admin/").status_code == 302
    assert not recovery.remaining_recovery_codes(chief), code
    assert logs_in(chief.email)
    assert OutgoingMessage.objects.filter(name="accounts/login_code").first().to == "+33798765432"
    event = AuditEvent.objects.get(action="administrator.mobile_changed")
    assert (event.actor, event.about) == (administrator, f"user/{chief.pk}")
    assert "Téléphone portable d’un administrateur remplacé" in client.get("/admin/accounts/auditevent/").text
    # A second click asks for another proof.
    assert client.post(admin_page_of(chief), NEW).url.startswith("/compte/confirmation/")


@pytest.mark.parametrize(
    ("email", "phone", "said"),
    [
        ("personne@example.org", "0798765432", "Aucun administrateur"),
        ("dr.martin@example.org", "0798765432", "Aucun administrateur"),
        ("dr.admin@example.org", "0491000000", "ne peut pas recevoir de SMS"),
        ("dr.admin@example.org", "06 12 34 56 04", "déjà le portable"),
        ("dr.admin@example.org", "x", "en chiffres"),
    ],
)
def test_the_operator_is_told_what_is_wrong(administrator, practitioner, email, phone, said):
    assert administrator.email == "dr.admin@example.org"
    assert practitioner.user.email == "dr.martin@example.org"
    with pytest.raises(CommandError, match=said):
        call_command("replace_mobile", email, phone)
    assert mobile_of(administrator) == "+33612345604"
    assert left("mobile_replaced") == 0


def test_the_operator_helps_the_only_administrator(client_for, administrator):
    inside, out = client_for(administrator), io.StringIO()
    call_command("replace_mobile", administrator.email.upper(), "07 98 76 54 32", stdout=out)
    assert administrator.email in out.getvalue()
    assert inside.get("/admin/").status_code == 302
    assert logs_in(administrator.email)
    assert mobile_of(administrator) == "+33798765432"
    event = AuditEvent.objects.get(action="administrator.mobile_changed")
    assert (event.actor, event.role, event.about) == (None, AuditEvent.Role.SYSTEM, f"user/{administrator.pk}")
