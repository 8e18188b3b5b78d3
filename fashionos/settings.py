"""All settings, read from the environment; docs/operations.md lists every variable.

In development (DEBUG=1), what the environment lacks is looked up in the data folder (`.data/*.env`), which `make run`
fills.
"""

import os
from ipaddress import ip_network
from pathlib import Path
from urllib.parse import parse_qsl, unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured

from fashionos.development import KEYS_FILE, SECRETS_FILE, read_env

BASE_DIR = Path(__file__).resolve().parent.parent
DATA_DIR = Path(os.environ.get("DATA_DIR", BASE_DIR / ".data"))

_YES, _NO = {"1", "true", "yes", "on"}, {"0", "false", "no", "off", ""}


def _flag(name: str, value: str) -> bool:
    if value.lower() in _YES | _NO:
        return value.lower() in _YES
    raise ImproperlyConfigured(f"{name} must be 1 or 0, not {value!r}.")


# The variable is named as people expect. Django's own switch stays off even then: it would show stack traces to
# clients, and keep every query in memory.
DEVELOPMENT = _flag("DEBUG", os.environ.get("DEBUG", ""))
DEBUG = False

_environment: dict[str, str] = dict(os.environ)
if DEVELOPMENT:
    for _name in ("database.env", SECRETS_FILE, KEYS_FILE):
        _environment = read_env(DATA_DIR / _name) | _environment


def env(name: str, default: str = "") -> str:
    return _environment.get(name, default)


def env_flag(name: str, *, default: bool) -> bool:
    return _flag(name, env(name, "1" if default else "0"))


def env_number(name: str, default: float) -> float:
    try:
        return float(env(name, str(default)))
    except ValueError as error:
        raise ImproperlyConfigured(f"{name} must be a number, not {env(name)!r}.") from error


def env_int(name: str, default: int) -> int:
    number = env_number(name, default)
    if number != int(number):
        raise ImproperlyConfigured(f"{name} must be a whole number, not {env(name)!r}.")
    return int(number)


def env_list(name: str, default: str = "") -> list[str]:
    return [part.strip() for part in env(name, default).split(",") if part.strip()]


# Secrets. None has a default that serves: checks.py names those that are missing before anything is served.

# Django refuses to be set up without one, before checks.py can say what is missing.
SECRET_KEY = env("SECRET_KEY", "unset")
SECRET_KEY_FALLBACKS = env_list("SECRET_KEY_FALLBACKS")
JWT_SIGNING_KEY = env("JWT_SIGNING_KEY")
JWT_SECRET = env("JWT_SECRET")
ENCRYPTION_KEYS = env_list("ENCRYPTION_KEYS")
PUBLISHABLE_KEYS = env_list("FASHIONOS_PUBLISHABLE_KEY")
SECRET_API_KEYS = env_list("FASHIONOS_SECRET_KEY")


# Where this server is, and who may talk to it.

SITE_URL = env("SITE_URL", "http://127.0.0.1:8000")
ALLOWED_HOSTS = env_list("ALLOWED_HOSTS", "*" if DEVELOPMENT else urlsplit(SITE_URL).hostname or "")
CSRF_TRUSTED_ORIGINS = env_list("CSRF_TRUSTED_ORIGINS")
CORS_ORIGINS = env_list("CORS_ORIGINS", "*")
# How many proxies stand in front and append to X-Forwarded-For; 0 believes the socket alone.
TRUSTED_PROXIES = env_int("TRUSTED_PROXIES", 0)
REQUIRE_API_KEY = env_flag("REQUIRE_API_KEY", default=True)

_SECURE = SITE_URL.startswith("https://")
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if TRUSTED_PROXIES else None
SECURE_HSTS_SECONDS = env_int("HSTS_SECONDS", 31_536_000 if _SECURE else 0)
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = _SECURE
SESSION_COOKIE_AGE = env_int("ADMIN_SESSION_SECONDS", 12 * 3600)
X_FRAME_OPTIONS = "DENY"


# The house.

INSTALLED_APPS = [
    "fashionos.apps.SupportAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "fashionos.apps.FashionosConfig",
    "fashionos.kit",
    "fashionos.accounts",
    "preferences",
    "analytics",
    "insights",
    "assistant",
    "realtime",
    "fashionos.storage",
    "fashionos.workspace",
    "fashionos.operating",
    "fashionos.privacy",
]

# Django's middleware is sync inside: each costs every request hops between threads. What all answers need (limits,
# request ids, CORS, security headers) is done around Django, in asgi.py; what the pages of people need (sessions,
# sign-in, messages), behind kit/pages.py.
MIDDLEWARE: list[str] = []
ROOT_URLCONF = "fashionos.urls"
ASGI_APPLICATION = "fashionos.asgi.application"
APPEND_SLASH = False
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
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
            ],
        },
    },
]
STATIC_URL = "/static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
# Where `collectstatic` puts the files for production; development serves them from the apps.
STATIC_ROOT = env("STATIC_ROOT", "" if DEVELOPMENT else str(DATA_DIR / "static")) or None
WHITENOISE_USE_FINDERS = WHITENOISE_AUTOREFRESH = DEVELOPMENT
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        # In production names carry a digest of the content, so that browsers keep the files for good.
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEVELOPMENT
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}
SILENCED_SYSTEM_CHECKS = [
    "admin.E408",  # sessions, authentication and messages are there: kit/pages.py runs them
    "admin.E409",
    "admin.E410",
    "security.W001",  # asgi.py sends the headers of SecurityMiddleware with every answer
    "security.W002",  # kit/pages.py sends X-Frame-Options
    "security.W003",  # CSRF is checked by the admin's own views; the APIs carry bearer tokens, never cookies
    "django_ratelimit.E003",  # without REDIS_URL there is one process, whose memory is the shared cache
    "django_ratelimit.W001",
]
LANGUAGE_CODE = "en-gb"
TIME_ZONE = "UTC"
USE_TZ = True


# PostgreSQL.


def database(url: str) -> dict[str, object]:
    """Turn postgresql://user:password@host:port/name?host=/socket&sslmode=... into Django's terms."""
    parts = urlsplit(url)
    if parts.scheme not in {"postgres", "postgresql"}:
        raise ImproperlyConfigured("DATABASE_URL must start with postgresql://.")
    query = dict(parse_qsl(parts.query))
    timeout = env_int("DATABASE_STATEMENT_TIMEOUT_MS", 15_000)
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path.lstrip("/")),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": query.pop("host", parts.hostname or ""),
        "PORT": str(parts.port or ""),
        "CONN_MAX_AGE": 0,  # the pool keeps the connections; a kept one would stay with a thread that is gone
        "OPTIONS": {
            "connect_timeout": 5,
            # The server plans a statement once a connection, not each time: a third of its work on a chat turn.
            "server_side_binding": True,
            "prepare_threshold": 1,
            **query,
            "options": f"-c statement_timeout={timeout} -c idle_in_transaction_session_timeout=60000",
            "pool": {
                "min_size": env_int("DATABASE_POOL_MIN", 1),
                "max_size": env_int("DATABASE_POOL_MAX", 16),
                "timeout": env_number("DATABASE_POOL_TIMEOUT_SECONDS", 5),
                # The pauses between attempts double: after a long outage the next one would be as far away. What is
                # given up is begun anew by the next request.
                "reconnect_timeout": 2,
            },
        },
    }


# Tools that only read the settings need no address; checks.py asks for one before anything is served.
DATABASE_URL = env("DATABASE_URL")
# Of a login that row level security does not bind, for `manage.py backup` alone: the servers are not given it.
BACKUP_DATABASE_URL = env("BACKUP_DATABASE_URL")
DATABASES = {"default": database(DATABASE_URL or "postgresql://fashionos@127.0.0.1/fashionos")}


# Redis: with it several processes share limits, cache and channel layer; without it there is one process.

REDIS_URL = env("REDIS_URL")
CACHES: dict[str, dict[str, object]] = {
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": REDIS_URL,
        # One that is frozen must not hold whoever asks it.
        "OPTIONS": {"socket_timeout": 1, "socket_connect_timeout": 1},
    }
    if REDIS_URL
    else {
        "BACKEND": "django.core.cache.backends.locmem.LocMemCache",
        # Django's default of 300 would let a stream of made-up addresses wash the counters of the doors away.
        "OPTIONS": {"MAX_ENTRIES": 100_000},
    }
}
CHANNEL_LAYERS: dict[str, dict[str, object]] = {
    "default": {
        "BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer",
        "CONFIG": {"hosts": [REDIS_URL]},
    }
    if REDIS_URL
    else {"BACKEND": "channels.layers.InMemoryChannelLayer"}
}


# Accounts.

AUTH_USER_MODEL = "accounts.User"
PASSWORD_HASHERS = ["fashionos.accounts.passwords.Argon2id"]
SIGN_UP_DISABLED = env_flag("SIGN_UP_DISABLED", default=False)
SIGN_UP_AUTOCONFIRM = env_flag("SIGN_UP_AUTOCONFIRM", default=True)
PASSWORD_MIN_LENGTH = env_int("PASSWORD_MIN_LENGTH", 6)
PASSWORD_MAX_LENGTH = env_int("PASSWORD_MAX_LENGTH", 1000)
ACCESS_TOKEN_SECONDS = env_int("ACCESS_TOKEN_SECONDS", 3600)
AUTH_LINK_SECONDS = env_int("AUTH_LINK_SECONDS", 3600)
AUTH_REDIRECT_URLS = env_list("AUTH_REDIRECT_URLS")
AUTH_ANONYMOUS = env_flag("AUTH_ANONYMOUS", default=DEVELOPMENT)
AUTH_SECURE_EMAIL_CHANGE = env_flag("AUTH_SECURE_EMAIL_CHANGE", default=True)
AUTH_PASSWORD_REAUTHENTICATION = env_flag("AUTH_PASSWORD_REAUTHENTICATION", default=False)
AUTH_PASSWORD_NEEDS_CURRENT = env_flag("AUTH_PASSWORD_NEEDS_CURRENT", default=False)
AUTH_MANUAL_LINKING = env_flag("AUTH_MANUAL_LINKING", default=True)
REFRESH_REUSE_SECONDS = env_int("REFRESH_REUSE_SECONDS", 10)
REFRESH_LOCK_SECONDS = env_number("REFRESH_LOCK_SECONDS", 5)
ENCRYPTION_KEY_CACHE_SECONDS = env_int("ENCRYPTION_KEY_CACHE_SECONDS", 30)


def oauth_provider(name: str) -> dict[str, object]:
    """Read OAUTH_<NAME>_ISSUER, _CLIENT_ID, _CLIENT_SECRET and _SCOPES of an OpenID Connect provider."""
    prefix = f"OAUTH_{name.upper().replace('-', '_')}"
    provider: dict[str, object] = {
        "issuer": env(f"{prefix}_ISSUER"),
        # The first one is ours at the provider's door; ID tokens made for the others (our apps) are accepted as well.
        "client_ids": env_list(f"{prefix}_CLIENT_ID"),
        "client_secret": env(f"{prefix}_CLIENT_SECRET"),
        "scopes": env(f"{prefix}_SCOPES", "openid email profile"),
    }
    issuer = urlsplit(env(f"{prefix}_ISSUER"))
    if issuer.scheme != "https" and issuer.hostname not in {"127.0.0.1", "localhost"}:
        raise ImproperlyConfigured(f"{prefix}_ISSUER must be an https address.")
    if name in {"email", "phone", "anonymous_users"}:
        raise ImproperlyConfigured(f"OAUTH_PROVIDERS: {name} is a name of ours.")
    if not provider["client_ids"]:
        raise ImproperlyConfigured(f"{prefix}_CLIENT_ID must be set.")
    return provider


OAUTH_PROVIDERS = {name: oauth_provider(name) for name in env_list("OAUTH_PROVIDERS")}


# Mail. Without a server, development prints mails, and production sends none.


def mail_server(url: str) -> dict[str, str]:
    """Turn smtp://user:password@host:587 (?tls=0: no STARTTLS) or smtps:// into the variables of a server."""
    parts = urlsplit(url)
    if not url:
        return {}
    if parts.scheme not in {"smtp", "smtps"} or not parts.hostname:
        raise ImproperlyConfigured("EMAIL_URL must be smtp://user:password@host:port or smtps://.")
    tls = parts.scheme == "smtp" and dict(parse_qsl(parts.query)).get("tls", "1") != "0"
    return {
        "host": parts.hostname,
        "port": str(parts.port or (465 if parts.scheme == "smtps" else 587)),
        "user": unquote(parts.username or ""),
        "password": unquote(parts.password or ""),
        "tls": "1" if tls else "0",
        "ssl": "1" if parts.scheme == "smtps" else "0",
    }


_mail = mail_server(env("EMAIL_URL"))
EMAIL_HOST = env("EMAIL_HOST", _mail.get("host", ""))
EMAIL_PORT = env_int("EMAIL_PORT", int(_mail.get("port", "587")))
EMAIL_HOST_USER = env("EMAIL_HOST_USER", _mail.get("user", ""))
EMAIL_HOST_PASSWORD = env("EMAIL_HOST_PASSWORD", _mail.get("password", ""))
EMAIL_USE_SSL = env_flag("EMAIL_USE_SSL", default=_mail.get("ssl", "0") == "1")
EMAIL_USE_TLS = env_flag(
    "EMAIL_USE_TLS", default=_mail.get("tls", "1") == "1" and not EMAIL_USE_SSL
)
EMAIL_TIMEOUT = env_int("EMAIL_TIMEOUT", 10)
_MAILER = "smtp" if EMAIL_HOST else "console" if DEVELOPMENT else "dummy"
EMAIL_BACKEND = f"django.core.mail.backends.{_MAILER}.EmailBackend"
DEFAULT_FROM_EMAIL = env("MAIL_FROM", f"FashionOS <no-reply@{urlsplit(SITE_URL).hostname}>")


# Limits. A rate is "<count>/<seconds>s"; see docs/operations.md for what each protects.

RATELIMIT_ENABLE = env_flag("RATE_LIMITS", default=True)
RATELIMIT_IP_META_KEY = "fashionos.kit.throttles.client_address"
RATELIMIT_FAIL_OPEN = True
# All clients of a developer share one address.
_ADDRESS = 10 if DEVELOPMENT else 1
FUNCTION_RATE_COUNT = env_int("FUNCTION_RATE_COUNT", 60)
FUNCTION_RATE_SECONDS = env_int("FUNCTION_RATE_SECONDS", 60)
SIGN_UP_RATE_PER_ADDRESS = env("SIGN_UP_RATE_PER_ADDRESS", f"{30 * _ADDRESS}/300s")
SIGN_UP_RATE_PER_ACCOUNT = env("SIGN_UP_RATE_PER_ACCOUNT", "5/300s")
TOKEN_RATE_PER_ADDRESS = env("TOKEN_RATE_PER_ADDRESS", f"{150 * _ADDRESS}/300s")
SIGN_IN_FAILURES_PER_ACCOUNT = env("SIGN_IN_FAILURES_PER_ACCOUNT", "10/300s")
GUEST_RATE_PER_ADDRESS = env("GUEST_RATE_PER_ADDRESS", f"{30 * _ADDRESS}/3600s")
VERIFY_RATE_PER_ADDRESS = env("VERIFY_RATE_PER_ADDRESS", f"{30 * _ADDRESS}/300s")
USER_RATE_PER_ADDRESS = env("USER_RATE_PER_ADDRESS", f"{30 * _ADDRESS}/300s")
NEW_PASSWORD_RATE_PER_ACCOUNT = env("NEW_PASSWORD_RATE_PER_ACCOUNT", "10/300s")
OAUTH_RATE_PER_ADDRESS = env("OAUTH_RATE_PER_ADDRESS", f"{60 * _ADDRESS}/300s")
MAIL_RATE_PER_ADDRESS = env("MAIL_RATE_PER_ADDRESS", f"{30 * _ADDRESS}/300s")
MAIL_RATE_PER_ACCOUNT = env("MAIL_RATE_PER_ACCOUNT", "1/60s")
MAIL_RATE_PER_ACCOUNT_LONG = env("MAIL_RATE_PER_ACCOUNT_LONG", "30/86400s")
MAIL_RATE = env("MAIL_RATE", "1000/3600s")
ADMIN_SIGN_IN_RATE_PER_ADDRESS = env("ADMIN_SIGN_IN_RATE_PER_ADDRESS", f"{30 * _ADDRESS}/300s")

FUNCTION_BODY_BYTES = env_int("FUNCTION_BODY_BYTES", 24 * 1024 * 1024)
AUTH_BODY_BYTES = env_int("AUTH_BODY_BYTES", 1_000_000)
PAGE_BODY_BYTES = env_int("PAGE_BODY_BYTES", 2_500_000)
BODY_SECONDS = env_number("BODY_SECONDS", 20)
HEADER_SECONDS = env_number("HEADER_SECONDS", 15)
IDLE_SECONDS = env_number("IDLE_SECONDS", 75)
RESPONSE_SECONDS = env_number("RESPONSE_SECONDS", 10)
SEND_SECONDS = env_number("SEND_SECONDS", 60)
DRAIN_SECONDS = env_number("DRAIN_SECONDS", 0)
SHUTDOWN_SECONDS = env_number("SHUTDOWN_SECONDS", 10)
RECEIVE_BUFFER_BYTES = env_int("RECEIVE_BUFFER_BYTES", 256 * 1024)
WEBSOCKET_MESSAGE_BYTES = env_int("WEBSOCKET_MESSAGE_BYTES", 5_000_000)
WEBSOCKET_HANDSHAKE_SECONDS = env_number("WEBSOCKET_HANDSHAKE_SECONDS", 5)
WEBSOCKET_PING_SECONDS = env_number("WEBSOCKET_PING_SECONDS", 20)
WEBSOCKET_PONG_SECONDS = env_number("WEBSOCKET_PONG_SECONDS", 30)

REALTIME_PUBLIC_CHANNELS = env_flag("REALTIME_PUBLIC_CHANNELS", default=True)
REALTIME_SOCKETS = env_int("REALTIME_SOCKETS", 10_000)
REALTIME_CHANNELS = env_int("REALTIME_CHANNELS", 100)
REALTIME_JOINS_PER_SECOND = env_int("REALTIME_JOINS_PER_SECOND", 100)
REALTIME_MESSAGES_PER_SECOND = env_int("REALTIME_MESSAGES_PER_SECOND", 100)
REALTIME_BROADCAST_BYTES = env_int("REALTIME_BROADCAST_BYTES", 3_000_000)
REALTIME_BODY_BYTES = env_int("REALTIME_BODY_BYTES", 5_000_000)
REALTIME_HTTP_RATE = env("REALTIME_HTTP_RATE", "600/60s")
REALTIME_PRESENCE_PER_SECOND = env_int("REALTIME_PRESENCE_PER_SECOND", 1_000)
REALTIME_PRESENCE_CALLS = env_int("REALTIME_PRESENCE_CALLS", 5)
REALTIME_PRESENCE_SECONDS = env_number("REALTIME_PRESENCE_SECONDS", 30)
REALTIME_PRESENCE_BYTES = env_int("REALTIME_PRESENCE_BYTES", 65_536)
REALTIME_BACKLOG_MESSAGES = env_int("REALTIME_BACKLOG_MESSAGES", 1_000)
REALTIME_BACKLOG_BYTES = env_int("REALTIME_BACKLOG_BYTES", 1_048_576)
REALTIME_IDLE_SECONDS = env_number("REALTIME_IDLE_SECONDS", 60)
REALTIME_JOIN_SECONDS = env_number("REALTIME_JOIN_SECONDS", 8)
REALTIME_REVIEW_SECONDS = env_number("REALTIME_REVIEW_SECONDS", 5)
REALTIME_BINDINGS = env_int("REALTIME_BINDINGS", 100)
REALTIME_CHANGES_WAITING = env_int("REALTIME_CHANGES_WAITING", 1_000)
REALTIME_CHANGE_READS = env_int("REALTIME_CHANGE_READS", 4)
REALTIME_RECORD_BYTES = env_int("REALTIME_RECORD_BYTES", 1_048_576)

REST_RATE_PER_USER = env_int("REST_RATE_PER_USER", 1_000)
REST_RATE_PER_ADDRESS = env_int("REST_RATE_PER_ADDRESS", 1_000 * _ADDRESS)
REST_RATE_SECONDS = env_int("REST_RATE_SECONDS", 10)
REST_MAX_ROWS = env_int("REST_MAX_ROWS", 1_000)
REST_MAX_WRITTEN_ROWS = env_int("REST_MAX_WRITTEN_ROWS", 5_000)
REST_STATEMENT_TIMEOUT_MS = env_int("REST_STATEMENT_TIMEOUT_MS", 5_000)
REST_POOL_MIN = env_int("REST_POOL_MIN", 1)
REST_POOL_MAX = env_int("REST_POOL_MAX", 8)
REST_POOL_TIMEOUT_SECONDS = env_number("REST_POOL_TIMEOUT_SECONDS", 5)
REST_THREADS = env_int("REST_THREADS", 8)
REST_BODY_BYTES = env_int("REST_BODY_BYTES", 5_000_000)
JSON_DEPTH = env_int("JSON_DEPTH", 64)


# Files: in a folder of this machine, or in a bucket of an S3-compatible store where one is named.

STORAGE_DIR = Path(env("STORAGE_DIR", str(DATA_DIR / "files")))
STORAGE_S3_BUCKET = env("STORAGE_S3_BUCKET")
STORAGE_S3_ENDPOINT = env("STORAGE_S3_ENDPOINT")
STORAGE_S3_REGION = env("STORAGE_S3_REGION")
STORAGE_S3_ACCESS_KEY_ID = env("STORAGE_S3_ACCESS_KEY_ID")
STORAGE_S3_SECRET_ACCESS_KEY = env("STORAGE_S3_SECRET_ACCESS_KEY")
STORAGE_S3_PREFIX = env("STORAGE_S3_PREFIX")
STORAGE_FILE_BYTES = env_int("STORAGE_FILE_BYTES", 5_000_000_000)
STORAGE_BYTES_PER_SECOND = env_int("STORAGE_BYTES_PER_SECOND", 8_192)
STORAGE_THREADS = env_int("STORAGE_THREADS", 8)
STORAGE_UPLOAD_RATE = env("STORAGE_UPLOAD_RATE", "6000/60s")
STORAGE_UPLOAD_LINK_SECONDS = env_int("STORAGE_UPLOAD_LINK_SECONDS", 7200)
# The shell counts the bytes as they come; Django's own limit would answer in HTML.
DATA_UPLOAD_MAX_MEMORY_SIZE = None
# Bodies under the cap are read as a whole: a detour over the disk costs a third of a large cache hit.
FILE_UPLOAD_MAX_MEMORY_SIZE = FUNCTION_BODY_BYTES

# Privacy. The ledger has to outlive the database: what a restored backup brings back is erased again by it.

ERASURE_LEDGER = Path(env("ERASURE_LEDGER", str(DATA_DIR / "erasures.txt")))
ERASURE_FRESH_SECONDS = env_int("ERASURE_FRESH_SECONDS", 600)
ERASURE_REQUEST_SECONDS = env_number("ERASURE_REQUEST_SECONDS", 20)
EXPORT_RATE_PER_ACCOUNT = env("EXPORT_RATE_PER_ACCOUNT", "5/3600s")

MAX_SAMPLES = env_int("MAX_SAMPLES", 20_000)
MAX_TASKS = env_int("MAX_TASKS", 10_000)
MAX_DEPENDENCIES = env_int("MAX_DEPENDENCIES", 50_000)
MAX_SHIFTS = env_int("MAX_SHIFTS", 2_000)
MAX_PEOPLE = env_int("MAX_PEOPLE", 1_000)
MAX_LOOKS = env_int("MAX_LOOKS", 500)
MAX_ASSETS = env_int("MAX_ASSETS", 10_000)
MAX_SHOTS = env_int("MAX_SHOTS", 5_000)
MAX_PACKAGES = env_int("MAX_PACKAGES", 2_000)
CHAT_MESSAGE_CHARACTERS = env_int("CHAT_MESSAGE_CHARACTERS", 2_000)
CHAT_CONTEXT_RECORDS = env_int("CHAT_CONTEXT_RECORDS", 5_000)
CHAT_HISTORY_MESSAGES = env_int("CHAT_HISTORY_MESSAGES", 10)
SKILL_SECONDS = env_number("SKILL_SECONDS", 5)
SKILL_THREADS = env_int("SKILL_THREADS", 8)


# The assistant's language model: none without an address and a name.

ASSISTANT_LLM_BASE_URL = env("ASSISTANT_LLM_BASE_URL")
ASSISTANT_LLM_MODEL = env("ASSISTANT_LLM_MODEL")
ASSISTANT_LLM_API_KEY = env("ASSISTANT_LLM_API_KEY")
ASSISTANT_LLM_TIMEOUT_S = env_number("ASSISTANT_LLM_TIMEOUT_S", 3.5)
ASSISTANT_LLM_MAX_STEPS = env_int("ASSISTANT_LLM_MAX_STEPS", 3)
ASSISTANT_LLM_MODE = env("ASSISTANT_LLM_MODE", "fallback")
ASSISTANT_LLM_MAX_CONTEXT_KB = env_int("ASSISTANT_LLM_MAX_CONTEXT_KB", 16)
ASSISTANT_LLM_SEND_PERSONAL_DATA = env_flag("ASSISTANT_LLM_SEND_PERSONAL_DATA", default=False)


# Insights: how long an answer of each family may be served again.

INSIGHT_MEMORY_BYTES = env_int("INSIGHT_MEMORY_BYTES", 32 * 1024 * 1024)
INSIGHT_TTL_SECONDS = {
    "logistics": env_int("INSIGHT_TTL_LOGISTICS_SECONDS", 3600),
    "event": env_int("INSIGHT_TTL_EVENT_SECONDS", 30 * 60),
    "media": env_int("INSIGHT_TTL_MEDIA_SECONDS", 10 * 60),
    "recommendation": env_int("INSIGHT_TTL_RECOMMENDATION_SECONDS", 5 * 60),
}


# Analytics: how long events are kept; what they add up to is kept for good.

ANALYTICS_RETENTION_DAYS = env_int("ANALYTICS_RETENTION_DAYS", 1_095)


# Workspace: the measuring of pictures; how long ago a deadline may have passed that nobody has announced.

MEASURE_PICTURES = env_flag("MEASURE_PICTURES", default=True)
MEASURE_SECONDS = env_number("MEASURE_SECONDS", 20)
MEASURE_RETRY_SECONDS = env_number("MEASURE_RETRY_SECONDS", 60)
MEASURE_TRIES = env_int("MEASURE_TRIES", 3)
MEASURE_POLL_SECONDS = env_number("MEASURE_POLL_SECONDS", 10)

DEADLINE_CATCH_UP_DAYS = env_int("DEADLINE_CATCH_UP_DAYS", 7)


REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["fashionos.accounts.authentication.BearerAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "fashionos.kit.problems.render_exception",
    "UNAUTHENTICATED_USER": None,
}

SPECTACULAR_SETTINGS = {
    "TITLE": "FashionOS functions",
    "DESCRIPTION": "What the assistant of fashion production teams can be asked, and what it answers.",
    "VERSION": "1",
    "OAS_VERSION": "3.1.0",
    "SERVE_AUTHENTICATION": [],
    "SERVE_PERMISSIONS": [],
    "SERVE_INCLUDE_SCHEMA": False,
    "PREPROCESSING_HOOKS": ["fashionos.kit.openapi.only_functions"],
    "POSTPROCESSING_HOOKS": ["fashionos.kit.openapi.add_schemas"],
    # The page needs nothing from the internet.
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
}

SIMPLE_JWT = {
    "ALGORITHM": "ES256",
    "USER_ID_CLAIM": "sub",
    "TOKEN_TYPE_CLAIM": "token_type",
    "JTI_CLAIM": "jti",
}


# Operation: who reads the metrics, how the log is written, where errors and alerts go.

ROLLOUT_SECONDS = env_number("ROLLOUT_SECONDS", 3)
ALERT_MAIL_TO = env_list("ALERT_MAIL_TO")
ALERT_WEBHOOK_URL = env("ALERT_WEBHOOK_URL")
ALERT_WEBHOOK_SECRET = env("ALERT_WEBHOOK_SECRET")
SENTRY_DSN = env("SENTRY_DSN")
METRICS_TOKEN = env("METRICS_TOKEN")
METRICS_NETWORKS = [ip_network(part) for part in env_list("METRICS_NETWORKS", "127.0.0.0/8, ::1")]

LOG_LEVEL = env("LOG_LEVEL", "INFO")
LOG_FORMAT = env("LOG_FORMAT", "text" if DEVELOPMENT else "json")
if LOG_FORMAT not in {"text", "json"}:
    raise ImproperlyConfigured(f"LOG_FORMAT must be text or json, not {LOG_FORMAT!r}.")
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "text": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"},
        "json": {"()": "fashionos.operating.logs.JsonLines"},
    },
    "filters": {"request": {"()": "fashionos.operating.logs.RequestContext"}},
    "handlers": {
        "console": {
            "class": "logging.StreamHandler",
            "formatter": LOG_FORMAT,
            "filters": ["request"],
        }
    },
    "root": {"handlers": ["console"], "level": "WARNING"},
    "loggers": {
        "fashionos": {"level": LOG_LEVEL},
        "assistant": {"level": LOG_LEVEL},
        "realtime": {"level": LOG_LEVEL},
        # A refused request is the answer's business, not a warning in the log.
        "django.request": {"level": "ERROR"},
    },
}
