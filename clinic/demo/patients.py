"""The patients of the model: who comes, who cannot wait, who asks for a delay, who comes back."""

from __future__ import annotations

from clinic.demo.ground import AGAIN, Ground, Steps
from clinic.demo.parts import (
    ANSWER,
    ARRIVE,
    BACK,
    BOOK,
    CHECK_IN,
    DELAY,
    GONE,
    HELD,
    LEAVE,
    REJOIN,
    WAITING,
    Coming,
    Line,
    Person,
)  # fmt: skip

PHONES = 0.4
"""Of 1: who checks in on the phone instead of at the desk."""
HURRY = 4
"""So many times as often as at the day's peak people come into an empty waiting room of the live demo."""


class Patients(Ground):
    """What people do of themselves."""

    # --- who comes ---------------------------------------------------------------------------------------------

    def _arrivals(self, department: str) -> Steps:
        """A Poisson process whose rate follows the hour: drawn at the highest rate, and thinned."""
        hourly = self.day.most_per_hour * (1 if self._bounds is None else HURRY)
        while True:
            here = self._on_duty(department)
            yield self.env.timeout(self.dice.expovariate(hourly * max(1, here) / 3600))
            if self.now >= self.last_arrival:
                return
            now = self.local(self.now)
            if self._bounds is None:
                if here and self.dice.random() < self.day.per_hour(now) / hourly:
                    self._arrive(department)
            elif self.dice.random() < self._draught():
                self._arrive(department)

    def _draught(self) -> float:
        """In the live demo the waiting room draws people in when it is empty and lets them pass by when it is full."""
        bounds = self.bounds
        if self.waiting < bounds.fewest + 1:
            return 1.0
        room = bounds.most - 2 - self.waiting  # two places stay free for those who are put back in line
        return 0.0 if room <= 0 else min(1.0, 0.25 + room / (bounds.most - bounds.fewest)) / HURRY

    def _on_duty(self, department: str) -> int:
        own = {key for key, line in self.lines.items() if line.department == department}
        return sum(not server.is_away and bool(server.lines & own) for server in self.servers.values())

    def _arrive(self, department: str) -> None:
        line = self._choose(department)
        if line is None:
            return
        odds, roll = self.day.odds, self.dice.random()
        klass = "urgent" if roll < odds["urgent"] else "vip" if roll < odds["urgent"] + odds["vip"] else "normal"
        others = self.dice.choice((1, 1, 2)) if self.dice.random() < odds["family"] else 0
        for n in range(1 + others):
            answer = self._do(ARRIVE, where=line.key, why="family" if n else klass)
            if answer.person is None:
                return
            self._came(answer.person)

    def _choose(self, department: str) -> Line | None:
        """A line with few people before them, whose doctor is there."""
        usable, weights = [], []
        for line in self.lines.values():
            there = sum(one.line == line.key and one.state == WAITING for one in self.people.values())
            served = any(line.key in server.lines and not server.is_away for server in self.servers.values())
            welcome = line.takes_in and line.department == department and served
            if welcome and there < self.day.arrivals["full_at"]:
                usable.append(line)
                weights.append(1 / (1 + there))
        return self.dice.choices(usable, weights)[0] if usable else None

    def _came(self, one: Person) -> None:
        self.people[one.key] = one
        self._live(one)
        self._wake(one.line)

    # --- who is booked -------------------------------------------------------------------------------------------

    def _check_in(self, coming: Coming) -> Steps:
        yield self._left(coming.at, 0)
        answer = self._do(CHECK_IN, coming.key, why="phone" if self.dice.random() < PHONES else "")
        if answer.person is not None:
            self._came(answer.person)

    def _answer(self, request: str) -> Steps:
        """A doctor looks at requests now and then: without memory."""
        yield self.env.timeout(self.dice.expovariate(1 / (60 * self.day.bookings["answer_minutes"])))
        self._do(ANSWER, request, why="no" if self.dice.random() < self.day.bookings["declined"] else "yes")

    def _bookings(self) -> Steps:
        """New ones, as time passes."""
        while self.day.bookings["per_hour"]:
            yield self.env.timeout(self.dice.expovariate(self.day.bookings["per_hour"] / 3600))
            if self.now >= self.last_arrival:
                return
            lines = [line for line in self.lines.values() if line.owner and line.takes_in]
            if lines:
                self._do(BOOK, where=self.dice.choice(lines).key)

    # --- one person's patience ---------------------------------------------------------------------------------

    def _live(self, one: Person) -> None:
        """What this person will do without being called."""
        if one.state == WAITING:
            self.env.process(self._lose_patience(one))
            if self._fate(one).delays and not one.delayed:
                self.env.process(self._ask_for_delay(one))
        elif one.state == HELD:
            self.env.process(self._come_back(one))
        elif one.state == GONE and self._fate(one).rejoins:
            self.env.process(self._come_again(one))

    def _lose_patience(self, one: Person) -> Steps:
        fate, since = self._fate(one), one.since
        yield self._left(since, fate.patience)
        while one.state == WAITING and one.since == since:
            if self._may_go() and self._do(LEAVE, one.key, why="phone" if fate.by_phone else "").done:
                self._gone(one)
                return
            yield self.env.timeout(AGAIN * 4)

    def _ask_for_delay(self, one: Person) -> Steps:
        fate, since = self._fate(one), one.since
        yield self._left(since, fate.patience / 6)
        if one.state != WAITING or one.since != since or one.delayed or not self._may_go():
            return
        one.delayed = True
        minutes = round(fate.hold / 60) if fate.hold_reason else 0  # away for a while, or some places back
        if self._do(DELAY, one.key, minutes=minutes).done and minutes:
            self._held(one, self.now + 60 * minutes)

    def _held(self, one: Person, until: float) -> None:
        one.state, one.since, one.server, one.held, one.until = HELD, self.now, "", True, until
        self._live(one)

    def _come_back(self, one: Person) -> Steps:
        yield self._left(one.until, 0)
        if one.state == HELD:
            self._do(BACK, one.key)  # the product's own clock may have been first
            one.state, one.since = WAITING, self.now
            self._live(one)
            self._wake(one.line)

    def _gone(self, one: Person) -> None:
        one.state, one.since, one.server = GONE, self.now, ""
        if self._fate(one).rejoins:
            self._live(one)
        else:
            self.people.pop(one.key, None)

    def _come_again(self, one: Person) -> Steps:
        since = one.since
        yield self._left(since, 60 * self.day.times["rejoin_minutes"])
        if one.state == GONE and one.since == since and self._do(REJOIN, one.key).done:
            one.state, one.since, one.returned = WAITING, self.now, True
            self._live(one)
            self._wake(one.line)
        else:
            self.people.pop(one.key, None)
