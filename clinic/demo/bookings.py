"""The demo's bookings: made before today for today and the next days; and who comes when, late, or not at all.

What somebody booked will do is drawn from the booking and the seed, as with everybody else (day.py): the same at every
look.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta
from functools import partial
from random import Random

import structlog

from clinic.core import clock
from clinic.core.access import VISITOR, Actor
from clinic.core.errors import DomainError
from clinic.demo import crowd, day
from clinic.demo.cast import REASONS, Cast
from clinic.directory.models import VisitType
from clinic.records.models import Patient
from clinic.tenants import days
from queues.availability import book
from queues.models import TOKEN, Appointment, Queue
from queues.operations import appointments, series, waitlist

OFTEN_LATE, OFTEN_AWAY = "Often late", "Did not come last time"
"""Notes of the desk, and what the play keeps to."""
SOON, LONG_AGO = timedelta(minutes=20), timedelta(minutes=45)
EARLY, LATE = (-9.0, 5.0), (18.0, 28.0)
"""Minutes around the agreed time: mean and spread of most people, and the bounds of who is late."""

log = structlog.get_logger(__name__)


def comes_at(row: Appointment) -> datetime | None:
    """When this patient checks in; None: never."""
    told = day.read()
    name = f"{told.seed}:{row.starts_at.isoformat()}:{row.token or row.queue.name}"
    dice, odds = Random(name), told.bookings  # noqa: S311 (a play)
    stays_away, late = dice.random() < odds["no_show"], dice.random() < odds["late"]
    if row.notes == OFTEN_AWAY or (stays_away and row.notes != OFTEN_LATE):
        return None
    minutes = dice.uniform(*LATE) if late or row.notes == OFTEN_LATE else dice.gauss(*EARLY)
    return row.starts_at + timedelta(minutes=minutes + row.delay_minutes)


class Diary:
    """Somebody of the desk, and people at home, who book in the open hospital."""

    def __init__(self, cast: Cast, dice: Random, desk: Actor) -> None:
        self.cast, self.dice, self.desk = cast, dice, desk
        self.people = crowd.Crowd(cast, dice)
        self.kinds = {row.name: row for row in VisitType.objects.filter(is_active=True)}

    # --- before today --------------------------------------------------------------------------------------------

    def fill(self, at: datetime, until: datetime) -> int:
        """What was booked before ``at`` for today (where the play stands at ``until``) and the next days."""
        told, booked = day.read().bookings, 0
        with clock.at(at):
            today = days.service_day(days.current_hospital(), at)
            lines = list(
                Queue.objects.filter(sort=Queue.DOCTOR).select_related("department", "doctor").order_by("name")
            )
            for n, line in enumerate(lines):
                notes = {0: OFTEN_AWAY, 1: OFTEN_LATE}.get(n, "")
                booked += self._around(line, until, notes) if notes else 0
                booked += self._day(line, today, round(told["today"]))
                for ahead in range(1, round(told["days"]) + 1):
                    booked += self._day(line, today + timedelta(days=ahead), round(told["coming"]))
            for pool in Queue.objects.filter(sort=Queue.POOL).select_related("department").order_by("name"):
                booked += sum(self._number(pool, today + timedelta(days=ahead)) for ahead in (0, 0, 1))
            if lines:
                self._waits(lines[0], today)
                self._comes_again(lines[-1], today)
        return booked

    def _day(self, line: Queue, of: date, most: int) -> int:
        kind = self._kind(line)
        free = list(book.day(line, of, kind).slots)
        chosen = sorted(self.dice.sample(free, min(most, len(free) * 2 // 3)), key=lambda slot: slot.starts_at)
        return sum(self._book(line, kind, starts_at=slot.starts_at) for slot in chosen)

    def _around(self, line: Queue, until: datetime, notes: str) -> int:
        """The one who should have been here for a while."""
        kind, wanted = self._kind(line), until - (LONG_AGO if notes == OFTEN_AWAY else SOON)
        today = days.service_day(days.current_hospital(), until)
        free = [slot.starts_at for slot in book.day(line, today, kind).slots if slot.starts_at <= wanted]
        return self._book(line, kind, starts_at=max(free), notes=notes) if free else 0

    def _number(self, pool: Queue, of: date) -> int:
        return self._book(pool, self._kind(pool), of=of, mode=TOKEN)

    def _waits(self, line: Queue, today: date) -> None:
        first, last = today + timedelta(days=1), today + timedelta(days=10)
        for _ in range(3):
            who = self._somebody(line)
            if who is not None:
                kind = self._kind(line)
                _try(partial(waitlist.enter, line, who, type=kind, first_day=first, last_day=last, actor=self.desk))

    def _comes_again(self, line: Queue, today: date) -> None:
        """Four weeks in a row at the same time."""
        kind, who = self._kind(line), self._somebody(line)
        for ahead in range(7, 14):
            free = book.day(line, today + timedelta(days=ahead), kind).slots
            if free and who is not None:
                _try(partial(
                    series.make, line, who, type=kind, starts_at=free[len(free) // 2].starts_at,
                    rule="FREQ=WEEKLY;COUNT=4", skip_conflicts=True, reason=self._reason(line), actor=self.desk,
                ))  # fmt: skip
                return

    # --- one booking ---------------------------------------------------------------------------------------------

    def somebody_books(self, line: Queue) -> bool:
        """For today or one of the next days: at the desk, or from home, where the doctor has to say yes."""
        told, kind = day.read().bookings, self._kind(line)
        today = days.service_day(days.current_hospital(), clock.now())
        free = book.day(line, today + timedelta(days=self.dice.randint(0, round(told["days"]))), kind).slots
        if not free:
            return False
        starts_at = self.dice.choice(free).starts_at
        from_home = line.doctor is not None and self.dice.random() < told["online"]
        return bool(self._book(line, kind, starts_at=starts_at, from_home=from_home))

    def ask(self, line: Queue) -> int:
        """Somebody at home asks for a time on one of the next days, and waits for the doctor's answer."""
        kind, today = self._kind(line), days.service_day(days.current_hospital(), clock.now())
        coming = book.days(line, today + timedelta(days=1), today + timedelta(days=3), kind)
        free = [slot.starts_at for each in coming for slot in each.slots]
        return self._book(line, kind, starts_at=self.dice.choice(free), from_home=True) if free else 0

    def _book(
        self, line: Queue, kind: VisitType | None, *, starts_at: datetime | None = None, of: date | None = None,
        mode: str | None = None, notes: str = "", from_home: bool | None = None,
    ) -> int:  # fmt: skip
        who = self._somebody(line)
        if who is None:
            return 0
        reason = self._reason(line)
        if from_home is None:
            from_home = not notes and mode is None and self.dice.random() < _share_online()
        if from_home:
            return _try(partial(
                appointments.book_online, line, _told(who), type=kind, starts_at=starts_at, reason=reason,
                actor=VISITOR,
            ))  # fmt: skip
        return _try(partial(
            appointments.book, line, who, type=kind, starts_at=starts_at, day=of, mode=mode, reason=reason,
            notes=notes, actor=self.desk,
        ))  # fmt: skip

    def _somebody(self, line: Queue) -> Patient | None:
        return self.people.somebody(line.department.prefix, self.desk)

    def _kind(self, line: Queue) -> VisitType | None:
        return self.kinds.get(day.read().kind_of(self.dice, line.department.prefix))

    def _reason(self, line: Queue) -> str:
        return self.dice.choice(REASONS.get(line.department.prefix, REASONS["A"]))


def _share_online() -> float:
    """Of those booked long before, fewer still wait for an answer."""
    return day.read().bookings["online"] / 4


def _told(who: Patient) -> dict[str, object]:
    """What somebody types into the form at home."""
    return {
        "given_name": who.given_name, "family_name": who.family_name, "phone": who.phone, "birth_year": who.birth_year,
        "language": who.language,
    }  # fmt: skip


def _try(act: Callable[[], object]) -> int:
    """A refusal (booked already, taken meanwhile) is part of life."""
    try:
        act()
    except DomainError as refusal:
        log.debug("demo.refused", code=refusal.code)
        return 0
    return 1


def waiting_for_an_answer() -> Iterator[Appointment]:
    """Requests of a doctor's line that are still to be decided, the oldest first."""
    rows = Appointment.objects.filter(state="requested", queue__doctor__isnull=False, starts_at__gt=clock.now())
    yield from rows.select_related("queue__doctor").order_by("booked_at", "id")
