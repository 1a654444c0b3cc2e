"""The clinic on paper, with people who are booked: what domain/2 says of places, check-in and the waiting list.

It imports nothing of the product. When a number would be seen is the house's guess, so it is told to the paper.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass, field
from typing import Self

from tests.proof.model import BACK_AFTER, UNDO, Card, Refused
from tests.proof.places import BOOKED, Booking, Places

HOLD, OFFER, SOONEST = 5 * 60, 30 * 60, 30 * 60
LEAD, GRACE, WINDOW, DUE_BEFORE, NO_SHOW_AFTER = 30 * 60, 5 * 60, 15 * 60, 10 * 60, 20 * 60
TAKES_PLACE = ("held", "requested", "confirmed", "checked_in")
BECOMES = {"completed": "completed", "no_show": "no_show", "left": "cancelled", "cancelled": "cancelled"}
"""How the visit ended → what the booking is then."""


@dataclass
class Entry:
    """Somebody on the waiting list of a line, and the place that was offered last."""

    name: str
    line: str
    who: str
    state: str = "waitlisted"
    offer: str = ""


@dataclass
class Book(Places):
    """Who is booked, comes, does not come, and waits for a place."""

    entries: dict[str, Entry] = field(default_factory=dict)
    stayed: dict[str, str] = field(default_factory=dict)
    """Whom the last "away today" could not move: the code of the refusal, by booking."""

    def copy(self) -> Self:
        other = super().copy()
        other.entries = {name: copy.copy(entry) for name, entry in self.entries.items()}
        return other

    # --- held, booked, decided on (R2.3–R2.5) --------------------------------------------------------------------

    def keep(self, line: str, start: float) -> str:
        booking = self._new(line, "held", start)
        self._put(booking)
        booking.until, booking.nobodys = self.now + HOLD, False
        return self._add(booking)

    def book(self, line: str, who: str, start: float, *, number: bool = False) -> str:
        booking = self._new(line, "confirmed", start, who, number=number)
        self._put(booking)
        self._once(who, line)
        return self._add(booking)

    def book_online(self, line: str, who: str, start: float) -> str:
        booking = self._new(line, "requested", start, who)
        self._put(booking, online=True)
        return self._add(booking)

    def book_held(self, name: str, who: str) -> bool:
        booking = self.bookings[name]
        if booking.nobodys and booking.who != who:
            raise Refused("access.not_here")
        if booking.state != "held" or self._overdue(booking):
            raise Refused("appointment.hold_over")
        self._once(who, booking.line)
        booking.state, booking.who, booking.until = "confirmed", who, 0
        return True

    def release(self, name: str) -> bool:
        booking = self.bookings[name]
        if booking.state == "expired":
            return False
        self._wrong(booking, "held")
        self._gone(booking, "expired", offered=True)
        return True

    def accept(self, name: str) -> bool:
        booking = self.bookings[name]
        if booking.state == "confirmed":
            return False
        self._wrong(booking, "requested")
        booking.state = "confirmed"
        return True

    def reject(self, name: str) -> bool:
        booking = self.bookings[name]
        if booking.state == "rejected":
            return False
        self._wrong(booking, "requested")
        self._gone(booking, "rejected", offered=True)
        return True

    def call_off(self, name: str) -> bool:
        booking = self.bookings[name]
        if booking.state == "cancelled" and not booking.card:
            return False
        self._wrong(booking, *BOOKED)
        self._gone(booking, "cancelled", offered=True)
        return True

    def reschedule(self, name: str, line: str, start: float, *, number: bool = False) -> bool:
        old = self.bookings[name]
        if old.state == "rescheduled":
            became = self.bookings[old.successor]
            if became.line == line and became.start == start:
                return False
        self._wrong(old, *BOOKED)
        fresh = self._new(line, old.state, start, old.who, number=number)
        self._put(fresh, old.name)
        self._once(old.who, line, old.name)
        self._gone(old, "rescheduled", offered=True)
        old.successor = self._add(fresh)
        return True

    # --- coming, or not (R2.6–R2.8) ------------------------------------------------------------------------------

    def check_in(self, name: str, card: str, *, link: bool = False) -> bool:
        booking = self.bookings[name]
        if link and booking.state == "confirmed" and self.now < booking.start - WINDOW:
            raise Refused("appointment.too_early")
        if booking.state == "checked_in":
            return False
        self._wrong(booking, "confirmed", "no_show")
        if booking.card:
            if link or self.cards[booking.card].state not in BACK_AFTER:
                raise Refused("appointment.ask_desk")
            return self.rejoin(booking.card)
        self._not_here(booking.who, booking.line)
        late = booking.state == "no_show" or self.now > booking.start + GRACE
        since = int((self.now if late else booking.start - LEAD) * 1_000_000)
        due = late or self.now >= booking.start - DUE_BEFORE
        no, now = self._draw(booking.line), int(self.now * 1_000_000)
        self.cards[card] = Card(
            card, booking.line, "normal", since, self._at(since, "normal"), no, self._begin(), arrived=now, due=due,
            who=booking.who,
        )  # fmt: skip
        booking.state, booking.card = "checked_in", card
        return True

    def did_not_come(self, name: str) -> bool:
        booking = self.bookings[name]
        if booking.state == "no_show":
            return False
        self._wrong(booking, "confirmed")
        if self.now < booking.start:
            raise Refused("appointment.not_begun")
        self._gone(booking, "no_show", offered=True)
        return True

    def _of(self, card: str) -> Booking | None:
        return next((one for one in self.bookings.values() if one.card == card), None)

    def rejoin(self, name: str) -> bool:
        changed, booking = super().rejoin(name), self._of(name)
        if changed and booking is not None and booking.state in ("no_show", "cancelled"):
            booking.state = "checked_in"
        return changed

    def _end(self, name: str, state: str, *froms: str) -> bool:
        changed, booking = super()._end(name, state, *froms), self._of(name)
        if changed and booking is not None and booking.state == "checked_in":
            self._gone(booking, BECOMES[state], offered=False)
        return changed

    def tick(self) -> int:
        """What the clock does: holds and offers that are over, who is due now, who did not come."""
        over = [one for one in self.bookings.values() if self._overdue(one)]
        for one in over:
            self._gone(one, "expired", offered=True)
        lapsed = [
            one for one in self.entries.values() if one.state == "offered" and self.bookings[one.offer].state != "held"
        ]
        for entry in lapsed:
            entry.state = "lapsed"
        due = [
            self.cards[one.card] for one in self.bookings.values()
            if one.card and not self.cards[one.card].due and one.start - DUE_BEFORE <= self.now
            and self.cards[one.card].state in ("waiting", "called", "in_progress", "on_hold")
        ]  # fmt: skip
        for card in due:
            card.due = True
        missed = [
            one for one in self.bookings.values() if one.state == "confirmed" and one.start + NO_SHOW_AFTER <= self.now
        ]
        for one in sorted(missed, key=lambda one: one.start):
            self._gone(one, "no_show", offered=True)
        return len(over) + len(lapsed) + len(due) + len(missed)

    # --- the waiting list ----------------------------------------------------------------------------------------

    def enter(self, name: str, line: str, who: str) -> str:
        if any(one.who == who and one.line == line and one.state in ("waitlisted", "offered")
               for one in self.entries.values()):  # fmt: skip
            raise Refused("waitlist.already")
        self.entries[name] = Entry(name, line, who)
        return name

    def offer(self, freed: str, about: float | None) -> None:
        """A place that became free goes to the oldest whom it fits; ``about``: when the next number would be seen."""
        gone = self.bookings[freed]
        start = about if gone.number else gone.start
        if start is None or start < self.now + SOONEST:
            return
        booked = {one.who for one in self.bookings.values() if one.line == gone.line and one.state in BOOKED}
        for entry in self.entries.values():
            had = self.bookings[entry.offer].start if entry.offer else None
            if entry.state != "waitlisted" or entry.line != gone.line or had == start or entry.who in booked:
                continue
            place = self._new(entry.line, "held", start, entry.who, number=gone.number)
            try:
                self._put(place)
            except Refused:
                continue
            place.until = min(self.now + OFFER, start)
            entry.state, entry.offer = "offered", self._add(place)
            return

    def take(self, name: str) -> bool:
        entry = self.entries[name]
        if entry.state == "confirmed":
            return False
        if entry.state == "lapsed":
            raise Refused("waitlist.offer_over")
        if entry.state != "offered":
            raise Refused("waitlist.wrong_state")
        if self.bookings[entry.offer].state != "held":
            raise Refused("waitlist.offer_over")
        self.book_held(entry.offer, entry.who)
        entry.state = "confirmed"
        return True

    def decline(self, name: str) -> bool:
        entry = self.entries[name]
        if entry.state == "waitlisted" and entry.offer:
            return False
        self._give_back(entry, "waitlisted", "offered")
        return True

    def withdraw(self, name: str) -> bool:
        entry = self.entries[name]
        if entry.state == "withdrawn":
            return False
        self._give_back(entry, "withdrawn", "waitlisted", "offered")
        return True

    def _give_back(self, entry: Entry, state: str, *froms: str) -> None:
        if entry.state not in froms:
            raise Refused("waitlist.wrong_state")
        if entry.state == "offered" and self.bookings[entry.offer].state == "held":
            self._gone(self.bookings[entry.offer], "expired", offered=True)
        entry.state = state

    # --- a doctor is away (R2.11), and what is taken back (R3.19) ------------------------------------------------

    def away(self, line: str, to: str) -> bool:
        """Everybody of a line to another one, or cancelled (``to`` is empty); who is refused stays."""
        self.stayed = {}
        here = sorted(
            (card for card in self.cards.values() if card.line == line and card.state in ("waiting", "on_hold")),
            key=lambda card: card.key,
        )
        booked = [one for one in self.bookings.values() if one.line == line and one.state in BOOKED]
        for card in here:
            self.reassign(card.name, to) if to else self.cancel(card.name)
        for one in sorted(booked, key=lambda one: one.start):
            draft = self.copy()
            try:
                draft.reschedule(one.name, to, one.start, number=one.number) if to else draft.call_off(one.name)
            except Refused as refusal:
                self.stayed[one.name] = str(refusal)
                continue
            self.__dict__.update(draft.__dict__)
        return len(here) + len(booked) > len(self.stayed)

    def undo(self, before: Self, after: Self, seconds: float) -> bool:
        """Back to what was before an act; offers that followed it stay, and may have taken the place."""
        if after.let_go:
            raise Refused("undo.nothing")
        if seconds > UNDO:
            raise Refused("undo.too_late")
        was = before.copy().cards
        for name in after.cards.keys() - was.keys():
            self.cards[name].state, self.cards[name].hold = "cancelled", ""
        self.cards.update(was)
        self.paused = set(before.paused)
        self.let_go = False
        self._rebook(before, after)
        return True

    def _rebook(self, before: Self, after: Self) -> None:
        back = []
        for name, then in after.bookings.items():
            was, now = before.bookings.get(name), self.bookings[name]
            if was is not None and was.state == then.state:
                continue
            back.append(now)
            now.place, now.successor = None, was.successor if was else ""
            now.state = was.state if was else "cancelled"
            if was is not None and was.card != then.card:
                now.card, now.was = was.card, then.card
        for now in back:
            if now.state not in TAKES_PLACE or now.number:
                continue
            try:
                self._seat(now)
            except Refused:
                if now.state != "checked_in":
                    raise
