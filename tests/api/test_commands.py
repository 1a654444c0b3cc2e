"""Commands of the stream: the operations of the REST routes, with the same checks."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from clinic.core.errors import DomainError, Forbidden, Invalid, NotFound
from clinic.live import registry
from clinic.live.models import Event
from clinic.live.record import done
from queues.commands import COMMANDS
from queues.models import Visit
from queues.operations import posts
from tests.api.samples import appointments as booking
from tests.api.samples import asked, called, calls_of, expected, gone, held
from tests.world import House, World

pytestmark = pytest.mark.django_db


def asking(house: House) -> Visit:
    """Somebody who left, and asks on the phone to come back."""
    visit = gone(house)
    with house.open():
        Visit.objects.filter(pk=visit.pk).update(rejoin_asked_at=timezone.now())
    return visit


def right(house: House) -> dict[str, Any]:
    return {"patient": str(house.patient("Right", "Person").pk), "reason": "The wrong row"}


ASIDE: dict[str, Callable[[House], tuple[Visit, dict[str, Any]]]] = {
    "visit.hold": lambda house: (house.waiting(1)[0], {"reason": "AWAY", "minutes": 20}),
    "visit.resume": lambda house: (held(house), {}),
    "visit.delay": lambda house: (house.waiting(2)[0], {"places": 1, "reason": "Waits for her son"}),
    "visit.rejoin": lambda house: (gone(house), {}),
    "visit.decline_rejoin": lambda house: (asking(house), {}),
    "visit.correct_patient": lambda house: (house.waiting(1)[0], right(house)),
    "visit.close_day": lambda house: (house.waiting(1)[0], {"choice": "carry"}),
    "visit.arrive_expected": lambda house: (expected(house), {}),
    "visit.still_there": lambda house: (asked(house), {}),
    "visit.reassign": lambda house: (house.waiting(1)[0], {"queue": str(house.pool.pk), "reason": "Any doctor"}),
    "visit.send_on": lambda house: (called(house), {"department": str(house.department.pk), "note": "Blood"}),
    "visit.set_class": lambda house: (house.waiting(1)[0], {"class": "URGENT", "reason": "Fainted"}),
}
"""Command → its visit, and its other arguments."""


def posted(house: House) -> dict[str, Any]:
    """The line the desk calls from already."""
    with house.open():
        return {"queue": str(posts.sign_on(house.pool, actor=house.desk).queue_id)}


TIMES = {"starts_at", "date", "first_day", "last_day"}
"""Arguments that are no ids: the two hospitals are in two zones."""
AT_LINES: dict[str, Callable[[House], dict[str, Any]]] = {
    "queue.sign_on": lambda house: {"queue": str(house.own.pk), "room": str(house.room.pk)},
    "queue.sign_off": posted,
}
"""Command about no visit → its arguments."""


def of_request(make: Callable[[House], Any]) -> Callable[[House], dict[str, Any]]:
    """The body of a route's sample as a command's arguments."""
    return lambda house: dict(make(house).body)


def its(name: str, make: Callable[[House], Any], **more: Any) -> Callable[[House], dict[str, Any]]:
    return lambda house: {name: str(make(house).pk), **more}


def addressed(name: str, make: Callable[[House], Any]) -> Callable[[House], dict[str, Any]]:
    """What a sample's address names, and its body."""

    def args(house: House) -> dict[str, Any]:
        request = make(house)
        return {**(request.body or {}), name: request.path.split("/")[1]}

    return args


OF_APPOINTMENTS: dict[str, Callable[[House], dict[str, Any]]] = {
    "appointment.hold": of_request(booking.hold),
    "appointment.release": addressed("appointment", booking.release),
    "appointment.book": of_request(booking.book),
    "appointment.accept": its("appointment", booking.requested),
    "appointment.reject": its("appointment", booking.requested, reason="Not mine"),
    "appointment.cancel": its("appointment", booking.coming, reason="Recovered"),
    "appointment.reschedule": addressed("appointment", booking.reschedule),
    "appointment.check_in": its("appointment", booking.today),
    "appointment.no_show": lambda house: {"appointment": str(booking.today(house, -20).pk)},
    "waitlist.enter": of_request(booking.enter),
    "waitlist.offer": addressed("entry", booking.offer_place),
    "waitlist.take": its("entry", booking.offer),
    "waitlist.decline": its("entry", booking.offer),
    "waitlist.withdraw": its("entry", booking.entry),
    "series.make": of_request(booking.make),
    "series.move": addressed("series", booking.move),
    "series.cancel": its("series", booking.weekly, reason="Recovered"),
}
"""Command of the book → its arguments."""
AT_LINES.update(OF_APPOINTMENTS)


def args_of(name: str, house: House) -> dict[str, Any]:
    """Arguments that work."""
    if name in ASIDE:
        visit, rest = ASIDE[name](house)
        return {"visit": str(visit.pk), **rest}
    if name in AT_LINES:
        return AT_LINES[name](house)
    doctor, visit = {"doctor": str(house.doctor.pk)}, Visit()
    if name not in ("visit.arrive", "visit.call_next", "visit.call", "doctor.set_status"):
        visit = house.waiting(1)[0] if name == "visit.leave" else called(house)
    match name:
        case "visit.arrive":
            return {"patient": str(house.patient().pk), **doctor}
        case "visit.call_next":
            house.waiting(1)
            return doctor
        case "visit.call":
            return {"visit": str(house.waiting(1)[0].pk), "reason": "In pain", **doctor}
        case "visit.cancel":
            return {"visit": str(visit.pk), "reason": "Twice"}
        case "doctor.set_status":
            return {"status": "RUNNING_LATE", "late_minutes": 15, **doctor}
        case "visit.no_show":
            leg = calls_of(visit)
            with house.open():
                first = timezone.now() - timedelta(minutes=5)
                type(leg).objects.filter(pk=leg.pk).update(spaced_calls=2, first_called_at=first)
    return {"visit": str(visit.pk)}


def run(name: str, house: House, role: str = "receptionist", **args: Any) -> None:
    with house.open():
        registry.commands()[name](actor=house.actor(role), **args)


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_does_its_operation(world: World, name: str) -> None:
    args = args_of(name, world.harbor)
    before = done()
    run(name, world.harbor, **args)
    if name != "visit.recall":  # at once after the call it is the same press of the button
        assert done() is not before
        assert done().seq


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_refuses_the_other_hospitals_ids_and_unknown_arguments(world: World, name: str) -> None:
    house = world.harbor
    own, theirs = args_of(name, house), args_of(name, world.hilltop)
    with house.open():
        before = Event.objects.count()
    for key in own:
        if own[key] != theirs[key] and key not in TIMES:
            with pytest.raises(NotFound):
                run(name, house, **{**own, key: theirs[key]})
    for wrong in ({**own, "hospital": "x"}, {}, {**own, next(iter(own)): 7}):
        with pytest.raises(Invalid):
            run(name, house, **wrong)
    with house.open():
        assert Event.objects.count() == before


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_asks_for_its_ability(world: World, name: str) -> None:
    args = args_of(name, world.harbor)
    with pytest.raises((Forbidden, DomainError)) as refused:
        run(name, world.harbor, "biller", **args)
    assert refused.value.status == 403
