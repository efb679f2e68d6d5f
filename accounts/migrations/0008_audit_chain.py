"""The trail becomes append-only and chained; what is on it already is sealed and chained in its order."""

import uuid

import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

from accounts.audit_chain import HEAD_PK, digest_of, head_seal_of, seal_of

TABLES = ("accounts_auditevent", "accounts_auditlink")


def seal_rows(apps, schema_editor):
    """Seals what was recorded before the chain."""
    events = apps.get_model("accounts", "AuditEvent")
    staff = set(apps.get_model("accounts", "User").objects.filter(is_staff=True).values_list("pk", flat=True))
    for event in events.objects.order_by("pk").iterator():
        event.uid = uuid.uuid4()
        if event.actor_id is not None:
            event.role = "administrator" if event.actor_id in staff else "practitioner"
        elif event.ip_address:
            event.role = "visitor"
        event.seal = seal_of(event)
        event.save()


def link_rows(apps, schema_editor):
    """Chains them, and makes the head."""
    links = apps.get_model("accounts", "AuditLink")
    position, digest = 0, ""
    for event in apps.get_model("accounts", "AuditEvent").objects.order_by("pk").iterator():
        position += 1
        digest = digest_of(position, event.seal, digest)
        links.objects.create(position=position, event_id=event.pk, digest=digest)
    apps.get_model("accounts", "AuditHead").objects.create(
        pk=HEAD_PK, position=position, digest=digest, seal=head_seal_of(position, digest)
    )


def add_triggers(apps, schema_editor):
    """UPDATE and DELETE of the two tables fail, whoever asks: against mistakes; the chain is against malice."""
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(
            "CREATE FUNCTION audit_append_only() RETURNS trigger LANGUAGE plpgsql AS "
            "$$ BEGIN RAISE EXCEPTION 'the audit trail is append-only'; END $$"
        )
    for table in TABLES:
        if schema_editor.connection.vendor == "postgresql":
            schema_editor.execute(
                f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE ON {table} "
                "FOR EACH STATEMENT EXECUTE FUNCTION audit_append_only()"
            )
        elif schema_editor.connection.vendor == "sqlite":
            for verb in ("update", "delete"):
                schema_editor.execute(
                    f"CREATE TRIGGER {table}_no_{verb} BEFORE {verb} ON {table} "
                    "BEGIN SELECT RAISE(ABORT, 'the audit trail is append-only'); END"
                )


def remove_triggers(apps, schema_editor):
    """Fails if one is missing: a later migration that makes a table anew must make its triggers anew too."""
    for table in TABLES:
        if schema_editor.connection.vendor == "postgresql":
            schema_editor.execute(f"DROP TRIGGER {table}_append_only ON {table}")
        elif schema_editor.connection.vendor == "sqlite":
            for verb in ("update", "delete"):
                schema_editor.execute(f"DROP TRIGGER {table}_no_{verb}")
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("DROP FUNCTION audit_append_only()")


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0007_account"),
    ]

    operations = [
        migrations.AddField("auditevent", "uid", models.UUIDField(editable=False, null=True)),
        migrations.AddField(
            "auditevent",
            "role",
            models.CharField(
                choices=[
                    ("practitioner", "professionnel de santé"),
                    ("administrator", "administration"),
                    ("patient", "patient"),
                    ("visitor", "visiteur"),
                    ("system", "système"),
                ],
                default="system",
                max_length=13,
                verbose_name="rôle",
            ),
        ),
        migrations.AddField(
            "auditevent",
            "within",
            models.CharField(blank=True, db_index=True, default="", max_length=64, verbose_name="rendez-vous"),
            preserve_default=False,
        ),
        migrations.AddField("auditevent", "seal", models.CharField(default="", max_length=64), preserve_default=False),
        migrations.AlterField(
            "auditevent",
            "actor",
            models.ForeignKey(
                blank=True,
                db_constraint=False,
                null=True,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
                verbose_name="qui",
            ),
        ),
        migrations.RunPython(seal_rows, migrations.RunPython.noop),
        migrations.AlterField("auditevent", "uid", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
        migrations.CreateModel(
            "AuditHead",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("position", models.PositiveBigIntegerField(default=0)),
                ("digest", models.CharField(blank=True, max_length=64)),
                ("seal", models.CharField(max_length=64)),
            ],
        ),
        migrations.CreateModel(
            "AuditLink",
            fields=[
                ("position", models.PositiveBigIntegerField(primary_key=True, serialize=False)),
                (
                    "event",
                    models.OneToOneField(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="link",
                        to="accounts.auditevent",
                    ),
                ),
                ("digest", models.CharField(max_length=64)),
            ],
            options={"abstract": False},
        ),
        migrations.RunPython(link_rows, migrations.RunPython.noop),
        migrations.RunPython(add_triggers, remove_triggers),
    ]
