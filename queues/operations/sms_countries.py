"""Where text messages to strangers may go: a code costs money, and some numbers pay whoever has them for each.

The policy ``sms_countries`` names country codes; where it is empty, the country of the hospital's own phone. A number
without a country is one of where the gateway is.
"""

from __future__ import annotations

import re

from clinic.tenants import days
from clinic.tenants.models import HospitalConfig

COUNTRY = re.compile(r"1|7|2[07]|3[0-469]|4[013-9]|5[1-8]|6[0-6]|8[1246]|9[0-58]|[0-9]{3}")
"""The country code a number begins with (ITU E.164)."""
NOBODYS = ("808", "870", "878", "881", "882", "883", "888", "979")
"""Codes of no country: satellites, networks and services."""
ISLANDS = re.compile(r"1(24[26]|26[48]|284|345|441|473|649|658|664|721|758|767|784|8[024]9|86[89]|876)")
"""Countries that share the code 1 and are meant only where they are named (1876)."""
PREMIUM = ("1900", "1976", "338", "3480", "3490", "3989", "43900", "43930", "4490", "4491", "4498", "4470", "49137",
           "49180", "49900", "4190", "3190", "3290")  # fmt: skip
"""Begins of numbers that cost whoever writes to them."""
LOCAL = 10
"""Digits of the longest numbers that people write without a country."""


def allowed(to: str) -> bool:
    """Whether a text message to this number may be asked for by a stranger."""
    policy = days.policies()
    digits = _international(to)
    codes = _allowed(policy)
    if not digits:  # a local number: of the country that the gateway, and so the hospital, is in
        local = re.sub(r"\D", "", to).lstrip("0")
        return not any(f"{code}{local}".startswith(PREMIUM) for code in codes)
    if digits.startswith((*NOBODYS, *PREMIUM)):
        return False
    return not codes or any(_is_of(digits, code) for code in codes)


def _allowed(policy: HospitalConfig) -> list[str]:
    if named := re.findall(r"\d+", policy.sms_countries):
        return named
    own = _international(policy.hospital.phone)
    return [_country(own)] if own else []


def _country(digits: str) -> str:
    found = COUNTRY.match(digits)
    return found[0] if found else digits


def _is_of(digits: str, code: str) -> bool:
    return digits.startswith(code) and not (code == "1" and ISLANDS.match(digits))


def _international(to: str) -> str:
    """The digits with their country, or nothing of a number that names none."""
    plain = to.replace("(0)", "").strip()
    digits = re.sub(r"\D", "", plain)
    if plain.startswith(("+", "＋")):
        return digits
    if digits.startswith("00"):
        return digits[2:]
    return digits if len(digits) > LOCAL and not digits.startswith("0") else ""
