import django.db.models.deletion
from django.contrib.auth.hashers import make_password
from django.db import migrations, models


def hash_slowly(apps, schema_editor):
    """The codes that people have go on counting: what was kept of them, a keyed digest, is what the slow hash is made of.

    80 ms a code (accounts/hashers.py).
    """
    tokens = apps.get_model("otp_static", "StaticToken").objects.filter(device__name="recovery").order_by("pk")
    codes = apps.get_model("accounts", "RecoveryCode").objects
    for token in tokens:
        codes.create(device_id=token.device_id, digest=make_password(token.token), batch="")
    tokens.delete()


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0011_mail_choices"),
        ("otp_static", "0003_add_timestamps"),
    ]

    operations = [
        migrations.CreateModel(
            name="RecoveryCode",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("digest", models.CharField(max_length=128)),
                ("batch", models.CharField(max_length=64)),
                (
                    "device",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="recovery_codes",
                        to="otp_static.staticdevice",
                    ),
                ),
            ],
            options={"verbose_name": "code de secours"},
        ),
        # Back: the fast digests are gone, new codes are made in « Mon compte ».
        migrations.RunPython(hash_slowly, migrations.RunPython.noop),
    ]
