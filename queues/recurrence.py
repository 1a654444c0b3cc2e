"""When a series comes again (R2.10): a rule of RFC 5545 in the hospital's local time, with an end and within bounds.

Pure: a rule, a start and a zone → starts in UTC. "Every Tuesday at 10:00" is 10:00 on the wall, on both sides of a
change of the clocks.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import islice
from typing import Any
from zoneinfo import ZoneInfo

from dateutil.rrule import DAILY, FR, MO, MONTHLY, SA, SU, TH, TU, WE, WEEKLY, rrule, weekday
from django.utils.translation import gettext_lazy as _

from clinic.core.errors import Invalid, say

MOST = 60
"""Appointments of one series."""
HORIZON = timedelta(days=366)
"""How far ahead a series may reach."""
MOST_INTERVAL = 52
FREQUENCIES = {"DAILY": DAILY, "WEEKLY": WEEKLY, "MONTHLY": MONTHLY}
WEEKDAYS = {"MO": MO, "TU": TU, "WE": WE, "TH": TH, "FR": FR, "SA": SA, "SU": SU}
KNOWN = {"FREQ", "INTERVAL", "COUNT", "UNTIL", "BYDAY", "BYMONTHDAY", "WKST"}
DAY = re.compile(r"^([+-]?[1-5])?(MO|TU|WE|TH|FR|SA|SU)$")
UNTIL = re.compile(r"^(\d{8})(T\d{6}Z?)?$")

say({
    "series.bad_rule": _("A rule like FREQ=WEEKLY;BYDAY=TU;COUNT=8: daily, weekly or monthly, with COUNT or UNTIL."),
    "series.too_long": _("At most %(most)s times, and at most a year ahead."),
    "series.never": _("By this rule it never comes."),
})  # fmt: skip


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule that has been read: its own text, how often at most, until when, and dateutil's arguments."""

    text: str
    count: int
    until: date | None
    options: tuple[tuple[str, Any], ...]

    def local_starts(self, first: datetime, without: Collection[date] = ()) -> list[datetime]:
        """The starts as the wall shows them, the first included only if the rule names it; exceptions count."""
        end = first + HORIZON
        if self.until is not None:
            end = min(end, datetime.combine(self.until, time.max))
        # Only an end is given to the machine: a rule that names no day at all must not run to the year 9999.
        found = islice(rrule(dtstart=first, until=end, **dict(self.options)), self.count)
        return [start for start in found if start.date() not in without]


def read(text: str) -> Rule:
    """The rule of a text; raises Invalid for anything that does not end, or that clinics do not need."""
    parts = _parts(text)
    if not {"FREQ"} <= parts.keys() <= KNOWN or ("COUNT" in parts) == ("UNTIL" in parts):
        raise _bad(text)
    if parts["FREQ"] not in FREQUENCIES:
        raise _bad(text)
    options: dict[str, Any] = {"freq": FREQUENCIES[parts["FREQ"]], "interval": _number(parts, "INTERVAL", 1, text)}
    if options["interval"] > MOST_INTERVAL:
        raise _bad(text)
    if "BYDAY" in parts:
        options["byweekday"] = [_weekday(word, parts["FREQ"], text) for word in parts["BYDAY"].split(",")]
    if "BYMONTHDAY" in parts:
        options["bymonthday"] = [_month_day(word, text) for word in parts["BYMONTHDAY"].split(",")]
    if "WKST" in parts:
        options["wkst"] = _weekday(parts["WKST"], "", text)
    count = _number(parts, "COUNT", MOST, text)
    if count > MOST:
        raise Invalid("series.too_long", most=MOST)
    written = ";".join(f"{name}={value}" for name, value in parts.items())
    return Rule(written, count, _until(parts, text), tuple(options.items()))


def starts(rule: Rule, first: datetime, zone: ZoneInfo, without: Collection[date] = ()) -> list[datetime]:
    """The starts in UTC; ``without`` are local dates left out. Invalid if there are none, or too many."""
    local = rule.local_starts(first.astimezone(zone).replace(tzinfo=None), without)
    if not local:
        raise Invalid("series.never")
    if rule.until is not None and len(local) >= MOST:
        beyond = Rule(rule.text, MOST + 1, rule.until, rule.options)
        if len(beyond.local_starts(first.astimezone(zone).replace(tzinfo=None))) > MOST:
            raise Invalid("series.too_long", most=MOST)
    return [start.replace(tzinfo=zone).astimezone(UTC) for start in local]


def shifted(start: datetime, by: timedelta, zone: ZoneInfo) -> datetime:
    """A start moved by what the wall shows: a week later at the same hour, whatever the clocks did in between."""
    return (start.astimezone(zone).replace(tzinfo=None) + by).replace(tzinfo=zone).astimezone(UTC)


def between(start: datetime, end: datetime, zone: ZoneInfo) -> timedelta:
    """How far apart two starts are on the wall."""
    return end.astimezone(zone).replace(tzinfo=None) - start.astimezone(zone).replace(tzinfo=None)


def _parts(text: str) -> dict[str, str]:
    parts: dict[str, str] = {}
    for part in text.strip().upper().removeprefix("RRULE:").split(";"):
        name, sign, value = part.partition("=")
        if not sign or not value or name in parts or not re.fullmatch(r"[A-Z0-9,+\-]+", value):
            raise _bad(text)
        parts[name] = value
    return parts


def _number(parts: dict[str, str], name: str, default: int, text: str) -> int:
    word = parts.get(name, str(default))
    if not re.fullmatch(r"[0-9]{1,3}", word) or int(word) < 1:
        raise _bad(text)
    return int(word)


def _weekday(word: str, frequency: str, text: str) -> weekday:
    match = DAY.match(word)
    if match is None or (match[1] and frequency != "MONTHLY"):
        raise _bad(text)
    day = WEEKDAYS[match[2]]
    return day(int(match[1])) if match[1] else day


def _month_day(word: str, text: str) -> int:
    if not re.fullmatch(r"-?[0-9]{1,2}", word) or not 1 <= abs(int(word)) <= 31:
        raise _bad(text)
    return int(word)


def _until(parts: dict[str, str], text: str) -> date | None:
    word = parts.get("UNTIL")
    if word is None:
        return None
    match = UNTIL.match(word)
    if match is None:
        raise _bad(text)
    try:
        return datetime.strptime(match[1], "%Y%m%d").date()  # noqa: DTZ007  a calendar day, in nobody's zone
    except ValueError:
        raise _bad(text) from None


def _bad(text: str) -> Invalid:
    return Invalid("series.bad_rule", rule=[text[:200]])
