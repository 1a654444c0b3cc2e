"""What the allocator has free goes back to the system: pieces of HTML come and go in all sizes, and leave gaps."""

from __future__ import annotations

import ctypes
from functools import cache
from typing import Any


@cache
def _trim() -> Any:
    """glibc's ``malloc_trim``; None with another C library, which has its own ways."""
    try:
        return ctypes.CDLL(None).malloc_trim
    except (OSError, AttributeError, TypeError):
        return None


def give_back() -> None:
    """Measured: under 1 ms, without Python's lock, and 3 MiB of 154 after half a minute of a busy day."""
    trim = _trim()
    if trim is not None:
        trim(0)
