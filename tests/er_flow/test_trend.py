"""How crowded it was: what the clock keeps, for how long, for whom, and the line that is shown (R4.40)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from clinic.core import clock
from clinic.core.access import SYSTEM
from clinic.directory.models import Department
from clinic.live import render
from clinic.live.models import Event
from er_flow import census, trend
from er_flow.models import Bed, CrowdingSample, Section
from er_flow.tasks import keep_crowding
from er_flow.trend import Sample
from tests.er_flow.pages import opened
from tests.er_flow.ward import Ward, emergency, policies
from tests.world import World

pytestmark = [pytest.mark.django_db, pytest.mark.rule("4.40")]
EIGHT = datetime(2026, 11, 18, 8, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def after(minutes: float) -> datetime:
    return EIGHT + minutes * MINUTE


@pytest.fixture(autouse=True)
def no_old_rows() -> None:
    render.forget()


@pytest.fixture
def ward(world: World) -> Iterator[Ward]:
    with world.harbor.open(), clock.at(EIGHT):
        made = emergency(world.harbor)
        policies(world.harbor, hospital_beds=320)
        yield made


def settle(minutes: float) -> int:
    with clock.at(after(minutes)):
        return trend.settle()


# --- kept ------------------------------------------------------------------------------------------------------------


def test_what_is_kept_is_the_score_of_that_moment_once_for_each_five_minutes(ward: Ward) -> None:
    with clock.at(after(1)):
        ward.arrived()
    with clock.at(after(3)):
        now = census.of([ward.department.pk])[ward.department.pk].nedocs
    assert now is not None
    assert [settle(minute) for minute in (3, 4, 4.99)] == [1, 0, 0]
    ward.arrived()
    assert settle(5) == 1
    rows = list(CrowdingSample.objects.order_by("at").values_list("at", "score"))
    assert [at for at, _score in rows] == [EIGHT, after(5)]
    assert float(rows[0][1]) == pytest.approx(now.score, abs=0.005)
    assert rows[1][1] > rows[0][1], "what is kept does not follow what happens later"


def test_a_sample_is_no_event_and_what_cannot_be_computed_is_not_kept(ward: Ward) -> None:
    before = Event.objects.count()
    assert settle(0) == 1
    assert Event.objects.count() == before
    policies(ward.house, hospital_beds=None)
    assert settle(10) == 0
    assert CrowdingSample.objects.count() == 1


def test_samples_are_forgotten_after_five_weeks(ward: Ward) -> None:
    settle(0)
    day = 24 * 60
    settle(35 * day)
    assert CrowdingSample.objects.filter(at=EIGHT).exists()
    settle(35 * day + 5)
    assert not CrowdingSample.objects.filter(at=EIGHT).exists()
    assert CrowdingSample.objects.count() == 2


def test_each_department_and_each_hospital_has_its_own(ward: Ward, world: World) -> None:
    second = Department.objects.create(name="Second", prefix="S", sort=Department.EMERGENCY)
    ward.arrived()
    assert settle(0) == 1, "without beds there is no score, and the clinic's own department is no emergency department"
    with clock.at(EIGHT):
        Bed.objects.create(section=Section.objects.create(department=second, name="All"), name="S1", since=EIGHT)
    assert settle(5) == 2
    with clock.at(after(5)):
        assert {pk: len(some) for pk, some in trend.of([second.pk, ward.department.pk]).items()} == {
            second.pk: 1, ward.department.pk: 2,
        }  # fmt: skip


def test_the_clock_keeps_them_hospital_by_hospital(world: World) -> None:
    with clock.at(EIGHT):
        wards = []
        for house in (world.harbor, world.hilltop):
            with house.open():
                wards.append(emergency(house))
                policies(house, hospital_beds=320)
        assert keep_crowding() == 2
        for house, ward, other in zip((world.harbor, world.hilltop), wards, reversed(wards), strict=True):
            with house.open():
                assert CrowdingSample.objects.get().department_id == ward.department.pk
                assert trend.of([other.department.pk]) == {}


def test_the_last_hours_are_one_query(ward: Ward) -> None:
    for minute in (0, 5, 300):
        settle(minute)
    with clock.at(after(363)), CaptureQueriesContext(connection) as told:
        found = trend.of([ward.department.pk])
    assert len(told) == 1
    assert [one.at for one in found[ward.department.pk]] == [EIGHT, after(5), after(300)]
    with clock.at(after(365)):
        assert [one.at for one in trend.of([ward.department.pk])[ward.department.pk]] == [after(5), after(300)]


def test_writing_a_slot_twice_keeps_the_first(ward: Ward) -> None:
    pk = ward.department.pk
    assert trend.write(EIGHT, {pk: 58.0}, actor=SYSTEM) == 1
    assert trend.write(EIGHT, {pk: 99.0}, actor=SYSTEM) == 0
    assert CrowdingSample.objects.get().score == 58


# --- shown -----------------------------------------------------------------------------------------------------------


def samples(*told: tuple[float, float]) -> list[Sample]:
    return [Sample(after(minute), score) for minute, score in told]


def test_the_line_goes_from_six_hours_ago_to_now_on_one_scale() -> None:
    told = trend.line(samples((0, 0), (5, 100), (10, 200)), 100, after(360 + 2))
    assert told is not None
    assert told.runs == ("0.0,27.0 1.6,14.0 3.2,1.0",), "now is too far away to be joined"
    assert (told.limit, told.dot) == ("14.0", "14.0")
    assert (told.first, told.first_at, told.least, told.most) == (0, EIGHT, 0, 200)


def test_the_limit_lies_at_the_same_height_unless_it_was_worse() -> None:
    heights = []
    for score in (20, 99, 140, 200):
        told = trend.line(samples((0, score)), 60, after(30))
        assert told is not None
        heights.append(told.limit)
    assert heights == ["8.4", "8.4", "8.4", "14.0"]


def test_gaps_are_not_bridged_and_one_missed_sample_is_none() -> None:
    told = trend.line(samples((0, 50), (5, 50), (15, 50), (30, 50), (35, 50), (60, 50)), 50, after(360))
    assert told is not None
    assert [run.count(",") for run in told.runs] == [3, 2]
    joined = trend.line(samples((350, 50), (355, 60)), 70, after(361))
    assert joined is not None
    assert [run.count(",") for run in joined.runs] == [3], "the last sample is joined to now"


def test_without_samples_there_is_no_line() -> None:
    assert trend.line([], 50, EIGHT) is None
    assert trend.line(samples((0, 50)), 50, after(3)) is None, "only what is shown as now"
    assert trend.line(samples((0, 50)), 50, after(366)) is None, "too old"


def test_the_strip_shows_the_line_and_says_it_in_words(ward: Ward) -> None:
    for minute in (0, 5, 10):
        settle(minute)
    with clock.at(after(12)):
        page = opened(ward.house, "nurse", f"er/?department={ward.department.pk}")
    assert page.count('<polyline class="spark"') == 1
    assert "NEDOCS from 0 at 09:00 to 0 now, between 0 and 0; overcrowded above 100" in page
    policies(ward.house, hospital_beds=None)
    render.forget()
    page = opened(ward.house, "nurse", f"er/?department={ward.department.pk}")
    assert "spark" not in page and "NEDOCS not computable" in page
