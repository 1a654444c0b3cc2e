"""A section that is not in use: nobody is put there, and no bed of it is in use (R4.31)."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest

from clinic.core.errors import DomainError
from er_flow.models import Bed, Section
from er_flow.operations import places, team
from tests.er_flow.ward import Ward, emergency, fresh
from tests.queues.crowd import at_once, codes
from tests.world import World


def code(act: Callable[[], Any]) -> str:
    with pytest.raises(DomainError) as refused:
        act()
    return refused.value.code


def empty(ward: Ward, name: str) -> Section:
    """The section, without its beds and out of use."""
    owner, section = ward.by("owner"), ward.sections[name]
    for bed in Bed.objects.filter(section=section):
        places.change_bed(bed, is_active=False, actor=owner)
    return places.change_section(section, is_active=False, actor=owner)


@pytest.mark.django_db
def test_nobody_is_put_into_a_section_that_is_not_in_use(world: World) -> None:
    with world.harbor.open():
        ward = emergency(world.harbor)
        unused, visit = empty(ward, "Resus"), ward.arrived()
        assert code(lambda: team.change_details(visit, section=unused, actor=ward.nurse)) == "access.not_here"
        assert fresh(visit).section_id is None


@pytest.mark.django_db
def test_whoever_is_there_already_may_stay(world: World) -> None:
    with world.harbor.open():
        ward = emergency(world.harbor)
        visit = ward.arrived()
        team.change_details(visit, section=ward.sections["Resus"], actor=ward.nurse)
        unused = empty(ward, "Resus")
        team.change_details(visit, section=unused, complaint="Burns", actor=ward.nurse)
        assert (fresh(visit).section_id, fresh(visit).complaint) == (unused.pk, "Burns")


@pytest.mark.django_db
def test_a_bed_comes_back_into_use_with_its_section_only(world: World) -> None:
    with world.harbor.open():
        ward = emergency(world.harbor)
        owner, unused = ward.by("owner"), empty(ward, "Resus")
        bed = Bed.objects.get(section=unused)
        assert code(lambda: places.change_bed(bed, is_active=True, actor=owner)) == "er_section.not_in_use"
        places.change_bed(bed, name="R9", actor=owner)
        assert (ward.bed("R1").name, ward.bed("R1").is_active) == ("R9", False)
        acute = ward.sections["Acute"]
        assert places.change_bed(bed, is_active=True, section=acute, actor=owner).section_id == acute.pk
        places.change_section(unused, is_active=True, actor=owner)
        assert code(lambda: places.change_section(acute, is_active=False, actor=owner)) == "er_section.has_beds"


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("way", ["new", "moved", "back"])
def test_a_section_goes_out_of_use_or_gets_a_bed_but_not_both(world: World, way: str) -> None:
    house = world.harbor
    with house.open():
        ward = emergency(house)
        owner, section = ward.by("owner"), ward.sections["Resus"]
        bed = places.change_bed(ward.beds["R1"], is_active=False, actor=owner)
    ready = threading.Barrier(2)

    def met(act: Callable[[], Any]) -> Callable[[], Any]:
        def run() -> Any:
            ready.wait(30)
            return act()

        return run

    ways: dict[str, Callable[[], Any]] = {
        "new": lambda: places.add_bed(section, name="R7", actor=owner),
        "moved": lambda: places.change_bed(ward.beds["A1"], section=section, actor=owner),
        "back": lambda: places.change_bed(bed, is_active=True, actor=owner),
    }
    for _round in range(6):
        answers = at_once(house, [
            met(lambda: places.change_section(Section.objects.get(pk=section.pk), is_active=False, actor=owner)),
            met(ways[way]),
        ])  # fmt: skip
        assert len(codes(answers)) <= 1
        with house.open():
            in_use = Bed.objects.filter(section=section, is_active=True)
            assert Section.objects.get(pk=section.pk).is_active or not in_use.exists()
            places.change_section(Section.objects.get(pk=section.pk), is_active=True, actor=owner)
            for one in in_use:
                places.change_bed(one, is_active=False, name=f"X{_round}", actor=owner)
            places.change_bed(ward.bed("A1"), section=ward.sections["Acute"], is_active=True, actor=owner)
