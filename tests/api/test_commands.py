"""Commands of the stream: the operations of the REST routes, with the same checks."""

from __future__ import annotations

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
from tests.api.samples import called, calls_of
from tests.world import House, World

pytestmark = pytest.mark.django_db


def args_of(name: str, house: House) -> dict[str, Any]:
    """Arguments that work."""
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
        if own[key] != theirs[key]:
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
