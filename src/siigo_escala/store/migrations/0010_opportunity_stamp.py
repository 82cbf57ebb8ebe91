from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("store", "0009_selling"),
    ]

    operations = [
        migrations.AddField(
            model_name="opportunity",
            name="stamp",
            field=models.CharField(default="", max_length=40),
        ),
    ]
