"""What the operation engine (live/record.py) and the doors have to say to each other, without knowing each other.

After an operation a door asks ``done()`` which events it wrote. Before one, a door may ask with ``closing`` to have
the last word inside the operation's transaction: an answer that is kept there is kept exactly when the act is. With
``expecting`` it says which version of a row its caller has seen.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Op:
    """What the outermost operation wrote: the seq of its last event (None if it wrote none) and all of them."""

    seq: int | None
    events: tuple[tuple[str, int], ...] = ()


Closing = Callable[[Any], Callable[[Op], None]]
"""Called with the verb's result when all rows are written; what it returns is called when the events are too."""


@dataclass(frozen=True, slots=True)
class Seen:
    """The version of a row that whoever asks has seen; 0 where there was no such row yet."""

    kind: str
    ref: str
    version: int


last: ContextVar[Op] = ContextVar("last_operation", default=Op(None))  # noqa: B039 (frozen)
current_closing: ContextVar[Closing | None] = ContextVar("closing", default=None)
seen: ContextVar[Seen | None] = ContextVar("seen", default=None)
"""What the next operation must find (``If-Match``), also where it reads the row anew under its lock."""


def done() -> Op:
    """The outermost operation that ended last here: its ``seq`` is what a door answers with."""
    return last.get()


@contextmanager
def closing(hook: Closing) -> Iterator[None]:
    """Let ``hook`` take part in the transaction of the outermost operation that runs inside."""
    token = current_closing.set(hook)
    try:
        yield
    finally:
        current_closing.reset(token)


@contextmanager
def expecting(what: Seen) -> Iterator[None]:
    """An operation inside whose first write of this row meets another version than the one that was seen refuses."""
    token = seen.set(what)
    try:
        yield
    finally:
        seen.reset(token)
