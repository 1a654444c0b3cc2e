"""Operations of the lines bring every region to what a reload would show, in a room with a day behind it.

That no operation is left out is held by tests/house/test_every_operation.py, one example each.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.utils import timezone

from clinic.core.access import PATIENT, SYSTEM, Actor
from clinic.directory import operations as directory
from clinic.directory.models import Doctor
from clinic.live import render
from clinic.live.record import done
from clinic.records import operations as records
from queues.models import Display, Visit
from queues.operations import calls, displays, ends, intake, lines, undo, walk_in
from tests.live.helpers import assert_live
from tests.queues.helpers import called, everywhere, missed, pair, set_policy
from tests.world import House, World

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def no_old_rows() -> None:
    render.forget()


# --- every operation: live equals reload ---------------------------------------------------------------------------

Case = Callable[[House, list[Visit]], Callable[[], Any]]


def _start(house: House, visits: list[Visit]) -> Callable[[], Any]:
    leg = called(house)
    return lambda: calls.start(leg.visit, actor=house.medic)


def _recall(house: House, visits: list[Visit]) -> Callable[[], Any]:
    with time_machine.travel(timezone.now() - timedelta(seconds=30), tick=False):
        leg = called(house)
    return lambda: calls.recall(leg.visit, actor=house.medic)


def _skip(house: House, visits: list[Visit]) -> Callable[[], Any]:
    leg = called(house)
    return lambda: calls.skip(leg.visit, actor=house.medic)


def _complete(house: House, visits: list[Visit]) -> Callable[[], Any]:
    leg = called(house)
    calls.start(leg.visit, actor=house.medic)
    return lambda: ends.complete(leg.visit, actor=house.medic)


def _complete_and_call(house: House, visits: list[Visit]) -> Callable[[], Any]:
    leg = called(house)
    return lambda: ends.complete_and_call(leg.visit, actor=house.medic)


def _no_show(house: House, visits: list[Visit]) -> Callable[[], Any]:
    leg = missed(house)
    return lambda: ends.no_show(leg.visit, actor=house.medic)


def _undo(house: House, visits: list[Visit]) -> Callable[[], Any]:
    called(house)
    seq = done().seq
    assert seq is not None
    return lambda: undo.undo(seq, actor=house.medic)


def _revoke(house: House, visits: list[Visit]) -> Callable[[], Any]:
    display = Display.objects.get()
    return lambda: displays.revoke(display, actor=house.desk)


def _own_line(house: House, visits: list[Visit]) -> Callable[[], Any]:
    directory.change_doctor(house.doctor, name="Dr. Leïla Benali-Roux", actor=house.actor("owner"))
    return lambda: lines.ensure_own_line(house.doctor, actor=SYSTEM)


def _phone(visit: Visit) -> Actor:
    return Actor(kind="patient", id=visit.ref, name="", abilities=PATIENT)


CASES: dict[str, Case] = {
    "calls.call_next": lambda h, v: lambda: called(h),
    "calls.call": lambda h, v: lambda: calls.call(v[2], h.doctor, reason="in pain", actor=h.desk),
    "calls.recall": _recall,
    "calls.start": _start,
    "calls.skip": _skip,
    "ends.complete": _complete,
    "ends.complete_and_call": _complete_and_call,
    "ends.no_show": _no_show,
    "ends.leave": lambda h, v: lambda: ends.leave(v[1], actor=h.desk),
    "ends.leave_by_link": lambda h, v: lambda: ends.leave_by_link(v[1], actor=_phone(v[1])),
    "ends.cancel": lambda h, v: lambda: ends.cancel(v[1], reason="twice", actor=h.desk),
    "intake.arrive": lambda h, v: lambda: intake.arrive(h.own, h.patient("Ngozi"), klass="urgent", actor=h.desk),
    "walk_in.take_in": lambda h, v: lambda: walk_in.take_in(h.pool, {"family_name": "Nova"}, actor=h.desk),
    "lines.ensure_own_line": _own_line,
    "lines.set_open": lambda h, v: lambda: lines.set_open(h.own, False, actor=h.desk),
    "displays.change_display": lambda h, v: (
        lambda: displays.change_display(
            Display.objects.get(), queues=[h.own], languages=["ar"], sound=False, actor=h.desk
        )
    ),
    "displays.revoke": _revoke,
    "undo.undo": _undo,
}


@pytest.mark.parametrize("name", sorted(CASES))
def test_live_equals_reload(world: World, name: str) -> None:
    house = world.harbor
    visits = [*house.waiting(4), *house.waiting(2, house.pool)]
    with house.open():
        pair(house, languages=["en", "es"], names="initials")
        act = CASES[name](house, visits)
        assert_live(act, *everywhere(house, *visits))


@pytest.mark.parametrize("field", ["patient", "doctor", "room", "status", "policy"])
def test_changes_of_lower_rooms_reach_every_screen(world: World, field: str) -> None:
    house = world.harbor
    visits = house.waiting(3)
    owner = house.actor("owner")
    acts: dict[str, Callable[[], Any]] = {
        "patient": lambda: records.correct(house.people[1], family_name="Renamed", actor=house.desk),
        "doctor": lambda: directory.change_doctor(house.doctor, name="Dr. New", actor=owner),
        "room": lambda: directory.change_room(house.room, name="Room 9", actor=owner),
        "status": lambda: directory.set_status(house.doctor, Doctor.ON_BREAK, actor=house.medic),
        "policy": lambda: set_policy(owner, skip_places=5),
    }
    with house.open():
        pair(house)
        called(house)
        assert_live(acts[field], *everywhere(house, *visits))
