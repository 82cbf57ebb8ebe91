from decimal import Decimal
from typing import Any

from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor


def take_over(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """An edit that a person has typed in Escala is what Escala shows, with the value that was told.

    One that Siigo has left behind since tells nothing any more.
    """
    invoices: Any = apps.get_model("store", "Invoice").objects.using(schema_editor.connection.alias)
    for row in invoices.filter(done__has_key="digest").select_related("connection").iterator():
        if row.done["digest"] == row.digest:
            rules = row.connection.file.get("opportunities", {})
            taken = row.credited if rules.get("on_credited") == "subtract" else Decimal(0)
            row.applied |= {"digest": row.digest, "value": f"{max(row.value - taken, Decimal(0)):.2f}"}
            row.applied["base"] = f"{row.value:.2f}"
        row.done = {key: row.done[key] for key in ("code", "credited") if key in row.done}
        row.save(update_fields=["applied", "done"])


class Migration(migrations.Migration):
    dependencies = [
        ("store", "0013_credit_note_currency"),
    ]

    operations = [
        migrations.RunPython(take_over, migrations.RunPython.noop),
    ]
