"""The steps of the state machine with people who are booked: the verbs of domain/2 beside the same on paper."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from clinic.core.access import PATIENT, VISITOR, Actor
from clinic.live.models import Event
from clinic.tenants.models import HospitalConfig
from queues import appointment_clock
from queues import clock as queue_clock
from queues.availability import book
from queues.models import Appointment, Queue, SlotTick, Visit, WaitlistEntry
from queues.operations import appointments, away_today, checkin, waitlist
from tests.proof import bookings as on_paper
from tests.proof.bookings import Book
from tests.proof.places import FIVE, POOL

if TYPE_CHECKING:
    from clinic.directory.models import Doctor
    from tests.world import House

START = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
"""A Friday, ten o'clock in Paris: the house opens."""
TODAY = START.date()
POLICIES = {
    "default_minutes": 10, "buffer_minutes": 5, "confirm": "doctor", "late_grace": on_paper.GRACE // 60,
    "no_show_after": on_paper.NO_SHOW_AFTER // 60,
}  # fmt: skip
PEOPLE = 5
MEANT_FOR = {
    "book_held": ("held",), "release": ("held",), "accept": ("requested",), "reject": ("requested",),
    "call_off": ("confirmed", "requested"), "reschedule": ("confirmed", "requested"), "come": ("confirmed", "no_show"),
    "come_by_link": ("confirmed",), "did_not_come": ("confirmed",), "take": ("offered",), "decline": ("offered",),
    "withdraw": ("offered", "waitlisted"),
}  # fmt: skip
"""Act → the states of the bookings, or of those on the waiting list, that it is meant for."""
OF_LIST = ("take", "decline", "withdraw")
NEW = ("keep", "keep", "book", "book", "number", "book_online", "enter", "enter")
ACTS = (
    *NEW,
    *MEANT_FOR,
    "book_held",
    "book_held",
    "accept",
    "call_off",
    "come",
    "come",
    "come",
    "tick",
    "later",
    "later",
    "later",
    "away",
)
FREES = (
    "appointment.cancelled", "appointment.rescheduled", "appointment.expired", "appointment.rejected",
    "appointment.missed",
)  # fmt: skip
"""What offers a place to the waiting list (queues/appointment_reactions.py)."""
NOT_UNDONE = {"keep", "book", "number", "book_online", "book_held", "release", "enter", "take", "decline", "withdraw"}


class Booked:
    """What the machine does with bookings; mixed into it, with its lines, its paper and its ``both``."""

    house: House
    desk: Actor
    paper: Book
    queues: dict[str, Queue]
    known: dict[str, Visit]
    last: Any
    both: Callable[..., tuple[Any, Any]]
    now: Callable[[], Any]
    server_of: Callable[[str], Doctor]
    told: Callable[[str, str], None]

    def open_the_book(self) -> None:
        """People who are booked, a wish that waits for the doctor's word, and a place offered to who waits for one."""
        self.heard = 0
        self.rows: dict[str, Any] = {}
        with self.house.open():
            HospitalConfig.objects.update(**POLICIES)
        self.people = [self.house.patient("Booked", f"P{n}") for n in range(PEOPLE)]
        own, other, pool = self.queues
        for act, line, slot, who in (
            ("book", own, 3, 0), ("book", own, 9, 1), ("book", pool, 2, 2), ("book_online", own, 6, 0),
            ("enter", own, 0, 3), ("enter", pool, 0, 4), ("book", other, 1, 3),
        ):  # fmt: skip
            self.booking(act, line, slot, who, None)
        self._on("call_off", "b2", own, 0, 0)
        self.follow()

    def booking(self, act: str, line: str, slot: int, who: int, anybody: int | None) -> None:
        """One act of the book."""
        start = (self.paper.now // FIVE + slot) * FIVE
        if act in NEW:
            self._new(act, line, start, who)
        elif act == "tick":
            self.tick()
        elif act == "later":
            self.paper.now += 7 * 60
        elif act == "away":
            self.away(line, slot)
        elif act in OF_LIST:
            self._on_list(act, self._which(self.paper.entries, act, who, anybody))
        else:
            self._on(act, self._which(self.paper.bookings, act, who, anybody), line, start, who)

    def _which(self, rows: dict[str, Any], act: str, nth: int, anybody: int | None) -> str:
        if anybody is not None:
            return list(rows)[anybody % len(rows)]
        for state in MEANT_FOR[act]:
            if there := [name for name, row in rows.items() if row.state == state]:
                if act == "did_not_come":
                    return min(there, key=lambda name: rows[name].start)
                return there[nth % len(there)]
        return list(rows)[-1]

    def _new(self, act: str, line: str, start: float, who: int) -> None:
        queue, at, desk = self.queues[line], START + timedelta(seconds=start), self.desk
        person, patient = f"p{who}", self.people[who]
        match act:
            case "keep":
                _, made = self.both(
                    act, lambda p: p.keep(line, start), lambda: appointments.hold(queue, starts_at=at, actor=desk)
                )
            case "enter":
                name = f"w{len(self.paper.entries) + 1}"
                days: dict[str, Any] = {"first_day": TODAY, "last_day": TODAY}
                name, made = self.both(
                    act, lambda p: p.enter(name, line, person),
                    lambda: waitlist.enter(queue, patient, actor=desk, **days),
                )  # fmt: skip
                self.rows.update({name: made} if made else {})
                return
            case "book_online":
                somebody = f"o{self.paper.made}"
                told = {"given_name": somebody, "family_name": "Online", "phone": f"+3361{self.paper.made:07d}"}
                _, made = self.both(
                    act, lambda p: p.book_online(line, somebody, start),
                    lambda: appointments.book_online(queue, told, starts_at=at, actor=VISITOR),
                )  # fmt: skip
            case _:
                number = act == "number"
                when: dict[str, Any] = {"day": TODAY} if number else {"starts_at": at}
                _, made = self.both(
                    act, lambda p: p.book(line, person, start, number=number),
                    lambda: appointments.book(queue, patient, actor=desk, **when),
                )  # fmt: skip
        if made is not None:
            self._learn(getattr(made, "appointment", made))

    def _on(self, act: str, name: str, line: str, start: float, who: int) -> None:
        row, desk = self.rows[name], self.desk
        holder = Actor(kind="patient", id=row.ref, name="", abilities=PATIENT)
        at = START + timedelta(seconds=start)
        match act:
            case "book_held":
                queue, patient = self.queues[self.paper.bookings[name].line], self.people[who]
                self.both(
                    act, lambda p: p.book_held(name, f"p{who}"),
                    lambda: appointments.book(queue, patient, held=row, actor=desk),
                )  # fmt: skip
            case "reject" | "call_off":
                verb = appointments.reject if act == "reject" else appointments.cancel
                self.both(act, lambda p: getattr(p, act)(name), lambda: verb(row, reason="full", actor=desk))
            case "reschedule":
                queue = self.queues[line]
                _, made = self.both(
                    act, lambda p: p.reschedule(name, line, start),
                    lambda: appointments.reschedule(row, starts_at=at, queue=queue, actor=desk),
                )  # fmt: skip
                if made is not None and self.paper.bookings[name].successor not in self.rows:
                    self._learn(made.appointment)
            case "come" | "come_by_link":
                self._come(act, name, holder if act == "come_by_link" else desk)
            case "did_not_come":
                self.both(act, lambda p: p.did_not_come(name), lambda: checkin.no_show(row, actor=desk))
            case _:
                verb = getattr(appointments, act)
                self.both(act, lambda p: getattr(p, act)(name), lambda: verb(row, actor=desk))

    def _come(self, act: str, name: str, actor: Actor) -> None:
        row, link = self.rows[name], act == "come_by_link"
        booking = self.paper.bookings[name]
        card = booking.was if booking.number and booking.was else f"v{len(self.known)}"
        verb = checkin.check_in_by_link if link else checkin.check_in
        _, arrival = self.both(act, lambda p: p.check_in(name, card, link=link), lambda: verb(row, actor=actor))
        if arrival is not None:
            self.known[self.paper.bookings[name].card] = arrival.visit
            if booking.number:
                assert arrival.visit.token == row.token, "a booked token is the ticket"

    def _on_list(self, act: str, name: str) -> None:
        verb, entry = {"take": waitlist.take_offer}.get(act) or getattr(waitlist, act), self.rows[name]
        self.both(act, lambda p: getattr(p, act)(name), lambda: verb(entry, actor=self.desk))

    def _learn(self, row: Appointment, name: str = "") -> None:
        """Which row a booking on paper is; when a number would be seen is the house's guess, told to the paper."""
        booking = self.paper.bookings[name or f"b{self.paper.made}"]
        self.rows[booking.name] = row
        begins = (row.starts_at - START).total_seconds()
        assert booking.number or booking.start == begins
        booking.start = begins
        if booking.number:
            assert begins >= self.paper.now or row.source == Appointment.WAITLIST, "a number that is over"

    # --- the clock, the worker, and a doctor who is away -------------------------------------------------------------

    def tick(self) -> None:
        """All that the clock has to do now."""

        def all_of_it() -> int:
            clocks = (appointment_clock.expire_due, waitlist.lapse_due, queue_clock.make_due, queue_clock.miss)
            return sum(work() for work in clocks)

        self.paper.now += 1
        expected = self.paper.tick()
        with self.house.open(), self.now():
            acts = all_of_it()
        assert acts == expected
        if acts:
            self.last = None
        self.told("tick", "done" if acts else "nothing")

    def follow(self) -> None:
        """What follows from places that became free: the list is asked, in the order in which they did."""
        while self.paper.freed:
            with self.house.open(), self.now():
                news = list(Event.objects.filter(seq__gt=self.heard, name__in=FREES).order_by("seq"))
                names, self.paper.freed = self.paper.freed, []
                assert len(news) == len(names), ([event.name for event in news], names)
                for event, name in zip(news, names, strict=True):
                    self.heard = event.seq
                    assert self.rows[name].ref in event.subjects
                    self._offer(event, name)

    def _offer(self, event: Event, name: str) -> None:
        gone = self.paper.bookings[name]
        about = book.day(self.queues[gone.line], TODAY).next_token_at if gone.number else None
        made, wanting = self.paper.made, {key: entry.state for key, entry in self.paper.entries.items()}
        self.paper.offer(name, (about - START).total_seconds() if about is not None else None)
        waitlist.freed(event.subjects)
        asked = [key for key, entry in self.paper.entries.items() if entry.state != wanting[key]]
        if not asked:
            self.paper.made = made
            return
        entry = WaitlistEntry.objects.select_related("offer__queue").get(pk=self.rows[asked[0]].pk)
        assert entry.offer is not None, f"{name} was free for {asked[0]}"
        self._learn(entry.offer, self.paper.entries[asked[0]].offer)
        self.told("offered", "number" if gone.number else "time")

    def away(self, line: str, slot: int) -> None:
        """A doctor went home: everybody of the line goes to the pool, to the colleague, or is told not to come."""
        if line == POOL:
            return
        doctor, other = self.server_of(line), next(each for each in self.queues if each not in (line, POOL))
        to = (POOL, other, "")[slot % 3]

        def settle() -> Any:
            how = away_today.Choice(("pool", "colleague", "cancel")[slot % 3], self.queues[to] if to else None)
            return away_today.settle(
                doctor, TODAY, away_today.for_all(away_today.plan(doctor, TODAY), how), actor=self.desk
            )

        _, told = self.both("away", lambda p: p.away(line, to), settle)
        assert told.refused == {self.rows[name].ref: code for name, code in self.paper.stayed.items()}
        for old in [one for one in self.paper.bookings.values() if one.successor and one.successor not in self.rows]:
            with self.house.open():
                became = Appointment.objects.get(predecessor=self.rows[old.name].pk)
            self._learn(became, old.successor)

    # --- what both must say after every act --------------------------------------------------------------------------

    def books_agree(self) -> None:
        """States, places and tokens; no place is given twice."""
        found = {row.pk: row for row in Appointment.objects.all()}
        taken: dict[Any, list[tuple[int, int]]] = {}
        account = SlotTick.objects.order_by("tick").values_list("appointment_id", "queue_id", "tick", "place")
        for pk, queue, tick, place in account:
            assert found[pk].queue_id == queue
            taken.setdefault(pk, []).append((tick, place))
        assert len(found) == len(self.paper.bookings)
        for name, one in self.paper.bookings.items():
            row = found[self.rows[name].pk]
            assert (row.state, row.queue_id) == (one.state, self.queues[one.line].pk), name
            first = int(row.starts_at.timestamp()) // FIVE
            ticks = [] if one.place is None else [(first + n, one.place) for n in range(3)]
            assert taken.get(row.pk, []) == ticks, name
            assert row.visit_id == (self.known[one.card].pk if one.card else None), name
        entries = dict(WaitlistEntry.objects.values_list("pk", "state"))
        assert entries == {self.rows[name].pk: entry.state for name, entry in self.paper.entries.items()}
        self._tokens(list(found.values()))

    def _tokens(self, rows: list[Appointment]) -> None:
        """Of one period: each is one person's."""
        owners: dict[str, set[Any]] = {}
        for token, owner in [(visit.token, visit.patient_id) for visit in self.known.values()]:
            owners.setdefault(token, set()).add(owner)
        for row in rows:
            if row.token:
                owners.setdefault(row.token, set()).add(row.patient_id)
        assert all(len(each) == 1 for each in owners.values()), "a token given twice"
        mine = Counter(row.token for row in rows if row.token)
        assert all(count == 1 for count in mine.values()), "a token given twice"
