"""The measures of a period: as the log alone gives them, kept or not; and the patients behind each number (R4.41)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from random import Random
from statistics import quantiles
from typing import Any
from uuid import UUID

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from clinic.core import clock
from clinic.core.access import SYSTEM
from clinic.core.errors import Invalid
from clinic.directory.models import Department
from clinic.live import outbox
from clinic.live.models import Event
from clinic.tenants import days
from er_flow import measures
from er_flow.measures import behind, counts, facts, figures, keep
from er_flow.models import DayFigures, EmergencyVisit, Triage
from er_flow.models.words import ADMIT, DISCHARGE
from er_flow.operations import arrivals, beds, moves, team, triage
from tests.er_flow import naive
from tests.er_flow.ward import ADULT, Ward, emergency, fresh, policies, sheet
from tests.world import World

pytestmark = [pytest.mark.django_db, pytest.mark.rule("4.41")]
EIGHT = datetime(2026, 11, 18, 8, 0, tzinfo=UTC)
DAY = date(2026, 11, 18)


@pytest.fixture
def ward(world: World) -> Iterator[Ward]:
    with world.harbor.open(), clock.at(EIGHT):
        yield emergency(world.harbor)


Step = tuple[float, Callable[[], Any]]


class Course:
    """One patient's way, told in minutes after ``EIGHT``."""

    def __init__(self, ward: Ward, came: float, **more: Any) -> None:
        self.ward = ward
        with clock.at(self.at(came)):
            self.visit = ward.arrived(**more)

    @staticmethod
    def at(minute: float) -> datetime:
        return EIGHT + timedelta(minutes=minute)

    def _do(self, minute: float, act: Callable[[EmergencyVisit], Any]) -> Course:
        with clock.at(self.at(minute)):
            act(fresh(self.visit))
        return self

    def triage(self, minute: float, level: int, suggested: int | None = None) -> Course:
        why = "Looks worse" if suggested and suggested != level else ""
        told = sheet(suggested or level)
        nurse = self.ward.nurse
        return self._do(minute, lambda one: triage.assess(one, told, level, override_reason=why, actor=nurse))

    def look(self, minute: float, level: int | None = None) -> Course:
        why: dict[str, Any] = {"what_changed": "Pale", "what_was_done": "Told"} if level else {}
        told = sheet(level or 4)
        return self._do(minute, lambda one: triage.reassess(one, told, level=level, actor=self.ward.nurse, **why))

    def bed(self, minute: float, name: str) -> Course:
        return self._do(minute, lambda one: beds.assign(one, self.ward.bed(name), actor=self.ward.nurse))

    def see(self, minute: float) -> Course:
        return self._do(minute, lambda one: moves.see(one, actor=self.ward.medic))

    def decide(self, minute: float, disposition: str) -> Course:
        return self._do(minute, lambda one: moves.decide(one, disposition, actor=self.ward.medic))

    def board(self, minute: float) -> Course:
        return self._do(minute, lambda one: moves.board(one, actor=self.ward.medic))

    def go(self, minute: float, end: str) -> UUID:
        self._do(minute, lambda one: moves.depart(one, end, risks_explained=True, actor=self.ward.medic))
        return self.visit.pk


def a_morning(ward: Ward) -> dict[str, UUID]:
    """Six who came on one day, each for another figure."""
    found = {
        "quick": Course(ward, 0).triage(4, 2).see(10).decide(60, DISCHARGE).go(70.5, "discharged"),
        "slow": Course(ward, 1).triage(9, 3, suggested=2).look(40).look(60).bed(61.5, "A1").see(75)
        .decide(200, DISCHARGE).go(500, "discharged"),
        "boarder": Course(ward, 2).triage(6, 2, suggested=3).bed(8, "A2").see(12.0001).decide(100, ADMIT).board(110)
        .go(340, "admitted"),
        "left": Course(ward, 3).triage(12, 5).go(90, "lwbs"),
        "raised": Course(ward, 5).triage(8, 4).look(30, 2).see(44).go(60, "eloped"),
    }  # fmt: skip
    found["here"] = Course(ward, 400).triage(402, 3).visit.pk
    return found


def at_noon(ward: Ward, minute: float = 600) -> dict[str, Any]:
    with clock.at(Course.at(minute)):
        return measures.of([ward.department.pk], DAY, DAY)


def by_the_log(ward: Ward, minute: float = 600, **more: Any) -> dict[str, Any]:
    log = naive.Log()
    log.feed(Event.objects.order_by("seq"))
    begin, end = (edge(days.current_hospital(), DAY) for edge in (days.day_start, days.day_end))
    return naive.measures(log, begin, end, Course.at(minute), department=str(ward.department.pk), **more)


def test_each_figure_of_a_morning(ward: Ward) -> None:
    a_morning(ward)
    told = at_noon(ward)
    naive.agree(told, by_the_log(ward))
    assert (told["visits"], told["still_here"]) == (6, 1)
    assert told["ends"] == {"admitted": 1, "discharged": 2, "eloped": 1, "lwbs": 1}
    # 10, 10.0001, 39 and 74 minutes: the half of four is the second, and 90 of 100 of four are the fourth
    assert {name: told["door_to_provider"][name] for name in ("n", "median", "p90")} == {
        "n": 4,
        "median": 10,
        "p90": 74,
    }
    assert told["op18"]["n"] == 2
    assert told["op18"]["median"] == 70
    assert (told["op22"]["count"], told["op22"]["n"]) == (1, 6)
    assert told["boarding"]["median"] == 240
    assert (told["boarders"]["count"], told["boarders"]["n"]) == (1, 1)
    parts = {name: part["count"] for name, part in told["ecat"]["parts"].items()}
    assert parts == {"space": 2, "unevaluated": 1, "boarded": 0, "stayed": 1}, "240 minutes are not more than 240"
    assert (told["ecat"]["count"], told["ecat"]["n"]) == (2, 5)
    met = {level: (one["count"], one["n"]) for level, one in told["target_met"]["levels"].items()}
    assert met == {"1": (0, 0), "2": (1, 3), "3": (0, 1), "4": (0, 0), "5": (0, 0)}, "ten minutes and a bit are more"
    assert {level: one["count"] for level, one in told["levels"].items()} == {
        "1": 0, "2": 3, "3": 2, "4": 0, "5": 1, "0": 0,
    }  # fmt: skip
    concordance = {name: told["concordance"][name]["count"] for name in ("agreed", "more_urgent", "less_urgent")}
    assert concordance == {"agreed": 5, "more_urgent": 1, "less_urgent": 1}
    # slow: one of two in time; raised: one in time and then seen before the next; here: late; left: none was due
    assert (told["reassessments"]["count"], told["reassessments"]["n"]) == (2, 4)


SECOND = timedelta(seconds=1)


@pytest.mark.parametrize(
    ("part", "limit"), [("space", 60), ("boarded", 240), ("stayed", 480)], ids=["space", "boarded", "stayed"]
)
def test_ecat_counts_what_is_longer_than_its_limit_and_not_the_limit(part: str, limit: int) -> None:
    """More than 60 minutes to a bed or a provider, more than 240 of boarding, more than 480 of stay."""

    def failed(length: timedelta) -> set[str]:
        end = {"space": EIGHT + timedelta(minutes=100), "boarded": EIGHT + length, "stayed": EIGHT + length}[part]
        first = EIGHT + length if part == "space" else EIGHT
        admit = EIGHT if part == "boarded" else None
        one = facts.Fact(UUID(int=1), EIGHT, "admitted", 3, EIGHT, first, first, admit, end)
        return {name for name, is_so in counts.ECAT.items() if is_so(one)}

    assert failed(timedelta(minutes=limit)) == set()
    assert failed(timedelta(minutes=limit) + SECOND) == {part}


@pytest.mark.parametrize(
    ("bed", "seen", "left", "waited"),
    [
        (61, 30, 90, False), (30, 61, 90, False), (61, 62, 90, True), (None, 61, 90, True), (None, None, 61, True),
        (None, None, 60, False), (None, 20, 500, False),
    ],
)  # fmt: skip
def test_a_treatment_space_is_the_first_of_bed_and_provider_and_who_had_neither_waited_until_they_left(
    bed: int | None, seen: int | None, left: int, waited: bool
) -> None:
    lay, looked = (None if minute is None else Course.at(minute) for minute in (bed, seen))
    one = facts.Fact(UUID(int=1), EIGHT, "lwbs", 3, EIGHT, lay, looked, None, Course.at(left))
    assert one.waited_for_space == waited
    assert one.left_unevaluated


def test_every_number_says_of_how_many_and_there_is_no_mean(ward: Ward) -> None:
    a_morning(ward)
    told = at_noon(ward)
    assert "nearest rank" in told["method"]
    for name in counts.LENGTHS:
        assert {"n", "median", "p90", "of"} <= told[name].keys()
    for name in ("op18", "op22"):
        assert "as last specified" in told[name]["of"]
    assert told["target_met"]["version"] == "ats-2013"
    assert not {"mean", "average", "avg"} & set(_keys(told))


def _keys(doc: Any) -> Iterator[str]:
    if isinstance(doc, dict):
        for name, value in doc.items():
            yield name
            yield from _keys(value)


def test_nobody_is_no_median_and_no_share(ward: Ward) -> None:
    told = at_noon(ward)
    assert told["visits"] == 0
    assert (told["op18"]["n"], told["op18"]["median"], told["op18"]["p90"]) == (0, None, None)
    assert told["op22"]["share"] is None
    assert told["ecat"]["share"] is None


@pytest.mark.rule("4.14")
def test_what_was_entered_in_error_is_left_out(ward: Ward) -> None:
    course = Course(ward, 0).triage(5, 4)
    wrong = Triage.objects.get(visit=course.visit)
    with clock.at(Course.at(7)):
        triage.correct(wrong, sheet(3), 3, reason="Other patient", actor=ward.by("charge_nurse"))
    course.look(30)
    told = at_noon(ward, 40)
    naive.agree(told, by_the_log(ward, 40))
    assert told["concordance"]["agreed"]["n"] == 1
    assert told["concordance"]["matrix"][2][2] == 1
    assert (told["reassessments"]["count"], told["reassessments"]["n"]) == (1, 1)


@pytest.mark.rule("4.20")
def test_the_targets_are_those_the_hospital_chose(ward: Ward) -> None:
    a_morning(ward)
    policies(ward.house, er_targets="ctas", level1_grace=5)
    told = at_noon(ward)
    assert (told["target_met"]["set"], told["target_met"]["version"]) == ("ctas", "ctas-2008")
    assert told["target_met"]["levels"]["2"]["count"] == 2, "within 15 minutes"
    assert told["target_met"]["levels"]["1"]["minutes"] == 5
    naive.agree(told, by_the_log(ward, targets="ctas", grace=5))


def test_percentiles_are_those_of_the_lengths_one_by_one() -> None:
    dice = Random(3)
    for n in (1, 2, 3, 9, 10, 11, 250):
        lengths = [timedelta(seconds=dice.randrange(36_000)) for _ in range(n)]
        counted: dict[int, int] = {}
        for one in lengths:
            counted[counts.steps(one)] = counted.get(counts.steps(one), 0) + 1
        told = figures.length(counted)
        assert told == naive.told(lengths)
        if n > 10:
            there = quantiles([one.total_seconds() / 60 for one in lengths], n=10)
            assert abs(told["median"] - there[4]) < 8
        for limit in (0, 30, 240):
            assert figures.within(counted, timedelta(minutes=limit)) == sum(
                one <= timedelta(minutes=limit) for one in lengths
            )


# --- days that are kept ----------------------------------------------------------------------------------------------


def settle(day_after: int = 1) -> int:
    with clock.at(EIGHT + timedelta(days=day_after)):
        return keep.settle()


def test_a_kept_day_says_the_same_and_is_read_in_one_query(ward: Ward) -> None:
    gone = a_morning(ward)
    assert settle() == 0, "one of them is still here"
    with clock.at(Course.at(700)):
        moves.depart(EmergencyVisit.objects.get(pk=gone["here"]), "lwbs", actor=ward.medic)
    before = at_noon(ward, 2000)
    assert settle() == 1
    assert at_noon(ward, 2000) == before
    naive.agree(before, by_the_log(ward, 2000))
    with CaptureQueriesContext(connection) as told:
        at_noon(ward, 2000)
    assert not [one for one in told if "er_flow_emergencyvisit" in one["sql"]]


def test_a_kept_day_is_counted_again_when_a_visit_changes(ward: Ward) -> None:
    visit = Course(ward, 0).triage(5, 3).see(20).decide(60, DISCHARGE).go(90, "discharged")
    settle()
    assert DayFigures.objects.count() == 1
    with clock.at(EIGHT + timedelta(days=1)):
        held = EmergencyVisit.objects.get(pk=visit)
        team.set_time(held, "seen_at", Course.at(35), reason="Typed wrong", actor=ward.medic)
        outbox.run(ward.house.hospital.pk)
        assert DayFigures.objects.count() == 0
        assert at_noon(ward)["door_to_provider"]["median"] == 35
        settle()
        assert at_noon(ward)["door_to_provider"]["median"] == 35
        who = arrivals.Arriving("Found in the book", age=ADULT, arrived_at=Course.at(30))
        arrivals.arrive(ward.department, who, entered_later=True, actor=ward.nurse)
        outbox.run(ward.house.hospital.pk)
        assert at_noon(ward)["visits"] == 2


def test_what_was_counted_too_early_is_put_right_by_the_next_run(ward: Ward) -> None:
    Course(ward, 0).triage(5, 3).see(20).decide(60, DISCHARGE).go(90, "discharged")
    keep.write(ward.department.pk, {DAY: counts.Counts()}, actor=SYSTEM)
    assert at_noon(ward)["visits"] == 0
    settle()
    assert at_noon(ward)["visits"] == 1
    DayFigures.objects.update(form=0)
    assert at_noon(ward)["visits"] == 1, "counts of another form are none"
    settle()
    assert DayFigures.objects.get().form == counts.FORM


def test_days_are_the_hospitals_own_and_add_up(ward: Ward) -> None:
    """Paris is an hour ahead and its day begins at four: 02:30 of our clock is still yesterday's."""
    for minute in (-331, -299, 0, 19 * 60 - 1, 19 * 60 + 1):  # 02:29, 03:01, 08:00, 02:59 and 03:01 of the next
        Course(ward, minute).triage(minute + 3, 3).see(minute + 9).go(minute + 20, "eloped")
    one, week = at_noon(ward, 3000), timedelta(days=7)
    assert one["visits"] == 3
    with clock.at(Course.at(3000)):
        assert measures.of([ward.department.pk], DAY - week, DAY + week)["visits"] == 5
        settle(3)
        assert measures.of([ward.department.pk], DAY - week, DAY + week)["visits"] == 5
        assert measures.of([ward.department.pk], DAY, DAY) == one


def test_departments_and_hospitals_are_counted_apart(ward: Ward, world: World) -> None:
    a_morning(ward)
    second = Department.objects.create(name="Second", prefix="S", sort=Department.EMERGENCY)
    arrivals.arrive(second, arrivals.Arriving("Cough", age=ADULT), actor=ward.nurse)
    assert at_noon(ward)["visits"] == 6
    assert measures.of([second.pk], DAY, DAY)["visits"] == 1
    assert measures.of([second.pk, ward.department.pk], DAY, DAY)["visits"] == 7
    with world.hilltop.open():
        assert measures.of([ward.department.pk], DAY, DAY)["visits"] == 0
    with pytest.raises(Invalid):
        measures.of([ward.department.pk], DAY, DAY - timedelta(days=1))
    with pytest.raises(Invalid):
        measures.of([ward.department.pk], DAY - timedelta(days=measures.LONGEST), DAY)


# --- the patients behind ---------------------------------------------------------------------------------------------


def test_the_patients_behind_each_number(ward: Ward) -> None:
    who = a_morning(ward)
    names = {pk: name for name, pk in who.items()}

    def of(name: str) -> list[str]:
        with clock.at(Course.at(600)):
            return [names[pk] for pk in behind.of(name, [ward.department.pk], DAY, DAY).visits]

    assert of("visits") == ["here", "raised", "left", "boarder", "slow", "quick"]
    assert of("ecat") == ["left", "slow"]
    assert of("target_met:2") == ["quick"]
    assert of("target_missed:2") == ["raised", "boarder"]
    assert of("boarders") == ["boarder"]
    assert of("more_urgent") == ["boarder"]
    assert of("reassessed_late") == ["here", "slow"]
    assert of("still_here") == ["here"]
    told = at_noon(ward)
    for name, number in _numbers(told).items():
        assert len(of(name)) == number, name
    with pytest.raises(KeyError):
        of("target_met:9")


def _numbers(told: dict[str, Any]) -> dict[str, int]:
    """Every number whose patients can be asked for, as the report has it."""
    found = {"visits": told["visits"], "still_here": told["still_here"], "op22": told["op22"]["count"]}
    found |= {name: told[name]["n"] for name in counts.LENGTHS}
    found |= {"boarders": told["boarders"]["count"], "ecat": told["ecat"]["count"]}
    found |= {f"ecat:{name}": part["count"] for name, part in told["ecat"]["parts"].items()}
    found |= {f"end:{end}": n for end, n in told["ends"].items()}
    found |= {f"level:{level}": one["count"] for level, one in told["levels"].items()}
    for level, one in told["target_met"]["levels"].items():
        found |= {f"target_met:{level}": one["count"], f"target_missed:{level}": one["n"] - one["count"]}
    return found


def test_pages_follow_each_other_over_days_and_skip_those_that_are_kept_and_empty(ward: Ward) -> None:
    gone = [
        Course(ward, 24 * 60 * day + n).triage(24 * 60 * day + n + 5, 3).go(24 * 60 * day + n + 30, "lwbs")
        for day in (0, 2, 5) for n in range(3)
    ]  # fmt: skip
    with clock.at(EIGHT + timedelta(days=6)):
        for _ in range(2):
            found: list[UUID] = []
            after = None
            while True:
                page = behind.of("op22", [ward.department.pk], DAY, DAY + timedelta(6), limit=4, after=after)
                found += page.visits
                after = page.next
                if after is None:
                    break
            assert found == gone[::-1]
            keep.settle()
        with CaptureQueriesContext(connection) as told:
            assert behind.of("end:expired", [ward.department.pk], DAY, DAY + timedelta(5)).visits == ()
        assert not [one for one in told if "er_flow_emergencyvisit" in one["sql"]]
