"""Limits that stop a bot and lock nobody out: beyond them a visitor is asked for a one-time code, not sent away.

Text messages cost money, so codes by SMS have limits of their own. Those by address and by range of numbers count
codes that nobody has typed yet: a waiting room in which people type theirs never meets them, whoever has messages sent
for their price does.

A program with many addresses may take a few places in a minute without showing who it is; every further place in that
minute costs a code that was sent to a phone or a mailbox. People behind one address (a waiting room, a school) are
asked for the code at worst.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterable
from contextlib import suppress
from ipaddress import ip_address, ip_network

from django.conf import settings
from django.core.cache import cache

from clinic.core.errors import TooMany
from clinic.core.limits import limit
from clinic.core.tenancy import require_hospital_id

A_MINUTE, AN_HOUR = (5, 60), (60, 3600)
"""Places of one hospital taken by strangers without a code: so many in so many seconds, whoever they are."""
AN_ADDRESS = (15, 3600)
"""The same from one address."""
PARTS = 12
"""A window slides in twelfths, so that nobody gets twice as much around the turn of a minute."""

CODES_TO = (5, 3600)
"""Codes to one phone or mailbox, asked from one address of the net; so nobody uses up another's."""
CODES_TO_AT_ALL, CODES_TO_A_DAY = (30, 3600), (60, 24 * 3600)
"""To it from anywhere, in an hour and in a day: each code may be tried five times."""
CODES_FROM = (60, 600)
CODES_HERE = (600, 3600)
"""Codes by e-mail a hospital sends strangers in an hour."""
AN_HOUR_LONG, A_DAY = 3600, 24 * 3600
SMS_TO, SMS_TO_AT_ALL, SMS_TO_A_DAY = (3, AN_HOUR_LONG), (6, AN_HOUR_LONG), (12, A_DAY)
"""Codes by SMS to one number: asked from one network, from anywhere in an hour, and in a day."""
SMS_FROM = (30, AN_HOUR_LONG)
"""Codes by SMS asked from one network that nobody has typed."""
SMS_RANGE, RANGE_END = (10, AN_HOUR_LONG), 4
"""The same to numbers that differ in the last digits only: bought ranges are what pays."""
SAME_END = 9
OWN_DAY = 24 * 3600
"""So long it is remembered, as a count, what a visitor has booked for one phone without a code."""
TRIES = (5, 600)
"""Tries at one code."""
KIOSK = (6, 900)
"""Tries with one phone number at the kiosks of a hospital: a birth year is not found by trying."""
KIOSK_DAY = (24, 24 * 3600)
"""The same in a day: a hundred years would be tried in one otherwise."""
A_LINK = (240, 60)
"""Looks at the pages of one booking in a minute."""
PAGES = (3000, 60)
"""Pages a minute from one address: a full waiting room stands behind one."""


def calm(address: str) -> bool:
    """Count one place that a stranger wants to take; False when a one-time code has to be asked for.

    What is refused does not count, so the ways are open again as soon as the rush is over.
    """
    here = str(require_hospital_id())
    _raised, full = _take([
        ("stranger-minute", here, A_MINUTE), ("stranger-hour", here, AN_HOUR),
        ("stranger-from", f"{here} {address}", AN_ADDRESS),
    ])  # fmt: skip
    return not full


def _take(uses: Iterable[tuple[str, str, tuple[int, int]]]) -> tuple[list[str], str]:
    """Count a use in each window; where one is full, in none: the keys that were raised, and the name of the full."""
    counted: list[str] = []
    for what, who, (most, seconds) in uses:
        key, used = _count(what, who, seconds)
        counted.append(key)
        if used > most:
            for each in counted:
                _give_back(each)
            return [], what
    return counted, ""


def _keys(what: str, who: str, seconds: int) -> list[str]:
    now = int(time.time() // (seconds / PARTS))
    digest = hashlib.sha256(who.encode("utf-8", "surrogatepass")).hexdigest()[:32]  # the cache holds no addresses
    return [f"limit:{what}:{digest}:{now - n}" for n in range(PARTS + 1)]


def _used(what: str, who: str, seconds: int) -> int:
    return sum(cache.get_many(_keys(what, who, seconds)).values())


def _count(what: str, who: str, seconds: int) -> tuple[str, int]:
    """One more in the window that ends now: the key that was raised, and how many there are."""
    step = seconds / PARTS
    keys = _keys(what, who, seconds)
    cache.add(keys[0], 0, timeout=int(seconds + 2 * step) + 1)
    with suppress(ValueError):  # it ran out between the two
        cache.incr(keys[0])
    return keys[0], sum(cache.get_many(keys).values())


def _give_back(key: str) -> None:
    with suppress(ValueError):
        cache.decr(key)


def link(token: str) -> None:
    """Count a look at one booking's pages; raises TooMany for what nobody reads, however many addresses ask."""
    limit("booking-link", token, *A_LINK)


def page(address: str) -> None:
    """Count a page; raises TooMany for what no waiting room asks for."""
    limit("booking-page", address, *PAGES)


class Capped(TooMany):
    """429: the hospital has sent strangers as many text messages as it pays for in this hour or day."""

    def __init__(self, window: str) -> None:
        super().__init__("request.too_many", retry_after=AGAIN)
        self.window = window


AGAIN = 600
"""Seconds after which it may be worth asking again."""


def code(to: str, address: str, nonce: str) -> None:
    """Count a one-time code to a phone or mailbox; raises TooMany, and Capped where the hospital's own limit is met."""
    if "@" not in to:
        _sms(to, network(address), nonce)
        return
    here = str(require_hospital_id())
    limit("code-from", address, *CODES_FROM)
    limit("code-to", f"{here} {to} {address}", *CODES_TO)
    limit("code-to-all", f"{here} {to}", *CODES_TO_AT_ALL)
    limit("code-to-day", f"{here} {to}", *CODES_TO_A_DAY)
    limit("code-here", here, *CODES_HERE)


def _sms(to: str, net: str, nonce: str) -> None:
    """``to``: a phone's key, its digits from the end; with its country or without, it is one phone."""
    here, to = str(require_hospital_id()), to[:SAME_END]
    _raised, full = _take([
        ("sms-to", f"{here} {to} {net}", SMS_TO), ("sms-to-all", f"{here} {to}", SMS_TO_AT_ALL),
        ("sms-to-day", f"{here} {to}", SMS_TO_A_DAY),
    ])  # fmt: skip
    if full:
        raise TooMany("request.too_many", retry_after=AGAIN)
    untyped, full = _take([
        ("sms-from", f"{here} {net}", SMS_FROM), ("sms-range", f"{here} {to[RANGE_END:]}", SMS_RANGE),
    ])  # fmt: skip
    if full:
        raise TooMany("request.too_many", retry_after=AGAIN)
    _paid, full = _take([
        ("hour", here, (settings.SMS_CODES_HOUR, AN_HOUR_LONG)), ("day", here, (settings.SMS_CODES_DAY, A_DAY)),
    ])  # fmt: skip
    if full:
        for each in untyped:
            _give_back(each)
        raise Capped(full)
    cache.set(_typed_key(nonce), untyped, AN_HOUR_LONG)


def typed(nonce: str) -> None:
    """The code of this request was typed rightly: it does not count against its network and its range any more."""
    for key in cache.get(_typed_key(nonce)) or ():
        _give_back(key)
    cache.set(_typed_key(nonce), (), 1)


def _typed_key(nonce: str) -> str:
    return f"limit:sms-untyped:{hashlib.sha256(nonce.encode('utf-8', 'surrogatepass')).hexdigest()[:32]}"


def network(address: str) -> str:
    """What one customer of a provider has: an IPv4 address, or the first half of an IPv6 one."""
    try:
        known = ip_address(address)
    except ValueError:
        return address
    if known.version == 4:
        return str(known)
    mapped = known.ipv4_mapped
    return str(mapped) if mapped else str(ip_network(f"{known}/64", strict=False))


def first_of(window: str) -> bool:
    """Whether this is the first time in the window that the hospital's limit was met: it is told once."""
    seconds = A_DAY if window == "day" else AN_HOUR_LONG
    return bool(
        cache.add(f"limit:sms-capped:{require_hospital_id()}:{window}:{int(time.time() // seconds)}", 1, seconds)
    )


def booked_before(phone_key: str, what: str, address: str, most: int) -> bool:
    """Whether this visitor has booked just this, or that often, for this phone without a code within a day.

    ``what``: who comes, to which line, on which day.
    It counts what was done from this network alone and nothing that stands in the book: whoever is asked for a code
    because of it learns what they did themselves.
    """
    return _used("own-there", _own(phone_key, f"{what} {network(address)}"), OWN_DAY) >= 1 or (
        _used("own", _own(phone_key, network(address)), OWN_DAY) >= most
    )


def note_booked(phone_key: str, what: str, address: str) -> None:
    """Remember, as a count, what ``booked_before`` asks."""
    _count("own-there", _own(phone_key, f"{what} {network(address)}"), OWN_DAY)
    _count("own", _own(phone_key, network(address)), OWN_DAY)


def _own(phone_key: str, rest: str) -> str:
    return f"{require_hospital_id()} {phone_key[:SAME_END]} {rest}"


def code_try(nonce: str) -> None:
    """Count a try at one code; raises TooMany."""
    limit("code-try", nonce, *TRIES)


def kiosk_try(phone_key: str) -> None:
    """Count a try with one phone number at a kiosk; raises TooMany."""
    limit("kiosk", f"{require_hospital_id()} {phone_key}", *KIOSK)
    limit("kiosk-day", f"{require_hospital_id()} {phone_key}", *KIOSK_DAY)
