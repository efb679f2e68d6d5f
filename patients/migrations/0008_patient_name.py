import django.db.models.deletion
from django.db import migrations, models

from patients.names import indexed


def index_names(apps, schema_editor):
    """The patients who are there already."""
    entries = apps.get_model("patients", "PatientName").objects
    batch = []
    for patient in apps.get_model("patients", "Patient").objects.order_by("pk").iterator(chunk_size=500):
        digests = indexed(patient.practitioner_id, patient.last_name, patient.first_name)
        batch += [entries.model(patient=patient, digest=each) for each in sorted(digests)]
        if len(batch) > 2000:
            entries.bulk_create(batch)
            batch = []
    entries.bulk_create(batch)


class Migration(migrations.Migration):
    dependencies = [
        ("patients", "0003_document"),
    ]

    operations = [
        migrations.CreateModel(
            name="PatientName",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("digest", models.BigIntegerField()),
                (
                    "patient",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="name_index", to="patients.patient"
                    ),
                ),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("digest", "patient"), name="one_entry_per_prefix")],
            },
        ),
        migrations.RunPython(index_names, migrations.RunPython.noop, elidable=True),
    ]
