"""A shift on paper: the board is printed, and twenty patients are entered later with their original times; order,
histories and measures are as if everything had been entered when it happened, and everybody is marked (R4.43)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import Any

import pytest

from clinic.core import clock
from clinic.live.models import Event
from er_flow import census, log, measures
from er_flow.log import Asked
from er_flow.models import Bed, EmergencyVisit, Triage
from er_flow.models.words import AVAILABLE, EXPIRED
from er_flow.operations import arrivals, beds, moves, triage
from er_flow.operations.arrivals import Arriving
from tests.er_flow.pages import opened
from tests.er_flow.ward import ADULT, CALM, Ward, emergency, fresh, sheet, whole
from tests.world import House, World

pytestmark = [pytest.mark.django_db, pytest.mark.rule("4.43")]
EIGHT = datetime(2026, 11, 18, 8, 0, tzinfo=UTC)
PATIENTS = 20
ENTERED = 480
"""Minute at which the paper is typed in."""
DAYS = (date(2026, 11, 17), date(2026, 11, 19))
MARKS = (
    "arrived_at", "triage_started_at", "triaged_at", "bedded_at", "seen_at", "decided_at", "admit_at", "departed_at",
    "state", "state_since", "level", "reassess_at", "disposition", "number",
)  # fmt: skip


@dataclass(frozen=True)
class Step:
    minute: int
    who: int
    verb: str
    what: Any = None


def a_shift() -> list[Step]:
    """Twenty courses, in the order in which things happen: levels raised, boarders, people who leave."""
    dice, steps = Random(43), list[Step]()

    def then(who: int, *told: tuple[int, str, Any]) -> None:
        steps.extend(Step(minute, who, verb, what) for minute, verb, what in told)

    for who in range(PATIENTS):
        came, level = 6 * who + dice.randrange(4), dice.choice((1, 2, 3, 3, 4, 4, 5))
        then(who, (came, "arrive", None), (came + 3, "start", None), (came + 5, "assess", level))
        if who % 6 == 5:
            then(who, (came + dice.randrange(20, 90), "depart", "lwbs"))
            continue
        if level in (3, 4):
            then(who, (came + dice.randrange(30, 60), "look", None), (came + 61, "measure", None))
        if level == 4 and who % 2:
            then(who, (came + 62, "raise", 3))
        then(who, (came + 63, "bed", None), (came + 64 + dice.randrange(30), "see", None))
        if who >= PATIENTS - 4:
            continue
        if who % 3:
            end = EXPIRED if who == 1 else "discharged"
            then(who, (came + 130, "decide", "discharge"), (came + 140, "depart", end))
        else:
            then(who, (came + 130, "decide", "admit"), (came + 135, "board", None))
            if who < 9:
                then(who, (came + 380 + who, "depart", "admitted"))
    return sorted(steps, key=lambda step: step.minute)


@dataclass
class Nurse:
    """Whoever does it, then or later: ``beds`` is who lay in which bed, as the paper has it."""

    ward: Ward
    later: bool
    beds: dict[int, str]
    here: dict[int, EmergencyVisit] = field(default_factory=dict)

    def do(self, step: Step) -> None:
        at = EIGHT + timedelta(minutes=step.minute)
        with clock.at(EIGHT + timedelta(minutes=ENTERED) if self.later else at):
            when: dict[str, Any] = {"at": at, "reason": "Downtime"} if self.later else {}
            self._act(step, fresh(self.here[step.who]) if step.who in self.here else None, at, when)

    def _act(self, step: Step, visit: Any, at: datetime, when: dict[str, Any]) -> None:
        nurse, medic = self.ward.nurse, self.ward.medic
        why: dict[str, Any] = {"what_changed": "grey", "what_was_done": "ECG"}
        verbs: dict[str, Callable[[], Any]] = {
            "arrive": lambda: self._arrive(step.who, at),
            "start": lambda: triage.start(visit, actor=nurse, **when),
            "assess": lambda: triage.assess(visit, sheet(step.what), step.what, actor=nurse, **when),
            "look": lambda: triage.reassess(visit, sheet(visit.level), actor=nurse, **when),
            "raise": lambda: triage.reassess(
                visit, sheet(step.what), level=step.what, actor=nurse, **why, **when
            ),
            "measure": lambda: triage.measure(visit, CALM, actor=nurse, **when),
            "bed": lambda: self._bed(step.who, visit, when),
            "see": lambda: moves.see(visit, actor=medic, **when),
            "decide": lambda: moves.decide(visit, step.what, actor=medic, **when),
            "board": lambda: moves.board(visit, actor=medic, **when),
            "depart": lambda: moves.depart(visit, step.what, actor=medic, **when),
        }  # fmt: skip
        verbs[step.verb]()
        for bed in Bed.objects.filter(state="cleaning"):
            beds.clean(bed, actor=nurse)

    def _arrive(self, number: int, at: datetime) -> None:
        who = Arriving(f"Nr {number}", age=ADULT, arrived_at=at if self.later else None)
        self.here[number] = arrivals.arrive(
            self.ward.department, who, entered_later=self.later, actor=self.ward.nurse
        )  # fmt: skip

    def _bed(self, who: int, visit: EmergencyVisit, when: dict[str, Any]) -> None:
        if not self.later:
            free = Bed.objects.filter(state=AVAILABLE).order_by("position").first()
            if free is not None:
                self.beds[who] = free.name
        if who in self.beds:
            beds.assign(visit, self.ward.beds[self.beds[who]], actor=self.ward.nurse, **when)


@contextmanager
def a_day(house: House, later: bool, where: dict[int, str]) -> Iterator[Ward]:
    with house.open():
        with clock.at(EIGHT - timedelta(minutes=1)):
            nurse = Nurse(emergency(house), later, where)
        for step in a_shift():
            nurse.do(step)
        with clock.at(EIGHT + timedelta(minutes=ENTERED)):
            yield nurse.ward


def told(ward: Ward) -> dict[str, Any]:
    """Everything that a screen or a report says of the shift, but who is meant and when it was typed."""
    here = [ward.department.pk]
    found: dict[str, Any] = {"order": [visit.complaint for visit in EmergencyVisit.objects.open().in_order()]}
    for visit in EmergencyVisit.objects.order_by("number"):
        whole(visit)
        looks = Triage.objects.filter(visit=visit).order_by("at", "id")
        found[visit.complaint] = {
            "marks": {name: getattr(visit, name) for name in MARKS},
            "stages": list(visit.stages.order_by("began_at", "id").values_list("state", "began_at", "ended_at")),
            "stays": list(visit.stays.order_by("began_at").values_list("bed__name", "began_at", "ended_at")),
            "looks": list(looks.values_list("sort", "at", "suggested", "level")),
        }
    now = census.of(here)[ward.department.pk]
    found["now"] = now.doc()
    found["delayed"] = [(one.number, one.since_arrival, one.in_status, one.over) for one in now.delayed]
    found["boarders"] = [(one.number, one.since, one.is_boarder) for one in now.boarders]
    found["measures"] = {key: value for key, value in measures.of(here, *DAYS).items() if key != "departments"}
    found["log"] = [visit.complaint for visit in log.entries(Asked(*DAYS, here))]
    return found


def test_twenty_entries_from_paper_are_as_if_entered_live_and_marked(world: World) -> None:
    where: dict[int, str] = {}
    with a_day(world.harbor, later=False, where=where) as ward:
        live = told(ward)
        assert not EmergencyVisit.objects.filter(entered_later=True).exists()
    with a_day(world.hilltop, later=True, where=where) as ward:
        later = told(ward)
        assert EmergencyVisit.objects.filter(entered_later=True).count() == PATIENTS
        typed = EIGHT + timedelta(minutes=ENTERED)
        assert set(EmergencyVisit.objects.values_list("registered_at", flat=True)) == {typed}
        reasons = Event.objects.filter(name__startswith="er_visit.").exclude(name="er_visit.arrived")
        assert set(reasons.values_list("reason", flat=True)) <= {"Downtime", "grey"}
    for name, value in live.items():
        assert later[name] == value, name
    # a shift on which nothing happens proves nothing
    assert len(where) >= 8
    assert len(live["order"]) >= 6
    assert live["boarders"]
    assert live["measures"]["visits"] == PATIENTS
    assert live["measures"]["reassessments"]["n"] > live["measures"]["reassessments"]["count"] > 3
    assert set(live["measures"]["ends"]) == {"lwbs", "discharged", "admitted", "expired"}


def test_the_sheet_is_printed_in_the_order_of_the_board_and_says_who_was_entered_later(world: World) -> None:
    with a_day(world.hilltop, later=True, where={}):
        order = [f"Nr {visit.complaint.split()[1]}<" for visit in EmergencyVisit.objects.open().in_order()]
        sheet_of = opened(world.hilltop, "nurse", "er/downtime/")
        board = opened(world.hilltop, "nurse", "er/")
    places = [sheet_of.index(name) for name in order]
    assert places == sorted(places)
    assert len(places) >= 6
    assert board.count("Entered later, from paper") == len(order)
