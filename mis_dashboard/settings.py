"""The only module that reads the environment. `manage.py check` says what is missing and what to write."""

import sys
from datetime import timedelta
from pathlib import Path

from django.utils.translation import gettext_lazy as _

from .lib.env import Env

env = Env()
BASE_DIR = Path(__file__).resolve().parent.parent

# --- Where we run ---------------------------------------------------------------------------

# Which of our processes this is; `serve` says so. Decides pooling and what may be forked.
ROLE = env.choice("MIS_ROLE", "manage", {"manage", "web", "worker", "clock"})
DEMO = env.flag("MIS_DEMO")
DEBUG = env.flag("DEBUG")
DATA_DIR = Path(env.text("MIS_DATA_DIR") or BASE_DIR / "var").resolve()
PORT = env.integer("PORT", 8000, low=1, high=65535)
LOOPBACK = ["127.0.0.1", "localhost", "[::1]"]
# This machine may always ask, as health checks do.
ALLOWED_HOSTS = [*dict.fromkeys([*env.words("ALLOWED_HOSTS"), *LOOPBACK])]
CSRF_TRUSTED_ORIGINS = env.words("CSRF_TRUSTED_ORIGINS")

from .database import databases, parse, secret_key  # noqa: E402  (needs nothing but the environment)

SECRET_KEY = env.secret("SECRET_KEY", least=50) or secret_key(DATA_DIR)
DATABASE_URL = env.text("DATABASE_URL")
DATABASE_LISTEN_URL = env.text("DATABASE_LISTEN_URL")
if DATABASE_LISTEN_URL:
    parse(DATABASE_LISTEN_URL, "DATABASE_LISTEN_URL")  # says what is wrong with it
DATABASES = databases(DATABASE_URL, DATA_DIR, pooled=ROLE == "web", pooler=bool(DATABASE_LISTEN_URL))

# --- Django ---------------------------------------------------------------------------------

ROOT_URLCONF = "mis_dashboard.urls"
ASGI_APPLICATION = "mis_dashboard.asgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
INSTALLED_APPS = [
    "daphne",
    "mis_dashboard",
    "issues",
    "metrics",
    "channels",
    "django_q",
    "csp",
    "whitenoise.runserver_nostatic",
    "mis_dashboard.admin_app.Config",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.forms",
]
# So that our own templates come before Django's in forms, too.
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "metrics.views.product",
            ]
        },
    }
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "performance"
LOGOUT_REDIRECT_URL = "login"

LANGUAGES = [("pt-br", _("Portuguese")), ("en", _("English"))]
LANGUAGE_CODE = env.choice("LANGUAGE_CODE", "pt-br", {code for code, _name in LANGUAGES})
LOCALE_PATHS = [BASE_DIR / "locale"]
FORMAT_MODULE_PATH = ["mis_dashboard.formats"]
USE_TZ = True
TIME_ZONE = env.time_zone("TIME_ZONE", "America/Sao_Paulo")

STATIC_URL = "static/"
STATIC_ROOT = DATA_DIR / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES = {
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG
        else "mis_dashboard.lib.static.Storage"
    }
}

# --- Safety ---------------------------------------------------------------------------------

# HTTPS is the rule; a machine that serves itself on loopback has none, and says so here.
HTTPS = env.flag("HTTPS", default=not DEBUG and any(host not in LOOPBACK for host in ALLOWED_HOSTS))
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if HTTPS else None
SECURE_SSL_REDIRECT = HTTPS
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$"]
SECURE_HSTS_SECONDS = 31_536_000 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = HTTPS
SECURE_HSTS_PRELOAD = HTTPS
# Nothing outside this machine reaches a server that is only known by loopback names.
SILENCED_SYSTEM_CHECKS = [] if HTTPS else [f"security.W{number}" for number in ("004", "008", "012", "016")]
SESSION_COOKIE_SECURE = HTTPS
CSRF_COOKIE_SECURE = HTTPS
SESSION_COOKIE_AGE = int(timedelta(days=14).total_seconds())
X_FRAME_OPTIONS = "DENY"
DATA_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024

# Plotly inserts one empty <style> and fills it through the CSSOM; this is the hash of the empty string.
EMPTY_STYLE = "'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU='"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'none'"],
        "script-src": ["'self'"],
        "style-src": ["'self'", EMPTY_STYLE],
        "img-src": ["'self'", "data:"],
        "font-src": ["'self'"],
        "connect-src": ["'self'"],
        "form-action": ["'self'"],
        "base-uri": ["'none'"],
        "frame-ancestors": ["'none'"],
        "manifest-src": ["'self'"],
    }
}

# --- The queue ------------------------------------------------------------------------------

WORKERS = env.integer("MIS_WORKERS", 2, low=1, high=32)
Q_CLUSTER = {
    "name": "mis",
    "label": "MIS",
    "broker_class": "mis_dashboard.lib.broker.PostgresBroker",
    "workers": WORKERS,
    # Jobs are short (an answer runs in its worker's own threads), so some may wait at the worker.
    "queue_limit": 16,
    "bulk": 8,
    "timeout": 60,
    "retry": 90,  # our broker leases by itself; django-q2 asks for more than `timeout`
    "max_attempts": 1,
    "ack_failures": True,
    "save_limit": -1,
    "recycle": 100_000,
    "scheduler": False,
    "catch_up": False,
    "guard_cycle": 0.5,
    "log_level": "WARNING",
    "ALT_CLUSTERS": {},
}

# --- The product ----------------------------------------------------------------------------

AI_BACKENDS = {
    "google-generativeai": "issues.ai.generativeai.GenerativeAI",
    "google-genai": "issues.ai.genai.GenAI",
}
AI_BACKEND = env.choice("AI_BACKEND", "google-generativeai", set(AI_BACKENDS))
GEMINI_API_KEY = env.text("GEMINI_API_KEY")
GEMINI_BASE_URL = env.base_url("GEMINI_BASE_URL", "https://generativelanguage.googleapis.com")
GEMINI_MODEL = env.text("GEMINI_MODEL", "gemini-3.5-flash-lite")
GEMINI_FALLBACK_MODEL = env.text("GEMINI_FALLBACK_MODEL", "gemini-3.1-flash-lite")

EVOLUTION_BASE_URL = env.base_url("EVOLUTION_BASE_URL")
EVOLUTION_API_KEY = env.text("EVOLUTION_API_KEY")
EVOLUTION_INSTANCE = env.text("EVOLUTION_INSTANCE")
EVOLUTION_WEBHOOK_SECRET = env.text("EVOLUTION_WEBHOOK_SECRET")

# GoHighLevel's own key, public by design; two may be given while it is being changed.
GHL_PUBLISHED_KEY = "MCowBQYDK2VwAyEAi2HR1srL4o18O8BRa7gVJY7G7bupbN3H9AwJrHCDiOg="
GHL_WEBHOOK_SECRET = env.words("GHL_WEBHOOK_SECRET")
GHL_PUBLIC_KEY = env.words("GHL_PUBLIC_KEY", GHL_PUBLISHED_KEY)
GHL_API_TOKEN = env.text("GHL_API_TOKEN")
GHL_BASE_URL = env.base_url("GHL_BASE_URL", "https://services.leadconnectorhq.com")

# Whether n8n's own auto-resolve workflows are gone: until then what they ask for is refused.
OLD_AUTO_RESOLVE_GONE = env.flag("OLD_AUTO_RESOLVE_GONE")

# What Prometheus shows at /metrics; without it nobody may look.
METRICS_TOKEN = env.text("METRICS_TOKEN")

# --- Who is told of alerts ------------------------------------------------------------------

# Whoever has one of these addresses may post: they are secrets, and stand in no log and on no screen.
SLACK_WEBHOOK_URL = env.base_url("SLACK_WEBHOOK_URL")
ALERT_WEBHOOK_URL = env.base_url("ALERT_WEBHOOK_URL")
ALERT_WEBHOOK_SECRET = env.text("ALERT_WEBHOOK_SECRET")
ALERT_EMAILS = env.emails("ALERT_EMAILS")
ALERT_QUIET_HOURS = env.hours("ALERT_QUIET_HOURS")
# Where people open MIS, for the links in what they are told.
PUBLIC_URL = env.base_url("PUBLIC_URL", f"http://127.0.0.1:{PORT}" if DEMO else "")

EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
EMAIL_HOST = env.text("EMAIL_HOST", "localhost")
EMAIL_PORT = env.integer("EMAIL_PORT", 587, low=1, high=65535)
EMAIL_HOST_USER = env.text("EMAIL_HOST_USER")
EMAIL_HOST_PASSWORD = env.text("EMAIL_HOST_PASSWORD")
EMAIL_USE_TLS = env.flag("EMAIL_USE_TLS", default=True)
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL = env.text("EMAIL_FROM", "mis@localhost")

# Imported by a worker before it forks: the copies then share the memory (65 MB each otherwise).
PRELOAD = [AI_BACKENDS[AI_BACKEND].rsplit(".", 1)[0]]

# --- What is kept ---------------------------------------------------------------------------

# Tables kept in a part for each month (`lib.partitions`): by which column, and for how long; None: for ever.
PARTITIONED = {
    "issues_action": ("at", env.days("ACTIONS_KEPT_DAYS", low=400)),
    "issues_inboundevent": ("received_at", timedelta(days=30)),
    "metrics_timing": ("starts_at", timedelta(days=3 * 366)),
}

# --- Logs -----------------------------------------------------------------------------------

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"()": "mis_dashboard.lib.logs.LineFormatter"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": "WARNING"},
    "loggers": {
        "mis": {"level": "INFO"},
        # Access lines would carry addresses and query strings; the proxy in front keeps its own.
        "daphne": {"level": "WARNING"},
        "django-q": {"level": "WARNING", "handlers": []},
        "django.channels.server": {"level": "WARNING"},
    },
}
TEST = "pytest" in sys.modules
