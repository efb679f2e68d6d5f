"""The trail: append-only, chained, with nothing sensitive inside; and what `verify_audit` finds."""

import ast
import io
import re
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, transaction
from django.test import RequestFactory

from accounts import audit, audit_chain
from accounts.audit_labels import LABELS
from accounts.models import AuditEvent, AuditHead, AuditLink, NotAppended, User
from teleconsult.services import ACTIONS
from tests.conftest import AUDIT_MIGRATION, make_practitioner

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _sealed_head(db) -> None:
    """The migration's, which tests with real transactions take away with every other row."""
    audit_chain.append()


@pytest.fixture
def recorded(django_capture_on_commit_callbacks):
    """Records and commits `count` events."""

    def record(count: int = 5) -> list[AuditEvent]:
        for number in range(count):
            with django_capture_on_commit_callbacks(execute=True):
                audit.record(action="login", actor=None, about=f"user/{number}")
        return list(AuditEvent.objects.order_by("pk"))

    return record


def sql(text: str, *values) -> None:
    """What somebody with the database alone can do."""
    with connection.cursor() as cursor:
        cursor.execute(text, values)


def verify(**options) -> list[str]:
    out = io.StringIO()
    call_command("verify_audit", stdout=out, **options)
    return out.getvalue().splitlines()


def broken(**options) -> str:
    with pytest.raises(CommandError) as error:
        call_command("verify_audit", **options)
    assert error.value.returncode == 1
    return str(error.value)


# --- Append-only ---


def test_no_row_is_changed_or_removed_through_the_models(recorded):
    event = recorded(1)[0]
    for rows, row in ((AuditEvent.objects, event), (AuditLink.objects, event.link)):
        for attempt in (
            row.save, row.delete, rows.all().delete, lambda rows=rows: rows.update(pk=7),
            lambda rows=rows, row=row: rows.bulk_update([row], ["pk"]),
            lambda rows=rows, row=row: rows.filter(pk=row.pk).update(pk=8),
        ):  # fmt: skip
            with pytest.raises(NotAppended):
                attempt()
    assert verify()[0] == "1 rows, unbroken."


@pytest.mark.parametrize(
    "change",
    ["DELETE FROM accounts_auditevent", "UPDATE accounts_auditevent SET action = 'x'",
     "DELETE FROM accounts_auditlink", "UPDATE accounts_auditlink SET digest = 'x'"],
)  # fmt: skip
def test_nor_around_them(recorded, change):
    recorded(1)
    editor = connection.schema_editor()
    editor.deferred_sql = []
    AUDIT_MIGRATION.add_triggers(None, editor)
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        sql(change)
    assert AuditEvent.objects.count() == AuditLink.objects.count() == 1


def test_what_a_person_did_outlives_the_account(recorded):
    gone = make_practitioner("Partie", "+33612345609").user
    audit.record(action="login", actor=gone)
    pk = gone.pk
    User.objects.get(pk=pk).delete()
    event = AuditEvent.objects.select_related("actor").get()
    assert event.actor_id == pk
    assert event.actor_name == f"compte {pk} (supprimé)"
    assert verify()[0] == "1 rows, unbroken."


def test_who_and_from_where(practitioner, administrator):
    request = RequestFactory().get("/", REMOTE_ADDR="2001:0db8:0::1")
    audit.record(action="login", actor=practitioner.user, request=request)
    audit.record(action="login", actor=administrator, request=RequestFactory().get("/", REMOTE_ADDR="<script>"))
    audit.record(action="login", actor=None, request=request)
    audit.record(action="login", actor=None)
    rows = AuditEvent.objects.order_by("pk").values_list("role", "actor", "ip_address")
    assert list(rows) == [
        ("practitioner", practitioner.user.pk, "2001:db8::1"), ("administrator", administrator.pk, None),
        ("visitor", None, "2001:db8::1"), ("system", None, None),
    ]  # fmt: skip


# --- The chain ---


def test_an_unbroken_chain_says_how_many_rows_and_its_head(recorded):
    recorded(5)
    rows, head = verify()
    assert rows == "5 rows, unbroken."
    assert head == f"head {AuditLink.objects.get(position=5).digest}"
    recorded(3)
    assert verify(head=head.split()[1])[0] == "8 rows, unbroken."


def test_an_empty_trail_is_unbroken():
    assert verify()[0] == "0 rows, unbroken."


@pytest.mark.parametrize(
    "change",
    ["action = 'logout'", "about = 'user/9'", "role = 'patient'", "actor_id = 7", "ip_address = '203.0.113.9'",
     "at = '2020-03-18 20:45:00'", "within = 'invitation/1'", "uid = '00000000000000000000000000000001'",
     "seal = '0'"],
)  # fmt: skip
def test_a_changed_row_is_found(recorded, change):
    event = recorded()[2]
    sql(f"UPDATE accounts_auditevent SET {change} WHERE id = %s", event.pk)
    assert broken() == f"BROKEN: row 3 was changed (event {event.pk}). Unbroken before: 2 rows."


def test_a_removed_row_is_found(recorded):
    event = recorded()[2]
    sql("DELETE FROM accounts_auditevent WHERE id = %s", event.pk)
    assert "row 3 was removed" in broken()
    # Nor does it help to close the gap.
    sql("DELETE FROM accounts_auditlink WHERE position = 3")
    sql("UPDATE accounts_auditlink SET position = position - 1 WHERE position > 3")
    assert "row 3 is not in its place" in broken()


def test_an_inserted_row_is_found(recorded):
    recorded()
    columns = "uid, role, action, about, within, at, seal, actor_id, ip_address"
    copied = f"SELECT '{'ab' * 16}', role, action, about, within, at, seal, 9, NULL FROM accounts_auditevent LIMIT 1"
    sql(f"INSERT INTO accounts_auditevent ({columns}) {copied}")
    event = AuditEvent.objects.order_by("pk").last()
    assert f"event {event.pk} was inserted" in broken()
    sql("INSERT INTO accounts_auditlink (position, event_id, digest) VALUES (6, %s, 'x')", event.pk)
    assert "there are rows after row 5" in broken()
    sql("UPDATE accounts_audithead SET position = 6")
    assert f"row 6 was changed (event {event.pk})" in broken()


def test_reordered_rows_are_found(recorded):
    events = recorded()
    for position, event in ((2, -1), (3, events[1].pk), (2, events[2].pk)):
        sql("UPDATE accounts_auditlink SET event_id = %s WHERE position = %s", event, position)
    assert f"row 2 is not in its place (event {events[2].pk})" in broken()


def test_a_cut_end_is_found(recorded):
    recorded()
    sql("DELETE FROM accounts_auditlink WHERE position > 3")
    assert broken() == "BROKEN: the end is cut: nothing after row 3 of 5. Unbroken before: 3 rows."
    # Whoever cuts it can't seal a new head.
    last = AuditLink.objects.get(position=3)
    sql("UPDATE accounts_audithead SET position = 3, digest = %s", last.digest)
    assert "the head was changed" in broken()
    sql("DELETE FROM accounts_audithead")
    assert "the head was changed" in broken()


def test_a_cut_end_under_an_older_head_is_found_by_the_head_that_was_noted(recorded):
    recorded(3)
    older = AuditHead.objects.values("position", "digest", "seal").get()
    recorded(2)
    noted = verify()[1].split()[1]
    sql("DELETE FROM accounts_auditlink WHERE position > 3")
    sql("DELETE FROM accounts_auditevent WHERE id NOT IN (SELECT event_id FROM accounts_auditlink)")
    sql(
        "UPDATE accounts_audithead SET position = %s, digest = %s, seal = %s",
        older["position"], older["digest"], older["seal"],
    )  # fmt: skip
    assert verify()[0] == "3 rows, unbroken."
    assert "no longer in the chain" in broken(head=noted)


def test_without_the_key_no_chain_can_be_made_anew(recorded, settings):
    recorded()
    settings.SECRET_KEY = "somebody else's guess"
    assert "row 1 was changed" in broken()


def test_what_a_killed_process_left_is_chained_by_the_next_look(recorded):
    recorded(2)
    # As if the process died between the commit and the chaining.
    audit.record(action="logout", actor=None)
    assert AuditLink.objects.count() == 2
    assert verify()[0] == "3 rows, unbroken."
    event = AuditEvent.objects.latest("pk")
    audit_chain.append(event)
    assert AuditLink.objects.count() == 3


def test_what_is_rolled_back_leaves_nothing(recorded):
    recorded(1)
    with transaction.atomic():
        audit.record(action="logout", actor=None)
        transaction.set_rollback(True)
    assert AuditEvent.objects.count() == AuditLink.objects.count() == 1


def test_a_chain_that_cannot_be_written_fails_no_page(monkeypatch, django_capture_on_commit_callbacks):
    def fail(*events):
        raise DatabaseError

    monkeypatch.setattr(audit_chain, "append", fail)
    with django_capture_on_commit_callbacks(execute=True):
        audit.record(action="logout", actor=None)
    monkeypatch.undo()
    assert verify()[0] == "1 rows, unbroken."


# --- Words ---


def actions_in(tree: ast.AST):
    """Every `action=` of a call, as (text or pattern, line)."""
    for call in ast.walk(tree):
        if not isinstance(call, ast.Call) or getattr(call.func, "attr", "") == "add_argument":
            continue
        for keyword in call.keywords:
            if keyword.arg != "action":
                continue
            for node in parts_of(keyword.value):
                if isinstance(node, ast.JoinedStr):
                    pieces = (
                        re.escape(each.value) if isinstance(each, ast.Constant) else "\\w+" for each in node.values
                    )
                    yield "".join(pieces), node.lineno
                elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                    yield re.escape(node.value), node.lineno


def parts_of(value: ast.AST) -> list[ast.AST]:
    """The strings of an expression: both of a conditional one, the whole of a formatted one."""
    if isinstance(value, ast.IfExp):
        return [*parts_of(value.body), *parts_of(value.orelse)]
    return [value]


def test_every_action_has_its_french_label():
    missing = []
    for room in ("rofim", "accounts", "patients", "teleconsult", "prescriptions"):
        for path in sorted((Path(settings.BASE_DIR) / room).rglob("*.py")):
            for pattern, line in actions_in(ast.parse(path.read_text())):
                if not any(re.fullmatch(pattern, action) for action in LABELS):
                    missing.append(f"{path.relative_to(settings.BASE_DIR)}:{line}: {pattern}")
    assert not missing, "no label in accounts/audit_labels.py for:\n" + "\n".join(missing)
    assert set(ACTIONS.values()) <= LABELS.keys()


def test_actions_are_named_noun_dot_verb():
    assert all(re.fullmatch(r"[a-z_]+\.[a-z_]+|login|logout", action) for action in LABELS)
    assert len(set(LABELS.values())) == len(LABELS)
