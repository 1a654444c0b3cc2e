"""Text messages through one provider, chosen by ``SMS_URL``: a file, a gateway of one's own, or Twilio."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
import time
from collections.abc import Callable
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from pathlib import Path
from urllib.parse import SplitResult, unquote, urlencode, urlsplit

from django.conf import settings

from clinic.core.sending import signing_key
from clinic.inbox.channels import NotSent, Outgoing, Way

TIMEOUT = 15.0
TWILIO = "api.twilio.com"
AGAIN = {429, 503}
"""The gateway says that it did nothing, and that it may later."""
NUMBER = re.compile(r"^\+?[0-9]{5,15}$")


def provider() -> Way | None:
    """Who sends text messages here; None where nobody is set up."""
    url: str = settings.SMS_URL
    if not url:
        return None if settings.PRODUCTION else to_file
    parts = urlsplit(url)
    return PROVIDERS[parts.scheme](parts)


def number(phone: str) -> str:
    """The number alone, as gateways take it; raises NotSent for what is none."""
    digits = re.sub(r"[\s()./\-\u00a0]", "", phone.replace("(0)", ""))
    digits = f"+{digits[2:]}" if digits.startswith("00") else digits
    if not NUMBER.match(digits):
        raise NotSent("no phone number", again=False)
    return digits


def to_file(message: Outgoing) -> str:
    """Without a gateway messages become files beside the mails, for whoever tries the product out."""
    folder = Path(settings.SMS_FOLDER)
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{message.id}.txt"
    path.write_text(f"{number(message.to)}\n\n{message.short}\n")
    return path.name


def webhook(parts: SplitResult) -> Way:
    """``webhook+https://whsec_key:token@gateway.example.org/send``: our JSON, signed with the key where there is one,
    the token as bearer where there is one, our id against doubles."""
    key = signing_key(unquote(parts.username or ""))

    def send(message: Outgoing) -> str:
        told = {"id": message.id, "to": number(message.to), "from": message.sender, "text": message.short}
        body = json.dumps(told)
        headers = {"Content-Type": "application/json", "Idempotency-Key": message.id}
        if parts.password:
            headers["Authorization"] = f"Bearer {unquote(parts.password)}"
        if key is not None:
            headers |= signed(key, message.id, int(time.time()), body)
        answer = _post(parts.scheme.partition("+")[2], _host(parts), parts.port, parts.path or "/", body, headers)
        return _id_in(answer, "id")

    return send


def signed(key: bytes, name: str, at: int, body: str) -> dict[str, str]:
    """That it is us who asks, and when (Standard Webhooks): the gateway refuses what is old or was changed."""
    digest = hmac.new(key, f"{name}.{at}.{body}".encode(), hashlib.sha256).digest()
    signature = f"v1,{base64.b64encode(digest).decode()}"
    return {"webhook-id": name, "webhook-timestamp": str(at), "webhook-signature": signature}


def twilio(parts: SplitResult) -> Way:
    """``twilio://SID:TOKEN@/+15550100``: the account, its token, and the number or service it sends from."""
    sid, token = unquote(parts.username or ""), unquote(parts.password or "")
    sender = unquote(parts.path.strip("/"))
    basic = base64.b64encode(f"{sid}:{token}".encode()).decode()
    by = "MessagingServiceSid" if sender.startswith("MG") else "From"

    def send(message: Outgoing) -> str:
        body = urlencode({"To": number(message.to), by: sender, "Body": message.short})
        headers = {"Content-Type": "application/x-www-form-urlencoded", "Authorization": f"Basic {basic}"}
        path = f"/2010-04-01/Accounts/{sid}/Messages.json"
        return _id_in(_post("https", TWILIO, None, path, body, headers), "sid")

    return send


def _host(parts: SplitResult) -> str:
    return parts.hostname or ""


PROVIDERS: dict[str, Callable[[SplitResult], Way]] = {
    "webhook+https": webhook, "webhook+http": webhook, "twilio": twilio, "console": lambda _parts: to_file,
}  # fmt: skip


def _post(scheme: str, host: str, port: int | None, path: str, body: str, headers: dict[str, str]) -> bytes:
    """One request. What fails before it left is surely not sent; no answer, or one of trouble, leaves it open."""
    kind = HTTPSConnection if scheme == "https" else HTTPConnection
    connection = kind(host, port, timeout=TIMEOUT)
    try:
        try:
            connection.connect()
        except OSError as error:
            raise NotSent(type(error).__name__, again=True) from error
        connection.request("POST", path, body.encode(), headers)
        response = connection.getresponse()
        told = response.read(65_536)
    finally:
        connection.close()
    if 200 <= response.status < 300:
        return told
    if response.status in AGAIN or 300 <= response.status < 500:
        raise NotSent(f"HTTP {response.status}", again=response.status in AGAIN)
    raise HTTPException(f"HTTP {response.status}")


def _id_in(answer: bytes, name: str) -> str:
    try:
        told = json.loads(answer)
    except ValueError:
        return ""
    return str(told.get(name, ""))[:120] if isinstance(told, dict) else ""
