"""The Django app that holds all state."""

from django.apps import AppConfig


class StoreConfig(AppConfig):
    """State of siigo-escala: connections, ledger, what is known of both systems, runs."""

    name = "siigo_escala.store"
    label = "store"
    default_auto_field = "django.db.models.BigAutoField"
