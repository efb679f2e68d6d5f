from django.db import migrations, models

from patients.time_zones import zone_of_phone


def forget_what_the_number_tells(apps, schema_editor):
    """What agrees with the telephone number was hardly chosen by hand: it follows the number from now on."""
    Invitation = apps.get_model("patients", "Invitation")
    for invitation in Invitation.objects.select_related("patient").iterator():
        if invitation.time_zone == zone_of_phone(invitation.patient.phone):
            Invitation.objects.filter(pk=invitation.pk).update(time_zone="")


def remember_it(apps, schema_editor):
    Invitation = apps.get_model("patients", "Invitation")
    for invitation in Invitation.objects.filter(time_zone="").select_related("patient").iterator():
        zone = zone_of_phone(invitation.patient.phone)
        Invitation.objects.filter(pk=invitation.pk).update(time_zone=zone)


class Migration(migrations.Migration):
    dependencies = [("patients", "0010_reach")]

    operations = [
        migrations.AlterField(
            model_name="invitation",
            name="time_zone",
            field=models.CharField(blank=True, help_text="patients/time_zones.py", max_length=20),
        ),
        migrations.RunPython(forget_what_the_number_tells, remember_it),
    ]
