"""An emergency department's day through the real operations: two surges, and at every minute what the screens would
show is what the log says by itself. Short here; with PROOF=1 twenty-four hours and some 250 arrivals.
"""

from __future__ import annotations

import itertools
import os
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any

import pytest

from clinic.core import clock
from clinic.demo import emergency_stage
from clinic.demo.acts import DEMO
from clinic.demo.emergency import Play
from clinic.demo.emergency_day import Emergency, read
from clinic.live import ledger
from clinic.live.models import Event
from clinic.tenants import days
from er_flow import census, measures, queries
from er_flow import clock as er_clock
from er_flow import log as er_log
from er_flow.measures import keep
from er_flow.models import EmergencyVisit, Triage
from er_flow.models.words import ENDS, OPEN
from er_flow.operations import team, triage
from tests.er_flow import naive
from tests.er_flow.ward import CALM, sheet
from tests.world import House, World

pytestmark = [pytest.mark.django_db, pytest.mark.rule("4.1"), pytest.mark.rule("4.21"), pytest.mark.rule("4.41")]
LONG = os.environ.get("PROOF") == "1"
BEGIN = datetime(2026, 11, 17, 4, 0, tzinfo=UTC)
"""Five in Paris: an hour into a service day."""
HOURS = 24 if LONG else 3.5
SURGES = {9: 22, 10: 30, 18: 26, 19: 24} if LONG else {5: 16, 7: 20}
"""Local hour → people in it; in the others so many as make 250 in a day."""
USUAL = 7 if LONG else 8
COUNTS = (14, 2, 6) if LONG else (4, 2, 2)
BEDS: tuple[tuple[str, str, int, list[str]], ...] = (
    ("Acute", "A", COUNTS[0], ["cardiac_monitor"]), ("Isolation", "I", COUNTS[1], ["negative_pressure"]),
    ("Fast", "F", COUNTS[2], []),
)  # fmt: skip
BED_COUNT = 320


def small() -> Emergency:
    """Fewer beds and nurses than the demo's, so that people do wait; patients who lose patience sooner."""
    day = read()
    hours = [SURGES.get(hour, USUAL) for hour in range(24)]
    sections = tuple(
        {"name": name, "beds": [{"name": key, "count": count, "sort": "ed", "features": features}]}
        for name, key, count, features in BEDS
    )
    return replace(
        day, sections=sections, hospital_beds=BED_COUNT, staff={**day.staff, "triage": 2, "treated": 16 if LONG else 6},
        arrivals={**day.arrivals, "hours": hours, "weekdays": [1] * 7, "airborne": 0.06},
        minutes={
            **day.minutes, "treatment": [90, 80, 60, 30, 20], "patience": [80, 0.5], "ward": [110, 0.8], "look": [0, 3],
        },
        odds={**day.odds, "ama": 0.03, "eloped": 0.03, "lwot": 0.03, "died": [0.3, 0.02, 0, 0, 0]},
    )  # fmt: skip


class Day:
    """The play, and the log read beside it."""

    def __init__(self, house: House) -> None:
        self.house, self.dice = house, Random(23)
        told = small()
        with clock.at(BEGIN):
            self.department = emergency_stage.furnish(told, actor=DEMO)
        self.play = Play(self.department, told, self.dice, begin=BEGIN.timestamp())
        self.log = naive.Log()
        self.seen: Counter[str] = Counter()

    def minute(self, now: datetime) -> None:
        """Whatever happens until then; the product's clock; and a look."""
        self.play.run(now.timestamp())
        with clock.at(now):
            er_clock.cross()
            if now.minute % 20 == 7:
                self._correct(now)
            self.log.feed(Event.objects.filter(seq__gt=self.log.read).order_by("seq"))
            self.look(now)

    def _correct(self, now: datetime) -> None:
        """Somebody types better what they typed wrong."""
        seen = EmergencyVisit.objects.exclude(seen_at=None).order_by("-seen_at").first()
        if seen is not None and seen.state_since == seen.seen_at:
            earlier = max(seen.seen_at - timedelta(minutes=1), *self._before(seen))
            team.set_time(seen, "seen_at", earlier, reason="By the watch", actor=self.house.actor("doctor"))
        last = Triage.objects.filter(visit__seen_at=None, visit__departed_at=None, error_at=None, level=4).last()
        if last is not None and not Triage.objects.filter(visit=last.visit, id__gt=last.pk).exists():
            triage.correct(
                last,
                sheet(3, replace(CALM, temp=Decimal(37))),
                3,
                reason="Other patient",
                actor=self.house.actor("charge_nurse"),
            )
            self.seen["corrected"] += 1
        self.play = Play(self.department, self.play.day, self.dice, begin=now.timestamp())

    def _before(self, visit: EmergencyVisit) -> list[datetime]:
        stage = visit.stages.filter(ended_at=visit.seen_at).order_by("-began_at").first()
        return [at for at in (visit.triaged_at, visit.arrived_at, stage and stage.began_at) if at]

    def look(self, now: datetime) -> None:
        here = census.of([self.department.pk])[self.department.pk]
        late = naive.delayed(self.log, now)
        assert [str(one.visit) for one in here.delayed] == late, now
        if now.minute % 10 == 0:
            assert [str(one.visit) for one in queries.delayed(now)] == late, now
        assert {str(one.visit) for one in here.boarders} == naive.boarding(self.log), now
        assert here.patients == len(self.log.here()), now
        assert here.nedocs is not None
        assert here.nedocs.score == pytest.approx(naive.score(self.log, now, BED_COUNT)), now
        self.beds_are_right()
        self.seen["late"] += bool(late)
        for one in here.delayed:
            self.seen[f"late {one.level}"] += 1
        self.seen["boarding"] += bool(here.boarders)
        self.seen["crowded"] += here.occupancy is not None and here.occupancy > 1

    def beds_are_right(self) -> None:
        """Occupied is a bed with one open stay of somebody who is here, and no other."""
        held = Counter(stay["bed_id"] for stay in self.log.stays() if stay["ended_at"] is None)
        lying = {stay["visit_id"] for stay in self.log.stays() if stay["ended_at"] is None}
        beds = self.log.rows["bed"].values()
        assert held == Counter(bed["id"] for bed in beds if bed["state"] == "occupied")
        assert lying <= {visit["id"] for visit in self.log.here()}, "an end left a bed occupied"
        for visit in self.log.here():
            assert visit["state"] != "bedded" or visit["id"] in lying


@contextmanager
def a_day(house: House) -> Iterator[Day]:
    with house.open():
        yield Day(house)


def test_a_day_with_two_surges(world: World) -> None:
    with a_day(world.harbor) as day:
        now = BEGIN
        for _ in range(int(HOURS * 60)):
            now += timedelta(minutes=1)
            day.minute(now)
        assert not day.play.refused
        assert day.seen["late"] > 30, "a day on which nobody waits proves nothing"
        assert day.seen["boarding"] > 10
        assert len(day.log.visits()) >= (235 if LONG else 15)
        assert not LONG or day.seen["crowded"] > 60
        histories_have_no_gaps(day)
        the_measures_are_the_logs(day, now)
        assert not LONG or set(EmergencyVisit.objects.values_list("state", flat=True)) >= set(ENDS) - {"transferred"}
        assert ledger.verify(world.harbor.hospital.pk).fault == ""


def histories_have_no_gaps(day: Day) -> None:
    """From the arrival to the end one care stage follows the other at the same moment; so do beds, in their order."""
    for visit in day.log.visits():
        stages = day.log.stages(visit["id"])
        assert stages[0]["began_at"] == visit["arrived_at"]
        for one, following in itertools.pairwise(stages):
            assert one["ended_at"] == following["began_at"], visit["number"]
        assert stages[-1]["ended_at"] == visit["departed_at"]
        assert (visit["departed_at"] is None) == (visit["state"] in OPEN)
        stays = sorted((stay for stay in day.log.stays() if stay["visit_id"] == visit["id"]), key=_began)
        for stay, later in itertools.pairwise(stays):
            assert stay["ended_at"] <= later["began_at"]
        marks = [visit[name] for name in ("arrived_at", "triaged_at", "seen_at", "decided_at", "departed_at")]
        told = [at for at in marks if at is not None]
        assert told == sorted(told)


def _began(stay: dict[str, Any]) -> Any:
    return stay["began_at"]


def the_measures_are_the_logs(day: Day, now: datetime) -> None:
    """Every measure of each service day and of both, kept or not, and the ED log, as the events alone give them."""
    here, department = day.house.hospital, day.department
    first, last = days.service_day(here, BEGIN), days.service_day(here, now)
    for begin, end in {(first, first), (first, last), (last, last)}:
        edges = days.day_start(here, begin), days.day_end(here, end)
        with clock.at(now):
            told = measures.of([department.pk], begin, end)
            naive.agree(told, naive.measures(day.log, *edges, now))
            entries = er_log.entries(er_log.Asked(begin, end, [department.pk]))
            came = [visit for visit in day.log.visits() if edges[0] <= visit["arrived_at"] < edges[1]]
            came.sort(key=lambda visit: (visit["arrived_at"], visit["id"]))
            assert [str(visit.pk) for visit in entries] == [visit["id"] for visit in came]
            assert er_log.ends(entries).total() == len(came)
    with clock.at(now):
        before = measures.of([department.pk], first, last)
        keep.settle()
        assert measures.of([department.pk], first, last) == before
