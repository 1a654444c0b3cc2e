"""The best bed for a patient, and for whom a freed one is (R4.33)."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from er_flow import best
from er_flow.best import Place, Wish

pytestmark = pytest.mark.rule("4.33")
NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
SECTIONS = {"resus": 0, "acute": 1, "fast": 2}


def key(number: int) -> UUID:
    return UUID(int=number)


def place(number: int, section: str, *features: str, sort: str = "ed") -> Place:
    where = SECTIONS[section]
    return Place(key(number), f"B{number}", sort, frozenset(features), key(100 + where), section, where, number)


R1 = place(1, "resus", "cardiac_monitor", "ventilator", "trauma_bay")
A1, A2, A3 = place(2, "acute"), place(3, "acute", "cardiac_monitor"), place(4, "acute", "negative_pressure")
F1, HALL = place(5, "fast"), place(6, "fast", sort="hallway")
ALL = [HALL, F1, A3, A2, A1, R1]


def wish(number: int, level: int | None = 3, *needs: str, came: int = 0, near: int | None = 1, **more: object) -> Wish:
    at = NOON + timedelta(minutes=came)
    return Wish(key(number), level, at, frozenset(needs), near=near, **more)  # type: ignore[arg-type]


def names(wanted: Wish, free: list[Place] = ALL) -> list[str]:
    return [fit.place.name for fit in best.ranked(wanted, free, ALL)]


def test_the_nearest_section_first_then_what_is_scarce_is_kept_free_and_the_hallway_last() -> None:
    assert names(wish(1)) == ["B2", "B3", "B4", "B5", "B1", "B6"]
    assert names(wish(1, near=2)) == ["B5", "B2", "B3", "B4", "B1", "B6"]
    assert names(wish(1, 5, near=2))[:2] == ["B5", "B6"]


def test_every_feature_that_is_needed_and_type_and_section_where_asked() -> None:
    assert names(wish(1, 3, "cardiac_monitor")) == ["B3", "B1"]
    assert names(wish(1, 3, "cardiac_monitor", "negative_pressure")) == []
    assert names(wish(1, 3, sort="hallway")) == ["B6"]
    assert names(wish(1, 3, section=key(102))) == ["B5", "B6"]
    assert best.needs(["secure"], "airborne", True) == {"secure", "negative_pressure", "ventilator"}
    assert best.needs([], "droplet", False) == frozenset()


def test_it_says_why() -> None:
    (fit,) = best.ranked(wish(1, 3, "cardiac_monitor"), [R1], ALL)
    assert (fit.has, fit.spare, fit.away, fit.makeshift) == (
        ("cardiac_monitor",), ("trauma_bay", "ventilator"), 1, False,
    )  # fmt: skip


def test_a_freed_bed_is_offered_to_the_most_urgent_who_fits() -> None:
    waiting = [
        wish(1, 3, came=0), wish(2, 2, "cardiac_monitor", came=9), wish(3, None, came=5), wish(4, 3, came=-5),
        wish(5, 1, "negative_pressure", came=20),
    ]  # fmt: skip
    assert best.offers([A2], waiting, ALL) == {A2.id: key(2)}
    assert best.offers([A1], waiting, ALL) == {A1.id: key(3)}  # nobody knows how ill the third is
    assert best.offers([A1, A2, A3, F1], waiting, ALL) == {
        A3.id: key(5), A2.id: key(2), A1.id: key(3), F1.id: key(4),
    }  # fmt: skip
    assert best.offers([HALL], waiting, ALL) == {}
    assert best.offers([HALL], [wish(9, 4)], ALL) == {HALL.id: key(9)}
    assert best.offers([R1, A3], [wish(9, 4)], ALL) == {}, "what the next one may need is kept free"
    assert best.offers([R1, A3, F1], [wish(9, 5)], ALL) == {F1.id: key(9)}
    assert best.offers([A3], [wish(9, 4, "negative_pressure")], ALL) == {A3.id: key(9)}
    assert best.offers([A1, A2, A3, F1], waiting, ALL, most=1) == {A3.id: key(5)}, "whoever comes next, and no more"
    assert best.offers([], waiting, ALL) == best.offers([A1], [], ALL) == {}


# --- somebody who is in no section yet -------------------------------------------------------------------------------

PED = place(7, "fast", "pediatric", sort="peds")
EVERYWHERE = [*ALL, PED]


@pytest.mark.parametrize(
    ("level", "first", "last"),
    [
        (1, "B1", "B6"),  # the trauma bay
        (2, "B3", "B6"),  # a monitor, and the trauma bay kept free while there is another
        (3, "B2", "B6"), (None, "B2", "B6"),  # two monitors in seven beds are scarce
        (4, "B2", "B1"), (5, "B2", "B1"),  # a bed with nothing; never the trauma bay before another
    ],
)  # fmt: skip
def test_nobody_is_near_the_first_section_only_because_they_are_in_none(
    level: int | None, first: str, last: str
) -> None:
    ranked = [fit.place.name for fit in best.ranked(wish(1, level, near=None), EVERYWHERE, EVERYWHERE)]
    assert (ranked[0], ranked[-1]) == (first, last)


def test_where_every_third_bed_has_a_monitor_level_3_comes_to_one_and_4_does_not() -> None:
    free = [A1, A2, R1]
    for level, first in ((3, "B3"), (None, "B3"), (4, "B2")):
        assert best.ranked(wish(1, level, near=None), free, free)[0].place.name == first


def test_a_child_is_offered_a_bed_for_children_and_a_very_sick_one_a_monitor() -> None:
    assert best.offers(EVERYWHERE, [wish(1, 3, near=None, is_child=True)], EVERYWHERE) == {PED.id: key(1)}
    assert best.offers(EVERYWHERE, [wish(1, 2, near=None, is_child=True)], EVERYWHERE) == {A2.id: key(1)}
    assert best.offers([A1, PED], [wish(1, 3, near=None)], EVERYWHERE) == {A1.id: key(1)}, "an adult elsewhere first"


def test_a_bed_comes_before_a_place_in_the_hallway_also_for_those_who_could_lie_there() -> None:
    hall = replace(HALL, order=0)
    assert [fit.place.sort for fit in best.ranked(wish(1, 4, near=None), [hall, A1], EVERYWHERE)] == ["ed", "hallway"]


def test_where_no_section_is_known_none_is_called_the_nearest() -> None:
    (fit,) = best.ranked(wish(1, 1, near=None), [R1], EVERYWHERE)
    assert (fit.suited, fit.spare, fit.away, fit.is_nearest) == (
        ("cardiac_monitor", "trauma_bay"), ("ventilator",), 0, False,
    )  # fmt: skip
    (own,) = best.ranked(wish(1, 1, near=0), [R1], EVERYWHERE)
    assert (own.suited, own.is_nearest) == ((), True)
