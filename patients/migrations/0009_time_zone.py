from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("patients", "0008_patient_name"),
    ]

    operations = [
        migrations.AddField(
            model_name="invitation",
            name="time_zone",
            field=models.CharField(default="Europe/Paris", help_text="patients/time_zones.py", max_length=20),
        ),
    ]
