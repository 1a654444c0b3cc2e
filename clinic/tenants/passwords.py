"""Passwords: checked against the rules, hashed before a transaction begins, and a few at a time."""

from __future__ import annotations

import threading
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from django.contrib.auth.hashers import make_password
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from clinic.core.errors import Invalid, Unavailable
from clinic.tenants.models import User

LONGEST = 256
"""Characters: a hash costs the same for all, but reading megabytes of password does not."""
AT_ONCE = 3
"""Hashes at a time in one process: argon2 takes 100 MB for each."""
PATIENCE = 10.0
"""Seconds to wait for one's turn; who waits longer is told to come again."""

_turns = threading.BoundedSemaphore(AT_ONCE)


@dataclass(frozen=True, slots=True)
class Password:
    """A new password that has passed the rules, already hashed: what operations take, so that none sees the word."""

    hash: str = field(repr=False)


@contextmanager
def hashing() -> Iterator[None]:
    """One of the few turns to hash a password."""
    if not _turns.acquire(timeout=PATIENCE):
        raise Unavailable("sign_in.busy", retry_after=int(PATIENCE))
    try:
        yield
    finally:
        _turns.release()


def normal_email(text: str) -> str:
    """The one way an address is kept and looked up, so that limits count one person once."""
    return unicodedata.normalize("NFKC", text).strip().lower()


def new_password(raw: str, *, email: str = "", name: str = "", field_name: str = "password") -> Password:
    """Check a chosen password and hash it; Invalid names the rules it breaks. For doors, before the operation."""
    if len(raw) > LONGEST or "\0" in raw:
        raise Invalid("password.weak", None, **{field_name: [_("At most %(count)s characters.") % {"count": LONGEST}]})
    try:
        validate_password(raw, User(email=email, name=name))
    except ValidationError as error:
        raise Invalid("password.weak", None, **{field_name: error.messages}) from error
    with hashing():
        return Password(make_password(raw))
