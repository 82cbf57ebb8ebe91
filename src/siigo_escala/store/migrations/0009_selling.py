from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("store", "0008_invoice_sums"),
    ]

    operations = [
        migrations.AddField(
            model_name="siigocompany",
            name="selling",
            field=models.JSONField(default=dict),
        ),
        migrations.AddField(
            model_name="opportunity",
            name="undone",
            field=models.CharField(default="", max_length=20),
        ),
    ]
