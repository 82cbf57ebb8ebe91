import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("store", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="Turn",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("number", models.PositiveBigIntegerField(default=1)),
                ("queued_at", models.DateTimeField(null=True)),
                ("since", models.DateTimeField()),
                ("last_start", models.DateTimeField(null=True)),
                ("slot_done", models.DateTimeField(null=True)),
                ("retry_at", models.DateTimeField(null=True)),
                ("failures", models.PositiveSmallIntegerField(default=0)),
                ("begun", models.PositiveSmallIntegerField(default=0)),
                ("unfinished", models.BooleanField(default=False)),
                ("cancelled", models.BooleanField(default=False)),
                (
                    "connection",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="turn",
                        to="store.connection",
                    ),
                ),
            ],
            options={
                "db_table": "turn",
            },
        ),
        migrations.CreateModel(
            name="Alert",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("kind", models.CharField(max_length=20)),
                ("since", models.DateTimeField()),
                ("told_at", models.DateTimeField(null=True)),
                ("tries", models.PositiveSmallIntegerField(default=0)),
                ("detail", models.JSONField(default=dict)),
                (
                    "connection",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="alerts",
                        to="store.connection",
                    ),
                ),
            ],
            options={
                "db_table": "alert",
                "constraints": [
                    models.UniqueConstraint(fields=("connection", "kind"), name="one_alert_of_a_kind")
                ],
            },
        ),
        migrations.CreateModel(
            name="Request",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("kind", models.CharField(default="sync", max_length=20)),
                ("asked", models.JSONField(default=dict)),
                ("key", models.CharField(max_length=64)),
                ("why", models.CharField(default="person", max_length=20)),
                ("asked_at", models.DateTimeField()),
                ("waiting", models.BooleanField(default=True)),
                (
                    "connection",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="requests",
                        to="store.connection",
                    ),
                ),
                (
                    "run",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to="store.run",
                    ),
                ),
            ],
            options={
                "db_table": "request",
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("waiting", True)),
                        fields=("connection", "key"),
                        name="the_same_request_waits_once",
                    )
                ],
            },
        ),
    ]
