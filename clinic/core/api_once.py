"""Idempotency keys: a POST that is sent twice is done once, also when the process dies half way (api.md).

A request with a key first claims it. Whoever finds the key claimed is told to wait (409), or gets the kept answer, or
is refused because the body is another (422). The answer of an operation is kept inside the operation's transaction:
the act and its answer are there together or not at all. A claim without an answer ends after ``CLAIM_SECONDS``; a
process that wakes up later finds its claim gone and its transaction fails.

Where claims are kept is another room's business: it registers one ``Store``.
"""

from __future__ import annotations

import hashlib
import json
import re
import secrets
from dataclasses import dataclass, field
from typing import Any, Protocol

from django.utils.translation import gettext_lazy as _

from clinic.core.errors import Conflict, Invalid, Mismatch, say

KEEP_SECONDS = 24 * 3600
CLAIM_SECONDS = 60
FORM = re.compile(r"[\x21-\x7e]{1,200}")

say({
    "idempotency.bad_key": _("An Idempotency-Key has 1 to 200 visible ASCII characters."),
    "idempotency.running": _("The first request with this key is still running."),
    "idempotency.other_body": _("This Idempotency-Key came before, with another body."),
    "idempotency.lost": _("This took too long, and another request has taken over. Nothing was saved."),
})  # fmt: skip


@dataclass(frozen=True, slots=True)
class Claim:
    """The right to answer for a key; ``mark`` tells two claimants of one key apart."""

    scope: str
    key: str
    body_hash: str
    mark: str = field(default_factory=lambda: secrets.token_hex(16))


@dataclass(frozen=True, slots=True)
class Kept:
    """An answer as it went out."""

    status: int
    body: str
    headers: dict[str, str]


class Store(Protocol):
    """Where claims and answers are kept."""

    def begin(self, claim: Claim) -> Kept | None:
        """Take the claim, or return the answer kept for it; Conflict while it runs, Mismatch for another body."""

    def keep(self, claim: Claim, answer: Kept) -> None:
        """Keep the answer; raises Conflict if the claim is no longer ours. Joins the transaction that is open."""

    def drop(self, claim: Claim) -> None:
        """Give the claim back: nothing was done."""


_store: Store | None = None


def use(store: Store) -> None:
    """Register the one ``Store``."""
    global _store
    _store = store


def store() -> Store:
    if _store is None:
        raise RuntimeError("no Store is registered (clinic.core.api_once.use)")
    return _store


def claim_of(key: str, caller: str, method: str, path: str, data: Any) -> Claim:
    """The claim of one caller for one key on one route; raises Invalid for a key that is none."""
    if not FORM.fullmatch(key):
        raise Invalid("idempotency.bad_key")
    scope = "\n".join((caller, method, path))
    told = json.dumps(data, sort_keys=True, separators=(",", ":"))
    return Claim(_sha(scope), key, _sha(told))


def _sha(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def still_running(seconds: int) -> Conflict:
    return Conflict("idempotency.running", retry_after=max(1, seconds))


def other_body() -> Mismatch:
    return Mismatch("idempotency.other_body")


def lost() -> Conflict:
    return Conflict("idempotency.lost")
