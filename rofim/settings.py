"""Settings: one file, everything from the environment, embedded defaults for one machine.

README, "Configuration", lists each variable. Outside DEBUG the application refuses to start while a
secret is missing and names every missing one.
"""

from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from urllib.parse import urlsplit

import environ
from celery.schedules import crontab
from django.core.exceptions import ImproperlyConfigured

from rofim.logging import config as logging_config

BASE_DIR = Path(__file__).resolve().parent.parent
env = environ.Env()

DEBUG = env.bool("DEBUG", default=False)
DEMO = env.bool("DEMO", default=False)
DATA_DIR = Path(env.str("DATA_DIR", default=str(BASE_DIR / "var" / "data")))

_missing: list[str] = []


def _secret(name: str, embedded: str) -> str:
    """The environment's secret; the embedded one under DEBUG only, so that production never runs on a public key."""
    value = env.str(name, default="")
    if value:
        return value
    if not DEBUG:
        _missing.append(name)
    return embedded


SECRET_KEY = _secret("SECRET_KEY", "embedded-key-of-the-development-settings-never-used-outside-debug")
# Comma-separated Fernet keys: the first encrypts, all of them decrypt (rotation).
FIELD_ENCRYPTION_KEYS = _secret("FIELD_ENCRYPTION_KEYS", "ZGV2ZWxvcG1lbnQtb25seS1lbmNyeXB0aW9uLWtleSE=").split(",")

# --- Address of the site -------------------------------------------------------------------------
SITE_URL = env.str("SITE_URL", default="http://localhost:8000").rstrip("/")
_site = urlsplit(SITE_URL)
SITE_HOST = _site.hostname or "localhost"
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=[SITE_HOST])
# Full origins, scheme and port included: Channels' AllowedHostsOriginValidator ignores both.
SITE_ORIGINS = [SITE_URL]
if DEBUG or DEMO:
    _port = f":{_site.port}" if _site.port else ""
    ALLOWED_HOSTS += ["localhost", "127.0.0.1"]
    SITE_ORIGINS += [f"http://localhost{_port}", f"http://127.0.0.1{_port}"]
CSRF_TRUSTED_ORIGINS = SITE_ORIGINS
_https = _site.scheme == "https"
# Only behind a proxy that overwrites these headers itself (rofim/deploy/).
if env.bool("TRUST_PROXY", default=False):
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")

# --- Applications --------------------------------------------------------------------------------
INSTALLED_APPS = [
    "rofim.apps.AdminConfig",
    # Before Django's: the first `createsuperuser` found is the one that runs.
    "accounts",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.forms",
    "channels",
    "django_otp",
    "django_otp.plugins.otp_static",
    "rofim.apps.TwilioConfig",
    "axes",
    "django_htmx",
    "phonenumber_field",
    "rofim.notifications",
    "patients",
    "teleconsult",
    "prescriptions",
]
if DEMO:
    INSTALLED_APPS.append("rofim.demo")
if DEBUG:
    # `runserver` over ASGI. Elsewhere the server imports itself: this application starts a reactor at load.
    INSTALLED_APPS.insert(0, "daphne")

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "rofim.middleware.RefuseHostileInputMiddleware",
    "patients.language.PatientLanguageMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django_otp.middleware.OTPMiddleware",
    "accounts.middleware.SessionLifeMiddleware",
    "rofim.middleware.TwoFactorRequiredMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "csp.middleware.CSPMiddleware",
    "django_permissions_policy.PermissionsPolicyMiddleware",
    "rofim.middleware.PrivatePagesMiddleware",
    "rofim.middleware.MethodNotAllowedPageMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "axes.middleware.AxesMiddleware",
]

ROOT_URLCONF = "rofim.urls"
ASGI_APPLICATION = "rofim.asgi.application"
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"

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
                "rofim.context_processors.site",
            ],
            "builtins": ["rofim.ui", "django.templatetags.i18n"],
        },
    }
]

# --- Database ------------------------------------------------------------------------------------
_database = env.db_url("DATABASE_URL", default=f"sqlite:///{DATA_DIR / 'db.sqlite3'}")
if _database["ENGINE"].endswith("sqlite3"):
    _database["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA foreign_keys=ON;",
    }
    DATA_DIR.mkdir(parents=True, exist_ok=True)
else:
    # Under ASGI a persistent connection per thread would never be closed: psycopg's pool instead.
    _database["CONN_MAX_AGE"] = 0
    _database.setdefault("OPTIONS", {})["pool"] = {"min_size": 1, "max_size": 10, "timeout": 10}
DATABASES = {"default": _database}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# --- Redis: channels and Celery ------------------------------------------------------------------
REDIS_URL = env.str("REDIS_URL", default="")
# One process-wide mailbox carries a whole process's calls: the default capacity of 100 drops silently.
CHANNEL_CAPACITY = 20_000
if REDIS_URL:
    CHANNEL_LAYERS = {
        "default": {
            "BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer",
            "CONFIG": {"hosts": [REDIS_URL], "capacity": CHANNEL_CAPACITY},
        }
    }
else:
    CHANNEL_LAYERS = {
        "default": {"BACKEND": "channels.layers.InMemoryChannelLayer", "CONFIG": {"capacity": CHANNEL_CAPACITY}}
    }
CELERY_BROKER_URL = REDIS_URL or "memory://"
CELERY_TASK_ALWAYS_EAGER = not REDIS_URL
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
# A page never waits for a dead broker: the outbox's own loop sends what could not be announced.
CELERY_TASK_PUBLISH_RETRY = False
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": 300,
    "socket_connect_timeout": 1,
    "socket_timeout": 5,
    "max_retries": 1,
}
CELERY_TIMEZONE = "Europe/Paris"
CELERY_BEAT_SCHEDULE = {
    "accounts.announce_registrations": {
        "task": "accounts.announce_registrations",
        "schedule": 60.0,
        "options": {"expires": 60},
    },
    "teleconsult.open_due": {"task": "teleconsult.open_due", "schedule": 10.0},
    "teleconsult.send_reminders": {"task": "teleconsult.send_reminders", "schedule": 30.0},
    "teleconsult.warn_unreached": {"task": "teleconsult.warn_unreached", "schedule": 30.0},
    "teleconsult.summarise_day": {"task": "teleconsult.summarise_day", "schedule": 300.0},
    "patients.answer_link_requests": {"task": "patients.answer_link_requests", "schedule": 10.0},
    "teleconsult.close_overdue": {"task": "teleconsult.close_overdue", "schedule": 10.0},
    "rofim.purge": {"task": "rofim.purge", "schedule": crontab(hour=3, minute=30)},
}

# --- Accounts ------------------------------------------------------------------------------------
AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["axes.backends.AxesStandaloneBackend", "django.contrib.auth.backends.ModelBackend"]
PASSWORD_HASHERS = ["accounts.hashers.PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "accounts.passwords.OwnDataValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "accounts.passwords.CommonPasswordValidator"},
    {"NAME": "accounts.passwords.BreachedPasswordValidator"},
]
LOGIN_URL = "accounts:login"
LOGIN_REDIRECT_URL = "home"
# The fifth failure slows down (accounts.throttling), the tenth locks.
AXES_FAILURE_LIMIT = 10
AXES_COOLOFF_TIME = timedelta(minutes=15)
# User and address together: locking by user alone lets anyone lock a doctor out.
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_USERNAME_FORM_FIELD = "email"
AXES_RESET_ON_SUCCESS = True
AXES_ENABLE_ACCESS_FAILURE_LOG = False
# Logins are kept by `accounts.sessions`, for as long as `accounts.retention` says.
AXES_DISABLE_ACCESS_LOG = True
AXES_VERBOSE = False
AXES_CLIENT_IP_CALLABLE = "accounts.throttling.client_household"
AXES_LOCKOUT_CALLABLE = "accounts.views.login.locked_out"
# A browser that has logged in before has a count of its own.
AXES_WHITELIST_CALLABLE = "accounts.known_browser.is_exempt"
# Seconds: how long a login code lives, how long before another may be asked for.
LOGIN_CODE_LIFETIME = 300
LOGIN_CODE_COOLDOWN = env.int("LOGIN_CODE_COOLDOWN", default=60)
LOGIN_CODES_PER_HOUR = env.int("LOGIN_CODES_PER_HOUR", default=5)
LOGIN_CODES_PER_DAY = env.int("LOGIN_CODES_PER_DAY", default=10)
# Codes by SMS in a day, all logins and registrations together: what a robot can cost at most.
SMS_DAILY_BUDGET = env.int("SMS_DAILY_BUDGET", default=2000)
PASSWORD_RESET_TIMEOUT = 1800

SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = _https
SESSION_COOKIE_NAME = "__Host-session" if _https else "session"
CSRF_COOKIE_NAME = "__Host-csrf" if _https else "csrf"
KNOWN_BROWSER_COOKIE_NAME = "__Host-browser" if _https else "browser"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
# From the login on, whatever is done meanwhile; and without a sign of life, except during a call.
SESSION_COOKIE_AGE = 12 * 3600
SESSION_IDLE_TIMEOUT = timedelta(minutes=30)
CSRF_FAILURE_VIEW = "rofim.views.csrf_failure"

# --- Messages ------------------------------------------------------------------------------------
SMS_TRANSPORT = env.str("SMS_TRANSPORT", default="console")
TWILIO_ACCOUNT_SID = env.str("TWILIO_ACCOUNT_SID", default="AC" + "0" * 32)
# Without an account: a key that nobody has, for receipts would otherwise be signed with one that anybody reads here.
TWILIO_AUTH_TOKEN = env.str("TWILIO_AUTH_TOKEN", default=sha256(f"no account/{SECRET_KEY}".encode()).hexdigest())
TWILIO_SENDER = env.str("TWILIO_SENDER", default="")
# Empty is Twilio itself; the tests name a stand-in that listens on loopback.
TWILIO_API_URL = env.str("TWILIO_API_URL", default="")
DJANGO_TWILIO_FORGERY_PROTECTION = True
# A second account with the same API, for « SMS_TRANSPORT=twilio,second ».
TWILIO_SECOND_ACCOUNT_SID = env.str("TWILIO_SECOND_ACCOUNT_SID", default="")
TWILIO_SECOND_AUTH_TOKEN = env.str("TWILIO_SECOND_AUTH_TOKEN", default="")
TWILIO_SECOND_SENDER = env.str("TWILIO_SECOND_SENDER", default="")
TWILIO_SECOND_API_URL = env.str("TWILIO_SECOND_API_URL", default="")
for _transport, _prefix in (("twilio", "TWILIO"), ("second", "TWILIO_SECOND")):
    if _transport in SMS_TRANSPORT.split(","):
        _needed = (f"{_prefix}_{name}" for name in ("ACCOUNT_SID", "AUTH_TOKEN", "SENDER"))
        _missing += [name for name in _needed if not env.str(name, default="")]
vars().update(env.email_url("EMAIL_URL", default="consolemail://"))
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL = SERVER_EMAIL = env.str("DEFAULT_FROM_EMAIL", default=f"Rofim <ne-pas-repondre@{SITE_HOST}>")
PHONENUMBER_DEFAULT_REGION = "FR"

# --- Consultation --------------------------------------------------------------------------------
# « 30 min avant le rendez-vous la session est ouverte pour le patient »; « limitée par défaut à une durée de 3h30 ».
SESSION_OPENS_BEFORE = timedelta(minutes=30)
CONSULTATION_MAX_DURATION = timedelta(seconds=env.int("CONSULTATION_MAX_DURATION", default=12_600))
TURN_URL = env.str("TURN_URL", default="")
TURN_SECRET = env.str("TURN_SECRET", default="")
# Neither side learns the other's address: all media goes through the relay.
TURN_RELAY_ONLY = env.bool("TURN_RELAY_ONLY", default=False)
if TURN_URL and not TURN_SECRET:
    _missing.append("TURN_SECRET")
if TURN_RELAY_ONLY and not TURN_URL:
    _missing.append("TURN_URL")

# --- Prescriptions -------------------------------------------------------------------------------
# PEM files of the operator's seal; empty: a key made at the first use and kept encrypted in DATA_DIR/seal/, which
# several machines must then share.
SEAL_KEY = env.str("SEAL_KEY", default="")
SEAL_CERTIFICATE = env.str("SEAL_CERTIFICATE", default="")
if bool(SEAL_KEY) != bool(SEAL_CERTIFICATE):
    _missing.append("SEAL_CERTIFICATE" if SEAL_KEY else "SEAL_KEY")

# --- Files ---------------------------------------------------------------------------------------
STATIC_URL = "/static/"
# Collected when the image is built, not in the data that outlives it.
STATIC_ROOT = Path(env.str("STATIC_ROOT", default=str(DATA_DIR / "static")))
STATICFILES_DIRS = [BASE_DIR / "static"]
# Uploads are kept encrypted outside every public path; no address serves this folder.
MEDIA_ROOT = DATA_DIR / "files"
WHITENOISE_USE_FINDERS = DEBUG or DEMO
STORAGES = {
    "default": {"BACKEND": "rofim.crypto.EncryptedFileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG or DEMO
        else "rofim.static.ModuleManifestStaticFilesStorage"
    },
}
DATA_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024
# Django keeps a whole upload in memory. The server in front of it spools bodies over 100 KB to an unnamed temporary
# file, which the deployment puts in memory too (docker-compose.yml, tmpfs).
FILE_UPLOAD_HANDLERS = ["rofim.uploads.CappedMemoryUploadHandler"]
FILE_UPLOAD_MAX_MEMORY_SIZE = 12 * 1024 * 1024
UPLOAD_MAX_BYTES = 10 * 1024 * 1024
UPLOAD_MAX_PIXELS = 25_000_000

# --- Language and time ---------------------------------------------------------------------------
LANGUAGE_CODE = "fr"
LANGUAGES = [("fr", "Français"), ("en", "English")]
# Source strings are French: only English has a catalogue.
LOCALE_PATHS = [BASE_DIR / "rofim" / "locale"]
LANGUAGE_COOKIE_NAME = "__Host-language" if _https else "language"
LANGUAGE_COOKIE_SECURE = _https
LANGUAGE_COOKIE_HTTPONLY = True
LANGUAGE_COOKIE_SAMESITE = "Lax"
TIME_ZONE = "Europe/Paris"
USE_TZ = True
USE_I18N = True

# --- Headers -------------------------------------------------------------------------------------
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'none'"],
        "script-src": ["'self'"],
        "style-src": ["'self'"],
        "img-src": ["'self'", "data:", "blob:"],
        "media-src": ["'self'", "blob:"],
        "font-src": ["'self'"],
        "connect-src": ["'self'", *(origin.replace("http", "ws", 1) for origin in SITE_ORIGINS)],
        "form-action": ["'self'"],
        "frame-ancestors": ["'none'"],
        "base-uri": ["'none'"],
        "manifest-src": ["'self'"],
    }
}
PERMISSIONS_POLICY = {
    "camera": "self",
    "microphone": "self",
    "display-capture": "self",
    "fullscreen": "self",
    "geolocation": [],
    "payment": [],
    "usb": [],
    "interest-cohort": [],
}
# Not no-referrer: browsers then send "Origin: null" with forms, which the CSRF check refuses (Fetch,
# "append a request Origin header").
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_HSTS_SECONDS = 63_072_000 if _https else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = _https
X_FRAME_OPTIONS = "DENY"

# --- Logs ----------------------------------------------------------------------------------------
LOGGING = logging_config(readable=DEBUG, level=env.str("LOG_LEVEL", default="INFO"))

if _missing:
    raise ImproperlyConfigured("Missing in the environment: " + ", ".join(sorted(set(_missing))))
