"""Django's root of addresses: those of the web application. Names it, imports nothing of it."""

from __future__ import annotations

from django.urls import include, path

urlpatterns = [path("", include("siigo_escala.web.urls"))]
handler400 = "siigo_escala.web.views.errors.bad_request"
handler403 = "siigo_escala.web.views.errors.forbidden"
handler404 = "siigo_escala.web.views.errors.not_found"
handler500 = "siigo_escala.web.views.errors.failed"
