"""Limits on guessing and flooding: so many in a window, counted in the cache, refused with ``Retry-After``."""

from __future__ import annotations

import hashlib
import time

from django.core.cache import cache

from clinic.core.errors import TooMany

WRONG_LINKS = 300
"""Links a minute from one address that open nothing. Only wrong ones count: a waiting room shares one address."""


def wrong_link(address: str) -> None:
    """Count a link that opened nothing (R3.41); raises TooMany when somebody is trying them out."""
    limit("wrong-link", address, WRONG_LINKS, 60)


def limit(what: str, who: str, most: int, seconds: int) -> None:
    """Count one use; raises TooMany("request.too_many") from the ``most`` + 1st within ``seconds`` on."""
    now = time.time()
    window = int(now // seconds)
    digest = hashlib.sha256(who.encode("utf-8", "surrogatepass")).hexdigest()[:32]  # the cache holds no addresses
    key = f"limit:{what}:{digest}:{window}"
    cache.add(key, 0, timeout=seconds + 1)
    try:
        used = cache.incr(key)
    except ValueError:  # it ran out between the two
        return
    if used > most:
        raise TooMany("request.too_many", retry_after=int((window + 1) * seconds - now) + 1)
