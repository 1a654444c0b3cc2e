"""About when a provider will come: a range, from those ahead and from how fast it has gone (R4.42)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

import pytest
from django.test import Client

from clinic.core import clock
from clinic.core.access import PUBLIC
from er_flow import eta
from er_flow.eta import Place, Range, Turnover, estimate
from er_flow.operations import moves
from tests.api.client import Api, api
from tests.er_flow.pages import opened
from tests.er_flow.ward import Ward, emergency
from tests.queues.helpers import at, signed_in
from tests.world import World

pytestmark = pytest.mark.rule("4.42")
BUSY = Turnover(seen=6, freed=6, sicker=1, free_beds=0)
THIRD = Place(ahead=2, untriaged=1, for_beds=2)


def range_of(place: Place, turnover: Turnover) -> Range:
    found = estimate(place, turnover)
    assert found is not None
    return found


def test_it_is_a_range_in_steps_of_five_minutes() -> None:
    told = range_of(THIRD, BUSY)
    assert told.soonest < 30 < told.latest
    assert told.soonest % 5 == told.latest % 5 == 0


def test_more_ahead_fewer_providers_or_more_sicker_people_make_it_later() -> None:
    told = range_of(THIRD, BUSY)
    later = [
        range_of(replace(THIRD, ahead=6, for_beds=6), BUSY), range_of(THIRD, replace(BUSY, seen=3)),
        range_of(THIRD, replace(BUSY, sicker=4)), range_of(replace(THIRD, untriaged=6), BUSY),
        range_of(THIRD, replace(BUSY, freed=1)),
    ]  # fmt: skip
    for one in later:
        assert one.latest > told.latest
        assert one.soonest >= told.soonest


def test_untriaged_and_sicker_people_move_the_later_end_only() -> None:
    told = range_of(THIRD, BUSY)
    assert range_of(replace(THIRD, untriaged=9), BUSY).soonest == told.soonest
    assert range_of(THIRD, replace(BUSY, sicker=5)).soonest == told.soonest
    assert range_of(THIRD, replace(BUSY, sicker=50)).latest < 24 * 60, "never for ever"


def test_a_bed_of_ones_own_or_free_ones_take_the_beds_out_of_it() -> None:
    slow = replace(BUSY, freed=0.5)
    assert range_of(THIRD, slow).latest > range_of(replace(THIRD, has_bed=True), slow).latest
    assert range_of(THIRD, replace(slow, free_beds=5)) == range_of(replace(THIRD, has_bed=True), slow)


def test_where_nothing_moves_nobody_can_tell() -> None:
    assert estimate(THIRD, replace(BUSY, seen=0)) is None


def test_as_often_right_as_it_says() -> None:
    """Providers who come at random at a steady rate: nine in ten before the later end, two in ten before the sooner."""
    dice, place, turnover = Random(4), Place(4, 0, 0, has_bed=True), Turnover(6, 6, 0, 0)
    told = range_of(place, turnover)
    waits = [sum(dice.expovariate(6) for _ in range(5)) * 60 for _ in range(4000)]
    assert 0.88 <= sum(wait <= told.latest for wait in waits) / 4000 <= 0.97
    assert 0.10 <= sum(wait <= told.soonest for wait in waits) / 4000 <= 0.22


# --- read from the rows ----------------------------------------------------------------------------------------------

NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


@pytest.fixture
def ward(world: World) -> Iterator[Ward]:
    with world.harbor.open(), clock.at(NOON):
        yield emergency(world.harbor)


def seen_so_many(ward: Ward, count: int) -> None:
    """In the two hours before noon."""
    for n in range(count):
        with clock.at(NOON - timedelta(minutes=110 - 10 * n)):
            moves.see(ward.triaged(3), actor=ward.medic)


@pytest.mark.django_db
def test_the_estimate_of_somebody_who_waits(ward: Ward) -> None:
    seen_so_many(ward, 6)
    came = []
    for n, level in enumerate((4, 5, 4, 2)):  # the sickest last
        with clock.at(NOON - timedelta(minutes=8 - 2 * n)):
            came.append(ward.triaged(level))
    early, late, mine, sick = came
    told = {visit.pk: eta.of(visit) for visit in (early, sick, mine, late)}
    assert [told[visit.pk]["ahead"] for visit in (sick, early, mine, late)] == [0, 1, 2, 3]
    assert all(one["note"] == "Sicker people go first." for one in told.values())
    latest = [told[visit.pk]["range"]["latest_minutes"] for visit in (sick, early, mine, late)]
    assert latest == sorted(latest)
    ward.arrived()
    assert eta.of(mine)["range"]["latest_minutes"] > told[mine.pk]["range"]["latest_minutes"]


@pytest.mark.django_db
def test_no_range_before_triage_after_contact_or_without_turnover(ward: Ward) -> None:
    assert eta.of(ward.triaged(3))["range"] is None, "nobody was seen in the last hours"
    seen_so_many(ward, 3)
    assert eta.of(ward.arrived())["range"] is None
    seen = moves.see(ward.triaged(3), actor=ward.medic)
    told = eta.of(seen)
    assert (told["range"], told["ahead"]) == (None, None)
    assert told["note"], "the words stand there always"


@pytest.mark.django_db
def test_staff_are_told_with_the_words_that_sicker_people_go_first(ward: Ward, world: World) -> None:
    seen_so_many(ward, 6)
    mine, other, untriaged = ward.triaged(4), ward.triaged(3), ward.arrived()
    told = eta.of(mine)["range"]
    menu = f"er/visits/{mine.pk}/acts/"
    for path in (menu, f"er/visits/{mine.pk}/"):
        page = opened(world.harbor, "nurse", path)
        assert f"about {told['soonest_minutes']} to {told['latest_minutes']} min. Sicker people go first." in page
    moves.see(other, actor=ward.medic)
    for visit in (other, untriaged):
        assert "Sicker people" not in opened(world.harbor, "nurse", f"er/visits/{visit.pk}/acts/")


@pytest.mark.django_db
def test_no_patient_and_no_stranger_is_told(ward: Ward, world: World) -> None:
    """Patients only by policy, and there is none that allows it: nothing of the department is public, and nothing that
    is shown to patients knows the estimate."""
    mine = ward.triaged(4)
    api_path, page = f"er/patients/{mine.pk}/eta", f"er/visits/{mine.pk}/acts/"
    assert api(world.harbor, "nurse").get(api_path).status == 200
    assert api(world.harbor, "biller").get(api_path).status == 403
    assert api(world.hilltop, "nurse").get(api_path).status == 404
    assert Api("").get(api_path).status == 401
    assert signed_in(world.harbor, "biller").get(at(world.harbor, page)).status_code == 403
    assert Client().get(at(world.harbor, page)).status_code in (302, 403)
    assert [view for view in PUBLIC if view.startswith("er_flow.")] == []
    rooms = [path for room in ("clinic", "queues", "billing") for path in Path(room).rglob("*.py")]
    asks = re.compile(r"er_flow\.eta|er_flow import [^\n]*\beta\b")
    assert [path for path in rooms if asks.search(path.read_text())] == [], "no other room asks for it"
    wall = opened(world.harbor, "nurse", "er/?tv=1")
    assert "Sicker people" not in wall


@pytest.mark.django_db
def test_other_departments_and_long_ago_do_not_count(ward: Ward, world: World) -> None:
    with clock.at(NOON - timedelta(hours=5)):
        moves.see(ward.triaged(3), actor=ward.medic)
    assert eta.of(ward.triaged(3))["range"] is None
    with world.hilltop.open():
        other = emergency(world.hilltop)
        seen_so_many(other, 6)
        assert eta.of(other.triaged(3))["range"] is not None
    assert eta.of(ward.triaged(3))["range"] is None
