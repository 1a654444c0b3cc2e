"""The page of the promise ledger: how often what was told came true, how wide and how far off it was (R3.32)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext

from clinic.directory.models import Department
from clinic.tenants import days
from clinic.tenants.models import Membership
from queues.estimates import calibrated, score
from queues.estimates.calibrated import FAR, FEW, GOOD, LATE, NEAR, NEXT, WIDE, Tally
from queues.models import Promise, Queue
from tests.queues.helpers import at, signed_in
from tests.world import ROLES, House, World

pytestmark = [pytest.mark.django_db, pytest.mark.rule("3.32")]
NOW = datetime.fromisoformat("2026-11-20T15:00:00+00:00")


@pytest.fixture(autouse=True)
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


def page(house: House, query: str = "", role: str = "owner") -> Any:
    return signed_in(house, role).get(at(house, f"promised-waits/{query}"))


def words(answer: Any) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.content.decode()))


def promised(house: House, queue: Queue, many: int = 1, **more: Any) -> None:
    """So many people told 10 to 20 minutes, and called after ``called`` minutes (15)."""
    ahead, called, ago = more.get("ahead", 2), more.get("called", 15), more.get("ago", timedelta(hours=1))
    begin, rolling = NOW - ago, more.get("rolling", 40)
    with house.open():
        Promise.objects.bulk_create(
            Promise(
                leg_id=queue.pk, queue_id=queue.pk, at=begin, model="schedule-3", ahead=ahead, servers=1,
                p50_at=begin + timedelta(minutes=10), p90_at=begin + timedelta(minutes=20),
                rolling_at=None if rolling is None else begin + timedelta(minutes=rolling),
                called_at=None if called is None else begin + timedelta(minutes=called),
            )
            for _ in range(many)
        )  # fmt: skip


def test_the_figures_by_kind_of_line_people_ahead_and_line(world: World) -> None:
    house = world.harbor
    promised(house, house.own, 36)
    promised(house, house.own, 4, called=25)
    promised(house, house.own, 40, ahead=6, called=40, rolling=50)
    promised(house, house.pool, 3, ahead=9, rolling=None)
    promised(house, house.pool, 5, called=None)
    told = words(page(house))
    assert "One doctor 1–3 40 90.0 % as promised 10.0 min 6.0 min 24.0 min 75.0 %" in told
    assert "One doctor 4–8 40 0.0 % too often late 10.0 min 30.0 min 10.0 min -200.0 % too little" in told
    assert "Pool of several doctors 9 or more 3 100.0 % too few to say 10.0 min 5.0 min – –" in told
    assert f"{house.own.name} One doctor 80 45.0 %" in told
    assert "85 to 95 %" in told


def test_it_says_the_same_as_the_scores_of_the_day(world: World) -> None:
    """Counted in the database here, and by the rows there."""
    house = world.harbor
    for many, called, rolling in ((3, 4, 40), (2, 21, 12), (1, 60, None)):
        promised(house, house.own, many, called=called, rolling=rolling)
    with house.open():
        today = days.service_day(house.hospital)
        (line,) = calibrated.of(today, today).lines
        (doc,) = score.calibration(today)
    total = line.total
    assert (total.told, round(total.coverage or 0, 3)) == (doc["scored"], doc["p90_coverage"])
    assert round(total.error_minutes or 0, 1) == doc["error_minutes"]
    assert round(total.rolling_minutes or 0, 1) == doc["rolling_error_minutes"]
    assert round(total.smaller or 0, 2) == pytest.approx(doc["smaller_by"], abs=0.01)


def test_how_a_coverage_is_judged() -> None:
    def tally(told: int, kept: int) -> str:
        return Tally(told=told, kept=kept).verdict

    assert [tally(100, kept) for kept in (84, 85, 95, 96)] == [LATE, GOOD, GOOD, WIDE]
    assert [tally(29, 29), Tally().verdict] == [FEW, FEW]
    assert (Tally().coverage, Tally().smaller, Tally().width_minutes) == (None, None, None)
    own, rolling = timedelta(minutes=7), timedelta(minutes=10)
    assert Tally(own=own, rolling=rolling).is_better
    assert not Tally(own=own * 1.01, rolling=rolling).is_better


def test_by_period(world: World) -> None:
    house = world.harbor
    promised(house, house.own)
    promised(house, house.own, 2, ago=timedelta(days=3))
    promised(house, house.own, 4, ago=timedelta(days=20))
    promised(house, house.own, 8, ago=timedelta(days=80))
    promised(house, house.own, 16, ago=timedelta(days=200))
    counted = {"day": 1, "week": 3, "month": 7, "3months": 15, "": 7, "year": 7, "%00": 7}
    for period, many in counted.items():
        assert f"One doctor 1–3 {many} 100.0 %" in words(page(house, f"?period={period}")), period


def test_an_empty_ledger_says_what_to_do(world: World) -> None:
    told = words(page(world.harbor))
    assert "Nobody was told a wait and called yet" in told
    assert "Choose a longer period" in told


def test_who_may_read_the_log_reads_it_and_home_leads_there(world: World) -> None:
    house = world.harbor
    for role in ROLES:
        may = role in ("owner", "manager")
        assert page(house, role=role).status_code == (200 if may else 403), role
        assert (at(house, "promised-waits/") in signed_in(house, role).get(at(house, "home/")).content.decode()) is may


def test_no_other_hospital_and_no_other_department(world: World) -> None:
    house = world.harbor
    promised(house, house.own)
    assert "Nobody was told" in words(page(world.hilltop))
    with house.open():
        other = Department.objects.create(name="Radiology", prefix="R")
        there = Queue.objects.create(department=other, sort=Queue.POOL, name="Radiology")
    promised(house, there, 7)
    manager = house.memberships["manager"]
    Membership.objects.filter(pk=manager.pk).update(department_ids=[str(other.pk)])
    told = words(page(house, role="manager"))
    assert "Pool of several doctors 1–3 7" in told
    assert "One doctor" not in told
    assert house.own.name not in told


def test_only_so_many_are_counted_and_the_newest(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    house = world.harbor
    promised(house, house.own, 5, ahead=0, ago=timedelta(hours=3))
    promised(house, house.own, 5, ahead=5)
    assert "There are very many" not in words(page(house))
    monkeypatch.setattr(calibrated, "MOST", 7)
    told = words(page(house))
    assert "There are very many: those since 20 Nov 2026" in told
    with house.open():
        today = days.service_day(house.hospital)
        (line,) = calibrated.of(today, today).lines
    assert {band: tally.told for band, tally in line.bands.items()} == {NEXT: 2, FAR: 5}


def test_the_page_costs_the_same_however_many_promises_there_are(world: World) -> None:
    house = world.harbor
    client: Any = signed_in(house, "owner")
    client.get(at(house, "promised-waits/"))  # what is read once in a process is read now
    counts = []
    for ahead in (1, 4):
        for queue in (house.own, house.pool):
            promised(house, queue, 100, ahead=ahead)
        with CaptureQueriesContext(connection) as seen:
            assert "200" in words(client.get(at(house, "promised-waits/"))) or ahead == 1
        counts.append(len(seen))
    assert counts[0] == counts[1]


def test_the_kinds_are_told_in_one_order(world: World) -> None:
    house = world.harbor
    promised(house, house.pool, ahead=1)
    promised(house, house.own, ahead=1)
    with house.open():
        today = days.service_day(house.hospital)
        kinds = calibrated.of(today, today).kinds
    assert list(kinds) == [sort for sort, _label in Queue.KINDS if sort in kinds]
    assert kinds[Queue.POOL] == {NEAR: kinds[Queue.POOL][NEAR]}
