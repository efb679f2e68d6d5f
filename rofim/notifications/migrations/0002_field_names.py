import django.utils.timezone
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("notifications", "0001_initial"),
    ]

    operations = [
        migrations.AlterField(
            model_name="outgoingmessage",
            name="about",
            field=models.CharField(blank=True, db_index=True, max_length=64, verbose_name="objet"),
        ),
        migrations.AlterField(
            model_name="outgoingmessage",
            name="accepted_at",
            field=models.DateTimeField(blank=True, null=True, verbose_name="envoyé le"),
        ),
        migrations.AlterField(
            model_name="outgoingmessage",
            name="attempts",
            field=models.PositiveSmallIntegerField(default=0, verbose_name="essais"),
        ),
        migrations.AlterField(
            model_name="outgoingmessage",
            name="channel",
            field=models.CharField(choices=[("sms", "SMS"), ("email", "E-mail")], max_length=5, verbose_name="canal"),
        ),
        migrations.AlterField(
            model_name="outgoingmessage",
            name="created_at",
            field=models.DateTimeField(db_index=True, default=django.utils.timezone.now, verbose_name="créé le"),
        ),
        migrations.AlterField(
            model_name="outgoingmessage",
            name="delivered_at",
            field=models.DateTimeField(blank=True, null=True, verbose_name="remis le"),
        ),
        migrations.AlterField(
            model_name="outgoingmessage",
            name="next_attempt_at",
            field=models.DateTimeField(default=django.utils.timezone.now, verbose_name="prochain essai le"),
        ),
        migrations.AlterField(
            model_name="outgoingmessage",
            name="status",
            field=models.CharField(
                choices=[
                    ("queued", "en attente"),
                    ("sending", "en cours d’envoi"),
                    ("uncertain", "envoi à vérifier"),
                    ("accepted", "envoyé"),
                    ("delivered", "remis"),
                    ("failed", "échec"),
                    ("expired", "non envoyé : trop tard"),
                ],
                default="queued",
                max_length=9,
                verbose_name="état",
            ),
        ),
    ]
