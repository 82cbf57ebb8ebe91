"""The web application as any WSGI server can serve it; `siigo-escala web` brings its own (web/server.py)."""

from __future__ import annotations

import importlib
import os

from django.core.wsgi import get_wsgi_application

from siigo_escala.config import env

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "siigo_escala.config.settings")
application = get_wsgi_application()
# Named, not imported, like the addresses: the web application stands above its configuration.
importlib.import_module("siigo_escala.web.signing").use_keys(env.read(os.environ))
