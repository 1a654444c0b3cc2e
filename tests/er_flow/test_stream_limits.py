"""What the JSON stream tells members who are limited to other departments: nothing (R1.2)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from clinic.core.access import Actor
from clinic.directory import operations as directory
from clinic.directory.models import Department
from clinic.live import feed, render
from er_flow.operations import beds, places
from tests.api.samples import er_made as made
from tests.world import House, World

pytestmark = [pytest.mark.django_db, pytest.mark.rule("1.2")]


@pytest.fixture
def house(world: World) -> House:
    made.department(world.harbor)
    return world.harbor


def test_another_departments_visits_are_not_there(house: House) -> None:
    """For a member limited to one of two emergency departments (R1.2)."""
    here = made.arrived(house)
    with house.open():
        other = Department.objects.create(name="Children", prefix="K", sort=Department.EMERGENCY)
        limited = reader_of(house, other)
        subs = list(feed.subscriptions(["er"], limited).values())
        told = feed.snapshot(house.hospital.pk, subs, limited.abilities, limited.departments).body["snapshot"]
        assert here.ref not in told


def reader_of(house: House, department: Department) -> Actor:
    whole = house.actor("nurse")
    return Actor(
        kind="member", id=whole.id, name=whole.name, abilities=whole.abilities, user_id=whole.user_id,
        departments=frozenset({department.pk}),
    )  # fmt: skip


def test_nothing_is_told_of_another_departments_beds(house: House) -> None:
    """A bed names no department itself: neither its id nor that something happened may go to readers of others."""
    place, kept, visit = made.bed(house), made.bed(house), made.triaged(house)
    with house.open():
        other = Department.objects.create(name="Children", prefix="K", sort=Department.EMERGENCY)
        owner, charge, nurse = house.actor("owner"), house.actor("charge_nurse"), house.actor("nurse")
        reader, insider = reader_of(house, other), reader_of(house, made.department(house))

        def told(who: Actor, since: int) -> list[tuple[str, str]]:
            subs = list(feed.subscriptions(["er"], who).values())
            batch = feed.missed(house.hospital.pk, subs, who.abilities, since, who.departments)
            return [(message.body["ref"], message.body["op"]) for message in batch.messages]

        began = render.head_of(house.hospital.pk)
        acts: list[Callable[[], Any]] = [
            lambda: beds.block(place, reason="Broken", actor=charge),
            lambda: beds.unblock(place, actor=charge),
            lambda: beds.reserve(kept, visit, actor=nurse),
            lambda: beds.release(kept, actor=nurse),
            lambda: beds.assign(visit, place, actor=nurse),
            lambda: beds.leave_bed(visit, actor=nurse),
            lambda: beds.clean(place, actor=nurse),
            lambda: places.change_bed(place, name="Q1", actor=owner),
            lambda: places.change_bed(place, section=second_section(house), actor=owner),
            lambda: places.add_bed(made.section(house), name="Q2", sort="ed", actor=owner),
        ]
        for act in acts:
            act()
            assert told(reader, began) == []
        assert len(told(insider, began)) >= len(acts)


def test_who_leaves_ones_own_department_is_told_as_gone(house: House) -> None:
    with house.open():
        here, other = house.doctor.department, made.department(house)
        subs = {}
        for department in (here, other):
            who = reader_of(house, department)
            subs[department.pk] = (list(feed.subscriptions([department.ref], who).values()), who)
        began = render.head_of(house.hospital.pk)
        directory.change_doctor(house.doctor, department=other, actor=house.actor("owner"))
        told = {}
        for pk, (named, who) in subs.items():
            batch = feed.missed(house.hospital.pk, named, who.abilities, began, who.departments)
            told[pk] = [(one.body["ref"], one.body["op"]) for one in batch.messages if one.body["type"] == "doctor"]
    assert told == {here.pk: [(house.doctor.ref, "delete")], other.pk: [(house.doctor.ref, "update")]}


def second_section(house: House) -> Any:
    return places.add_section(made.department(house), name="Second", actor=house.actor("owner"))
