"""The Django app that answers over HTTP."""

from django.apps import AppConfig


class WebConfig(AppConfig):
    """Health, metrics and, in time, the screens."""

    name = "siigo_escala.web"
    label = "web"
