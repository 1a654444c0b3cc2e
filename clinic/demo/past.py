"""A day of the far past: the same model and the same people, lived in memory and written down in one piece.

Playing four weeks of full days act by act would take minutes. Here the lines, the calls and the ends are those of the
house's rules (order of arrival by class, a call, a start, an end), on rows in memory; at the end of the day they are
saved at once, and the log tells every step (clinic/live/sheets.py). What only matters on the day itself (holds, breaks,
delays, links of phones) does not happen in the far past.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from datetime import date, timedelta
from random import Random
from uuid import UUID

from clinic.core import clock
from clinic.core.access import Actor
from clinic.core.nouns import Versioned
from clinic.demo import crowd, day, parts
from clinic.demo.acts import acting, desk, person, when
from clinic.demo.cast import EMERGENCIES, REASONS, TOO_LONG, VIP_REASONS, Cast
from clinic.demo.parts import CALLED, GONE, Answer, Clinic, Intent
from clinic.directory import policies
from clinic.directory.models import Doctor, VisitType
from clinic.live.sheets import Sheet
from clinic.records.models import Patient
from clinic.tenants import days
from queues import models
from queues.models import COMPLETED, IN_PROGRESS, LEFT, NO_SHOW, NORMAL, URGENT, WAITING, Counter, Leg, Queue, Visit
from queues.operations import order

LEFT_OUT = frozenset({"visit.arrived", "visit.started", "visit.recalled", "visit.sent_on"})
DONE = Answer(True)
UNDONE = Answer(False)


class Past:
    """The port of one past day of the open hospital. ``write_down`` keeps what was lived."""

    def __init__(
        self, cast: Cast, dice: Random, people: crowd.Crowd, clinic: Clinic, date: date, *, brief: bool = False
    ) -> None:  # fmt: skip
        self.cast, self.dice, self.people, self.date, self.sheet = cast, dice, people, date, Sheet()
        self.lines = {str(row.pk): row for row in Queue.objects.select_related("department__config", "doctor")}
        self.servers = {str(row.pk): row for row in Doctor.objects.select_related("room")}
        self.serves = {server.key: server.lines for server in clinic.servers}
        self.kinds = {row.name: row for row in VisitType.objects.all()}
        self.counters = {row.scope: row for row in Counter.objects.filter(scope__startswith="order:")}
        self.policy = days.policies()
        self.waiting: dict[str, list[Leg]] = defaultdict(list)
        self.legs: dict[str, Leg] = {}
        self.here: set[UUID] = set()
        self.brief = brief
        self.untold: dict[UUID, list[Versioned]] = defaultdict(list)
        """Visit → what the next event of it names as well."""

    def do(self, intent: Intent) -> Answer:
        with clock.at(when(intent.at)):
            act = _ACTS.get(intent.verb)
            return act(self, intent) if act is not None else UNDONE

    def write_down(self) -> None:
        self.sheet.write_down()

    # --- who acts ------------------------------------------------------------------------------------------------

    def _desk(self) -> Actor:
        return desk(self.cast)

    def _leg(self, key: str) -> Leg:
        return self.legs[key]

    def _number(self, scope: str) -> Counter:
        row = self.counters.get(scope)
        if row is None:
            row = self.counters[scope] = self.sheet.add(Counter(scope=scope, value=1))
        else:
            self.sheet.change(row, value=row.value + 1)
        return row

    # --- the lines -----------------------------------------------------------------------------------------------

    def arrive(self, intent: Intent) -> Answer:
        queue = self.lines[intent.where]
        patient = self._somebody(queue.department.prefix)
        if patient is None:
            return UNDONE
        now, department, prefix = clock.now(), queue.department, queue.department.prefix
        klass = intent.why if intent.why in (URGENT, models.VIP) else NORMAL
        why = {URGENT: EMERGENCIES.get(prefix, EMERGENCIES["A"]), models.VIP: VIP_REASONS}.get(klass, ("",))
        period = days.period_start(policies.of(department, self.policy).token_reset, self.date)
        tokens, places = self._number(f"token:{department.pk}:{period}"), self._number(order.place_of(queue.pk))
        reason = "" if klass == URGENT else self.dice.choice(REASONS.get(prefix, REASONS["A"]))
        visit = self.sheet.add(Visit(
            patient=patient, department=department, token_period=period, token_number=tokens.value,
            token=f"{prefix}-{tokens.value:03d}", service_day=self.date, klass=klass, arrived_at=now,
            class_reason=self.dice.choice(why), reason=reason, type=self._kind(prefix),
        ))  # fmt: skip
        leg = self._stand(visit, queue, places)
        self._record("visit.arrived", visit, leg, queue, patient, tokens, places, by=self._desk())
        return Answer(True, person(leg, intent.at))

    def _kind(self, prefix: str) -> VisitType | None:
        return self.kinds.get(day.read().kind_of(self.dice, prefix))

    def _stand(self, visit: Visit, queue: Queue, places: Counter, sent_from: Leg | None = None) -> Leg:
        leg = self.sheet.add(Leg(
            visit=visit, queue=queue, effective_at=visit.arrived_at, order_no=places.value, entered_at=clock.now(),
            order_at=order.order_at(visit.arrived_at, visit.klass, self.policy), sent_from=sent_from,
        ))  # fmt: skip
        self.legs[str(visit.pk)] = leg
        self.waiting[str(queue.pk)].append(leg)
        return leg

    def _somebody(self, prefix: str) -> Patient | None:
        found = self.people.unseen(prefix, self.here, self._desk())
        if found is not None:
            self.here.add(found.pk)
        return found

    def call(self, intent: Intent) -> Answer:
        server = self.servers[intent.who]
        there = [leg for line in self.serves[intent.who] for leg in self.waiting[line]]
        if not there:
            return UNDONE
        leg, now = min(there, key=Leg.place), clock.now()
        self.waiting[str(leg.queue_id)].remove(leg)
        self.sheet.change(
            leg, state=models.CALLED, server=server, lane=1, room=server.room, calls=1, called_at=now,
            first_called_at=now, spaced_calls=1, spaced_at=now,
        )  # fmt: skip
        self._record("visit.called", leg.visit, leg, server, by=acting(server.name))
        return Answer(True, person(leg, intent.at))

    def start(self, intent: Intent) -> Answer:
        leg = self._leg(intent.who)
        self.sheet.change(leg, state=IN_PROGRESS, started_at=clock.now())
        self._told("visit.started", leg)
        return DONE

    def absent(self, intent: Intent) -> Answer:
        """Called again after the gap of the policy, and given up when the call rule allows it."""
        leg, now = self._leg(intent.who), clock.now()
        assert leg.first_called_at is not None  # it was called
        long = now - leg.first_called_at >= timedelta(seconds=self.policy.call_total)
        if leg.spaced_calls >= self.policy.min_calls and long:
            self._end(leg, NO_SHOW, "visit.no_showed")
            return Answer(True, state=GONE)
        if leg.called_at is not None and now - leg.called_at < timedelta(seconds=self.policy.call_gap):
            return Answer(False, state=CALLED)
        self.sheet.change(leg, calls=leg.calls + 1, called_at=now, spaced_calls=leg.spaced_calls + 1, spaced_at=now)
        self._told("visit.recalled", leg)
        return Answer(True, state=CALLED)

    def complete(self, intent: Intent) -> Answer:
        self._end(self._leg(intent.who), COMPLETED, "visit.completed")
        return DONE

    def complete_and_call(self, intent: Intent) -> Answer:
        leg = self._leg(intent.who)
        self.complete(intent)
        called = self.call(Intent(intent.at, parts.CALL, str(leg.server_id)))
        return Answer(True, called.person)

    def leave(self, intent: Intent) -> Answer:
        leg = self._leg(intent.who)
        self.waiting[str(leg.queue_id)].remove(leg)
        by_phone = intent.why == "phone"
        self._end(leg, LEFT, "visit.left", reason="phone" if by_phone else self.dice.choice(TOO_LONG))
        return DONE

    def send_on(self, intent: Intent) -> Answer:
        leg, counter, now = self._leg(intent.who), self.lines[intent.where], clock.now()
        places = self._number(order.place_of(counter.pk))
        self.sheet.change(leg, state=COMPLETED, ended_at=now)
        following = self._stand(leg.visit, counter, places, sent_from=leg)
        self._told("visit.sent_on", leg, following, places)
        return Answer(True, person(following, intent.at))

    def _end(self, leg: Leg, state: str, event: str, reason: str = "") -> None:
        now = clock.now()
        self.sheet.change(leg, state=state, ended_at=now)
        self.sheet.change(leg.visit, ended_at=now, outcome=state)
        self._told(event, leg, reason=reason)

    def _told(self, event: str, leg: Leg, *more: Versioned, reason: str = "") -> None:
        who = [leg.server] if leg.server else []
        by = acting(leg.server.name) if leg.server else self._desk()
        self._record(event, leg.visit, leg, *who, *more, by=by, reason=reason)

    def _record(self, event: str, visit: Visit, *subjects: Versioned, by: Actor, reason: str = "") -> None:
        """In brief, only calls and ends are events of their own; they tell of what came before, too."""
        if self.brief and event in LEFT_OUT:
            self.untold[visit.pk] += subjects
            return
        self.sheet.record(event, visit, *subjects, *self.untold.pop(visit.pk, ()), by=by, reason=reason)

    def shut(self, at: float) -> None:
        """Whoever is still there at the end of the day: seen, or gone."""
        with clock.at(when(at)):
            for leg in sorted(self.legs.values(), key=Leg.place):
                if leg.state in models.WITH_SERVER:
                    self._end(leg, COMPLETED, "visit.completed")
                elif leg.state == WAITING:
                    self._end(leg, LEFT, "visit.left", reason="End of the day")

    # --- the doctors ---------------------------------------------------------------------------------------------

    def goes_on(self, intent: Intent) -> Answer:
        """They come, have their breaks and go home; in the far past nobody asks when."""
        return DONE


_ACTS: dict[str, Callable[[Past, Intent], Answer]] = {
    parts.ARRIVE: Past.arrive,
    parts.CALL: Past.call,
    parts.START: Past.start,
    parts.ABSENT: Past.absent,
    parts.COMPLETE: Past.complete,
    parts.COMPLETE_AND_CALL: Past.complete_and_call,
    parts.LEAVE: Past.leave,
    parts.SEND_ON: Past.send_on,
    parts.COME_IN: Past.goes_on,
    parts.BE_LATE: Past.goes_on,
    parts.BE_BACK: Past.goes_on,
    parts.TAKE_BREAK: Past.goes_on,
    parts.GO_HOME: Past.goes_on,
}
"""Verb → how it is lived; the others are refused, as a house might."""
