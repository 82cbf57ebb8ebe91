"""The web application as any WSGI server can serve it; `siigo-escala web` brings its own (web/server.py)."""

from __future__ import annotations

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "siigo_escala.config.settings")
application = get_wsgi_application()
