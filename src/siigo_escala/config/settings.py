"""Django's settings, all of them taken from the environment (config/env.py)."""

from __future__ import annotations

import ipaddress
import os
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

from siigo_escala.config import env

ENVIRONMENT = env.read(os.environ)


def _database(url: str) -> dict[str, Any]:
    """Django's entry for `sqlite:///path` or `postgresql://...`."""
    if url.startswith("sqlite"):
        return {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": url.removeprefix("sqlite:///"),
            "OPTIONS": {
                # Writers queue at BEGIN instead of failing at their first write; an intent that was
                # committed must survive a power cut.
                "transaction_mode": "IMMEDIATE",
                "timeout": 30,
                "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON;",
            },
        }
    from psycopg import conninfo

    parts = conninfo.conninfo_to_dict(url)
    named = {"dbname": "NAME", "user": "USER", "password": "PASSWORD", "host": "HOST", "port": "PORT"}
    entry: dict[str, Any] = {"ENGINE": "django.db.backends.postgresql"}
    entry |= {named[key]: value for key, value in parts.items() if key in named}
    # A server that does not even refuse: whoever waits for a page learns it, too.
    entry["OPTIONS"] = {"connect_timeout": 10} | {
        key: value for key, value in parts.items() if key not in named
    }
    return entry


def _hosts(environment: env.Environment) -> list[str]:
    """Names by which the web application may be called: this machine's own, and those people were told.

    Anything else may be a foreign page that made its own name point here (DNS rebinding).
    """
    names = ["localhost", "127.0.0.1", "[::1]"]
    bind = environment.bind.host
    try:
        wildcard = ipaddress.ip_address(bind).is_unspecified
    except ValueError:
        wildcard = False
    if not wildcard:
        names.append(f"[{bind}]" if ":" in bind else bind)
    public = urlsplit(environment.public_url).hostname
    if public:
        names.append(f"[{public}]" if ":" in public else public)
    return names


def _origins(environment: env.Environment) -> list[str]:
    """Whence forms may come: the outside address, without its path."""
    parts = urlsplit(environment.public_url)
    return [f"{parts.scheme}://{parts.netloc}"] if parts.netloc else []


DATABASES = {"default": _database(ENVIRONMENT.database_url)}
INSTALLED_APPS = [
    "django.contrib.contenttypes",
    "django.contrib.auth",
    "django.contrib.sessions",
    "allauth.account",  # allauth.mfa asks for it; its tables stay empty and no page of it has an address
    "allauth.mfa",
    "axes",
    "django_htmx",
    "siigo_escala.store",
    "siigo_escala.web",
]
ROOT_URLCONF = "siigo_escala.config.urls"
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "siigo_escala.web.guards.Guards",
    "siigo_escala.web.assets.Assets",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "siigo_escala.web.access.DenyByDefault",
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "OPTIONS": {
            "loaders": [
                (
                    "template_partials.loader.Loader",
                    [
                        (
                            "django.template.loaders.cached.Loader",
                            ["django.template.loaders.app_directories.Loader"],
                        )
                    ],
                )
            ],
            "builtins": [
                "template_partials.templatetags.partials",
                "siigo_escala.web.templatetags.words",
                "siigo_escala.web.templatetags.parts",
            ],
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.messages.context_processors.messages",
                "siigo_escala.web.frame.frame",
            ],
        },
    }
]
AUTH_USER_MODEL = "store.User"
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "django.contrib.auth.backends.ModelBackend",
]
AXES_HANDLER = "siigo_escala.web.signing_in.Counting"
AXES_CLIENT_IP_CALLABLE = "siigo_escala.web.signing_in.address_of"
AXES_LOCKOUT_PARAMETERS = ["username", "ip_address"]
AXES_FAILURE_LIMIT = 1  # see Counting.get_failures
AXES_COOLOFF_TIME = timedelta(hours=6)  # what lies longer back no longer counts
AXES_RESET_ON_SUCCESS = True
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False
AXES_DISABLE_ACCESS_LOG = True  # store/models/audit.py has it
AXES_VERBOSE = False
MFA_ADAPTER = "siigo_escala.web.second_factor.Adapter"
MFA_TOTP_ISSUER = "siigo-escala"
MFA_TOTP_TOLERANCE = 1
MFA_RECOVERY_CODE_DIGITS = 10
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "siigo_escala.web.passwords.LongEnough"},
    {"NAME": "siigo_escala.web.passwords.NotCommon"},
    {"NAME": "siigo_escala.web.passwords.NotTheEmail"},
]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
PASSWORD_RESET_TIMEOUT = 3600 * 72
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"
CSRF_FAILURE_VIEW = "siigo_escala.web.views.errors.expired"
SESSION_COOKIE_AGE = 3600 * 24 * 14
SESSION_COOKIE_NAME = "siigo_escala"
CSRF_COOKIE_NAME = "siigo_escala_csrf"
CSRF_COOKIE_HTTPONLY = True
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = ENVIRONMENT.public_url.startswith("https://")
# A year, for whoever came by HTTPS; never told over HTTP. Other names of the domain are not ours to bind.
SECURE_HSTS_SECONDS = 31_536_000
CSRF_TRUSTED_ORIGINS = _origins(ENVIRONMENT)
DATA_UPLOAD_MAX_MEMORY_SIZE = 1_000_000
ALLOWED_HOSTS = _hosts(ENVIRONMENT)
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
USE_TZ = True
TIME_ZONE = "America/Bogota"
LANGUAGE_CODE = "es-co"
USE_I18N = True
USE_THOUSAND_SEPARATOR = True
# Replaced by what web/signing.py derives from the installation's keys, wherever a page is served.
SECRET_KEY = ENVIRONMENT.secret_keys[0] if ENVIRONMENT.secret_keys else ""
LOGGING_CONFIG = None
