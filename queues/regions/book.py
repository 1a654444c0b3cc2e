"""Reception's book: a line's day with its bookings by time, and the day's figures (R2.1, R2.7)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Count
from django.utils import timezone

from clinic.directory import calendar
from clinic.live.regions import Loaded
from clinic.live.render import once
from clinic.tenants import days
from clinic.tenants.hours import Spans
from clinic.tenants.people import own_limits
from queues.models import Queue
from queues.models.appointments import (
    CALLED_OFF,
    CHECKED_IN,
    CONFIRMED,
    FULFILLED,
    HELD,
    MISSED,
    REQUESTED,
    TAKES_PLACE,
    Appointment,
)
from queues.regions import facts

SHOWN = (*TAKES_PLACE, FULFILLED, MISSED)
"""What stands in a day: who comes, came, or should have come."""
MOVABLE = (REQUESTED, CONFIRMED)
READ = (
    "queue_id", "service_day", "starts_at", "minutes", "state", "mode", "reason", "token", "video_room", "visit__token",
    "patient__given_name", "patient__preferred_name", "patient__family_name", "patient__mrn", "type__name",
)  # fmt: skip
"""What a column shows of its rows; the rest of them is not read."""
LEAST = 10
"""Minutes a booking is drawn high at least: it holds a name and a button."""
MOST_LANES = 4
NEAR = 7
"""Days between two that are read together."""
LAST_HOUR = 30
"""A service day may go on after midnight: so many hours are drawn from its local midnight at most."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where something stands in a day that is drawn by the clock: hours and minutes of its start and end."""

    h: int
    m: int
    eh: int
    em: int


@dataclass(frozen=True, slots=True)
class BookRow:
    """One booking in a line's day."""

    key: str
    """The appointment's id: stands in the acts' addresses."""
    starts_at: datetime
    place: Place
    lane: int
    of: int
    """Which of so many beside each other."""
    state: str
    state_text: str
    name: str
    """Empty while a place is only held."""
    note: str
    token: str
    """Of a booking by number, or of the visit once they are here."""
    by_number: bool
    video: bool
    short: bool
    """No room for a second line."""
    may_move: bool
    may_check_in: bool


@dataclass(frozen=True, slots=True)
class BookColumn:
    """The context of ``book``: whose day it is, and when they work."""

    queue_id: str
    day: date
    name: str
    about: str
    open: tuple[Place, ...]
    count: int
    is_off: bool
    """Nobody works and nobody is booked."""
    is_today: bool
    is_past: bool


@dataclass(frozen=True, slots=True)
class BookDay:
    """The context of ``book-day``: the figures of a day."""

    day: date
    booked: int
    requests: int
    to_come: int
    here: int
    seen: int
    missed: int
    cancelled: int


# --- a line's day ----------------------------------------------------------------------------------------------------


def key_of(queue: UUID, day: date) -> str:
    """The key of a line's day among the regions ``book:<queue>/<day>``."""
    return f"{queue}/{day.isoformat()}"


def load_columns(keys: Sequence[str]) -> Mapping[str, Loaded]:
    """``book:<queue>/<day>``: eight queries, however many lines and days."""
    wanted = {key: told for key in keys if (told := _told(key)) is not None}
    lines = Queue.objects.filter(pk__in={queue for queue, _day in wanted.values()})
    known = {line.pk: line for line in lines.select_related("doctor__room", "doctor__department", "department")}
    on = {day for _queue, day in wanted.values()}
    booked, opened = _booked(set(known), on), open_times(known.values(), on)
    today = days.service_day(facts.policies().hospital)
    return {
        key: _column(known[queue], day, booked[queue, day], opened[queue, day], today)
        for key, (queue, day) in wanted.items()
        if queue in known
    }


def _told(key: str) -> tuple[UUID, date] | None:
    queue, _, text = key.partition("/")
    try:
        line, day = UUID(queue), date.fromisoformat(text)
    except ValueError:
        return None
    return (line, day) if 1990 < day.year < 2200 else None  # the days beside it must be dates, too


def _booked(queues: set[UUID], wanted: set[date]) -> dict[tuple[UUID, date], list[Appointment]]:
    found: dict[tuple[UUID, date], list[Appointment]] = defaultdict(list)
    rows = Appointment.objects.filter(queue__in=queues, service_day__in=wanted, state__in=SHOWN)
    for row in rows.select_related("patient", "type", "visit").only(*READ).order_by("starts_at", "pk"):
        found[row.queue_id, row.service_day].append(row)
    return found


def open_times(lines: Iterable[Queue], wanted: Collection[date]) -> dict[tuple[UUID, date], Spans]:
    """When each line is worked on each day: its doctor's hours, a pool's and counter's by its department.

    As many queries for a week as for a day, and once for a page and its regions together.
    """
    lines, wanted = sorted(lines, key=lambda line: line.pk), frozenset(wanted)
    if not wanted:
        return {}
    of_lines = tuple(line.pk for line in lines)
    return once(("book-open", of_lines, wanted), lambda: _open_times(lines, wanted))


def _open_times(lines: Sequence[Queue], wanted: Collection[date]) -> dict[tuple[UUID, date], Spans]:
    found: dict[tuple[UUID, date], Spans] = {}
    own = [line.doctor for line in lines if line.doctor]
    departments = {line.department_id for line in lines if line.doctor is None}
    for first, last in _stretches(wanted):
        doctors = calendar.working_days(own, first, last)
        opening = calendar.opening_days(departments, first, last) if departments else {}
        for line in lines:
            of_days = doctors[line.doctor_id] if line.doctor_id else opening[line.department_id]
            found.update({(line.pk, day): spans for day, spans in of_days.items() if day in wanted})
    return found


def _stretches(wanted: Collection[date]) -> list[tuple[date, date]]:
    """From which day to which is asked at once: pages name days, and somebody may name two that lie far apart."""
    stretches: list[tuple[date, date]] = []
    for day in sorted(wanted):
        if stretches and (day - stretches[-1][1]).days <= NEAR:
            stretches[-1] = (stretches[-1][0], day)
        else:
            stretches.append((day, day))
    return stretches


def _column(line: Queue, day: date, booked: list[Appointment], spans: Spans, today: date) -> Loaded:
    doctor = line.doctor
    about = line.department.name
    if doctor is not None:
        about = " · ".join(part for part in (doctor.specialization, doctor.room.name if doctor.room else "") if part)
    shell = BookColumn(
        queue_id=str(line.pk), day=day, name=line.name, about=about, open=tuple(_place(*span, day) for span in spans),
        count=sum(row.state != HELD for row in booked), is_off=not spans and not booked, is_today=day == today,
        is_past=day < today,
    )  # fmt: skip
    topics = {f"book:{line.pk}", "directory"}
    refs = {f"patient:{row.patient_id}" for row in booked if row.patient_id} | {line.ref}
    refs |= {f"visit:{row.visit_id}" for row in booked if row.visit_id}
    of = frozenset({line.department_id})
    return Loaded(shell, rows_of(booked, day, today), frozenset(topics), frozenset(refs), departments=of)


def rows_of(booked: Sequence[Appointment], day: date, today: date) -> tuple[BookRow, ...]:
    """The bookings of one line and day, in order, those at the same time beside each other."""
    spans = [(row.starts_at, _end(row)) for row in booked]
    return tuple(
        _row(row, day, today, _place(*span, day), *lane)
        for row, span, lane in zip(booked, spans, side_by_side(spans), strict=True)
    )


def _end(row: Appointment) -> datetime:
    return row.starts_at + timedelta(minutes=max(row.minutes, LEAST))


def _row(row: Appointment, day: date, today: date, place: Place, lane: int, of: int) -> BookRow:
    visit = row.visit
    note = " · ".join(part for part in (row.type.name if row.type else "", row.reason) if part)
    return BookRow(
        key=str(row.pk), starts_at=row.starts_at, place=place, lane=min(lane, of - 1),
        of=of, state=row.state, state_text=row.get_state_display(), name=row.patient.full_name if row.patient else "",
        note=note, token=visit.token if visit else row.token, by_number=row.mode == Appointment.MODES[1][0],
        video=bool(row.video_room), short=row.minutes < 15, may_move=row.state in MOVABLE,
        may_check_in=row.state in (CONFIRMED, MISSED) and row.service_day == today,
    )  # fmt: skip


def _place(start: datetime, end: datetime, day: date) -> Place:
    (h, m), (eh, em) = _clock(start, day), _clock(end, day)
    return Place(h, m, eh, em) if (eh, em) > (h, m) else Place(h, m, min(h + 1, LAST_HOUR), m)


def _clock(moment: datetime, day: date) -> tuple[int, int]:
    """The clock's face at this moment, counted on past midnight; in steps of five minutes."""
    shown = timezone.localtime(moment)
    hour = (shown.date() - day).days * 24 + shown.hour
    if not 0 <= hour <= LAST_HOUR:
        return (0, 0) if hour < 0 else (LAST_HOUR, 0)
    return hour, shown.minute - shown.minute % 5


def side_by_side(spans: Sequence[tuple[datetime, datetime]]) -> list[tuple[int, int]]:
    """For spans in order of their starts: which lane each takes, and how many lanes its neighbourhood has."""
    lanes: list[tuple[int, int]] = []
    busy: list[datetime] = []
    group = 0
    for n, (start, end) in enumerate(spans):
        if busy and start >= max(busy):  # nobody reaches so far: a new neighbourhood begins
            _widen(lanes, group, len(busy))
            busy, group = [], n
        free = next((lane for lane, until in enumerate(busy) if until <= start), None)
        if free is None:
            free = len(busy)
            busy.append(end)
        else:
            busy[free] = end
        lanes.append((free, 1))
    _widen(lanes, group, len(busy))
    return lanes


def _widen(lanes: list[tuple[int, int]], group: int, width: int) -> None:
    lanes[group:] = [(lane, min(width, MOST_LANES)) for lane, _one in lanes[group:]]


# --- the figures -----------------------------------------------------------------------------------------------------


def load_days(keys: Sequence[str]) -> Mapping[str, Loaded]:
    """``book-day:<day>``: one query; two more for each reader limited to departments (R1.2)."""
    told: dict[str, tuple[str, frozenset[UUID] | None]] = {key: (key, None) for key in keys if _day(key)}
    told.update({key: base for key, base in own_limits(keys).items() if _day(base[0])})
    wanted = {day for base, _limits in told.values() if (day := _day(base))}
    rows = list(
        Appointment.objects.filter(service_day__in=wanted)
        .values("service_day", "state", "queue__department_id")
        .annotate(n=Count("pk"))
        .order_by()
    )
    topics = frozenset({"book"})
    return {
        key: Loaded(_figures(rows, date.fromisoformat(base), limits), topics=topics)
        for key, (base, limits) in told.items()
    }


def _day(key: str) -> date | None:
    try:
        return date.fromisoformat(key)
    except ValueError:
        return None


def _figures(rows: Sequence[Mapping[str, Any]], day: date, limits: frozenset[UUID] | None) -> BookDay:
    n: dict[str, int] = defaultdict(int)
    for row in rows:
        if row["service_day"] == day and (limits is None or row["queue__department_id"] in limits):
            n[row["state"]] += row["n"]
    booked = sum(n[state] for state in SHOWN if state != HELD)
    to_come = sum(n[state] for state in TAKES_PLACE if state not in (HELD, CHECKED_IN))
    return BookDay(
        day=day, booked=booked, requests=n[REQUESTED], to_come=to_come, here=n[CHECKED_IN], seen=n[FULFILLED],
        missed=n[MISSED], cancelled=n[CALLED_OFF],
    )  # fmt: skip
