from typing import Any

from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor


def hand_over(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """allauth's sealed secret is ours. Hashes of recovery codes fit nowhere: whoever wants some activates anew."""
    authenticators = apps.get_model("mfa", "Authenticator").objects.using(schema_editor.connection.alias)
    people: Any = apps.get_model("store", "User").objects.using(schema_editor.connection.alias)
    for person in people.exclude(totp_sealed=""):
        authenticators.create(user_id=person.pk, type="totp", data={"secret": person.totp_sealed})


class Migration(migrations.Migration):
    dependencies = [
        ("store", "0011_counted_by_axes"),
        # An archive of this schema holds their table as it was then: see tables.in_order.
        ("mfa", "0003_authenticator_type_uniq"),
    ]

    operations = [
        migrations.RunPython(hand_over),
        migrations.RemoveField(model_name="user", name="totp_sealed"),
        migrations.RemoveField(model_name="user", name="totp_step"),
        migrations.RemoveField(model_name="user", name="recovery"),
    ]
