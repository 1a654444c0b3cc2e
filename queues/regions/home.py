"""The first page: today in figures, and what just happened, from the log, in words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Count, Min, Q
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from clinic.core import clock
from clinic.core.nouns import split_ref
from clinic.directory.models import Department, Doctor, Room
from clinic.live.models import Event
from clinic.live.regions import Loaded
from clinic.tenants import days
from clinic.tenants.people import own_limits
from queues.models import COMPLETED, WAITING, WITH_SERVER, Leg, Queue, Visit
from queues.operations import close

SAID: dict[str, str | Promise] = {
    "visit.arrived": _("%(visit)s came to %(queue)s"),
    "visit.called": _("%(visit)s called by %(doctor)s"),
    "visit.called_out_of_order": _("%(visit)s called out of order by %(doctor)s"),
    "visit.started": _("%(visit)s is in the room with %(doctor)s"),
    "visit.skipped": _("%(visit)s was skipped"),
    "visit.completed": _("%(visit)s completed by %(doctor)s"),
    "visit.no_showed": _("%(visit)s did not come"),
    "visit.left": _("%(visit)s left"),
    "visit.cancelled": _("%(visit)s was cancelled"),
    "visit.held": _("%(visit)s is on hold"),
    "visit.resumed": _("%(visit)s is back in the line"),
    "visit.rejoined": _("%(visit)s is back in the line"),
    "visit.delayed": _("%(visit)s went back in the line"),
    "visit.reassigned": _("%(visit)s moved to another line"),
    "visit.sent_on": _("%(visit)s was sent on"),
    "visit.carried_over": _("%(visit)s is expected on the next working day"),
    "queue.opened": _("%(queue)s takes people in"),
    "queue.closed": _("%(queue)s takes nobody in"),
    "doctor.status_changed": _("%(doctor)s has another status"),
    "doctor.left_line": _("%(doctor)s left, and people wait"),
    "doctor.line_settled": _("It was said what becomes of the line of %(doctor)s"),
    "doctor.added": _("%(doctor)s was added"),
    "doctor.changed": _("The profile of %(doctor)s changed"),
    "absence.added": _("%(doctor)s will be away"),
    "absence.cancelled": _("An absence of %(doctor)s was taken back"),
    "department.added": _("Department %(department)s was added"),
    "department.changed": _("Department %(department)s changed"),
    "room.added": _("%(room)s was added"),
    "closure.added": _("A closure was added"),
    "hospital.policies_changed": _("Policies changed"),
    "hospital.codes_stopped": _("Too many codes by text message were asked for: no more are sent for now"),
}
"""Event → what it says; without names of patients: a token is what is said aloud anyway."""
NAMES: dict[str, tuple[Any, str]] = {
    "visit": (Visit, "token"), "doctor": (Doctor, "name"), "queue": (Queue, "name"),
    "department": (Department, "name"), "room": (Room, "name"),
}  # fmt: skip
SHOWN, LOOKED_AT = 12, 80


@dataclass(frozen=True, slots=True)
class HomeDay:
    """The context of ``home-day``."""

    waiting: int
    inside: int
    seen: int
    expected: int
    since: datetime | None
    """When the one came who waits the longest."""


@dataclass(frozen=True, slots=True)
class Happened:
    """A row of ``home-log``."""

    key: str
    at: datetime
    text: str
    who: str


@dataclass(frozen=True, slots=True)
class HappenedShell:
    """The context of ``home-log``."""

    count: int


def load_day(keys: Sequence[str]) -> Mapping[str, Loaded]:
    """``home-day:today``: three queries; three more for each reader limited to departments (R1.2)."""
    return {key: Loaded(_day(limits), topics=frozenset({"reception"})) for key, limits in _asked(keys)}


def load_log(keys: Sequence[str]) -> Mapping[str, Loaded]:
    """``home-log:today``: the newest of the log that somebody at work wants to know, in words."""
    events = list(Event.objects.filter(name__in=list(SAID)).order_by("-seq")[:LOOKED_AT])
    topics = frozenset({"reception", "directory", "hospital"})
    found = {}
    for key, limits in _asked(keys):
        lines = set() if limits is None else _lines_of(limits)
        rows = _rows([event for event in events if _concerns(event, limits, lines)][:SHOWN])
        found[key] = Loaded(HappenedShell(len(rows)), rows, topics)
    return found


def _asked(keys: Sequence[str]) -> Iterable[tuple[str, frozenset[UUID] | None]]:
    if "today" in keys:
        yield "today", None
    for key, (base, limits) in own_limits(keys).items():
        if base == "today":
            yield key, limits


def _day(limits: frozenset[UUID] | None) -> HomeDay:
    policy = days.policies()
    today = days.service_day(policy.hospital, clock.now())
    legs = Leg.objects.filter(Q(ended_at=None) | Q(ended_at__gte=days.day_start(policy.hospital, today)))
    if limits is not None:
        legs = legs.filter(queue__department_id__in=limits)
    told = legs.aggregate(
        waiting=Count("pk", filter=Q(state=WAITING)), inside=Count("pk", filter=Q(state__in=WITH_SERVER)),
        seen=Count("pk", filter=Q(state=COMPLETED)), since=Min("visit__arrived_at", filter=Q(state=WAITING)),
    )  # fmt: skip
    coming = [visit for visit in close.expected(today) if limits is None or visit.department_id in limits]
    return HomeDay(expected=len(coming), **told)


def _lines_of(limits: frozenset[UUID]) -> set[str]:
    """The topics of these departments' lines: whoever stands there may have a token of another one."""
    return {f"queue:{pk}" for pk in Queue.objects.filter(department_id__in=limits).values_list("pk", flat=True)}


def _concerns(event: Event, limits: frozenset[UUID] | None, lines: set[str]) -> bool:
    """Somebody limited to departments is told of those and their lines, and of what belongs to none."""
    named = {topic.partition(":")[2] for topic in event.topics if topic.startswith("department:")}
    return limits is None or not named or any(str(pk) in named for pk in limits) or not lines.isdisjoint(event.topics)


def _rows(events: Sequence[Event]) -> tuple[Happened, ...]:
    wanted: dict[str, set[str]] = {kind: set() for kind in NAMES}
    for event in events:
        for kind, key in map(split_ref, event.subjects):
            if kind in wanted:
                wanted[kind].add(key)
    names = {
        f"{kind}:{pk}": name
        for kind, (model, column) in NAMES.items()
        if wanted[kind]
        for pk, name in model.objects.filter(pk__in=wanted[kind]).values_list("pk", column)
    }
    return tuple(_row(event, names) for event in events)


def _row(event: Event, names: Mapping[str, str]) -> Happened:
    told = dict.fromkeys(NAMES, "–")
    for ref in reversed(event.subjects):
        if ref in names:
            told[split_ref(ref)[0]] = names[ref]
    return Happened(str(event.seq), event.at, str(SAID[event.name]) % told, str(event.actor.get("name", "")))
