"""A wrong or missing setting stops the start with one sentence that says which; a right one is obeyed."""

import json
import re
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from clinic.core import environment
from tests.core.starting import OURS, ROOT, manage
from tests.core.starting import environment as environ

GOOD = {
    "CLINIC_ENV": "production",
    "DATABASE_URL": "postgres://clinic:pw@127.0.0.1:5432/clinic",
    "REDIS_URL": "redis://127.0.0.1:6379/0",
    "PUBLIC_URL": "https://clinic.example.org",
    "SECRET_KEY": "kT9vQ2mX7bR4nZ8pL1sW6dF3gH5jC0yAuEoIxVqMzB2NwJf8Kd5",
    "JWT_SIGNING_KEY": "pW4xN8cV1bM6qL3zK9jH5gF2dS7aR0tYyUuIiOoPeEwQmZ6Xc2v",
    "ENCRYPTION_KEY": "2o7Jq5rW0yZ3xC8vB1nM4kL6hG9fD2sA5pO7iU0yT3E=",
}

WRONG = {
    "an unknown kind": ({"CLINIC_ENV": "staging"}, "CLINIC_ENV must be one of"),
    "a port that is no number": ({"PORT": "eighty"}, '"PORT" invalid'),
    "a port out of range": ({"PORT": "70000"}, "PORT must be a number from 1"),
    "another database": ({"DATABASE_URL": "mysql://a/b"}, "DATABASE_URL must begin with postgres://"),
    "a database without name": ({"DATABASE_URL": "postgres://u:p@h:5432/"}, "DATABASE_URL names no database"),
    "a wrong database address": ({"DATABASE_URL": "postgres://u:p@h:port/n"}, "DATABASE_URL is not an address"),
    "no Redis address": ({"REDIS_URL": "127.0.0.1:6379"}, "REDIS_URL must begin with redis://"),
    "no broker address": ({"CELERY_BROKER_URL": "sqs://x"}, "CELERY_BROKER_URL must begin with"),
    "a public address with a path": ({"PUBLIC_URL": "https://a.org/clinic"}, "PUBLIC_URL must look like"),
    "a public address without scheme": ({"PUBLIC_URL": "clinic.org"}, "PUBLIC_URL must look like"),
    "a wrong log level": ({"LOG_LEVEL": "LOUD"}, "LOG_LEVEL must be one of"),
    "an empty pool": ({"DB_POOL_MAX": "0"}, "DB_POOL_MAX must be at least 1"),
    "a wrong yes or no": ({"DEBUG": "perhaps"}, '"DEBUG" invalid'),
    "a bad encryption key": ({"ENCRYPTION_KEY": "short"}, "ENCRYPTION_KEY must be 32 random bytes"),
    "no mail server's address": ({"EMAIL_URL": "mail.example.org:25"}, "EMAIL_URL must look like"),
    "another way of mail": ({"EMAIL_URL": "http://mail.example.org"}, "EMAIL_URL must look like"),
    "a mail server without a name": ({"EMAIL_URL": "smtp://"}, "EMAIL_URL must look like"),
    "a mail server's wrong port": ({"EMAIL_URL": "smtp://mail:99999"}, "EMAIL_URL must look like"),
    "a sender that is no address": ({"MAIL_FROM": "The clinic"}, "MAIL_FROM must be an address"),
    "no gateway's address": ({"SMS_URL": "gateway.example.org"}, "SMS_URL must look like"),
    "a gateway without a name": ({"SMS_URL": "webhook+https:///send"}, "SMS_URL must look like"),
    "Twilio without a sender": ({"SMS_URL": "twilio://sid:token@/"}, "SMS_URL must look like"),
    "a gateway's wrong port": ({"SMS_URL": "webhook+https://gateway:99999/"}, "SMS_URL is not an address"),
    "production without database": ({**GOOD, "DATABASE_URL": ""}, "DATABASE_URL is missing"),
    "production without Redis": ({**GOOD, "REDIS_URL": ""}, "REDIS_URL is missing"),
    "production without address": ({**GOOD, "PUBLIC_URL": ""}, "PUBLIC_URL is missing"),
    "production without https": ({**GOOD, "PUBLIC_URL": "http://a.org"}, "PUBLIC_URL must begin with https://"),
    "production with DEBUG": ({**GOOD, "DEBUG": "1"}, "DEBUG must be off"),
    "production without key": ({**GOOD, "SECRET_KEY": ""}, "SECRET_KEY is missing"),
    "production with a development key": ({**GOOD, "SECRET_KEY": "django-insecure-" + "x1y2z3" * 9}, "SECRET_KEY is a"),
    "production with a word": ({**GOOD, "JWT_SIGNING_KEY": "change-me-" + GOOD["SECRET_KEY"]}, "JWT_SIGNING_KEY is a"),
    "production with one letter": ({**GOOD, "SECRET_KEY": "a" * 60}, "SECRET_KEY is a"),
    "production with one key for two": ({**GOOD, "JWT_SIGNING_KEY": GOOD["SECRET_KEY"]}, "must differ"),
    "production for any host": ({**GOOD, "ALLOWED_HOSTS": "*"}, "ALLOWED_HOSTS must name the hosts"),
}


def read(monkeypatch: pytest.MonkeyPatch, **values: str) -> environment.Environment:
    for name in OURS:
        monkeypatch.delenv(name, raising=False)
    for name, value in values.items():
        monkeypatch.setenv(name, value)
    return environment.read()


@pytest.mark.parametrize(("values", "sentence"), WRONG.values(), ids=WRONG)
def test_a_wrong_environment_is_refused(
    values: dict[str, str], sentence: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with pytest.raises(environment.Refusal) as refusal:
        read(monkeypatch, **{"CLINIC_ENV": "embedded", "DATA_DIR": str(tmp_path), **values})
    said = str(refusal.value)
    assert sentence in said
    assert said.endswith(".")
    for name in ("SECRET_KEY", "JWT_SIGNING_KEY", "ENCRYPTION_KEY"):
        assert len(values.get(name, "")) < 8 or values[name] not in said, "a secret must not be shown"


@pytest.mark.parametrize(
    "command",
    [
        ["manage.py", "check"],
        ["manage.py", "serve"],
        ["-m", "celery", "-A", "clinic", "worker"],
        ["-m", "uvicorn", "clinic.asgi:application"],
    ],
    ids=["manage", "serve", "celery", "uvicorn"],
)
def test_every_way_to_start_says_one_sentence_and_no_trace(command: list[str], tmp_path: Path) -> None:
    env = environ(tmp_path, **{**GOOD, "SECRET_KEY": ""})
    done = subprocess.run([sys.executable, *command], cwd=ROOT, env=env, capture_output=True, text=True, timeout=60)
    assert done.returncode != 0
    assert done.stderr.strip() == "clinicflow cannot start: SECRET_KEY is missing; CLINIC_ENV=production needs it."
    assert done.stdout.strip() == ""


def test_production_passes_djangos_own_deployment_checks(tmp_path: Path) -> None:
    done = manage("check", "--deploy", "--fail-level", "WARNING", env=environ(tmp_path, **GOOD))
    assert done.returncode == 0, done.stderr


def test_an_unwritable_folder_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(environment.Refusal, match=r"DATA_DIR .* cannot be written to"):
        read(monkeypatch, CLINIC_ENV="embedded", DATA_DIR=str(tmp_path / "file" / "data"))


def test_an_installation_makes_its_own_keys_once_and_keeps_them_to_itself(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    first = read(monkeypatch, CLINIC_ENV="embedded", DATA_DIR=str(tmp_path))
    again = read(monkeypatch, CLINIC_ENV="embedded", DATA_DIR=str(tmp_path))
    other = read(monkeypatch, CLINIC_ENV="embedded", DATA_DIR=str(tmp_path / "other"))
    assert first.secret_key == again.secret_key != other.secret_key
    assert len({first.secret_key, first.jwt_signing_key, first.encryption_key}) == 3
    file = tmp_path / "secrets.json"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert set(json.loads(file.read_text())) == {"SECRET_KEY", "JWT_SIGNING_KEY", "ENCRYPTION_KEY"}
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith("secrets-")] == []


def test_damaged_keys_stop_the_start_instead_of_being_made_anew(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "secrets.json").write_text("{")
    with pytest.raises(environment.Refusal, match=r"secrets.json cannot be read"):
        read(monkeypatch, CLINIC_ENV="embedded", DATA_DIR=str(tmp_path))


def test_embedded_needs_nothing_and_uses_sqlite(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    found = read(monkeypatch, CLINIC_ENV="embedded", DATA_DIR=str(tmp_path))
    assert found.database is None
    assert found.redis_url == found.broker_url == ""
    assert found.public_url == "http://127.0.0.1:8000"
    assert found.allowed_origins == [f"http://{name}:8000" for name in ("127.0.0.1", "localhost", "[::1]")]


def test_listening_everywhere_admits_the_local_networks_name_of_this_computer(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(environment, "own_address", lambda: "192.168.7.20")
    found = read(monkeypatch, CLINIC_ENV="embedded", DATA_DIR=str(tmp_path), HOST="0.0.0.0", PORT="8123")
    assert found.public_url == "http://192.168.7.20:8123"
    assert "192.168.7.20" in found.allowed_hosts
    assert "http://192.168.7.20:8123" in found.allowed_origins


def test_production_admits_only_the_public_address(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    found = read(monkeypatch, **GOOD, DATA_DIR=str(tmp_path), ALLOWED_HOSTS="clinic.example.org, www.example.org")
    assert found.allowed_hosts == ["clinic.example.org", "www.example.org"]
    assert found.allowed_origins == ["https://clinic.example.org"]
    assert found.broker_url == found.redis_url
    assert not (tmp_path / "secrets.json").exists(), "production's keys come from the environment alone"


def test_https_binds_the_cookies_to_the_host(tmp_path: Path) -> None:
    code = (
        "from django.conf import settings as s;"
        "print(s.SESSION_COOKIE_NAME, s.CSRF_COOKIE_NAME, s.SESSION_COOKIE_SECURE, s.SESSION_COOKIE_PATH)"
    )
    done = manage("shell", "--no-imports", "-c", code, env=environ(tmp_path, **GOOD))
    assert re.search(r"__Host-session __Host-csrf True /$", done.stdout.strip()), done.stderr


@pytest.mark.parametrize(
    ("url", "port", "tls", "ssl"),
    [
        ("smtp+tls://clinic%40example.org:p%2Fw@mail.example.org", 587, True, False),
        ("smtps://clinic%40example.org:p%2Fw@mail.example.org", 465, False, True),
        ("smtp://clinic%40example.org:p%2Fw@mail.example.org:2525", 2525, False, False),
    ],
)
def test_the_mail_server_is_read_from_one_address(url: str, port: int, tls: bool, ssl: bool) -> None:
    assert environment.mail_server(url) == {
        "EMAIL_HOST": "mail.example.org", "EMAIL_PORT": port, "EMAIL_HOST_USER": "clinic@example.org",
        "EMAIL_HOST_PASSWORD": "p/w", "EMAIL_USE_TLS": tls, "EMAIL_USE_SSL": ssl,
    }  # fmt: skip


def test_mail_is_optional_and_comes_from_the_public_address(monkeypatch: pytest.MonkeyPatch) -> None:
    found = read(monkeypatch, **GOOD)
    assert (found.mail_url, found.mail_from) == ("", "Clinicflow <clinicflow@clinic.example.org>")
    given = read(monkeypatch, **GOOD, EMAIL_URL="smtp://mail", MAIL_FROM="Harbor <desk@harbor.example>")
    assert (given.mail_url, given.mail_from) == ("smtp://mail", "Harbor <desk@harbor.example>")


@pytest.mark.parametrize("url", ["", "console:", "webhook+https://:t@gateway.example.org/x", "twilio://s:t@/+15550100"])
def test_text_messages_go_by_a_gateway_of_ones_own_by_twilio_or_nowhere(
    monkeypatch: pytest.MonkeyPatch, url: str
) -> None:
    assert read(monkeypatch, **GOOD, SMS_URL=url).sms_url == url
