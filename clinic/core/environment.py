"""What the environment asks for, read once at the start and checked here, so that settings only arrange values.

A wrong or missing value stops the start with one sentence that names the variable and never shows a secret.
The table of variables stands in docs/operations.md.
"""

from __future__ import annotations

import atexit
import base64
import binascii
import json
import os
import secrets
import shutil
import socket
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import dj_database_url
from environs import Env, EnvError

from clinic.core import sending
from clinic.core.refusal import Refusal as Refusal
from clinic.core.sending import mail_server as mail_server

BASE_DIR = Path(__file__).resolve().parents[2]
SECRETS = ("SECRET_KEY", "JWT_SIGNING_KEY", "ENCRYPTION_KEY")
DEVELOPMENT_WORDS = ("dev-", "dev_", "test-", "test_", "example", "secret", "default", "password", "replace")


@dataclass(frozen=True, slots=True)
class Environment:
    """Checked values; ``database`` is an entry for ``settings.DATABASES`` without its options."""

    kind: str  # embedded, production or test
    debug: bool
    host: str
    port: int
    public_url: str
    data_dir: Path
    static_dir: Path  # hashed copies of the static files; part of the image in production
    secret_key: str
    jwt_signing_key: str
    encryption_key: str
    allowed_hosts: list[str]
    allowed_origins: list[str]
    cors_origins: list[str]
    database: dict[str, Any] | None  # None: the SQLite file in data_dir
    pool_max: int
    prepare: bool  # PostgreSQL keeps the plans of the statements that every act runs
    redis_url: str
    broker_url: str  # "": folders in data_dir
    log_level: str
    mail_url: str  # "": mails are files in data_dir/mail
    mail_from: str
    sms_codes_hour: int  # text messages with codes that strangers may ask one hospital for
    sms_codes_day: int
    sms_url: str  # "": files in data_dir/sms, in production none
    vapid_key: str  # "": no notices on phones
    push_services: list[str]  # the hosts they may be handed to

    @property
    def production(self) -> bool:
        return self.kind == "production"

    @property
    def https(self) -> bool:
        return self.public_url.startswith("https://")


def read() -> Environment:
    """The environment of this process, or a Refusal."""
    env = Env()
    try:
        return _read(env)
    except EnvError as wrong:
        raise Refusal(str(wrong).rstrip(".") + ".") from None


def _read(env: Env) -> Environment:
    kind = _kind(env)
    debug = env.bool("DEBUG", False)
    if debug and kind == "production":
        raise Refusal("DEBUG must be off when CLINIC_ENV is production.")
    host, port = env.str("HOST", "127.0.0.1"), env.int("PORT", 8000)
    if not 1 <= port <= 65535:
        raise Refusal("PORT must be a number from 1 to 65535.")
    public_url = _public_url(env, kind, host, port)
    data_dir = _data_dir(env, kind)
    keys = _keys(env, kind, data_dir)
    hosts = _allowed_hosts(env, kind, host, public_url)
    return Environment(
        kind=kind,
        debug=debug,
        host=host,
        port=port,
        public_url=public_url,
        data_dir=data_dir,
        static_dir=Path(env.str("STATIC_DIR", "") or data_dir / "static"),
        secret_key=keys["SECRET_KEY"],
        jwt_signing_key=keys["JWT_SIGNING_KEY"],
        encryption_key=keys["ENCRYPTION_KEY"],
        allowed_hosts=hosts,
        allowed_origins=_allowed_origins(kind, port, public_url, hosts),
        cors_origins=[_origin("CORS_ALLOWED_ORIGINS", url) for url in _words(env, "CORS_ALLOWED_ORIGINS")],
        database=_database(env, kind),
        pool_max=_positive(env, "DB_POOL_MAX", 20),
        prepare=env.bool("DB_PREPARE", True),
        redis_url=_redis(env, kind),
        broker_url=_broker(env),
        log_level=_one_of(env, "LOG_LEVEL", "INFO", ("DEBUG", "INFO", "WARNING", "ERROR")),
        mail_url=sending.mail(env),
        mail_from=sending.mail_from(env, public_url),
        sms_codes_hour=_positive(env, "SMS_CODES_HOUR", 100),
        sms_codes_day=_positive(env, "SMS_CODES_DAY", 400),
        sms_url=sending.sms(env),
        vapid_key=sending.vapid_key(env),
        push_services=sending.push_services(env),
    )


def _kind(env: Env) -> str:
    # The suite needs no variable, so that a bare `pytest` cannot touch the data of an installation.
    fallback = "test" if "pytest" in sys.modules else "embedded"
    return _one_of(env, "CLINIC_ENV", fallback, ("embedded", "production", "test"))


def _one_of(env: Env, name: str, fallback: str, words: tuple[str, ...]) -> str:
    value = env.str(name, "") or fallback
    if value not in words:
        raise Refusal(f"{name} must be one of {', '.join(words)}.")
    return value


def _words(env: Env, name: str) -> list[str]:
    """A list with commas between."""
    return [word for word in (part.strip() for part in env.str(name, "").split(",")) if word]


def _positive(env: Env, name: str, fallback: int) -> int:
    value = env.int(name, fallback)
    if value < 1:
        raise Refusal(f"{name} must be at least 1.")
    return value


def _origin(name: str, url: str) -> str:
    """scheme://host[:port] of an address that may hold nothing else."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise Refusal(f"{name} is not an address.") from None
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.path.strip("/") or parts.query:
        raise Refusal(f"{name} must look like https://clinic.example.org, without a path.")
    hostname = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    return f"{parts.scheme}://{hostname}" + (f":{port}" if port else "")


def _public_url(env: Env, kind: str, host: str, port: int) -> str:
    given = env.str("PUBLIC_URL", "")
    if given:
        url = _origin("PUBLIC_URL", given)
        if kind == "production" and not url.startswith("https://"):
            raise Refusal("PUBLIC_URL must begin with https:// when CLINIC_ENV is production.")
        return url
    if kind == "production":
        raise Refusal("PUBLIC_URL is missing; it is the address people type, for example https://clinic.example.org.")
    shown = own_address() if is_everywhere(host) else host
    return f"http://{f'[{shown}]' if ':' in shown else shown}:{port}"


def is_everywhere(host: str) -> bool:
    """Whether the server listens on all of this computer's addresses."""
    return host in ("0.0.0.0", "::", "")  # noqa: S104 - compared, not bound


def own_address() -> str:
    """This computer's address in the local network, for tablets and displays; nothing is sent to find it."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))
            return str(probe.getsockname()[0])
        except OSError:
            return "127.0.0.1"


def _data_dir(env: Env, kind: str) -> Path:
    given = env.str("DATA_DIR", "")
    if kind == "test":  # never where an installation keeps its data, whatever the shell exports
        folder = Path(tempfile.mkdtemp(prefix="clinicflow-test-"))
        atexit.register(_remove, folder, os.getpid())
        return folder
    folder = Path(given).expanduser() if given else BASE_DIR / "data"
    if not folder.is_absolute():
        folder = Path.cwd() / folder
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        with tempfile.TemporaryFile(dir=folder):
            return folder
    except OSError as wrong:
        raise Refusal(f"DATA_DIR {folder} cannot be written to ({wrong.strerror}).") from None


def _remove(folder: Path, maker: int) -> None:
    if os.getpid() == maker:  # not in a forked child
        shutil.rmtree(folder, ignore_errors=True)


def _keys(env: Env, kind: str, data_dir: Path) -> dict[str, str]:
    given = {name: env.str(name, "") for name in SECRETS}
    if kind == "production":
        for name, value in given.items():
            _refuse_weak(name, value)
        if len(set(given.values())) < len(SECRETS):
            raise Refusal(f"{', '.join(SECRETS)} must differ from each other.")
    else:
        kept = _kept_keys(data_dir)
        given = {name: value or kept[name] for name, value in given.items()}
    try:
        good = len(base64.urlsafe_b64decode(given["ENCRYPTION_KEY"])) == 32
    except (binascii.Error, ValueError):
        good = False
    if not good:
        raise Refusal("ENCRYPTION_KEY must be 32 random bytes in URL-safe base64.")
    return given


def _refuse_weak(name: str, value: str) -> None:
    if not value:
        raise Refusal(f"{name} is missing; CLINIC_ENV=production needs it.")
    long_enough = 44 if name == "ENCRYPTION_KEY" else 50
    known = value.lower().startswith(DEVELOPMENT_WORDS) or any(word in value.lower() for word in ("insecure", "change"))
    if known or len(value) < long_enough or len(set(value)) < 12:
        raise Refusal(f"{name} is a development value or too short; use {long_enough} or more random characters.")


def _kept_keys(data_dir: Path) -> dict[str, str]:
    """The keys of this installation: made at its first start, kept beside its data, readable by its owner only."""
    path = data_dir / "secrets.json"
    if not path.exists():
        made = {
            "SECRET_KEY": secrets.token_urlsafe(48),
            "JWT_SIGNING_KEY": secrets.token_urlsafe(48),
            "ENCRYPTION_KEY": base64.urlsafe_b64encode(secrets.token_bytes(32)).decode(),
        }
        handle, draft = tempfile.mkstemp(dir=data_dir, prefix="secrets-")  # mode 0600
        with os.fdopen(handle, "w") as file:
            json.dump(made, file)
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(draft, path)  # two first starts at once: one file wins, both read it
        except FileExistsError:
            pass
        finally:
            os.unlink(draft)
    try:
        kept = json.loads(path.read_text())
        return {name: str(kept[name]) for name in SECRETS}
    except (OSError, ValueError, KeyError, TypeError):
        raise Refusal(f"{path} cannot be read; restore it from a backup.") from None


def _allowed_hosts(env: Env, kind: str, host: str, public_url: str) -> list[str]:
    hosts = _words(env, "ALLOWED_HOSTS")
    if "*" in hosts and kind == "production":
        raise Refusal("ALLOWED_HOSTS must name the hosts; * is refused when CLINIC_ENV is production.")
    hosts.append(urlsplit(public_url).hostname or "")
    if kind != "production":
        hosts += ["localhost", "127.0.0.1", "[::1]"]
        if is_everywhere(host):
            hosts += [own_address(), socket.gethostname().lower()]
        elif host not in hosts:
            hosts.append(f"[{host}]" if ":" in host else host)
    if kind == "test":
        hosts.append("testserver")
    return list(dict.fromkeys(name for name in hosts if name))


def _allowed_origins(kind: str, port: int, public_url: str, hosts: list[str]) -> list[str]:
    """Who may open a socket with a cookie: the public address and, on one's own computer, its other names."""
    origins = [public_url]
    if kind != "production" and public_url.startswith("http://"):
        origins += [f"http://{name}:{port}" for name in hosts if "*" not in name and not name.startswith(".")]
    if kind == "test":
        origins.append("http://testserver")
    return list(dict.fromkeys(origins))


def _database(env: Env, kind: str) -> dict[str, Any] | None:
    url = env.str("DATABASE_URL", "")
    if not url:
        if kind == "production":
            raise Refusal("DATABASE_URL is missing; CLINIC_ENV=production needs PostgreSQL.")
        return None
    looks = "it looks like postgres://user:password@host:5432/name"
    if not url.startswith(("postgres://", "postgresql://")):
        raise Refusal("DATABASE_URL must begin with postgres://; without it the SQLite file in DATA_DIR is used.")
    try:
        found = dict(dj_database_url.parse(url))
    except (ValueError, KeyError, dj_database_url.UnknownSchemeError):
        raise Refusal(f"DATABASE_URL is not an address; {looks}.") from None
    if not found.get("NAME"):
        raise Refusal(f"DATABASE_URL names no database; {looks}.")
    return found


def _redis(env: Env, kind: str) -> str:
    url = env.str("REDIS_URL", "")
    if url and not url.startswith(("redis://", "rediss://", "unix://")):
        raise Refusal("REDIS_URL must begin with redis://, rediss:// or unix://.")
    if not url and kind == "production":
        raise Refusal("REDIS_URL is missing; CLINIC_ENV=production needs Redis.")
    return url


def _broker(env: Env) -> str:
    url = env.str("CELERY_BROKER_URL", "") or env.str("REDIS_URL", "")
    if url and not url.startswith(("redis://", "rediss://", "unix://", "amqp://", "amqps://", "redis+socket://")):
        raise Refusal("CELERY_BROKER_URL must begin with redis://, rediss://, amqp:// or amqps://.")
    return url.replace("unix://", "redis+socket://", 1) if url.startswith("unix://") else url


def test_database(found: Environment) -> dict[str, Any]:
    """The suite's database: on SQLite a file (in memory, readers get "table is locked" during a write)."""
    name = os.environ.get("TEST_DB_NAME", "")
    if found.database:
        return {"NAME": name or f"test_{found.database['NAME']}"}
    return {"NAME": str(found.data_dir / f"{name or 'test'}.sqlite3")}
