"""What is known of some lines at a moment, and what the model is fed with. Pure: rows in, values out, no database.

``inputs.py`` reads these facts; a simulation makes them itself and gets the same estimates (tests/bench).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from clinic.directory.models import Doctor, VisitType
from clinic.directory.policies import Policies
from clinic.tenants.hours import Spans
from queues.appointment_day import DUE_BEFORE
from queues.estimates import booked
from queues.estimates.booked import Expected
from queues.estimates.expected import gap_of, odds_of, pace_of, shape_of
from queues.estimates.shape import Shape
from queues.estimates.terms import NO_ODDS, Begun, Odds, Pace, Person, Server
from queues.models import WAITING, WITH_SERVER, Queue

LONGEST_GAP = timedelta(minutes=30)
"""Longer between two people was a break."""
LAST_NO = 2**31
"""Booked people stand behind whoever is there with the same time."""

Lengths = Mapping[tuple[UUID, Hashable], Sequence[float]]
"""Server and type → minutes of the last services."""
Service = tuple[UUID, Hashable, datetime, datetime, datetime | None, datetime | None]
"""Server, type, call, end; and of whom the server called next: the call, and since when they were in line."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """Somebody who waits, as promises need it."""

    leg: UUID
    visit: UUID
    queue: UUID
    entered_at: datetime


@dataclass(slots=True)
class Inputs:
    """Everything the model needs of some lines and of those that share servers with them."""

    at: datetime
    lines: dict[UUID, Queue]
    servers: list[Server] = field(default_factory=list)
    people: list[Person] = field(default_factory=list)
    waiting: list[Waiting] = field(default_factory=list)
    """Those in state waiting, in order."""
    shape: Shape = field(default_factory=lambda: shape_of([]))
    odds: Odds = NO_ODDS
    booked: list[Expected] = field(default_factory=list)
    """Who is booked and has not come, soon."""
    rolling: dict[UUID, float] = field(default_factory=dict)
    """Line → mean of its last ten waits, in minutes."""


@dataclass(frozen=True, slots=True)
class Serving:
    """A server, the lines they call from, and when they work on this service day."""

    doctor: Doctor
    lines: frozenset[UUID]
    rules: Policies
    working: Spans = ()


@dataclass(slots=True)
class Facts:
    """The rows, of lines that share no server with others."""

    at: datetime
    lines: dict[UUID, Queue]
    rules: Mapping[UUID, Policies]
    """Line → its department's."""
    serving: Sequence[Serving]
    legs: Sequence[dict[str, Any]]
    """Who waits, is away or is with a server, in order."""
    services: Sequence[Service]
    kinds: Mapping[Hashable, VisitType]
    bookings: Sequence[dict[str, Any]] = ()
    come: float = 1.0
    """What part of the booked come."""
    ends: Iterable[tuple[str, str, int]] = ()
    """How visits ended lately: state, class, how many."""
    waits: Iterable[tuple[UUID, datetime, datetime]] = ()
    """Line, since when, and the call of the last ten of each."""


def assemble(facts: Facts) -> Inputs:
    """What the model is fed with."""
    found = Inputs(facts.at, facts.lines)
    lengths, gaps = measured(facts.services)
    found.shape = shape_of(lengths.values())
    found.odds = odds_of(facts.ends, gaps.values())
    rows = (booked.expected(row, facts.rules[row["queue_id"]], facts.at, facts.come) for row in facts.bookings)
    found.booked = [one for one in rows if one is not None]
    _people(found, facts.legs)
    known = Known(found.shape, lengths, gaps, facts.kinds)
    sorts = {leg["visit__type"] for leg in facts.legs} | {one.sort for one in found.booked}
    ended = _last_ends(facts.services)
    for one in facts.serving:
        server = _server(one, facts, known.paces(one, sorts), ended.get(one.doctor.pk))
        if server is not None:
            found.servers.append(server)
    found.rolling = rolling(facts.waits)
    return found


# --- who serves ------------------------------------------------------------------------------------------------------


def _server(one: Serving, facts: Facts, paces: Mapping[Hashable, Pace], ended: datetime | None) -> Server | None:
    """None for whoever is off duty, or on a break of unknown length: nobody knows when they call again."""
    doctor, now, away = one.doctor, facts.at, 0.0
    if doctor.is_paused:
        if doctor.status != Doctor.ON_BREAK or doctor.status_until is None or doctor.status_until <= now:
            return None
        away = _minutes(doctor.status_until - now)
    busy = [leg for leg in facts.legs if leg["server_id"] == doctor.pk and leg["state"] in WITH_SERVER]
    begun = [Begun(_minutes(now - leg["called_at"]), leg["visit__type"]) for leg in busy]
    return Server(
        one.lines, paces, begun, max(doctor.parallel_rooms, len(begun)), _late(doctor, now), away, doctor.pk.int,
        _breaks(one, busy, now), 0.0 if begun or away else _idle(one, facts, ended),
    )  # fmt: skip


def _late(doctor: Doctor, now: datetime) -> float:
    """R3.21: so many minutes from when it was said; they pass like others."""
    if doctor.status != Doctor.RUNNING_LATE:
        return 0.0
    gone = _minutes(now - doctor.status_at) if doctor.status_at else 0.0
    return max(doctor.late_minutes - max(gone, 0.0), 0.0)


def _breaks(one: Serving, busy: Sequence[dict[str, Any]], now: datetime) -> tuple[tuple[float, float], ...]:
    """The gaps in today's hours that are still to come, or that whoever is inside has put off."""
    found = []
    for (_start, begin), (back, _end) in zip(one.working, one.working[1:], strict=False):
        put_off = begin <= now < back and any(leg["called_at"] < begin for leg in busy)
        if begin > now or put_off:
            found.append((_minutes(begin - now), _minutes(back - begin)))
    return tuple(found)


def _idle(one: Serving, facts: Facts, ended: datetime | None) -> float:
    """How long nobody was called though somebody could have been."""
    waits = [leg for leg in facts.legs if leg["state"] == WAITING and leg["queue_id"] in one.lines and leg["due"]]
    if not waits:
        return 0.0
    since = [min(leg["entered_at"] for leg in waits), ended, one.doctor.status_at]
    late = timedelta(minutes=one.doctor.late_minutes if one.doctor.status == Doctor.RUNNING_LATE else 0)
    return max(_minutes(facts.at - max(moment for moment in since if moment is not None) - late), 0.0)


# --- who waits -------------------------------------------------------------------------------------------------------


def _people(found: Inputs, legs: Sequence[dict[str, Any]]) -> None:
    """Who waits and who is booked, in the order in which they are called once they are there and due."""
    now = found.at
    placed: list[tuple[datetime, int, str, Person]] = []
    for leg in legs:
        if leg["state"] in WITH_SERVER:
            continue
        if leg["state"] == WAITING:
            found.waiting.append(Waiting(leg["pk"], leg["visit_id"], leg["queue_id"], leg["entered_at"]))
        person = Person(leg["pk"], leg["queue_id"], leg["visit__type"], seed=leg["pk"].int, **_ready(leg, now))
        placed.append((leg["order_at"], leg["order_no"], str(leg["pk"]), person))
    for one in found.booked:
        person = Person(
            one.appointment, one.queue, one.sort, one.minutes, booked=True, chance=one.chance,
            behind=one.order_at > now, seed=one.appointment.int,
        )  # fmt: skip
        placed.append((one.order_at, LAST_NO, str(one.appointment), person))
    found.people = [person for _at, _no, _key, person in sorted(placed, key=lambda each: each[:3])]


def _ready(leg: dict[str, Any], now: datetime) -> dict[str, Any]:
    """How long somebody is passed over: away until a time (R3.13), or early for an appointment (R2.7)."""
    told: dict[str, Any] = {"behind": leg["order_at"] > now}
    if leg["state"] != WAITING:
        return {**told, "ready": max(_minutes(leg["back_at"] - now), 0.1)}
    begins = leg["visit__appointment__starts_at"]
    if leg["due"] or begins is None:
        return told
    return {**told, "ready": max(_minutes(begins - DUE_BEFORE - now), 0.1), "early": True}


# --- how long it takes -----------------------------------------------------------------------------------------------


@dataclass(slots=True)
class Known:
    """What is known of services; answers with the paces of a server."""

    shape: Shape
    lengths: Lengths
    gaps: Mapping[UUID, Sequence[float]]
    kinds: Mapping[Hashable, VisitType]

    def paces(self, one: Serving, sorts: Iterable[Hashable]) -> dict[Hashable, Pace]:
        """Type → pace, for these types and for None (any)."""
        return {sort: self._pace(one.doctor, sort, one.rules) for sort in {*sorts, None}}

    def _pace(self, server: Doctor, sort: Hashable, held: Policies) -> Pace:
        kind = self.kinds.get(sort)
        minutes = kind.minutes if kind else server.minutes or held.default_minutes
        buffer = kind.buffer_minutes if kind and kind.buffer_minutes else held.buffer_minutes
        # With two rooms each visit lies twice as long in its own: so were the measured ones.
        configured = float(minutes * server.parallel_rooms)
        gap = gap_of(self.gaps.get(server.pk, ()), buffer)
        return pace_of(self.lengths.get((server.pk, sort), ()), configured, self.shape, gap)


def measured(services: Iterable[Service]) -> tuple[Lengths, dict[UUID, list[float]]]:
    """Minutes by server and type, from the call to the end: so long nobody else can be called. And by server the
    times between two people, where the second had been waiting."""
    lengths: dict[tuple[UUID, Hashable], list[float]] = defaultdict(list)
    gaps: dict[UUID, list[float]] = defaultdict(list)
    for server, sort, begun, end, next_at, entered in services:
        lengths[server, sort].append(_minutes(end - begun))
        if next_at is not None and entered is not None and entered <= end <= next_at <= end + LONGEST_GAP:
            gaps[server].append(_minutes(next_at - end))
    return lengths, gaps


def _last_ends(services: Iterable[Service]) -> dict[UUID, datetime]:
    found: dict[UUID, datetime] = {}
    for server, _sort, _begun, end, _next, _entered in services:
        found[server] = max(end, found.get(server, end))
    return found


def rolling(waits: Iterable[tuple[UUID, datetime, datetime]]) -> dict[UUID, float]:
    """Line → mean wait in minutes."""
    found: dict[UUID, list[float]] = defaultdict(list)
    for queue, entered, called in waits:
        found[queue].append(_minutes(called - entered))
    return {queue: sum(each) / len(each) for queue, each in found.items()}


def _minutes(span: timedelta) -> float:
    return span.total_seconds() / 60
