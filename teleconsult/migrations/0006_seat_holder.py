from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("teleconsult", "0005_feedback")]

    operations = [
        migrations.AddField(
            model_name="seat",
            name="holder",
            field=models.CharField(blank=True, max_length=36),
        ),
    ]
