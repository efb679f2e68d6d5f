from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("teleconsult", "0006_seat_holder"),
    ]

    operations = [
        migrations.RemoveIndex(
            model_name="consultation",
            name="teleconsult_practit_2cd10a_idx",
        ),
        migrations.AddIndex(
            model_name="consultation",
            index=models.Index(fields=["practitioner", "starts_at", "status"], name="teleconsult_practit_26ea27_idx"),
        ),
    ]
