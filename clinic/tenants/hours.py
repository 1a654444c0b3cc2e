"""Weekly hours as instants: what a clock on the wall of the hospital shows, at both changes of the clocks (R1.6)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from clinic.tenants.models import DAYS

Weekly = Mapping[str, Sequence[Mapping[str, str]]]
"""``{mon: [{start: "10:00", end: "18:00"}, …], …}`` by calendar day; a day that is not there is closed."""
Span = tuple[datetime, datetime]
"""From an instant until another, which is not in it."""
Spans = tuple[Span, ...]
"""In order and apart."""

_WEEK_AND_SIDES = range(-1, 9)


def spans(weekly: Weekly, day: date) -> Spans:
    """The spans of a calendar day as the wall clock shows them, without a zone; 24:00 is the next day's midnight."""
    return tuple((_face(day, span["start"]), _face(day, span["end"])) for span in weekly.get(DAYS[day.weekday()], ()))


def _face(day: date, moment: str) -> datetime:
    hour, minute = map(int, moment.split(":"))
    return datetime.combine(day, time()) + timedelta(hours=hour, minutes=minute)


def instants(weekly: Weekly, zone: ZoneInfo, days: Iterable[date]) -> Spans:
    """The spans of several calendar days as instants in UTC; those that touch over midnight are one.

    A time that the clocks show twice is the first of the two; one they jump over is as much later as they jumped.
    """
    shown = [span for day in days for span in spans(weekly, day)]
    return joined((_instant(start, zone), _instant(end, zone)) for start, end in shown)


def _instant(face: datetime, zone: ZoneInfo) -> datetime:
    return face.replace(tzinfo=zone).astimezone(UTC)


def joined(found: Iterable[Span]) -> Spans:
    """The same time, in order, without overlaps and without empty spans."""
    whole: list[Span] = []
    for start, end in sorted(span for span in found if span[0] < span[1]):
        if whole and start <= whole[-1][1]:
            whole[-1] = (whole[-1][0], max(end, whole[-1][1]))
        else:
            whole.append((start, end))
    return tuple(whole)


def within(found: Spans, start: datetime, end: datetime) -> Spans:
    """What of the spans lies between two instants."""
    return joined((max(start, first), min(end, last)) for first, last in found)


def less(found: Spans, away: Iterable[Span]) -> Spans:
    """The spans without the times that are taken out of them."""
    left = found
    for gone, back in away:
        left = joined(
            part for start, end in left for part in ((start, min(end, gone)), (max(start, back), end))
        )  # fmt: skip
    return left


def is_within(weekly: Weekly, zone: ZoneInfo, at: datetime) -> bool:
    """Whether the week is open at an instant."""
    return any(start <= at < end for start, end in _around(weekly, zone, at))


def next_start(weekly: Weekly, zone: ZoneInfo, after: datetime) -> datetime | None:
    """The first instant at or after ``after`` at which a span begins; None for a week that never begins one."""
    return next((start for start, _ in _around(weekly, zone, after) if start >= after), None)


def _around(weekly: Weekly, zone: ZoneInfo, at: datetime) -> Spans:
    day = at.astimezone(zone).date()
    return instants(weekly, zone, (day + timedelta(days=n) for n in _WEEK_AND_SIDES))
