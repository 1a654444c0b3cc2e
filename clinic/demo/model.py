"""A clinic's day as SimPy processes: who comes, who calls, who waits too long. It knows nothing of the product.

The model says what somebody wants to do (``Intent``), one at a time, and a port does it and answers what came of it:
the real operations (acts.py) or a clinic on paper (the tests). Whom a call brings is always the port's answer.

A model can be begun from a look at the rows at any moment, and is: every few seconds in the live demo, and after an
outage. That is why whatever lies in the future is either drawn from a person's name (day.py), and so the same at every
look, or without memory: arrivals, breaks and the pause before a call are exponential, and drawing those anew changes
nothing. Times are seconds on the model's own clock; ``local`` says what time of day it is there.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from clinic.demo.day import COUNTER, Fate
from clinic.demo.ground import AGAIN, Steps
from clinic.demo.parts import (
    ABSENT,
    BE_BACK,
    BE_LATE,
    CALL,
    CALLED,
    COME_IN,
    COMPLETE,
    COMPLETE_AND_CALL,
    FALL_ILL,
    GO_HOME,
    GONE,
    HOLD,
    IN_ROOM,
    SEND_ON,
    SKIP,
    START,
    TAKE_BREAK,
    WAITING,
    Answer,
    Person,
    Server,
)  # fmt: skip
from clinic.demo.patients import Patients

TRIES = 60
"""Half an hour long: whatever kept it from being done is over by then, or somebody else has done it."""


class Model(Patients):
    """One stretch of a clinic's day, from ``begin`` on."""

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        for server in self.servers.values():
            if not server.left_alone:
                self.env.process(self._serve(server))
        for one in list(self.people.values()):
            self._live(one)
        for department in sorted({line.department for line in self.lines.values()} - {COUNTER}):
            self.env.process(self._arrivals(department))
        for coming in self.coming:
            self.env.process(self._check_in(coming))
        for request in self.requests:
            self.env.process(self._answer(request))
        self.env.process(self._bookings())

    def run(self, until: float) -> None:
        """As fast as possible. Pacing is the caller's: pacing.py steps through ``env``."""
        if until > self.now:
            self.env.run(until=until)

    # --- one doctor --------------------------------------------------------------------------------------------

    def _serve(self, server: Server) -> Steps:
        while True:
            if server.person is not None:
                yield from self._with(server, server.person)
                continue
            if server.is_away:
                yield from self._away(server)
                continue
            if not self._calls_for(server):
                server.wake = self.env.event()
                yield server.wake | self.env.timeout(600)
                continue
            yield self.env.timeout(self.dice.expovariate(1 / self.day.times["turnaround_seconds"]))
            if server.is_away or not self._calls_for(server):
                continue
            self._take(server, self._do(CALL, server.key))
            if server.person is None:
                yield self.env.timeout(AGAIN)

    def _calls_for(self, server: Server) -> bool:
        mine = any(one.state == WAITING and one.line in server.lines for one in self.people.values())
        return mine and self._may_go()

    def _take(self, server: Server, answer: Answer) -> None:
        called = answer.person
        if called is None:
            return
        one = self.people.setdefault(called.key, called)
        one.state, one.since, one.server = CALLED, self.now, server.key
        server.person = one

    def _with(self, server: Server, one: Person) -> Steps:
        """From the call to the end, with what may come between."""
        fate = self._fate(one)
        if one.state == CALLED:
            yield self._left(one.since, fate.walk)
            if not fate.comes and not one.returned:
                yield from self._wait_for(server, one)
                return
            if fate.skipped and not one.skips and self.waiting and self._do(SKIP, one.key).done:
                one.state, one.since, one.server, one.skips = WAITING, self.now, "", one.skips + 1
                server.person = None
                self._live(one)
                return
            if not (yield from self._until_done(START, one)):
                self._lose(server, one)
                return
            one.state, one.since = IN_ROOM, self.now
        yield self._left(one.since, fate.service * self.day.pace_of(server.key))
        yield from self._end(server, one, fate)

    def _wait_for(self, server: Server, one: Person) -> Steps:
        """Somebody who does not come is called again, until the call rule lets the doctor go on."""
        for _ in range(TRIES):
            answer = self._do(ABSENT, one.key)
            if answer.state == GONE:
                server.person = None
                self._gone(one)
                return
            yield self.env.timeout(self.day.times["again_seconds"])
        self._lose(server, one)

    def _end(self, server: Server, one: Person, fate: Fate) -> Steps:
        """Held for tests, sent on, or done; and perhaps the next is called in the same act."""
        if fate.hold_reason and not one.held:
            minutes = fate.hold / 60
            if self._do(HOLD, one.key, minutes=minutes, why=fate.hold_reason).done:
                server.person = None
                self._held(one, self.now + fate.hold)
                return
        counter = next((line for line in self.lines.values() if line.purpose and line.purpose == fate.goes_on_to), None)
        if counter is not None:
            answer = self._do(SEND_ON, one.key, where=counter.key)
            if answer.person is not None:
                self._forget(server, one)
                self._came(answer.person)
                return
        if fate.at_once and self._calls_for(server) and not self._is_tired(server, fate):
            answer = self._do(COMPLETE_AND_CALL, one.key)
            if answer.done:
                self._forget(server, one)
                self._take(server, answer)
                return
        if not (yield from self._until_done(COMPLETE, one)):
            self._lose(server, one)
            return
        self._forget(server, one)
        self._perhaps_a_break(server, fate)

    def _until_done(self, verb: str, one: Person) -> Steps:
        """Try some times; False if it never was done: then somebody else has acted on this person."""
        for n in range(TRIES):
            if self._do(verb, one.key).done:
                return True
            if n < TRIES - 1:
                yield self.env.timeout(AGAIN)
        return False

    def _forget(self, server: Server, one: Person) -> None:
        server.person = None
        self.people.pop(one.key, None)

    def _lose(self, server: Server, one: Person) -> None:
        """Out of the model's hands: the next look at the rows says what has become of them."""
        self._forget(server, one)

    # --- breaks ------------------------------------------------------------------------------------------------

    def _is_tired(self, server: Server, fate: Fate) -> bool:
        """Breaks come without memory: the longer this patient took, the likelier one is now."""
        share = fate.service / (60 * self.day.doctors["break_every_minutes"])
        return not server.stays and self.dice.random() < share and self._others_are_there(server)

    def _perhaps_a_break(self, server: Server, fate: Fate) -> None:
        minutes = self.day.doctors["break_minutes"]
        if self._is_tired(server, fate) and self._do(TAKE_BREAK, server.key, minutes=minutes).done:
            server.away_until = self.now + 60 * minutes

    def _others_are_there(self, server: Server) -> bool:
        others = [other for other in self.servers.values() if other is not server]
        return len(others) > 1 and not any(other.is_away and other.away_until != float("inf") for other in others)

    def _away(self, server: Server) -> Steps:
        if server.away_until is None or server.away_until == float("inf"):
            server.wake = self.env.event()  # off duty: whoever brings them in wakes them
            yield server.wake | self.env.timeout(600)
            return
        yield self._left(server.away_until, 0)
        if self._do(BE_BACK, server.key).done:
            server.away_until = None
        else:
            yield self.env.timeout(AGAIN)

    # --- the shift, told by whoever runs the day ----------------------------------------------------------------

    def come_in(self, keys: Iterable[str]) -> None:
        """These begin their day; some are late, and some are ill and do not come."""
        doctors = self.day.doctors
        for key in keys:
            roll = self.dice.random()
            if roll < doctors["ill"] and self._do(FALL_ILL, key).done:
                continue
            late = roll < doctors["ill"] + doctors["late"]
            if self._do(BE_LATE if late else COME_IN, key, minutes=doctors["late_minutes"] if late else 0).done:
                self.servers[key].away_until = None
                self._rouse(self.servers[key])

    def go_home(self) -> None:
        """Whoever has nobody any more goes off duty."""
        for server in self.servers.values():
            idle = not server.is_away and not server.stays and server.person is None
            if idle and self._do(GO_HOME, server.key).done:
                server.away_until = float("inf")
