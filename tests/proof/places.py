"""The account of places on paper (R2.2): who is booked when and where, and what is free. Nothing of the product."""

from __future__ import annotations

import copy
from dataclasses import dataclass, field
from typing import Self

from tests.proof.model import Paper, Refused

FIVE, LENGTH = 300, 900
"""Seconds of a step of time; and of a booking: ten minutes, and five for the next to come in."""
BOOKED = ("requested", "confirmed")
POOL = "pool"


@dataclass
class Booking:
    """Somebody is to come; ``place`` is the one it takes of its line, None if it takes none."""

    name: str
    line: str
    state: str
    start: float
    who: str = ""
    place: int | None = None
    until: float = 0
    number: bool = False
    card: str = ""
    was: str = ""
    """The card of a check-in that was undone: by number, the same one goes on."""
    successor: str = ""
    nobodys: bool = False
    """Not held by whoever is at the desk: an offer to somebody, or booked without a hold."""


@dataclass
class Places(Paper):
    """Lines and the bookings in them. ``freed``: whose places have become free and are still to be offered."""

    bookings: dict[str, Booking] = field(default_factory=dict)
    freed: list[str] = field(default_factory=list)
    made: int = 0
    let_go: bool = False
    """An overdue hold was ended for somebody else: such an act cannot be undone."""

    def copy(self) -> Self:
        other = super().copy()
        other.bookings = {name: copy.copy(booking) for name, booking in self.bookings.items()}
        other.freed = list(self.freed)
        return other

    def _overdue(self, booking: Booking) -> bool:
        return booking.state == "held" and booking.until <= self.now

    def _taken(self, line: str, start: float, besides: str) -> set[int]:
        return {
            other.place for other in self.bookings.values()
            if other.place is not None and other.line == line and other.name != besides
            and abs(other.start - start) < LENGTH and not self._overdue(other)
        }  # fmt: skip

    def _free(self, line: str, start: float, besides: str = "") -> int | None:
        """The lowest place: one in a doctor's line, in the pool one for each doctor who has nobody in that time."""
        gone = self._taken(line, start, besides)
        room = 1
        if line == POOL:
            room = len(gone) + sum(not self._taken(own, start, besides) for own in self.names if own != POOL)
        able = room - len(gone) if line == POOL else room
        if able <= len(gone):
            return None
        return min(place for place in range(room + 1) if place not in gone)

    def _seat(self, booking: Booking, besides: str = "") -> None:
        place = self._free(booking.line, booking.start, besides)
        if place is None:
            raise Refused("slot.taken")
        for other in self.bookings.values():
            near = other.line == booking.line and abs(other.start - booking.start) < LENGTH
            if near and other.place is not None and self._overdue(other):
                self._gone(other, "expired", offered=True)
                self.let_go = True
        booking.place = place

    def _gone(self, booking: Booking, state: str, *, offered: bool) -> None:
        booking.state, booking.place = state, None
        if offered:
            self.freed.append(booking.name)

    def _put(self, booking: Booking, besides: str = "", *, online: bool = False) -> None:
        if booking.number:
            return
        if booking.start < self.now - (0 if online else FIVE):
            raise Refused("slot.past")
        self._seat(booking, besides)

    def _once(self, who: str, line: str, *besides: str) -> None:
        for other in self.bookings.values():
            if other.who == who and other.line == line and other.state in BOOKED and other.name not in besides:
                raise Refused("appointment.twice")

    def _new(self, line: str, state: str, start: float, who: str = "", *, number: bool = False) -> Booking:
        self.made += 1
        return Booking(f"b{self.made}", line, state, start, who, number=number, nobodys=True)

    def _add(self, booking: Booking) -> str:
        self.bookings[booking.name] = booking
        return booking.name

    def _wrong(self, booking: Booking, *states: str) -> None:
        if booking.state not in states:
            raise Refused("appointment.wrong_state")
