"""This installation's key for notices on phones (RFC 8292): push services and browsers know us by it."""

from __future__ import annotations

from functools import cache

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from clinic.inbox.endpoints import decoded, written


def make() -> str:
    """A new private key, as VAPID_PRIVATE_KEY takes it."""
    number = ec.generate_private_key(ec.SECP256R1()).private_numbers().private_value
    return written(number.to_bytes(32, "big"))


@cache
def public_of(private: str) -> str:
    """The public half, as browsers take it."""
    key = ec.derive_private_key(int.from_bytes(decoded(private), "big"), ec.SECP256R1())
    return written(key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint))
