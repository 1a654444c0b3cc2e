"""Triage in the department: decided by a nurse, only ever raised, corrected when wrong (R4.13, R4.14, R4.22)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
import time_machine
from django.utils import timezone

from clinic.core.errors import DomainError
from clinic.live.record import done
from er_flow import clock
from er_flow.esi import Age, Answers, Vitals
from er_flow.models import Triage
from er_flow.operations import beds, moves, triage
from er_flow.operations.triage import Sheet
from tests.elsewhere import second_department
from tests.er_flow.ward import emergency, fresh, policies, sheet, whole
from tests.ledger import recorded
from tests.world import World

pytestmark = pytest.mark.django_db


def refusal(act: Callable[[], Any]) -> DomainError:
    with pytest.raises(DomainError) as refused:
        act()
    return refused.value


def code(act: Callable[[], Any]) -> str:
    return refusal(act).code


@pytest.mark.rule("4.13")
@pytest.mark.rule("4.14")
def test_a_nurse_confirms_or_overrides_and_everything_is_kept(world: World) -> None:
    with world.harbor.open():
        ward = emergency(world.harbor)
        visit, nurse = ward.arrived(), ward.nurse
        skin = second_department(world.harbor)
    with recorded(world.harbor) as told:
        triage.start(visit, actor=nurse)
        triage.start(visit, actor=nurse)
        assert done().seq is None
        blind = Sheet(Answers(), Vitals(hr=80))
        missing = refusal(lambda: triage.assess(visit, blind, 5, actor=nurse))
        assert (missing.code, list(missing.details)) == ("er.vitals_missing", ["rr"])
        odd = refusal(lambda: triage.assess(visit, sheet(3, Vitals(hr=301, rr=16)), 3, actor=nurse))
        assert (odd.code, list(odd.details)) == ("er.implausible", ["hr"])
        assert code(lambda: triage.assess(visit, sheet(3), 2, actor=nurse)) == "er.why_override"
        assert code(lambda: triage.assess(visit, sheet(3), 6, override_reason="x", actor=nurse)) == "er.bad_level"
        assert code(lambda: triage.assess(visit, sheet(3), 3, actor=ward.by("receptionist"))) == "access.denied"
        assert code(lambda: triage.assess(visit, sheet(3), 3, actor=skin.actor("nurse"))) == "access.not_here"
        assert code(lambda: triage.reassess(visit, sheet(3), actor=nurse)) == "er.wrong_state"
        row = triage.assess(visit, sheet(3, notes="pale"), 2, override_reason="looks sick", actor=nurse)
        assert code(lambda: triage.assess(visit, sheet(3), 3, actor=nurse)) == "er.triaged_already"
    assert told.names == ["er_visit.triage_began", "er_visit.triaged"]
    assert (row.suggested, row.level, row.override_reason, row.by, row.function) == (
        3, 2, "looks sick", nurse.id, "esi-v5/2",
    )  # fmt: skip
    assert (row.answers, row.vitals["hr"], row.notes) == ({"resources": ["iv_fluids", "labs"]}, 80, "pale")
    with world.harbor.open():
        now = fresh(visit)
        assert now.triaged_at is not None
        assert (now.state, now.level, now.reassess_at) == ("triaged", 2, now.triaged_at + timedelta(minutes=15))
        assert whole(visit) == ["arrived", "triaged"]


@pytest.mark.rule("4.13")
def test_an_odd_value_is_taken_once_somebody_says_that_it_is_so_and_levels_1_and_2_need_none(world: World) -> None:
    with world.harbor.open():
        ward = emergency(world.harbor)
        visit, other = ward.arrived(), ward.arrived()
        fast = Sheet(Answers(), Vitals(hr=310, rr=16), confirmed=frozenset({"hr"}))
        row = triage.assess(visit, fast, 2, override_reason="unstable", actor=ward.nurse)
        assert (row.flags, row.consider, row.suggested) == (["hr"], [2], 5)
        assert triage.assess(other, sheet(2, Vitals()), 2, actor=ward.nurse).missing == ["hr", "rr"]
        assert code(lambda: triage.measure(other, Vitals(), actor=ward.nurse)) == "er.nothing_measured"
        assert code(lambda: triage.measure(other, Vitals(hr=301), actor=ward.nurse)) == "er.implausible"
        taken = triage.measure(other, Vitals(hr=90, temp=Decimal("38.2")), actor=ward.nurse)
        assert (taken.level, taken.vitals, fresh(other).level) == (None, {"hr": 90, "temp": "38.2"}, 2)


@pytest.mark.rule("4.14")
@pytest.mark.rule("4.22")
def test_while_waiting_a_level_only_rises_and_each_look_makes_the_next_due(world: World) -> None:
    start = timezone.now()
    with world.harbor.open(), time_machine.travel(start, tick=False) as travel:
        ward = emergency(world.harbor)
        visit, nurse = ward.triaged(4), ward.nurse
        assert fresh(visit).reassess_at == start + timedelta(minutes=60)
        travel.shift(timedelta(minutes=40))
        assert code(lambda: triage.reassess(visit, sheet(5), level=5, actor=nurse)) == "er.level_only_rises"
        assert code(lambda: triage.reassess(visit, sheet(3), level=3, what_changed="x", actor=nurse)) == "er.why_rises"
        again = triage.reassess(visit, sheet(4), level=4, actor=nurse)
        assert (again.level, fresh(visit).reassess_at) == (None, start + timedelta(minutes=100))
    with recorded(world.harbor) as told, time_machine.travel(start + timedelta(minutes=50), tick=False):
        raised = triage.reassess(
            visit, sheet(2), level=2, what_changed="grey", what_was_done="ECG, called the doctor", actor=nurse
        )
    assert told.names == ["er_visit.level_raised"]
    with world.harbor.open():
        assert (raised.level, raised.what_changed, fresh(visit).level) == (2, "grey", 2)
        assert fresh(visit).reassess_at == start + timedelta(minutes=65)
        one = ward.triaged(1)
        assert one.reassess_at is None  # never left alone
        moves.see(visit, actor=ward.medic)
        assert fresh(visit).reassess_at is None
        for act in (lambda: triage.reassess(visit, sheet(1), level=1, actor=nurse),
                    lambda: triage.assess(visit, sheet(1), 1, actor=nurse)):  # fmt: skip
            assert code(act) == "er.wrong_state"  # after provider contact it never changes


@pytest.mark.rule("4.13")
@pytest.mark.rule("4.14")
def test_a_level_is_raised_to_three_or_four_only_with_its_vital_signs(world: World) -> None:
    with world.harbor.open():
        ward = emergency(world.harbor)
        visit = ward.triaged(5)
        why: dict[str, Any] = {"what_changed": "grey", "what_was_done": "ECG", "actor": ward.nurse}
        for level in (3, 4):
            missing = refusal(lambda: triage.reassess(visit, sheet(level, Vitals(rr=16)), level=level, **why))  # noqa: B023
            assert (missing.code, list(missing.details)) == ("er.vitals_missing", ["hr"])
        for level in (0, -1, 6):
            assert code(lambda: triage.reassess(visit, sheet(2), level=level, **why)) == "er.bad_level"  # noqa: B023
        settled = Vitals(rr=16, unobtainable={"hr": "fights the cuff"})
        triage.reassess(visit, sheet(4, settled), level=4, **why)
        triage.reassess(visit, sheet(2, Vitals()), level=2, **why)  # 1 and 2 without
        assert fresh(visit).level == 2


@pytest.mark.rule("4.2")
@pytest.mark.rule("4.22")
def test_a_look_and_vital_signs_have_the_time_they_were_taken_at(world: World) -> None:
    start = timezone.now()
    with world.harbor.open(), time_machine.travel(start, tick=False) as travel:
        ward = emergency(world.harbor)
        visit, nurse = ward.triaged(3), ward.nurse
        travel.shift(timedelta(minutes=50))
        early: dict[str, Any] = {"at": start + timedelta(minutes=20), "reason": "Downtime", "actor": nurse}
        assert code(lambda: triage.reassess(visit, sheet(3), **{**early, "reason": " "})) == "er.why_then"
        assert triage.reassess(visit, sheet(3), **early).at == start + timedelta(minutes=20)
        assert fresh(visit).reassess_at == start + timedelta(minutes=50)
        before = {**early, "at": start + timedelta(minutes=10)}
        assert code(lambda: triage.reassess(visit, sheet(3), **before)) == "er.before_the_last"
        assert triage.measure(visit, Vitals(hr=90), **before).at == start + timedelta(minutes=10)
        too_early = {**early, "at": start - timedelta(minutes=2)}
        assert code(lambda: triage.measure(visit, Vitals(hr=90), **too_early)) == "er.before_the_last"


@pytest.mark.rule("4.14")
@pytest.mark.rule("4.22")
def test_a_corrected_level_has_its_own_next_look_and_target(world: World) -> None:
    start = timezone.now()
    with world.harbor.open(), time_machine.travel(start, tick=False) as travel:
        ward = emergency(world.harbor)
        visit = ward.triaged(4)
        travel.shift(timedelta(minutes=61))
        assert clock.cross() == 1
        triage.correct(Triage.objects.get(), sheet(2), 2, reason="wrong row", actor=ward.nurse)
        now = fresh(visit)
        assert (now.reassess_at, now.crossed_at) == (start + timedelta(minutes=61 + 15), None)
        assert clock.cross() == 1, "by its own target"
        travel.shift(timedelta(minutes=9))
        moves.see(visit, actor=ward.medic)
        second = ward.by("charge_nurse")
        triage.correct(Triage.objects.latest("id"), sheet(3), 3, reason="right at first", actor=second)
        assert (fresh(visit).level, fresh(visit).reassess_at) == (3, None), "seen: no look is due any more"


@pytest.mark.rule("4.14")
def test_a_second_nurse_is_a_person(world: World) -> None:
    with world.harbor.open():
        ward = emergency(world.harbor)
        wrong = Triage.objects.get(visit=ward.triaged(2))
        key = replace(ward.by("charge_nurse"), kind="key", id="key-1")
        assert code(lambda: triage.correct(wrong, sheet(3), 3, reason="wrong row", actor=key)) == "er.second_nurse"
        assert triage.correct(wrong, sheet(1), 1, reason="wrong row", actor=key).level == 1


@pytest.mark.rule("4.14")
def test_a_wrong_entry_is_struck_through_and_a_second_nurse_lowers_it(world: World) -> None:
    with world.harbor.open():
        ward = emergency(world.harbor)
        visit, nurse, second = ward.seen(level=2), ward.nurse, ward.by("charge_nurse")
        wrong = Triage.objects.get(visit=visit)
        assert code(lambda: triage.correct(wrong, sheet(3), 3, reason=" ", actor=second)) == "er.why_error"
        assert code(lambda: triage.correct(wrong, sheet(3), 3, reason="wrong row", actor=nurse)) == "er.second_nurse"
    with recorded(world.harbor) as told:
        right = triage.correct(wrong, sheet(3), 3, reason="wrong row", actor=second)
        assert code(lambda: triage.correct(wrong, sheet(3), 3, reason="wrong row", actor=second)) == "er.not_the_last"
    assert told.names == ["er_visit.triage_corrected"]
    with world.harbor.open():
        wrong.refresh_from_db()
        assert (wrong.level, wrong.error_reason, right.at, fresh(visit).level) == (2, "wrong row", wrong.at, 3)
        # Upwards whoever made it may correct it; and after the end nobody.
        triage.correct(right, sheet(2), 2, reason="it was right", actor=second)
        moves.depart(visit, "eloped", actor=ward.medic)
        last = Triage.objects.filter(visit=visit).latest("id")
        assert code(lambda: triage.correct(last, sheet(1), 1, reason="x", actor=nurse)) == "er.wrong_state"


@pytest.mark.rule("4.14")
def test_somebody_in_a_bed_is_triaged_there(world: World) -> None:
    with world.harbor.open():
        ward = emergency(world.harbor)
        visit = beds.assign(ward.arrived(), ward.beds["R1"], actor=ward.nurse)
        assert code(lambda: triage.reassess(visit, sheet(1), actor=ward.nurse)) == "er.triage_first"
        triage.assess(visit, sheet(1), 1, actor=ward.nurse)
        assert whole(visit) == ["arrived", "bedded"]
        assert (fresh(visit).state, fresh(visit).level) == ("bedded", 1)


def test_a_hospital_says_what_fever_of_the_second_month_makes(world: World) -> None:
    warm = Vitals(hr=150, rr=40, temp=Decimal("38.4"))
    with world.harbor.open():
        ward = emergency(world.harbor)
        told = []
        for level in (2, 3):
            policies(world.harbor, infant_fever_level=level)
            visit = ward.arrived(age=Age.said(6, "weeks"))
            told.append(triage.suggested(visit, Sheet(Answers(resources=frozenset({"labs", "iv_fluids"})), warm)))
        assert [(one.level, one.consider) for one in told] == [(2, ()), (3, (2,))]
