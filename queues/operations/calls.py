"""Calling: next, chosen, again, start and skip (R3.7–R3.11)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db.models import QuerySet, UUIDField, Value

from clinic.core import clock
from clinic.core.access import Actor
from clinic.core.errors import Conflict, Forbidden, NotAllowed, NotFound
from clinic.core.nouns import Versioned
from clinic.core.prepared import Given, Prepared
from clinic.directory.models import Doctor, Room
from clinic.directory.operations import set_status_of
from clinic.live.record import change, operation, record
from clinic.tenants.days import policies
from queues.models import (
    CALLED,
    ENDED,
    IN_PROGRESS,
    OPEN,
    WAITING,
    WITH_SERVER,
    Leg,
    LegQuerySet,
    SignOn,
    Visit,
)  # fmt: skip
from queues.operations import order

SAME_PRESS = timedelta(seconds=3)
"""A second recall within this time is the same press of the button."""


def _legs_of_visit() -> LegQuerySet:
    legs: LegQuerySet = Leg.objects.filter(visit_id=Given("visit", UUIDField()))
    return legs.select_related("visit", "server", "queue")


_LEGS = Prepared[Leg](_legs_of_visit)
_LOCKED = Prepared[UUID](
    lambda: Leg.objects.filter(visit_id=Given("visit", UUIDField()))
    .select_for_update(no_key=True).order_by("id").values_list("pk", flat=True)
)  # fmt: skip
_VISIT = Prepared[Visit](lambda: Visit.objects.filter(pk=Given("visit", UUIDField())))


def _standing() -> QuerySet[Any, Any]:
    """(lane, line, room) of each patient with the server, and of each post signed on at, whose lane is 0."""
    server = Given("server", UUIDField())
    patients = Leg.objects.with_server().filter(server_id=server)
    posts = SignOn.objects.filter(server_id=server, ended_at=None).annotate(lane=Value(0))
    names = ("lane", "queue_id", "room_id")
    both: QuerySet[Any, Any] = patients.values_list(*names).union(posts.values_list(*names), all=True)
    return both


_STANDING = Prepared[tuple[int, UUID, UUID | None]](_standing)


def leg_now(visit: Visit) -> Leg:
    """The visit's open leg, else the one that ended last."""
    legs = _LEGS.rows(visit=visit.pk)
    if not legs:
        raise NotFound()
    return max(legs, key=lambda leg: (leg.state in OPEN, leg.ended_at or leg.entered_at))


def leg_of(visit: Visit, actor: Actor) -> Leg:
    """``leg_now``, locked for the operation.

    NotFound for whoever is limited to departments that the leg's line is not of (R1.2).
    """
    # First the lock, then the rows. PostgreSQL gives a row that it had to wait for together with what it had joined
    # before the wait: a leg that was called meanwhile, and nobody as its server.
    _LOCKED.rows(visit=visit.pk)
    leg = leg_now(visit)
    actor.must_see(leg.queue.department_id)
    return leg


def alone_with(visit: Visit, actor: Actor, *, renumbers: bool = True) -> Leg:
    """``leg_of`` after its line is locked: two who re-order one line follow each other and never block in a ring."""
    line = leg_now(visit).queue_id
    if renumbers:
        order.close(line)
    else:
        order.lock(line)
    leg = leg_of(visit, actor)
    if leg.queue_id != line:
        raise Conflict("row.changed", ref=leg.ref)
    return leg


def wrong_state(leg: Leg, **details: Any) -> NotAllowed:
    """409 ``visit.wrong_state`` with the state in its details (domain/README)."""
    return NotAllowed(
        "visit.wrong_state", token=leg.visit.token, state=leg.state, state_text=leg.get_state_display(), **details
    )


def expect(leg: Leg, *states: str) -> None:
    if leg.state not in states:
        raise wrong_state(leg, expected=list(states))


def may_act_for(server: Doctor | None, actor: Actor) -> None:
    """A doctor acts on the own room; only the desk acts on anybody's."""
    if actor.can("queues.call_for_any") or server is None or actor.doctor_id == server.pk:
        return
    raise Forbidden("doctor.not_yours")


def subjects_of(leg: Leg, *more: Versioned) -> list[Versioned]:
    """What an act on a leg touches: the visit, the leg and the server."""
    return [leg.visit, leg, *([leg.server] if leg.server else []), *more]


@operation("queues.call")
def call_next(server: Doctor, *, resume: bool = False, actor: Actor) -> Leg | None:
    """Call the best of the server's own line and of the pools served; None if nobody waits (R3.7).

    Refuses while the server's lanes are full (R3.8) or the server is away (R3.21) unless ``resume``.
    Who watches the line, the room, the displays and the patient's phone learns of it.
    """
    may_act_for(server, actor)
    actor.must_see(server.department_id)
    _ready(server, resume, actor)
    where = _free(server)
    leg = order.claim(server)
    if leg is None:
        return None
    leg.visit = _VISIT.rows(visit=leg.visit_id)[0]
    return _call(leg, server, where)


@operation("queues.call")
def call(visit: Visit, server: Doctor, *, reason: str, resume: bool = False, actor: Actor) -> Leg:
    """Call a chosen patient out of order; the reason goes into the jump ledger (R3.10, R3.6)."""
    may_act_for(server, actor)
    actor.must_see(server.department_id)
    if not reason.strip():
        raise NotAllowed("visit.reason_needed", token=visit.token)
    leg = leg_of(visit, actor)
    if leg.state == CALLED and leg.server_id == server.pk:
        return leg
    expect(leg, WAITING)
    if not actor.can("queues.call_for_any") and not order.serves(server, leg.queue):
        raise Forbidden("doctor.not_yours")
    _ready(server, resume, actor)
    return _call(leg, server, _free(server), reason=reason.strip(), event="visit.called_out_of_order")


@operation("queues.call")
def recall(visit: Visit, *, actor: Actor) -> Leg:
    """Announce a called patient again: a counter, not a state (R3.11)."""
    leg = leg_of(visit, actor)
    may_act_for(leg.server, actor)
    expect(leg, CALLED)
    now = clock.now()
    if leg.called_at is not None and now - leg.called_at < SAME_PRESS:
        return leg
    change(leg, calls=leg.calls + 1, called_at=now, **_spaced(leg, now))
    record("visit.recalled", *subjects_of(leg))
    return leg


@operation("queues.call")
def start(visit: Visit, *, actor: Actor) -> Leg:
    """The called patient is in the room."""
    leg = leg_of(visit, actor)
    may_act_for(leg.server, actor)
    if leg.state == IN_PROGRESS:
        return leg
    expect(leg, CALLED)
    change(leg, state=IN_PROGRESS, started_at=clock.now())
    record("visit.started", *subjects_of(leg))
    return leg


@operation("queues.call")
def skip(visit: Visit, *, reason: str = "", actor: Actor) -> tuple[Leg, int]:
    """Put a called patient back by ``skip_places``, or to the end if fewer wait (R3.11).

    Returns the leg and the places it really went back: 0 means that nobody else waits. Refuses after ``skip_max``.
    """
    leg = alone_with(visit, actor)
    may_act_for(leg.server, actor)
    if leg.state == WAITING and leg.skips:
        return leg, 0
    expect(leg, CALLED)
    policy = policies()
    if leg.skips >= policy.skip_max:
        raise NotAllowed("visit.skip_limit", token=leg.visit.token, skips=leg.skips)
    server = leg.server
    behind = order.put_behind(leg, policy.skip_places)
    change(leg, state=WAITING, server=None, lane=None, room=None, skips=leg.skips + 1, **behind.order)
    # Their visits' documents show the new order as well, so they are among the subjects.
    shown = [other.visit for other in behind.renumbered]
    touched = [leg.visit, leg, server, behind.counter, *behind.renumbered, *shown]
    record("visit.skipped", *(row for row in touched if row is not None), reason=reason)
    return leg, behind.places


# --- shared by the verbs above and by complete-and-call ----------------------------------------------------------


def _ready(server: Doctor, resume: bool, actor: Actor) -> None:
    if not server.is_paused:
        return
    if not resume:
        raise NotAllowed("doctor.paused", server=server.name, status=server.status)
    set_status_of(server, Doctor.ON_TIME)


@dataclass(frozen=True, slots=True)
class Free:
    """Where a server can take somebody: the lane, and line → room of the posts signed on at."""

    lane: int
    posts: dict[UUID, UUID | None]


def _free(server: Doctor) -> Free:
    """The lowest lane without a patient; 409 ``doctor.busy`` names who is there."""
    standing = _STANDING.rows(server=server.pk)
    taken, posts = {lane for lane, _line, _room in standing}, {line: room for lane, line, room in standing if not lane}
    for lane in range(1, server.parallel_rooms + 1):
        if lane not in taken:
            return Free(lane, posts)
    there = Leg.objects.with_server().filter(server=server).select_related("visit").first()
    if there is None:  # the room was emptied between the two looks
        return Free(1, posts)
    raise NotAllowed(
        "doctor.busy", server=server.name, token=there.visit.token, visit=str(there.visit_id), state=there.state
    )


def _call(leg: Leg, server: Doctor, where: Free, *, reason: str = "", event: str = "visit.called") -> Leg:
    now = clock.now()
    change(
        leg, state=CALLED, server=server, lane=where.lane, room=_room(leg, server, where), calls=leg.calls + 1,
        called_at=now, first_called_at=leg.first_called_at or now, **_spaced(leg, now),
    )  # fmt: skip
    record(event, *subjects_of(leg), reason=reason)
    return leg


def _room(leg: Leg, server: Doctor, where: Free) -> Room | None:
    """Where the patient is called to: the room of the server's post at this line, else the server's own (R3.9)."""
    room = where.posts.get(leg.queue_id)
    return server.room if room is None else Room.objects.get(pk=room)


def _spaced(leg: Leg, now: Any) -> dict[str, Any]:
    """R3.12 counts calls at least ``call_gap`` apart; the first always counts."""
    if leg.spaced_at is not None and now - leg.spaced_at < timedelta(seconds=policies().call_gap):
        return {}
    return {"spaced_calls": leg.spaced_calls + 1, "spaced_at": now}


def has_ended(leg: Leg) -> bool:
    return leg.state in ENDED


def is_with_server(leg: Leg) -> bool:
    return leg.state in WITH_SERVER
