"""The jump ledger (R3.6): from the log, every departure from the order of arrival on a service day, with its cause."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any
from uuid import UUID

from clinic.core.faces import Doc, stamp
from clinic.core.nouns import split_ref
from clinic.live.models import Event
from clinic.tenants import days
from queues import passing
from queues.models import CARRIED_OVER, NORMAL, URGENT, VIP, Leg, Visit

OF_CLASS = {URGENT: "class", VIP: "vip", CARRIED_OVER: "carried_over", NORMAL: "class"}
OF_EVENT = {
    "visit.called_out_of_order": "manual_call", "visit.recalled": "recall", "visit.rejoined": "rejoin",
    "visit.skipped": "skip", "visit.delayed": "delay", "visit.reassigned": "reassign", "visit.sent_on": "send_on",
    "queue.resorted": "policy",
}  # fmt: skip
"""Events that are a jump whatever they changed → its cause."""
BY_CHANGE = ("visit.arrived", "visit.class_changed", "visit.resumed")
"""Events that are a jump when they gave a class, or another place."""
ARRIVED, DUE = "visit.arrived", "visit.due"
BOOKED = "booked"
"""The cause of whoever stands by the time of an appointment, and not by that of coming (R2.7)."""
UNDONE = "visit.undone"
CALLED, OUT_OF_ORDER = "visit.called", "visit.called_out_of_order"


@dataclass(frozen=True, slots=True)
class Jump:
    """One departure from the order of arrival."""

    seq: int
    at: datetime
    name: str
    cause: str
    visit: str
    """The visit's id; empty for a policy, which moves whole lines."""
    token: str
    queue: str
    """The id of the line it happened in (the one moved to); empty if the leg is gone."""
    reason: str
    actor: str
    undone: bool = False

    def doc(self) -> Doc:
        return {
            "seq": self.seq, "at": stamp(self.at), "cause": self.cause, "visit": self.visit or None,
            "token": self.token, "queue": self.queue or None, "reason": self.reason, "actor": self.actor,
            "undone": self.undone,
        }  # fmt: skip


def of_day(day: date, *, departments: frozenset[UUID] | None = None) -> list[Jump]:
    """The jumps of a service day in the order of the log; five queries at most, however many there are.

    ``departments`` are those the reader is limited to (R1.2): what happened in the lines of others is left out.
    """
    here = days.current_hospital()
    names = [*OF_EVENT, *BY_CHANGE, DUE, UNDONE]
    rows = Event.objects.filter(name__in=names, at__gte=days.day_start(here, day), at__lt=days.day_end(here, day))
    found: list[Jump] = []
    for event in rows.order_by("seq"):
        if event.name == UNDONE:
            _take_back(found, event)
        elif cause := _cause(event):
            found.append(_jump(event, cause))
    passed = passing.who_passed([(jump.queue, jump.at) for jump in found if jump.cause == BOOKED])
    return _named([jump for jump in found if jump.cause != BOOKED or jump.queue in passed], departments)


@dataclass(frozen=True, slots=True)
class Calls:
    """The calls of a day: how many there were, and how many of them did not go to the head of a line."""

    total: int
    out_of_order: int

    @property
    def in_order(self) -> int:
        return self.total - self.out_of_order

    @property
    def percent(self) -> int:
        """Of all calls, those that went to whoever was first; a full hundred only if all did."""
        return 100 * self.in_order // self.total if self.total else 100


def calls_of_day(day: date, *, departments: frozenset[UUID] | None = None, queue: str = "") -> Calls:
    """How many calls a service day had, of all lines or of one; those that were taken back do not count. Two queries.

    ``departments`` are those the reader is limited to (R1.2).
    """
    here = days.current_hospital()
    rows = Event.objects.filter(
        name__in=[CALLED, OUT_OF_ORDER, UNDONE], at__gte=days.day_start(here, day), at__lt=days.day_end(here, day)
    )
    found: list[tuple[str, str]] = []
    for name, subjects, reason in rows.order_by("seq").values_list("name", "subjects", "reason"):
        leg = next((split_ref(ref)[1] for ref in subjects if ref.startswith("leg:")), "")
        if name != UNDONE:
            found.append((leg, name))
            continue
        gone = {split_ref(ref)[1] for ref in subjects if ref.startswith("leg:")}
        taken_back = set(reason.split(", "))
        last = next((n for n, one in reversed(list(enumerate(found))) if one[0] in gone and one[1] in taken_back), None)
        if last is not None:
            del found[last]
    lines = _lines_of({leg for leg, _name in found})
    counted = [name for leg, name in found if _is_shown(lines.get(leg), departments, queue)]
    return Calls(len(counted), counted.count(OUT_OF_ORDER))


def _is_shown(line: tuple[str, UUID] | None, departments: frozenset[UUID] | None, queue: str) -> bool:
    if line is None:
        return departments is None and not queue
    return (not queue or line[0] == queue) and (departments is None or line[1] in departments)


def _lines_of(legs: set[str]) -> dict[str, tuple[str, UUID]]:
    rows = Leg.objects.filter(pk__in=legs).values_list("pk", "queue", "queue__department")
    return {str(pk): (str(queue), department) for pk, queue, department in rows}


def _cause(event: Event) -> str:
    """Why this event is a departure from the order of arrival; empty where it is none."""
    if event.name in OF_EVENT:
        return OF_EVENT[event.name]
    if event.name == "visit.resumed":
        placed = any("order_no" in told["fields"] for _kind, told in _rows(event, "leg"))
        return "hold_return" if placed else ""
    for _key, told in _rows(event, "visit"):
        given = told["fields"].get("klass")
        if given is not None and (given[1] != NORMAL or event.name == "visit.class_changed"):
            return OF_CLASS[given[1]]
    return BOOKED if _stands_by_time(event) else ""


def _stands_by_time(event: Event) -> bool:
    """Whether somebody stands now where the booked time put them; early ones do when they are due (R2.7)."""
    if event.name != ARRIVED:
        return event.name == DUE
    legs = [{name: given[1] for name, given in told["fields"].items()} for _key, told in _rows(event, "leg")]
    return any(leg.get("due") and leg["effective_at"] != leg["entered_at"] for leg in legs)


def _rows(event: Event, kind: str) -> Iterator[tuple[str, Any]]:
    """What the event changed of rows of this kind, by id."""
    for ref, told in event.changes.items():
        if split_ref(ref)[0] == kind:
            yield split_ref(ref)[1], told


def _jump(event: Event, cause: str) -> Jump:
    visit = "" if cause == "policy" else next(split_ref(r)[1] for r in event.subjects if r.startswith("visit:"))
    # The leg that is the act's own comes first; a new one, which sending on makes, is where the patient now stands.
    legs = [split_ref(ref)[1] for ref in event.subjects if ref.startswith("leg:")]
    made = [key for key, told in _rows(event, "leg") if told["op"] == "insert"]
    leg = "" if cause == "policy" else (made or legs or [""])[0]
    name = ARRIVED if event.name == DUE else event.name  # with the check-in its place is taken back, too
    return Jump(event.seq, event.at, name, cause, visit, "", leg, event.reason, event.actor["name"])


def _take_back(found: list[Jump], event: Event) -> None:
    """The newest jump of one of these visits that the undo names is marked: an undo takes back the last act only."""
    names = set(event.reason.split(", "))
    visits = {split_ref(ref)[1] for ref in event.subjects if ref.startswith("visit:")}
    for index in reversed(range(len(found))):
        jump = found[index]
        if jump.visit in visits and jump.name in names and not jump.undone:
            found[index] = replace(jump, undone=True)
            return


def _named(found: list[Jump], departments: frozenset[UUID] | None) -> list[Jump]:
    """With tokens and lines; a leg's line is where it stands now, which a later move may have changed."""
    visits = {jump.visit for jump in found if jump.visit}
    tokens = {str(pk): token for pk, token in Visit.objects.filter(pk__in=visits).values_list("pk", "token")}
    lines = _lines_of({jump.queue for jump in found if jump.queue})
    told = []
    for jump in found:
        queue, department = lines.get(jump.queue, ("", UUID(int=0)))
        if jump.visit and departments is not None and department not in departments:
            continue
        told.append(replace(jump, token=tokens.get(jump.visit, ""), queue=queue))
    return told
