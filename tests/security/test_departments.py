"""R1.2: what belongs to another department is not there, at every door, and nothing happens to it."""

from __future__ import annotations

import re
from typing import Any
from uuid import UUID

import pytest
from django.db.models import Model

from clinic.core import sight
from clinic.core.access import MATRIX, PLATFORM, Actor
from clinic.core.errors import NotFound
from clinic.core.tenancy import TenantModel
from clinic.live import registry
from clinic.live.doors import Guest
from clinic.live.stream import run_command
from queues.commands import COMMANDS
from tests.api.client import api
from tests.api.routes import Route, routes
from tests.api.samples import SAMPLES
from tests.api.samples import UUID as IDS
from tests.api.test_commands import args_of
from tests.elsewhere import second_department
from tests.house import calls as _calls  # noqa: F401  registers the examples
from tests.house.addresses import address
from tests.house.entrances import Entrance, entrances
from tests.house.examples import EXAMPLES, Call
from tests.house.test_every_route import Caller
from tests.ledger import stored
from tests.world import House, World

pytestmark = [pytest.mark.django_db, pytest.mark.rule("1.2")]
LIMITED = ("receptionist", "charge_nurse", "nurse")
"""Roles that can be limited and work at lines; the doctor of the world is of the first department."""
ONE_BY_ONE = {"day_close"}
"""Routes that answer for each row they name by itself."""
SHOWN = {"queue", "doctor", "visit", "department", "display", "room", "leg", "absence"}


def hidden(text: str, limits: frozenset[UUID]) -> bool:
    """Whether a text names a row that somebody limited to these departments may not see."""
    ids = IDS.findall(text)
    for model in registry.kinds().values():
        if sight.is_placed(model) and issubclass(model, TenantModel):
            named = model._default_manager.filter(pk__in=ids)
            if named.count() > sight.within(named, limits).count():
                return True
    return False


def allowed(ability: str | None, but: frozenset[str] = frozenset()) -> list[str]:
    if ability is None or ability in PLATFORM or ability not in MATRIX:
        return []
    return [role for role in LIMITED if role in MATRIX[ability] - but]


def test_the_rows_that_belong_to_departments_are_known() -> None:
    assert {kind for kind, model in registry.kinds().items() if sight.is_placed(model)} >= SHOWN


@pytest.mark.parametrize("route", routes(), ids=lambda route: route.name)
def test_every_api_route_that_names_something_of_another_department_answers_404(world: World, route: Route) -> None:
    house, sample = world.harbor, SAMPLES[route.name]
    skin = second_department(house)
    skin.limit(*LIMITED)
    for role in allowed(route.ability, sample.forbidden):
        request = sample.make(house)
        with house.open():
            if not hidden(request.text, skin.limits):
                return
        before = stored()
        answer = api(house, role).send(request.method, request.path, request.body)
        if route.name in ONE_BY_ONE:
            assert "ACCESS_NOT_HERE" in answer.content.decode()
        else:
            assert (answer.status, role) == (404, role), answer.content
        assert stored() == before


PAGES = [each for each in entrances() if each.kind == "page" and each.takes and not each.public]


@pytest.mark.parametrize("entrance", PAGES, ids=str)
def test_every_page_that_names_something_of_another_department_answers_404(world: World, entrance: Entrance) -> None:
    house = world.harbor
    skin = second_department(house)
    skin.limit(*LIMITED)
    for role in allowed(entrance.ability):
        path = address(entrance, house)
        with house.open():
            if not hidden(path, skin.limits) and entrance.prefix != "undo/":
                return
        before = stored()
        answer = Caller(house, role).ask(entrance, path)
        assert (answer.status_code, role) == (404, role), answer.headers
        assert stored() == before


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_that_names_something_of_another_department_finds_nothing(world: World, name: str) -> None:
    house = world.harbor
    skin, args = second_department(house), args_of(name, house)
    before = stored()
    for role in LIMITED:
        told = run_command(Guest(house.hospital.pk, skin.actor(role)), name, args)
        assert told["error"]["code"] == "ACCESS_NOT_HERE", told
    assert stored() == before


def _rows_of(call: Call) -> list[Model]:
    given = [*call.args, *call.kwargs.values()]
    flat = [one for value in given for one in (value if isinstance(value, list | tuple) else [value])]
    return [one for one in flat if isinstance(one, Model) and sight.is_placed(type(one))]


def _somebody(ability: str, house: House) -> Actor | None:
    roles = allowed(ability)
    return second_department(house).actor(roles[0]) if roles else None


OWN = {
    "queues.operations.close.lapse": "the clock's: at the hour of the policy",
    "queues.operations.posts.sign_off_all": "a reaction's: whoever goes off duty leaves every post, of any department",
}
"""Operations that no member calls by any door."""


@pytest.mark.parametrize("name", sorted(EXAMPLES))
def test_every_operation_refuses_what_is_of_another_department(world: World, name: str) -> None:
    """The operation itself refuses, so that a door which forgot to look changes nothing."""
    example, house = EXAMPLES[name], world.harbor
    if example.platform or name in OWN:
        return
    with house.open():
        actor = _somebody(example.ability, house)
        call = example.arrange(house)
        if actor is None or not _rows_of(call):
            return
        before = stored()
        with pytest.raises(NotFound):
            example.operation(*call.args, actor=actor, **call.kwargs)
        assert stored() == before


def test_lists_leave_out_what_is_of_another_department(world: World) -> None:
    house = world.harbor
    skin = second_department(house)
    skin.limit("receptionist")
    theirs, own = house.waiting(1)[0], skin.waiting()
    caller = api(house, "receptionist")
    for path, kind in (("departments", "departments"), ("doctors", "doctors"), ("rooms", "rooms"), ("queues", "lines")):
        found = {row["id"] for row in caller.get(path).json["results"]}
        assert found, kind
        with house.open():
            assert not found & {str(house.department.pk), str(house.doctor.pk), str(house.room.pk), str(house.own.pk)}
    assert {row["id"] for row in caller.get("visits").json["results"]} == {str(own.pk)}
    lines = caller.get("receptionists/queue").json["lines"]
    assert {line["queue"]["id"] for line in lines} == {str(skin.own.pk), str(skin.pool.pk)}
    assert str(theirs.pk) not in caller.get("receptionists/queue").content.decode()
    assert caller.get("receptionists/stats").json["waiting"] == 1
    assert api(house, "manager").get("receptionists/stats").json["waiting"] == 2


def test_bytes_kept_for_others_are_not_handed_on(world: World) -> None:
    house = world.harbor
    second_department(house).limit("receptionist")
    assert api(house, "manager").get(f"queues/{house.own.pk}").status == 200
    assert api(house, "receptionist").get(f"queues/{house.own.pk}").status == 404


def test_the_desk_of_a_limited_member_shows_their_lines_only(world: World) -> None:
    house = world.harbor
    skin = second_department(house)
    skin.limit("receptionist")
    theirs, own = house.waiting(2), skin.waiting()
    page = Caller(house, "receptionist").client.get("/h/harbor/reception/").content.decode()
    assert own.token in page
    assert all(visit.token not in page for visit in theirs)
    assert str(house.own.pk) not in page
    assert house.doctor.name not in page


def test_a_patients_visits_of_other_departments_are_left_out(world: World) -> None:
    house = world.harbor
    skin = second_department(house)
    skin.limit("receptionist")
    theirs = house.waiting(1)[0]
    path = f"/h/harbor/patients/{theirs.patient_id}/"
    assert theirs.token in Caller(house, "manager").client.get(path).content.decode()
    page = Caller(house, "receptionist").client.get(path).content.decode()
    assert not re.search(rf"\b{theirs.token}\b", page)


def test_a_doctor_always_sees_the_own_department(world: World) -> None:
    house = world.harbor
    second_department(house).limit("doctor")
    visit = house.waiting(1)[0]
    page = Caller(house, "doctor").client.get("/h/harbor/doctor/")
    assert visit.token in page.content.decode()
    assert api(house, "doctor").get(f"queue/doctor/{house.doctor.pk}").status == 200


def test_keys_and_unlimited_members_see_everything(world: World) -> None:
    house = world.harbor
    second_department(house)
    visit: Any = house.waiting(1)[0]
    assert api(house, "receptionist").get(f"visits/{visit.pk}").status == 200
    assert len(api(house, "manager").get("departments").json["results"]) == 2
