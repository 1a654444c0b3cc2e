"""How this installation reaches people, read from the environment: by mail, by text message, by notices on phones."""

from __future__ import annotations

import base64
import binascii
import re
from importlib.util import find_spec
from typing import Any
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

from environs import Env

from clinic.core.refusal import Refusal

MAIL_PORTS = {"smtp": 25, "smtp+tls": 587, "smtps": 465}
"""Scheme of EMAIL_URL → its usual port: plain, with STARTTLS, with TLS from the start."""
ANYMAIL = "anymail+"
"""Before the name of a mail service, whose settings stand in the query: ``anymail+postmark://?server_token=…``"""
MAIL_TIMEOUT = 15
SIGNED = "whsec_"
"""How a key for signatures begins (Standard Webhooks)."""
PUSH_SERVICES = (
    "fcm.googleapis.com", "updates.push.services.mozilla.com", "*.push.apple.com", "*.notify.windows.com",
)  # fmt: skip
"""Where the browsers people have get their notices from: Chrome and its kin, Firefox, Safari, Edge."""
HOST = re.compile(r"^(\*\.)?[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)+$")


def mail(env: Env) -> str:
    """EMAIL_URL, checked; empty where mails become files."""
    url = env.str("EMAIL_URL", "")
    if not url:
        return ""
    if url.startswith(ANYMAIL):
        _check_service(urlsplit(url))
        return url
    try:
        parts = urlsplit(url)
        good = parts.scheme in MAIL_PORTS and bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        good = False
    if not good:
        raise Refusal("EMAIL_URL must look like smtp+tls://user:password@mail.example.org:587, smtps:// or smtp://.")
    return url


def _check_service(parts: SplitResult) -> None:
    name = _service(parts)
    if find_spec("anymail") is None:
        raise Refusal('EMAIL_URL asks for Anymail, which is not installed: pip install ".[anymail]".')
    known = re.fullmatch(r"[a-z][a-z0-9_]*", name) and find_spec(f"anymail.backends.{name}") is not None
    given = parse_qsl(parts.query, keep_blank_values=True)
    named = all(re.fullmatch(r"[a-z_]+", key) for key, _value in given)
    if not known or name.startswith("base") or parts.netloc or not named:
        raise Refusal(
            "EMAIL_URL must look like anymail+postmark://?server_token=…: a service that Anymail knows, and its "
            "settings in small letters."
        )


def _service(parts: SplitResult) -> str:
    return parts.scheme.removeprefix(ANYMAIL).replace("-", "_")


def mail_server(url: str) -> dict[str, Any]:
    """EMAIL_URL as Django's settings."""
    parts = urlsplit(url)
    if url.startswith(ANYMAIL):
        name = _service(parts)
        given = {f"{name}_{key}".upper(): value for key, value in parse_qsl(parts.query, keep_blank_values=True)}
        return {
            "EMAIL_BACKEND": f"anymail.backends.{name}.EmailBackend",
            "ANYMAIL": {"REQUESTS_TIMEOUT": MAIL_TIMEOUT, **given},
        }
    return {
        "EMAIL_HOST": parts.hostname, "EMAIL_PORT": parts.port or MAIL_PORTS[parts.scheme],
        "EMAIL_HOST_USER": unquote(parts.username or ""), "EMAIL_HOST_PASSWORD": unquote(parts.password or ""),
        "EMAIL_USE_TLS": parts.scheme == "smtp+tls", "EMAIL_USE_SSL": parts.scheme == "smtps",
    }  # fmt: skip


def mail_from(env: Env, public_url: str) -> str:
    """MAIL_FROM, or an address at the host that people type."""
    given = env.str("MAIL_FROM", "") or f"Clinicflow <clinicflow@{urlsplit(public_url).hostname}>"
    if "@" not in given or any(letter in given for letter in "\r\n"):
        raise Refusal("MAIL_FROM must be an address, for example Clinicflow <clinic@example.org>.")
    return given


def sms(env: Env) -> str:
    """SMS_URL, checked; empty where nobody sends text messages."""
    url = env.str("SMS_URL", "")
    try:
        parts = urlsplit(url)
        webhook = parts.scheme in ("webhook+https", "webhook+http") and bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        raise Refusal("SMS_URL is not an address.") from None
    twilio = parts.scheme == "twilio" and bool(parts.username and parts.password and parts.path.strip("/"))
    if url and not (webhook or twilio or parts.scheme == "console"):
        raise Refusal(
            "SMS_URL must look like webhook+https://:token@gateway.example.org/send, twilio://sid:token@/+15550100 "
            "or console:."
        )
    if webhook and parts.username and signing_key(unquote(parts.username)) is None:
        raise Refusal("The user in SMS_URL must be whsec_ and 24 or more random bytes in base64, or be left out.")
    return url


def signing_key(word: str) -> bytes | None:
    """The key in ``whsec_…``; None if it is none."""
    if not word.startswith(SIGNED):
        return None
    try:
        key = base64.b64decode(word.removeprefix(SIGNED), validate=True)
    except (binascii.Error, ValueError):
        return None
    return key if len(key) >= 24 else None


def vapid_key(env: Env) -> str:
    """VAPID_PRIVATE_KEY: what this installation signs its notices with; empty where phones get none."""
    key = env.str("VAPID_PRIVATE_KEY", "")
    if not key:
        return ""
    try:
        good = len(base64.urlsafe_b64decode(key + "=" * (-len(key) % 4))) == 32
    except (binascii.Error, ValueError):
        good = False
    if not good:
        raise Refusal("VAPID_PRIVATE_KEY must be 32 bytes in URL-safe base64, as `manage.py vapid` makes them.")
    if find_spec("http_ece") is None or find_spec("py_vapid") is None:
        raise Refusal('VAPID_PRIVATE_KEY asks for notices on phones, which need: pip install ".[push]".')
    return key


def push_services(env: Env) -> list[str]:
    """PUSH_SERVICES: the hosts that notices may be handed to; ``*.`` stands for one or more names before."""
    given = [word.strip().lower() for word in env.str("PUSH_SERVICES", "").split(",") if word.strip()]
    if any(not HOST.match(word) for word in given):
        raise Refusal("PUSH_SERVICES must be host names with commas between, for example *.push.apple.com.")
    return given or list(PUSH_SERVICES)
