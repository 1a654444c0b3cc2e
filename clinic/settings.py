"""Settings. What the environment may say is read and checked in core/environment.py; here it is only arranged."""

import os
from datetime import timedelta
from typing import Any

import django_stubs_ext
from csp.constants import NONE, SELF, UNSAFE_EVAL, UNSAFE_INLINE
from django.templatetags.static import static
from django.utils.translation import gettext_lazy as _

from clinic.core import environment, plans

django_stubs_ext.monkeypatch()  # makes `ModelForm[Patient]` and kin, which only the type checker reads, run

ENVIRONMENT = environment.read()
TESTING = ENVIRONMENT.kind == "test"
PRODUCTION = ENVIRONMENT.production
BASE_DIR = environment.BASE_DIR
DATA_DIR = ENVIRONMENT.data_dir
PUBLIC_URL = ENVIRONMENT.public_url
DEBUG = ENVIRONMENT.debug
SECRET_KEY = ENVIRONMENT.secret_key
ENCRYPTION_KEY = ENVIRONMENT.encryption_key  # seeds of second factors and other secrets kept in rows
ALLOWED_HOSTS = ENVIRONMENT.allowed_hosts
ALLOWED_ORIGINS = ENVIRONMENT.allowed_origins  # who may open a socket with a cookie

# --- applications ------------------------------------------------------------------------------------------------

INSTALLED_APPS = [
    "daphne",  # before staticfiles: gives runserver its sockets
    "unfold",  # before admin: replaces its templates
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "axes",
    "channels",
    "corsheaders",
    "csp",
    "django_filters",
    "django_htmx",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "rest_framework",
    "rest_framework_simplejwt",
    "rest_framework_simplejwt.token_blacklist",
    "clinic.core",
    "clinic.live",
    "clinic.tenants",
    "clinic.directory",
    "clinic.records",
    "clinic.inbox",
    "queues",
    "er_flow",
    "clinic.demo",
]

MIDDLEWARE = [
    "clinic.core.logs.RequestLabels",
    "clinic.core.health.Probes",  # before anything looks at the host: probes come by address
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "corsheaders.middleware.CorsMiddleware",
    "clinic.core.csp.PolicyMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "clinic.tenants.middleware.HospitalMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "allauth.usersessions.middleware.UserSessionsMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "axes.middleware.AxesMiddleware",
]

ROOT_URLCONF = "clinic.urls"
ASGI_APPLICATION = "clinic.asgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
SITE_NAME = "Clinicflow"

TEMPLATES: list[dict[str, Any]] = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]

# --- database ----------------------------------------------------------------------------------------------------

# Persistent connections leak under ASGI, where every request has its own thread: PostgreSQL gets a pool instead,
# whose short timeout makes a wrong name or a full house fail fast. Operations open their own transactions.
SQLITE: dict[str, Any] = {"ENGINE": "clinic.core.sqlite", "NAME": DATA_DIR / "clinic.sqlite3"}
# A session ends after ten minutes: what it keeps, plans too, is never older.
POOL = {"min_size": 1, "max_size": ENVIRONMENT.pool_max, "timeout": 5, "max_lifetime": 600}
POSTGRESQL = {"pool": POOL, "prepare_threshold": plans.NEVER_BY_ITSELF}
DATABASES: dict[str, dict[str, Any]] = {
    "default": ({**ENVIRONMENT.database, "OPTIONS": POSTGRESQL} if ENVIRONMENT.database else SQLITE)
    | {"ATOMIC_REQUESTS": False, "CONN_MAX_AGE": 0, "TEST": environment.test_database(ENVIRONMENT)}
}

# --- Redis, or what stands in for it -----------------------------------------------------------------------------

# JSON, not pickle: whoever can write to Redis must not be able to run code here.
CACHES: dict[str, dict[str, Any]] = {
    "default": {
        "BACKEND": "clinic.core.cache.SharedCache",
        "LOCATION": ENVIRONMENT.redis_url,
        "KEY_PREFIX": f"clinicflow-test-{os.getpid()}" if TESTING else "clinicflow",
        "OPTIONS": {"serializer": "clinic.core.cache.JSONSerializer", "socket_timeout": 2, "socket_connect_timeout": 2},
    }
    if ENVIRONMENT.redis_url
    else {"BACKEND": "clinic.core.cache.LocalCache", "OPTIONS": {"MAX_ENTRIES": 20_000}}  # limits are counted here
}
REDIS_URL = ENVIRONMENT.redis_url
CHANNEL_LAYERS: dict[str, dict[str, Any]] = {
    "default": {
        "BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer",
        "CONFIG": {"hosts": [ENVIRONMENT.redis_url], "prefix": "clinicflow"},
    }
    if ENVIRONMENT.redis_url
    else {"BACKEND": "channels.layers.InMemoryChannelLayer"}
}

# --- Celery (clinic/celery.py): a doorbell only; the work itself is rows ----------------------------------------

BROKER_FOLDER = DATA_DIR / "broker"
CELERY_BROKER_URL = "memory://" if TESTING else ENVIRONMENT.broker_url or "filesystem://"
CELERY_BROKER_TRANSPORT_OPTIONS: dict[str, Any] = (
    {
        "data_folder_in": str(BROKER_FOLDER / "queue"),
        "data_folder_out": str(BROKER_FOLDER / "queue"),
        "control_folder": str(BROKER_FOLDER / "control"),
        "store_processed": False,
        "polling_interval": 0.2,
    }
    if CELERY_BROKER_URL == "filesystem://"
    else {}
)
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_TIMEOUT = 2
CELERY_TASK_PUBLISH_RETRY = False  # a dead broker must not hold up a visit; the sweep finds the row
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TASK_ACKS_LATE = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = CELERY_WORKER_REDIRECT_STDOUTS = False
CELERY_WORKER_ENABLE_REMOTE_CONTROL = False  # nobody asks, and its replies would pile up as files
CELERY_BEAT_SCHEDULER = "celery.beat:Scheduler"  # no file of pickles; a missed tick is found in the rows
CELERY_TIMEZONE = "UTC"
CELERY_BEAT_SCHEDULE_FILENAME = str(DATA_DIR / "beat")  # not the folder it was started in

# --- people and sessions -----------------------------------------------------------------------------------------

AUTH_USER_MODEL = "tenants.User"
SILENCED_SYSTEM_CHECKS = [
    "auth.W004",  # the address is unique without regard to case, by a constraint
    "security.W005",  # the operator's other hosts are not ours to move to https
    "security.W008",  # the proxy redirects; a cookie of ours never travels over http
    "security.W021",
]
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",  # first: refuses before a password is looked at
    "django.contrib.auth.backends.ModelBackend",
]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.MD5PasswordHasher" if TESTING else "django.contrib.auth.hashers.Argon2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator",
        "OPTIONS": {"user_attributes": ("email", "name")},
    },
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "/sign-in/"
LOGIN_REDIRECT_URL = "/"
LOGOUT_REDIRECT_URL = "/"

# The absolute limit; the idle limit is moved only by acts of the person, in the middleware that knows what an act is.
SESSION_COOKIE_AGE = int(timedelta(hours=12).total_seconds())
SESSION_IDLE_SECONDS = int(timedelta(minutes=15).total_seconds())
SESSION_SAVE_EVERY_REQUEST = False

ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_REAUTHENTICATION_TIMEOUT = 300
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]
MFA_TOTP_ISSUER = SITE_NAME
USERSESSIONS_TRACK_ACTIVITY = False  # a socket or a refresh must not look like the person

# A clinic shares one address, so an address alone is never locked.
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_USERNAME_FORM_FIELD = "username"  # the name authenticate() uses; else all of an address are counted as one
AXES_FAILURE_LIMIT = 8
AXES_COOLOFF_TIME = timedelta(minutes=15)
AXES_RESET_ON_SUCCESS = True
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False
AXES_ENABLE_ADMIN = False
AXES_ENABLE_ACCESS_FAILURE_LOG = False
AXES_DISABLE_ACCESS_LOG = True
AXES_HTTP_RESPONSE_CODE = 429
AXES_VERBOSE = False
AXES_ALLOWED_CORS_ORIGINS = ""

# --- browser security --------------------------------------------------------------------------------------------

# The __Host- prefix binds a cookie to this very host, and browsers accept it over https only.
COOKIE_PREFIX = "__Host-" if ENVIRONMENT.https else ""
SESSION_COOKIE_NAME = f"{COOKIE_PREFIX}session"
CSRF_COOKIE_NAME = f"{COOKIE_PREFIX}csrf"
LANGUAGE_COOKIE_NAME = f"{COOKIE_PREFIX}language"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = LANGUAGE_COOKIE_SECURE = ENVIRONMENT.https
SESSION_COOKIE_HTTPONLY = LANGUAGE_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = LANGUAGE_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_PATH = CSRF_COOKIE_PATH = LANGUAGE_COOKIE_PATH = "/"  # not the script prefix of one hospital
CSRF_TRUSTED_ORIGINS = ALLOWED_ORIGINS
SECURE_HSTS_SECONDS = int(timedelta(days=365).total_seconds()) if PRODUCTION else 0
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
DATA_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 500

CONTENT_SECURITY_POLICY: dict[str, Any] = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "media-src": [SELF],
        "connect-src": [SELF],
        "manifest-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
    }
}
# Unfold's Alpine evaluates expressions and its widgets set styles: relaxed for the admin's pages and nowhere else.
ADMIN_CONTENT_SECURITY_POLICY: dict[str, Any] = {
    **CONTENT_SECURITY_POLICY["DIRECTIVES"],
    "script-src": [SELF, UNSAFE_EVAL],
    "style-src": [SELF, UNSAFE_INLINE],
}
CORS_ALLOWED_ORIGINS = ENVIRONMENT.cors_origins
CORS_URLS_REGEX = r"^/api/"
CORS_EXPOSE_HEADERS = ["ETag", "X-Seq", "Retry-After"]

# --- API ---------------------------------------------------------------------------------------------------------

REST_FRAMEWORK: dict[str, Any] = {
    "DEFAULT_SCHEMA_CLASS": "clinic.core.api_schema.HouseSchema",
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "clinic.tenants.authentication.BearerAuthentication",
        "clinic.tenants.authentication.KeyAuthentication",
        "clinic.tenants.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["clinic.core.api_access.HasAbility"],
    "DEFAULT_RENDERER_CLASSES": ["clinic.core.api_input.HouseRenderer"],
    "DEFAULT_PARSER_CLASSES": ["clinic.core.api_input.HouseParser"],
    "DEFAULT_CONTENT_NEGOTIATION_CLASS": "clinic.core.api_input.OnlyJSON",
    "EXCEPTION_HANDLER": "clinic.core.api_errors.answer",
    "URL_FORMAT_OVERRIDE": None,
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
}
SIMPLE_JWT: dict[str, Any] = {
    "ACCESS_TOKEN_LIFETIME": timedelta(minutes=15),
    "REFRESH_TOKEN_LIFETIME": timedelta(hours=12),
    "ROTATE_REFRESH_TOKENS": True,
    "BLACKLIST_AFTER_ROTATION": True,
    "CHECK_REVOKE_TOKEN": True,
    "SIGNING_KEY": ENVIRONMENT.jwt_signing_key,
    "ISSUER": "clinicflow",
    "UPDATE_LAST_LOGIN": False,
}
SPECTACULAR_SETTINGS: dict[str, Any] = {
    "OAS_VERSION": "3.1.0",
    "TITLE": "Clinicflow API",
    "DESCRIPTION": "Reception, queues and live boards. Rules that hold for every route stand in docs/api.md.",
    "VERSION": "1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SCHEMA_PATH_PREFIX": r"/api/v[0-9]+",
    "POSTPROCESSING_HOOKS": ["clinic.core.api_schema.tidy"],  # enums stay where they stand: their names would collide
    "ENUM_GENERATE_CHOICE_DESCRIPTION": False,
    "AUTHENTICATION_WHITELIST": [],
    "APPEND_COMPONENTS": {
        "securitySchemes": {
            "bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"},
            "key": {"type": "apiKey", "in": "header", "name": "Authorization", "description": "Api-Key <key>"},
            "session": {"type": "apiKey", "in": "cookie", "name": "session"},
        }
    },
}

# --- languages and time ------------------------------------------------------------------------------------------

LANGUAGE_CODE = "en"
LANGUAGES = [("en", _("English")), ("es", _("Spanish")), ("ar", _("Arabic")), ("hi", _("Hindi"))]
LOCALE_PATHS = [BASE_DIR / "locale"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "UTC"  # a hospital's own zone is activated by the doors

# How long what a page loaded for a region may be shown again while the log has not moved (clinic/live/render.py). Tests
# change rows behind the log's back.
REGIONS_HOLD_SECONDS = 0 if TESTING else 2

# --- files -------------------------------------------------------------------------------------------------------

STATIC_URL = "/static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
STATIC_ROOT = ENVIRONMENT.static_dir
MEDIA_ROOT = DATA_DIR / "uploads"  # served by views that check, never by address
STORAGES: dict[str, dict[str, Any]] = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    # Hashed names need `collectstatic`, which `serve` and the image run; tests and DEBUG read the source files.
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if TESTING or DEBUG
        else "django.contrib.staticfiles.storage.ManifestStaticFilesStorage"
    },
}
WHITENOISE_USE_FINDERS = WHITENOISE_AUTOREFRESH = TESTING or DEBUG

# --- admin -------------------------------------------------------------------------------------------------------

# Unfold's parts in the product's one accent (static/css/tokens.css): here, press.
UNFOLD: dict[str, Any] = {
    "SITE_SYMBOL": "local_hospital",
    "SITE_FAVICONS": [
        {"rel": "icon", "sizes": "any", "type": "image/svg+xml", "href": lambda request: static("favicon.svg")}
    ],
    "COLORS": {
        "primary": {
            "50": "#f4f5fd", "100": "#e9ecfb", "200": "#cfd6f6", "300": "#a3b1ff", "400": "#7186ea", "500": "#4459d6",
            "600": "#2f45b8", "700": "#283a9a", "800": "#202f7c", "900": "#1d2444", "950": "#141a33",
        }
    },
}  # fmt: skip

# --- mail and logs -----------------------------------------------------------------------------------------------

# Without a server mails become files: nothing is lost, and whoever runs it can read them there.
MAIL_TO_FILES = not ENVIRONMENT.mail_url
MAIL_FOLDER = DATA_DIR / "mail"
EMAIL_BACKEND = f"django.core.mail.backends.{'filebased' if MAIL_TO_FILES else 'smtp'}.EmailBackend"
EMAIL_FILE_PATH = str(MAIL_FOLDER)
EMAIL_TIMEOUT = 15
DEFAULT_FROM_EMAIL = ENVIRONMENT.mail_from
SMS_URL = ENVIRONMENT.sms_url  # without one text messages become files, too, and in production there are none
SMS_FOLDER = DATA_DIR / "sms"
SMS_CODES_HOUR, SMS_CODES_DAY = ENVIRONMENT.sms_codes_hour, ENVIRONMENT.sms_codes_day
VAPID_PRIVATE_KEY = ENVIRONMENT.vapid_key  # without one there are no notices on phones, and no page offers them
PUSH_SERVICES = ENVIRONMENT.push_services
PUSH_STAND_INS: list[str] = []  # origins on this computer that stand for a push service: tests put them here
if not MAIL_TO_FILES:
    globals().update(environment.mail_server(ENVIRONMENT.mail_url))
LOGGING_CONFIG = "clinic.core.logs.configure"
LOGGING = {"level": ENVIRONMENT.log_level, "json": PRODUCTION}
TEST_RUNNER = "django.test.runner.DiscoverRunner"
