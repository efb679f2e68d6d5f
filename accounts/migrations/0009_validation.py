import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

# What each group of administrators may do; « exploitation » sees no proof of identity.
GROUPS = {
    "validation": [("accounts", "practitioner", "view"), ("accounts", "practitioner", "change")],
    "exploitation": [("notifications", "outgoingmessage", "view"), ("accounts", "auditevent", "view")],
}


def make_groups(apps, schema_editor):
    Group = apps.get_model("auth", "Group")
    Permission = apps.get_model("auth", "Permission")
    ContentType = apps.get_model("contenttypes", "ContentType")
    for name, permissions in GROUPS.items():
        group, _ = Group.objects.get_or_create(name=name)
        for app_label, model, action in permissions:
            # Django makes these after the migrations only, and takes those that it finds.
            content_type, _ = ContentType.objects.get_or_create(app_label=app_label, model=model)
            permission, _ = Permission.objects.get_or_create(
                content_type=content_type,
                codename=f"{action}_{model}",
                defaults={"name": f"Can {action} {apps.get_model(app_label, model)._meta.verbose_name}"},
            )
            group.permissions.add(permission)


def remove_groups(apps, schema_editor):
    apps.get_model("auth", "Group").objects.filter(name__in=GROUPS).delete()


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0008_audit_chain"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
        ("notifications", "0001_initial"),
    ]

    operations = [
        migrations.AddField(
            model_name="practitioner",
            name="announced_at",
            field=models.DateTimeField(blank=True, editable=False, null=True),
        ),
        migrations.AddField(
            model_name="practitioner",
            name="verified_at",
            field=models.DateTimeField(blank=True, null=True, verbose_name="vérifié le"),
        ),
        migrations.AddField(
            model_name="practitioner",
            name="verified_by",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
                verbose_name="vérifié par",
            ),
        ),
        migrations.AddField(
            model_name="practitioner",
            name="verified_proof",
            field=models.CharField(
                blank=True,
                choices=[
                    ("identity_card", "Carte nationale d’identité"),
                    ("passport", "Passeport"),
                    ("residence_permit", "Titre de séjour"),
                    ("professional_card", "Carte professionnelle (CPS)"),
                ],
                max_length=20,
                verbose_name="pièce vue",
            ),
        ),
        migrations.AlterField(
            model_name="practitioner",
            name="status",
            field=models.CharField(
                choices=[
                    ("pending", "en attente de validation"),
                    ("validated", "validé"),
                    ("refused", "refusé"),
                    ("suspended", "suspendu"),
                    ("closed", "fermé"),
                    ("incomplete", "autre pièce demandée"),
                ],
                default="pending",
                max_length=11,
                verbose_name="état",
            ),
        ),
        migrations.RunPython(make_groups, remove_groups),
    ]
