"""The ED log: every arrival of a period with its end, filterable (R4.43)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from clinic.core import clock, sight
from clinic.core.errors import Invalid
from clinic.directory.models import Department
from er_flow import log
from er_flow.log import Asked
from er_flow.models.words import AMBULANCE, ENDS
from er_flow.operations import arrivals, beds, moves
from tests.er_flow.ward import ADULT, Ward, emergency, fresh
from tests.world import World

pytestmark = [pytest.mark.django_db, pytest.mark.rule("4.43")]
NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
TODAY = date(2026, 11, 20)


@pytest.fixture
def ward(world: World) -> Iterator[Ward]:
    with world.harbor.open(), clock.at(NOON):
        yield emergency(world.harbor)


def numbers(ward: Ward, **asked: Any) -> list[int]:
    told = Asked(**{"first": TODAY, "last": TODAY, "departments": [ward.department.pk], **asked})
    return [visit.number for visit in log.entries(told)]


def test_every_end_is_in_the_log_and_can_be_asked_for(ward: Ward) -> None:
    gone = {}
    for end in ENDS:
        gone[end] = ward.gone(end).number
        beds.clean(ward.bed("A1"), actor=ward.nurse)
    here = ward.arrived().number
    assert numbers(ward) == [*gone.values(), here]
    assert {end: numbers(ward, end=end) for end in ENDS} == {end: [number] for end, number in gone.items()}
    assert numbers(ward, end=log.HERE) == [here]
    told = log.ends(log.entries(Asked(TODAY, TODAY)))
    assert told == {**dict.fromkeys(ENDS, 1), log.HERE: 1}


def test_level_mode_and_section(ward: Ward) -> None:
    two, none = ward.triaged(2, arrival_mode=AMBULANCE), ward.arrived(section=ward.sections["Fast track"])
    lay = ward.bedded("F1", 4)
    assert numbers(ward, level=2) == numbers(ward, mode=AMBULANCE) == [two.number]
    assert numbers(ward, level=0) == [none.number]
    fast = ward.sections["Fast track"].pk
    assert numbers(ward, section=fast) == [none.number, lay.number], "put down for it, or had a bed there"
    assert numbers(ward, section=fast, level=4) == [lay.number]


def test_the_period_is_by_service_days_and_later_entries_stand_at_their_arrival(ward: Ward) -> None:
    """Paris is an hour ahead, and the service day begins at four."""
    with clock.at(NOON + timedelta(hours=14, minutes=55)):  # 03:55 in Paris
        night = ward.arrived().number
    with clock.at(NOON + timedelta(hours=15, minutes=5)):
        morning = ward.arrived().number
        who = arrivals.Arriving("Cough", age=ADULT, arrived_at=NOON)
        later = arrivals.arrive(ward.department, who, entered_later=True, actor=ward.nurse)
    tomorrow = TODAY + timedelta(days=1)
    assert numbers(ward) == [later.number, night]
    assert numbers(ward, first=tomorrow, last=tomorrow) == [morning]
    assert numbers(ward, last=tomorrow) == [later.number, night, morning]
    assert fresh(later).entered_later


def test_what_makes_no_sense_is_refused(ward: Ward) -> None:
    for asked in (
        {"last": TODAY - timedelta(days=1)}, {"first": TODAY - timedelta(days=log.LONGEST)}, {"end": "vanished"},
        {"mode": "on_foot"}, {"level": 6},
    ):  # fmt: skip
        with pytest.raises(Invalid):
            numbers(ward, **asked)


@pytest.mark.rule("1.2")
def test_somebody_limited_to_departments_reads_their_log_only(ward: Ward, world: World) -> None:
    mine = ward.gone("discharged")
    other = Department.objects.create(name="Second", prefix="S", sort=Department.EMERGENCY)
    who = arrivals.Arriving("Cough", age=ADULT)
    theirs = moves.see(arrivals.arrive(other, who, actor=ward.nurse), actor=ward.medic)
    limited = replace(ward.nurse, departments=frozenset({other.pk}))
    assert len(log.entries(Asked(TODAY, TODAY))) == 2
    with sight.of(limited):
        assert [visit.pk for visit in log.entries(Asked(TODAY, TODAY))] == [theirs.pk]
        assert not log.entries(Asked(TODAY, TODAY, [mine.department_id]))
    with world.hilltop.open():
        assert not log.entries(Asked(TODAY, TODAY))
