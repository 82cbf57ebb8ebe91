"""Which address gives what."""

from __future__ import annotations

from django.urls import path

from siigo_escala.web.views import health, home, metrics

app_name = "web"
urlpatterns = [
    path("", home.home, name="home"),
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
    path("metrics", metrics.metrics, name="metrics"),
]
