"""The web application's settings, and this application beside it."""

from __future__ import annotations

from siigo_escala.config.settings import *  # noqa: F403 - Django's way to extend settings
from siigo_escala.config.settings import INSTALLED_APPS as _APPS

INSTALLED_APPS = [*_APPS, "siigo_escala.cli.demo_site"]
ROOT_URLCONF = "siigo_escala.cli.demo_site.urls"
