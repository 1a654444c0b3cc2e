"""The real operations against an emergency department on paper (paper.py), act by act, as Hypothesis draws them."""

from __future__ import annotations

import itertools
import os
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from clinic.core import clock
from clinic.core.errors import DomainError
from clinic.live import ledger
from clinic.live.record import done
from er_flow import clock as er_clock
from er_flow.models import Bed, BedStay, EmergencyVisit
from er_flow.operations import beds, moves, triage, undo
from tests import world
from tests.er_flow.paper import ENDS, UNDO, Paper, Place, Refused
from tests.er_flow.ward import emergency, sheet, whole

pytestmark = pytest.mark.django_db
LONG = os.environ.get("PROOF") == "1"
START = datetime(2026, 11, 20, 8, tzinfo=UTC)
BEDS = ("A1", "A2", "A3", "F1")
OF_PERSON = (
    "assess", "assess", "reassess", "assign", "assign", "assign", "leave_bed", "swap", "reserve", "see", "see",
    "decide", "decide", "withdraw", "board", "board", "depart", "depart",
)  # fmt: skip
OF_BED = ("release", "clean", "clean", "clean", "block", "unblock", "unblock")
ACTS = ("arrive", "arrive", *OF_PERSON, *OF_PERSON, *OF_BED, "undo", "undo", "time")
MEANT_FOR = {
    "assess": ("arrived", "bedded"), "reassess": ("triaged", "bedded"), "assign": ("triaged", "arrived", "boarding"),
    "leave_bed": ("bedded", "in_treatment"), "swap": ("bedded", "in_treatment"), "see": ("bedded", "triaged"),
    "decide": ("in_treatment", "boarding"), "withdraw": ("disposition",), "board": ("disposition",),
    "depart": ("disposition", "boarding", "in_treatment", "bedded"), "reserve": ("triaged",),
}  # fmt: skip
"""Act → the states of whom it is meant for, the likeliest first."""
MEANT_OF = {
    "assign": "available",
    "reserve": "available",
    "clean": "cleaning",
    "release": "reserved",
    "unblock": "blocked",
}
numbers = itertools.count()
SEEN: Counter[tuple[str, str]] = Counter()
"""Act and answer → how often: a machine that only ever sees refusals proves nothing."""


class Emergency(RuleBasedStateMachine):
    """One department with four beds, one of them with negative pressure."""

    def __init__(self) -> None:
        super().__init__()
        self.house = world.house("Paper", f"paper-er-{next(numbers)}", "Europe/Paris")
        self.charge = self.house.actor("charge_nurse")
        with self.house.open():
            self.ward = emergency(self.house)
        self.paper = Paper({name: Place(pressure=name == "A2") for name in BEDS})
        self.known: dict[str, EmergencyVisit] = {}
        self.last: tuple[int, float, Paper, str] | None = None
        for airborne in (False, False, True):
            self.arrive(airborne)

    @rule(
        act=st.sampled_from(ACTS), bed=st.sampled_from(BEDS), level=st.integers(1, 5),
        anybody=st.one_of(st.none(), st.none(), st.integers(0, 1000)), other=st.integers(0, 1000),
        end=st.sampled_from(ENDS), disposition=st.sampled_from(("discharge", "admit", "observe", "transfer")),
        airborne=st.sampled_from((False, False, True)), minutes=st.sampled_from((1, 7, 31)),
    )  # fmt: skip
    def step(self, act: str, airborne: bool, minutes: int, **more: Any) -> None:
        """One act; mostly on whom it is meant for, now and then on anybody."""
        SEEN["step", "taken"] += 1
        if act == "arrive":
            self.arrive(airborne)
        elif act == "time":
            self.time(minutes)
        elif act == "undo":
            self.paper.now += UNDO + 1 if (more["anybody"] or 0) % 2 else 0  # now and then too late
            self.undo_the_last()
        elif act in OF_BED:
            self.on_bed(act, self._bed(act, more["bed"], more["anybody"]))
        else:
            self.on_person(act, **more)

    def on_bed(self, act: str, name: str) -> None:
        bed, more = self.ward.beds[name], {"reason": "leak"} if act == "block" else {}
        verb: Any = getattr(beds, act)
        self.both(act, lambda paper: getattr(paper, act)(name), lambda: verb(bed, **more, actor=self.charge))

    def on_person(
        self, act: str, bed: str, level: int, anybody: int | None, other: int, end: str, disposition: str
    ) -> None:
        name, charge = self._whom(act, anybody), self.charge
        visit, place = self.known[name], self._bed(act, bed, anybody)
        second = self._other(name, anybody, other)
        there = self.ward.beds[place]
        acts: dict[str, tuple[tuple[Any, ...], Callable[[], Any]]] = {
            "assess": ((level,), lambda: triage.assess(visit, sheet(level), level, actor=charge)),
            "reassess": ((level,), lambda: triage.reassess(
                visit, sheet(level), level=level, what_changed="x", what_was_done="y", actor=charge
            )),
            "assign": ((place,), lambda: beds.assign(visit, there, actor=charge)),
            "leave_bed": ((), lambda: beds.leave_bed(visit, actor=charge)),
            "swap": ((second,), lambda: beds.swap(visit, self.known[second], actor=charge)),
            "reserve": ((place,), lambda: beds.reserve(there, visit, actor=charge)),
            "see": ((), lambda: moves.see(visit, actor=charge)),
            "decide": ((disposition,), lambda: moves.decide(visit, disposition, actor=charge)),
            "withdraw": ((), lambda: moves.withdraw(visit, reason="better", actor=charge)),
            "board": ((), lambda: moves.board(visit, actor=charge)),
            "depart": ((end,), lambda: moves.depart(visit, end, risks_explained=True, actor=charge)),
        }  # fmt: skip
        given, real = acts[act]
        self.both(act, lambda paper: getattr(paper, act)(name, *given), real)

    def _whom(self, act: str, anybody: int | None) -> str:
        if anybody is not None:
            return list(self.known)[anybody % len(self.known)]
        for state in MEANT_FOR[act]:
            there_are = [name for name, person in self.paper.people.items() if person.state == state]
            if there_are:
                return there_are[-1]
        return list(self.known)[-1]

    def _other(self, name: str, anybody: int | None, other: int) -> str:
        lying = [key for key, person in self.paper.people.items() if person.bed is not None and key != name]
        if other % 2:  # somebody airborne, where there is one: what they leave is what few others leave
            lying = [key for key in lying if self.paper.people[key].airborne] or lying
        among = lying if lying and anybody is None else list(self.known)
        return among[other % len(among)]

    def _bed(self, act: str, bed: str, anybody: int | None) -> str:
        meant = [name for name, place in self.paper.places.items() if place.state == MEANT_OF.get(act)]
        return meant[0] if meant and anybody is None else bed

    # --- one act, on paper and for real ------------------------------------------------------------------------------

    def both(self, name: str, paper: Callable[[Paper], bool], real: Callable[[], Any]) -> Any:
        """The same answer or the same refusal from both; a refusal changes neither. Time passes by a second."""
        self.paper.now += 1
        before, draft = self.paper, self.paper.copy()
        refusal = said = answer = None
        changes = False
        try:
            changes = paper(draft)
        except Refused as refused:
            refusal = str(refused)
        with self.house.open(), self.at():
            try:
                answer = real()
            except DomainError as error:
                said = error.code
        SEEN[name, said or "done"] += 1
        assert said == refusal, f"{name}: {said}, on paper {refusal}"
        if said is None:
            seq = done().seq
            assert (seq is not None) == changes, f"{name}: event {seq}, on paper {changes}"
            self.paper = draft
            if seq is not None:
                self.last = (seq, draft.now, before, name)
        return answer

    def at(self) -> Any:
        return clock.at(START + timedelta(seconds=self.paper.now))

    def arrive(self, airborne: bool) -> None:
        name, precautions = f"p{len(self.known)}", "airborne" if airborne else "none"
        self.known[name] = self.both(
            "arrive", lambda paper: paper.arrive(name, airborne), lambda: self.ward.arrived(precautions=precautions)
        )

    def time(self, minutes: int) -> None:
        """Time passes, and the clock tells who has passed a target."""
        self.paper.now += 60 * minutes
        told = self.paper.tick()
        with self.house.open(), self.at():
            assert er_clock.cross() == len(told)
        SEEN["cross", "done"] += bool(told)
        self.last = None if told else self.last

    def undo_the_last(self) -> None:
        if self.last is None:
            return
        seq, when, before, name = self.last

        def on_paper(paper: Paper) -> bool:
            if name == "arrive":
                raise Refused("undo.nothing")
            if name == "undo":
                raise Refused("undo.nothing")
            if paper.now - when > UNDO:
                raise Refused("undo.too_late")
            restored = before.copy()
            paper.people, paper.places = restored.people, restored.places
            return True

        self.both("undo", on_paper, lambda: undo.undo(seq, actor=self.charge))

    # --- what both must say after every act --------------------------------------------------------------------------

    @invariant()
    def agrees(self) -> None:
        with self.house.open():
            rows = {row.pk: row for row in EmergencyVisit.objects.all()}
            lying = dict(BedStay.objects.filter(ended_at=None).values_list("visit_id", "bed__name"))
            names = {visit.pk: name for name, visit in self.known.items()}
            order = EmergencyVisit.objects.open().in_order().values_list("pk", flat=True)
            assert [names[pk] for pk in order] == self.paper.in_order()
            states = {bed.name: bed for bed in Bed.objects.filter(name__in=BEDS)}
        for name, visit in self.known.items():
            row, person = rows[visit.pk], self.paper.people[name]
            real = (row.state, row.level, lying.get(row.pk), row.disposition, row.crossed_at is not None, row.is_open)
            said = (person.state, person.level, person.bed, person.disposition, person.late, person.here)
            assert real == said, name
        for name, place in self.paper.places.items():
            bed = states[name]
            assert (bed.state, bed.unclean) == (place.state, place.dirty), name
            assert names.get(bed.reserved_for_id) == place.kept_for, name

    def teardown(self) -> None:
        with self.house.open():
            for visit in self.known.values():
                whole(visit)
        verdict = ledger.verify(self.house.hospital.pk)
        assert verdict.fault == "", verdict.fault


def test_the_operations_do_what_the_paper_says() -> None:
    run_state_machine_as_test(
        Emergency,
        settings=settings(
            # 10,000 steps and more by `make proof`; a short version in the suite.
            max_examples=240 if LONG else 2, stateful_step_count=50 if LONG else 40, deadline=None, database=None,
            derandomize=not LONG, suppress_health_check=list(HealthCheck),
            phases=tuple(Phase) if LONG else (Phase.explicit, Phase.generate),
        ),
    )  # fmt: skip
    steps = SEEN["step", "taken"]
    print(f"{steps} steps; {dict(SEEN)}")
    assert steps >= (10_000 if LONG else 60)
    if LONG:
        assert [act for act in {*ACTS, "cross"} - {"time"} if SEEN[act, "done"] < 20] == [], SEEN
        heard = {code for _act, code in SEEN}
        wanted = {
            "bed.occupied", "bed.reserved", "bed.not_free", "bed.needs_negative_pressure", "bed.left_contaminated",
            "er.no_bed", "er.wrong_state", "er.triage_first", "er.level_only_rises", "er.other_disposition",
            "undo.too_late", "undo.nothing",
        }  # fmt: skip
        assert sorted(wanted - heard) == []
