from django.db import migrations, models

import siigo_escala.store.fields


class Migration(migrations.Migration):
    dependencies = [
        ("store", "0012_second_factors_of_allauth"),
    ]

    operations = [
        migrations.AddField(
            model_name="creditnote",
            name="amount",
            field=siigo_escala.store.fields.CentsField(default=0),
        ),
        migrations.AddField(
            model_name="creditnote",
            name="currency",
            field=models.CharField(default="", max_length=10),
        ),
    ]
