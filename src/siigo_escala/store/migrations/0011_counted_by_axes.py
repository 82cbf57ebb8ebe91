from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [
        ("store", "0010_opportunity_stamp"),
    ]

    operations = [
        migrations.DeleteModel(name="SignInFailure"),
    ]
