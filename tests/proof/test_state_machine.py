"""The real operations against a clinic on paper (model.py), act by act, as Hypothesis draws them."""

from __future__ import annotations

import itertools
import os
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from heapq import merge
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from clinic.core import clock
from clinic.core.errors import DomainError
from clinic.directory import operations as directory
from clinic.directory.models import Doctor
from clinic.live import ledger
from clinic.live.record import done
from queues.models import Leg, Queue, Visit
from queues.operations import calls, ends, intake, undo
from tests import world
from tests.proof.model import UNDO, Card, Paper, Refused

pytestmark = pytest.mark.django_db
LONG = os.environ.get("PROOF") == "1"
START = datetime(2026, 11, 20, 8, 0, tzinfo=UTC)
DOCTORS = ("first", "second")
ACTS = (
    "arrive", "arrive", "call_next", "call_next", "skip", "skip", "skip", "start", "start", "complete", "complete",
    "complete_and_call", "recall", "nobody_comes", "skip_for_ever", "call", "leave", "cancel", "undo", "undo", "pause",
    "no_show",
    "resume", "time",
)  # fmt: skip
LINES = ("own of first", "own of second", "pool")
numbers = itertools.count()
SEEN: Counter[tuple[str, str]] = Counter()
"""Act and answer → how often: a machine that only ever sees refusals proves nothing."""


class Clinic(RuleBasedStateMachine):
    """One hospital, two doctors with a line each, one pool that both serve."""

    def __init__(self) -> None:
        super().__init__()
        self.house = world._house("Paper", f"paper-{next(numbers)}", "Europe/Paris")
        self.desk = self.house.desk
        with self.house.open():
            self.doctors = {"first": self.house.doctor, "second": self.house.colleague}
            second = Queue.objects.get(doctor=self.house.colleague)
            self.queues = dict(zip(LINES, (self.house.own, second, self.house.pool), strict=True))
        self.paper = Paper(
            {line: [] for line in LINES}, {"first": ["own of first", "pool"], "second": ["own of second", "pool"]}
        )
        self.known: dict[str, Visit] = {}
        self.last: tuple[int, float, Paper, str] | None = None
        for line in ("own of first",) * 4 + ("pool",) * 3 + ("own of second",):
            self.arrive(line, "normal")

    @rule(
        act=st.sampled_from(ACTS),
        doctor=st.sampled_from(DOCTORS),
        line=st.sampled_from(LINES),
        klass=st.sampled_from(("normal", "normal", "normal", "urgent", "vip")),
        anybody=st.one_of(st.none(), st.none(), st.integers(0, 1000)),
    )
    def step(self, act: str, doctor: str, line: str, klass: str, anybody: int | None) -> None:
        """One act; mostly on whom it is meant for, now and then on anybody. One rule, so that no act is left out."""
        if act == "arrive":
            self.arrive(line, klass)
        elif act == "call_next":
            self.call_next(doctor)
        elif act in ("pause", "resume"):
            self.pause(doctor, act == "pause")
        elif act == "time":
            self.paper.now += 61
        elif act == "undo":
            self.undo_the_last()
        elif act == "nobody_comes":
            self.nobody_comes(doctor)
        elif act == "skip_for_ever":
            self.skip_for_ever(doctor)
        else:
            self.on(act, doctor, self._whom(act, doctor, anybody))

    def _whom(self, act: str, doctor: str, anybody: int | None) -> str:
        if anybody is not None:
            return list(self.known)[anybody % len(self.known)]
        waiting = [name for name, card in self.paper.cards.items() if card.state == "waiting"]
        if act in ("call", "leave", "cancel") and waiting:
            return waiting[-1]
        there = self._somebody_in_the_room(doctor)
        return there.name if there is not None else list(self.known)[-1]

    def _somebody_in_the_room(self, doctor: str) -> Card | None:
        if self.paper.room(doctor) is None:
            if doctor in self.paper.paused:
                self.pause(doctor, False)
            self.call_next(doctor)
        return self.paper.room(doctor)

    def on(self, act: str, doctor: str, name: str) -> None:
        """An act on one visit."""
        visit = self.known[name]
        if act == "call":
            server = self._doctor(doctor)
            self.both(
                act, lambda paper: paper.call(name, doctor),
                lambda: calls.call(visit, server, reason="in pain", actor=self.desk),
            )  # fmt: skip
        elif act == "cancel":
            self.both(act, lambda p: p.cancel(name), lambda: ends.cancel(visit, reason="mistake", actor=self.desk))
        elif act == "complete_and_call":
            self.complete_and_call(name)
        else:
            verb = getattr(calls, act, None) or getattr(ends, act)
            self.both(act, lambda paper: getattr(paper, act)(name), lambda: verb(visit, actor=self.desk))

    # --- one act, on paper and for real ------------------------------------------------------------------------------

    def both(self, name: str, paper: Callable[[Paper], Any], real: Callable[[], Any]) -> tuple[Any, Any]:
        """The same answer or the same refusal from both; a refusal changes neither. Time passes by a second."""
        self.paper.now += 1
        before, draft = self.paper.copy(), self.paper.copy()
        refusal = answer = expected = None
        try:
            expected = paper(draft)
        except Refused as refused:
            refusal = str(refused)
        with self.house.open(), clock.at(START + timedelta(seconds=self.paper.now)):
            try:
                answer = real()
                said = None
            except DomainError as error:
                said = error.code
        SEEN[name, said or "done"] += 1
        assert said == refusal, f"{name}: {said}, on paper {refusal}"
        if said is not None:
            return None, None
        self.paper = draft
        seq, changes = done().seq, expected not in (None, False, (False, None))
        assert (seq is not None) == changes, f"{name}: event {seq}, on paper {expected}"
        if seq is not None:
            self.last = (seq, self.paper.now, before, name)
        return expected, answer

    def arrive(self, line: str, klass: str) -> None:
        name = f"v{len(self.known)}"
        patient = self.house.patient(name, "Paper")
        _, arrival = self.both(
            "arrive",
            lambda paper: paper.arrive(name, line, klass),
            lambda: intake.arrive(self.queues[line], patient, klass=klass, actor=self.desk),
        )
        self.known[name] = arrival.visit

    def call_next(self, doctor: str) -> None:
        server = self._doctor(doctor)
        expected, leg = self.both(
            "call_next", lambda paper: paper.call_next(doctor), lambda: calls.call_next(server, actor=self.desk)
        )
        assert (leg and leg.visit_id) == (expected and self.known[expected].pk)

    def nobody_comes(self, doctor: str) -> None:
        """Called and not there: one call is not enough, however long one waits; two are."""
        there = self._somebody_in_the_room(doctor)
        if there is None:
            return
        for act in ("no_show", "recall", "no_show"):
            self.paper.now += 61
            self.on(act, doctor, there.name)

    def skip_for_ever(self, doctor: str) -> None:
        """Skipped, called out of turn, skipped again …: the third time is refused."""
        there = self._somebody_in_the_room(doctor)
        for act in ("skip", "call", "skip", "call", "skip") if there is not None else ():
            assert there is not None
            self.on(act, doctor, there.name)

    def complete_and_call(self, name: str) -> None:
        expected, answer = self.both(
            "complete_and_call", lambda paper: paper.complete_and_call(name),
            lambda: ends.complete_and_call(self.known[name], actor=self.desk),
        )  # fmt: skip
        if answer is not None:
            assert (answer[1] and answer[1].visit_id) == (expected[1] and self.known[expected[1]].pk)

    def pause(self, doctor: str, paused: bool) -> None:
        def on_paper(paper: Paper) -> bool:
            changed = (doctor in paper.paused) != paused
            (paper.paused.add if paused else paper.paused.discard)(doctor)
            return changed

        status, server = Doctor.ON_BREAK if paused else Doctor.ON_TIME, self._doctor(doctor)
        self.both("status", on_paper, lambda: directory.set_status(server, status, actor=self.desk))

    def undo_the_last(self) -> None:
        if self.last is None:
            return
        seq, at, before, name = self.last
        late = self.paper.now + 1 - at > UNDO

        def on_paper(paper: Paper) -> bool:
            if late:
                raise Refused("undo.too_late")
            now, newcomer = paper.now, set(paper.cards) - set(before.cards)
            if name == "arrive":
                return paper.cancel(newcomer.pop())
            paper.__dict__.update(before.copy().__dict__)
            paper.now = now
            return True

        self.both("undo", on_paper, lambda: undo.undo(seq, actor=self.desk))
        if not late:
            self.last = None

    def _doctor(self, name: str) -> Doctor:
        """As a door finds it: fresh."""
        with self.house.open():
            found: Doctor = Doctor.objects.select_related("room").get(pk=self.doctors[name].pk)
        return found

    # --- what both must say after every act ----------------------------------------------------------------------

    @invariant()
    def agrees(self) -> None:
        with self.house.open():
            rows = {leg.visit_id: leg for leg in Leg.objects.select_related("visit")}
            names = {visit.pk: name for name, visit in self.known.items()}
            for lines in (*([line] for line in LINES), *self.paper.pools_of.values()):
                waiting = Leg.objects.waiting().filter(queue__in=[self.queues[line] for line in lines])
                real = [names[pk] for pk in waiting.in_order().values_list("visit_id", flat=True)]
                assert real == list(merge(*(self.paper.lines[line] for line in lines), key=self._key)), lines
        assert len(rows) == len(self.known)
        for name, visit in self.known.items():
            leg, card = rows[visit.pk], self.paper.cards[name]
            assert (leg.state, leg.skips) == (card.state, card.skips), name
            if card.state in ("called", "in_progress"):
                assert card.server is not None
                assert leg.server_id == self.doctors[card.server].pk
            ended = card.state not in ("waiting", "called", "in_progress")
            assert (leg.visit.ended_at is not None) == ended == (leg.ended_at is not None), name

    def _key(self, name: str) -> tuple[int, float]:
        return self.paper.cards[name].key

    def teardown(self) -> None:
        verdict = ledger.verify(self.house.hospital.pk)
        assert verdict.fault == "", verdict.fault


def test_the_operations_do_what_the_paper_says() -> None:
    run_state_machine_as_test(
        Clinic,
        settings=settings(
            max_examples=300 if LONG else 15,
            stateful_step_count=60 if LONG else 45,
            deadline=None,
            database=None,
            derandomize=not LONG,
            suppress_health_check=list(HealthCheck),
            # Finding the smallest failing day takes minutes: that is for the long run.
            phases=tuple(Phase) if LONG else (Phase.explicit, Phase.generate),
        ),
    )
    for act in ("arrive", "call_next", "recall", "start", "skip", "complete", "complete_and_call", "no_show", "undo"):
        assert SEEN[act, "done"] >= 5, (act, SEEN)
    for answer in (("skip", "visit.skip_limit"), ("call_next", "doctor.busy"), ("undo", "undo.too_late")):
        assert SEEN[answer], (answer, SEEN)
