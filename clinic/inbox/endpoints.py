"""What a browser gives to be reached by: a stranger's word for an address that our servers will call.

So only the push services that browsers really use are called, over TLS, at public addresses, and at the very address
that was looked at.
"""

from __future__ import annotations

import base64
import binascii
import ipaddress
import socket
from urllib.parse import urlsplit

from cryptography.hazmat.primitives.asymmetric import ec
from django.conf import settings

LONGEST = 1000
POINT, SECRET = 65, 16
"""Bytes of a browser's key, and of the secret it shares with us (RFC 8291)."""


def is_known(endpoint: str) -> bool:
    """Whether this is an address of one of the push services (``PUSH_SERVICES``), and nothing but that."""
    try:
        parts = urlsplit(endpoint)
        port, host = parts.port, (parts.hostname or "").lower()
    except ValueError:
        return False
    plain = endpoint.isascii() and endpoint.isprintable() and not set(endpoint) & set(" \\#@")
    if not plain or len(endpoint) > LONGEST:
        return False
    return is_stand_in(endpoint) or (parts.scheme == "https" and port in (None, 443) and _is_listed(host))


def is_stand_in(endpoint: str) -> bool:
    """Whether it is at a test's own server on this computer."""
    parts = urlsplit(endpoint)
    return f"{parts.scheme}://{parts.netloc}" in settings.PUSH_STAND_INS


def _is_listed(host: str) -> bool:
    return any(
        host == word or (word.startswith("*.") and host.endswith(word[1:]) and host != word[1:])
        for word in settings.PUSH_SERVICES
    )


def addresses(host: str, port: int) -> list[str]:
    """Where the name leads now; empty if any of it is not the open internet. Raises OSError where nobody knows."""
    found = [str(info[4][0]) for info in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]
    return found if all(map(is_public, found)) else []


def is_public(address: str) -> bool:
    """Whether the address is one of the open internet: none of ours, none of this computer, none that wraps one."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return False
    inner = (found.ipv4_mapped or found.sixtofour) if isinstance(found, ipaddress.IPv6Address) else None
    if inner is not None:
        return is_public(str(inner))
    wraps = isinstance(found, ipaddress.IPv6Address) and found in NAT64
    return found.is_global and not found.is_multicast and not wraps


NAT64 = ipaddress.ip_network("64:ff9b::/96")


def are_keys(p256dh: str, auth: str) -> bool:
    """Whether these are a browser's keys: a point of the curve and a secret of the right length."""
    point = decoded(p256dh)
    if len(point) != POINT or len(decoded(auth)) != SECRET:
        return False
    try:
        ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), point)
    except ValueError:
        return False
    return True


def decoded(text: str) -> bytes:
    """URL-safe base64 without padding, as browsers write keys; empty for what is none."""
    try:
        return base64.b64decode(text.encode() + b"=" * (-len(text) % 4), b"-_", validate=True)
    except (binascii.Error, ValueError):
        return b""


def written(data: bytes) -> str:
    """URL-safe base64 without padding."""
    return base64.urlsafe_b64encode(data).decode().rstrip("=")
