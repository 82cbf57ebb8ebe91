"""The web application's addresses, and the simulator's page."""

from __future__ import annotations

from django.urls import include, path

from siigo_escala.cli.demo_site import views
from siigo_escala.config import urls

urlpatterns = [
    path("simulador/", include(([path("", views.panel, name="panel")], "demo"))),
    *urls.urlpatterns,
]
handler400, handler403, handler404, handler500 = (
    urls.handler400,
    urls.handler403,
    urls.handler404,
    urls.handler500,
)
