"""What can be booked: a day, many days at a glance, the next place, and what is free instead (R2.1).

Everything is asked of rows at the moment of the question; the number of queries does not grow with lines or days.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from clinic.core import clock
from clinic.directory.models import VisitType
from clinic.tenants import days as calendar_days
from queues.availability import load, slots
from queues.availability.load import Loaded
from queues.availability.slots import SpreadDay
from queues.models import SLOT, TOKEN, Queue

AHEAD = 400
"""Days that can be looked at, before and after today."""
LOOKS = ((0, 6), (7, 27), (28, 90))
"""From and until which coming day the next free place is looked for, one look after the other."""
NEARBY = 13
"""Days after a taken place in which another is looked for."""


@dataclass(frozen=True, slots=True)
class Slot:
    """A start that is free, in UTC, how long it is, and how many may still have it."""

    starts_at: datetime
    minutes: int
    left: int
    queue: UUID | None = None


@dataclass(frozen=True, slots=True)
class Day:
    """A service day of a line."""

    day: date
    open: bool
    """Somebody works."""
    modes: tuple[str, ...]
    slots: tuple[Slot, ...]
    tokens_left: int | None
    """By number: how many are left; None where numbers are not booked."""
    next_token_at: datetime | None
    """About when the next number would be seen."""


def day(
    queue: Queue, day: date, type: VisitType | None = None, *,  # noqa: A002
    now: datetime | None = None, online: bool = False,
) -> Day:  # fmt: skip
    """One service day of a line for a kind of visit; closed where it cannot be booked."""
    return _days(queue, day, day, type, now, online)[0]


def days(
    queue: Queue,
    first: date,
    last: date,
    type: VisitType | None = None,  # noqa: A002
    *,
    online: bool = False,
) -> list[Day]:
    """The service days from one to another: as many queries as for one."""
    return _days(queue, first, last, type, None, online)


def next_free(
    queue: Queue, type: VisitType | None = None, *,  # noqa: A002
    after: datetime | None = None, online: bool = False,
) -> datetime | None:  # fmt: skip
    """The next start that is free, or about when the next number would be seen; None if there is none soon."""
    return _next([queue], type, after, online)[queue.pk]


def next_free_of(queues: Iterable[Queue], *, online: bool = False) -> dict[UUID, datetime | None]:
    """``next_free`` of many lines; bounded queries however many they are."""
    return _next(list(queues), None, None, online)


def free_at(queue: Queue, type: VisitType | None, starts: Collection[datetime]) -> set[datetime]:  # noqa: A002
    """Which of these very starts can be booked now; as many queries as for one."""
    now = clock.now()
    wanted = {at: _service_day(at) for at in starts if slots.is_even(at) and at >= now and within_reach(at.date())}
    if not wanted:
        return set()
    loaded = load.lines([queue], min(wanted.values()), max(wanted.values()), type).get(queue.pk)
    return {at for at in wanted if loaded is not None and left_at(loaded, at) > 0}


def left_at(loaded: Loaded, starts_at: datetime) -> int:
    """How many places are left at a start of a loaded day."""
    of_day = loaded.days.get(_service_day(starts_at))
    return of_day.left(slots.tick_of(starts_at)) if of_day is not None and SLOT in loaded.modes else 0


def alternatives(
    queue: Queue,
    type: VisitType | None,  # noqa: A002
    near: datetime,
    *,
    count: int = 3,
    seen: Loaded | None = None,
) -> list[Slot]:
    """Starts that are free now, the nearest first: in the same line, then in the others of its department.

    ``seen``: the line as it was read just now, where somebody has looked already.
    """
    if not within_reach(near.date()):
        return []
    first = max(_service_day(near), _service_day(clock.now()))
    mine = _nearest({queue.pk: seen} if seen is not None else load.lines([queue], first, first, type), near)
    if len(mine) >= count:
        return mine[:count]
    last = first + timedelta(days=NEARBY)
    others = list(Queue.objects.filter(department=queue.department_id, sort=Queue.DOCTOR).exclude(pk=queue.pk))
    everybody = load.lines([queue, *others], first, last, type)
    mine = _nearest({pk: each for pk, each in everybody.items() if pk == queue.pk}, near)
    rest = _nearest({pk: each for pk, each in everybody.items() if pk != queue.pk}, near)
    return (mine + rest)[:count]


def within_reach(wanted: date) -> bool:
    """Not so far ahead, or so long ago, that nobody means it."""
    return abs((wanted - clock.now().date()).days) <= AHEAD


# --- how -------------------------------------------------------------------------------------------------------------


def _service_day(at: datetime) -> date:
    return calendar_days.service_day(calendar_days.current_hospital(), at)


def _days(
    queue: Queue, first: date, last: date, kind: VisitType | None, now: datetime | None, online: bool
) -> list[Day]:
    moment = now or clock.now()
    near = timedelta(days=AHEAD)
    begin, end = max(first, moment.date() - near), min(last, moment.date() + near)
    found: dict[UUID, Loaded] = {}
    if begin <= end:
        found = load.lines([queue], begin, end, kind, online=online, now=moment)
    loaded = found.get(queue.pk)
    span = min((last - first).days, 2 * AHEAD)
    every = [first + timedelta(days=n) for n in range(span + 1)]
    return [
        of(loaded, one, moment) if loaded is not None and begin <= one <= end else Day(one, False, (), (), None, None)
        for one in every
    ]


def of(loaded: Loaded, one: date, now: datetime) -> Day:
    """A loaded line's day as it is shown."""
    spans = loaded.spans(one)
    if not spans or not loaded.modes:
        return Day(one, bool(spans), loaded.modes, (), None, None)
    free = tuple(_slots(loaded, one, now)) if SLOT in loaded.modes else ()
    tokens, next_at = numbers(loaded, one, now) if TOKEN in loaded.modes else (None, None)
    return Day(one, True, loaded.modes, free, tokens, next_at)


def _slots(loaded: Loaded, one: date, now: datetime) -> Iterable[Slot]:
    not_before = -(-int(now.timestamp()) // slots.SECONDS)
    if slots.instant(not_before) < now:
        not_before += 1
    minutes, queue = loaded.length.minutes, loaded.queue.pk
    for tick, left in slots.starts(loaded.days[one], not_before):
        yield Slot(slots.instant(tick), minutes, left, queue)


def numbers(loaded: Loaded, one: date, now: datetime) -> tuple[int, datetime | None]:
    """How many numbers of a day are left, and about when the next would be seen (R2.6)."""
    if isinstance(loaded.days.get(one), SpreadDay):
        each = [numbers(part, one, now) for part in by_number(loaded, one)]
        told = [at for left, at in each if left and at is not None]
        return sum(left for left, _at in each), min(told, default=None)
    spans = loaded.spans(one)
    if not spans or not _takes_in(loaded, one) or slots.instant(spans[-1][1]) <= now:
        return 0, None
    people = loaded.people.get(one, 0)
    left = max(loaded.fits(one) - people, 0)
    if not left:
        return 0, None
    rank = people // max(loaded.doctors.get(one, 1), 1) + 1
    at = slots.nominal(spans, rank, loaded.days[one].need)
    if at < now:
        at = slots.instant(-(-int(now.timestamp()) // slots.SECONDS))
    return left, at


def _takes_in(loaded: Loaded, one: date) -> bool:
    of_day = loaded.days[one]
    return getattr(of_day, "offered", True)


def by_number(loaded: Loaded, one: date) -> list[Loaded]:
    """The doctors' lines that take numbers of a pool whose bookings go to a doctor, the least busy first."""
    return [part for part in least_busy(loaded, one) if TOKEN in part.modes and part.spans(one)]


def least_busy(loaded: Loaded, one: date) -> list[Loaded]:
    """The doctors' lines of such a pool in the order in which they get a booking (R2.9)."""
    return sorted(loaded.parts, key=lambda part: (part.people.get(one, 0), str(part.queue.pk)))


def _next(
    queues: Sequence[Queue], kind: VisitType | None, after: datetime | None, online: bool
) -> dict[UUID, datetime | None]:
    moment = max(after or clock.now(), clock.now())
    found: dict[UUID, datetime | None] = {queue.pk: None for queue in queues}
    if not within_reach(moment.date()):
        return found
    today = _service_day(moment)
    for begin, end in LOOKS:
        wanted = [queue for queue in queues if found[queue.pk] is None]
        if not wanted:
            break
        first, last = today + timedelta(days=begin), today + timedelta(days=end)
        for pk, loaded in load.lines(wanted, first, last, kind, online=online).items():
            found[pk] = _first(loaded, first, last, moment)
    return found


def _first(loaded: Loaded, first: date, last: date, now: datetime) -> datetime | None:
    if not loaded.modes:
        return None
    for count in range((last - first).days + 1):
        one = first + timedelta(days=count)
        told: list[datetime] = []
        if SLOT in loaded.modes:
            told += [slot.starts_at for slot in _slots(loaded, one, now)][:1]
        if TOKEN in loaded.modes and (at := numbers(loaded, one, now)[1]) is not None:
            told.append(at)
        if told:
            return min(told)
    return None


def _nearest(found: dict[UUID, Loaded], near: datetime) -> list[Slot]:
    now = clock.now()
    free = [slot for loaded in found.values() if SLOT in loaded.modes for one in loaded.days
            for slot in _slots(loaded, one, now)]  # fmt: skip
    return sorted(free, key=lambda slot: (abs(slot.starts_at - near), slot.starts_at, str(slot.queue)))
