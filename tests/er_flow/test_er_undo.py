"""Undo in the emergency department (R3.19): every act that can be taken back leaves rows as if it had not been."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.db import transaction
from django.utils import timezone

from clinic.core.errors import DomainError
from clinic.live.record import done
from er_flow.esi import Vitals
from er_flow.models import Triage
from er_flow.operations import arrivals, beds, delays, moves, places, team, times, triage, undo
from tests.elsewhere import second_department
from tests.er_flow.ward import Ward, emergency, fresh, policies, sheet, whole
from tests.ledger import recorded, rows
from tests.world import World

pytestmark = [pytest.mark.django_db, pytest.mark.rule("3.19")]
Act = Callable[[], Any]


def refusal(act: Act) -> str:
    with pytest.raises(DomainError) as refused:
        act()
    return refused.value.code


def last() -> int:
    seq = done().seq
    assert seq is not None
    return seq


def acts(ward: Ward) -> dict[str, Act]:
    """Event → an act that writes it and can be taken back; what it needs is there already."""
    nurse, medic, charge = ward.nurse, ward.medic, ward.by("charge_nurse")
    arrived, triaged, bedded, other = ward.arrived(), ward.triaged(), ward.bedded("A1"), ward.bedded("F1")
    seen, decided = ward.seen("A3"), ward.decided("admit", "R1")
    beds.reserve(ward.beds["A2"], triaged, actor=nurse)
    person, now = ward.house.patient("Ann", "Lee"), timezone.now()
    nia, hall = ward.person("nurse", "Nia"), ward.beds["H1"]
    section = ward.sections["Acute"]

    def out(visit: Any, end: str) -> Act:
        return lambda: moves.depart(visit, end, risks_explained=True, actor=medic)

    return {
        "er_visit.triage_began": lambda: triage.start(arrived, actor=nurse),
        "er_visit.triaged": lambda: triage.assess(arrived, sheet(2), 2, actor=nurse),
        "er_visit.level_raised": lambda: triage.reassess(
            triaged, sheet(2), level=2, what_changed="grey", what_was_done="ECG", actor=nurse
        ),
        "er_visit.reassessed": lambda: triage.reassess(triaged, sheet(3), actor=nurse),
        "er_visit.vitals_taken": lambda: triage.measure(seen, Vitals(hr=90), actor=nurse),
        "er_visit.bedded": lambda: beds.assign(triaged, ward.beds["A2"], actor=nurse),
        "er_visit.transferred_bed": lambda: beds.assign(bedded, hall, actor=nurse),
        "er_visit.left_bed": lambda: beds.leave_bed(bedded, actor=nurse),
        "er_visit.swapped_beds": lambda: beds.swap(bedded, other, actor=nurse),
        "er_visit.seen": lambda: moves.see(bedded, actor=medic),
        "er_visit.disposition_decided": lambda: moves.decide(seen, "admit", note="ward 7", actor=medic),
        "er_visit.disposition_withdrawn": lambda: moves.withdraw(decided, reason="better", actor=medic),
        "er_visit.boarded": lambda: moves.board(decided, actor=medic),
        "er_visit.left_unseen": out(triaged, "lwbs"), "er_visit.left_treatment": out(seen, "lwot"),
        "er_visit.left_against_advice": out(seen, "ama"), "er_visit.eloped": out(seen, "eloped"),
        "er_visit.died": out(bedded, "expired"),
        "er_visit.team_changed": lambda: team.set_team(seen, nurse=nia, provider=None, actor=nurse),
        "er_visit.changed": lambda: team.change_details(
            bedded, precautions="droplet", needs=["secure"], section=ward.sections["Resus"], actor=nurse
        ),
        "er_visit.time_corrected": lambda: times.set_time(
            bedded, "arrived_at", now - timedelta(minutes=9), reason="paper", actor=nurse
        ),
        "er_visit.identified": lambda: arrivals.identify(bedded, person, actor=nurse),
        "er_visit.delay_explained": lambda: delays.explain(triaged, "full", actor=nurse),
        "er_section.nurse_changed": lambda: team.set_nurse_of(section, nia, actor=nurse),
        "bed.reserved": lambda: beds.reserve(hall, triaged, actor=nurse),
        "bed.released": lambda: beds.release(ward.beds["A2"], actor=nurse),
        "bed.blocked": lambda: beds.block(hall, reason="leak", until=now + timedelta(hours=1), actor=charge),
    }  # fmt: skip


def without(found: dict[str, Any]) -> dict[str, Any]:
    """Rows as they are told, but for versions, numbers of acts and what was struck through."""
    struck = {ref for ref, row in found.items() if ref.startswith("triage:") and row["error_at"] is not None}
    return {ref: row | {"version": 0} for ref, row in found.items() if ref not in struck}


def test_whatever_can_be_undone_is_as_if_it_had_not_been(world: World) -> None:
    with world.harbor.open():
        ward = emergency(world.harbor)
        tried = set()
        before = None
        for name, act in acts(ward).items():
            mark = transaction.savepoint()
            before = before or without(rows())
            act()
            assert [told for told, _seq in done().events] == [name]
            seq = last()
            assert without(rows()) != before, name
            assert undo.undo(seq, actor=ward.by("charge_nurse")) == [name]
            assert without(rows()) == before, name
            assert [told for told, _seq in done().events] == ["er_visit.undone"]
            assert refusal(lambda: undo.undo(seq, actor=ward.by("charge_nurse"))) == "undo.touched"  # noqa: B023
            transaction.savepoint_rollback(mark)
            tried.add(name)
    left = {
        "er_visit.discharged", "er_visit.admitted", "er_visit.transferred", "bed.cleaned", "bed.decontaminated",
        "bed.unblocked",
    }  # fmt: skip
    assert tried | left == undo.UNDOABLE


@pytest.mark.parametrize("end", ["discharged", "admitted", "transferred"])
def test_an_end_taken_back_brings_bed_and_reservation_back(world: World, end: str) -> None:
    with world.hilltop.open():
        ward = emergency(world.hilltop)
        visit = ward.boarding("A1")
        beds.reserve(ward.beds["A3"], visit, actor=ward.nurse)
    with recorded(world.hilltop) as told:
        moves.depart(visit, end, actor=ward.medic)
        undo.undo(last(), actor=ward.medic)
    assert told.names[1:] == ["er_visit.undone"]
    with world.hilltop.open():
        assert (ward.bed("A1").state, ward.bed("A3").reserved_for_id) == ("occupied", visit.pk)
        assert (fresh(visit).state, whole(visit)[-1]) == ("boarding", "boarding")
        moves.depart(visit, end, actor=ward.medic)


def test_cleaning_and_blocks_are_taken_back(world: World) -> None:
    with world.harbor.open():
        ward = emergency(world.harbor)
        charge = ward.by("charge_nurse")
        moves.depart(ward.bedded("A2", precautions="airborne"), "lwbs", actor=ward.nurse)
        seen = []
        bed = ward.beds["A2"]
        each: list[Act] = [
            lambda: beds.clean(bed, actor=charge), lambda: beds.clean(bed, actor=charge),
            lambda: beds.block(bed, reason="x", actor=charge), lambda: beds.unblock(bed, actor=charge),
        ]  # fmt: skip
        for act in each:
            act()
            undo.undo(last(), actor=charge)
            seen.append(ward.bed("A2").state)
            act()
    assert seen == ["contaminated", "cleaning", "available", "blocked"]


def test_a_triage_taken_back_is_struck_through_and_done_again(world: World) -> None:
    with world.harbor.open():
        ward = emergency(world.harbor)
        visit = ward.arrived()
        triage.assess(visit, sheet(2), 2, actor=ward.nurse)
        undo.undo(last(), actor=ward.nurse)
        (struck,) = Triage.objects.filter(visit=visit)
        assert (struck.error_reason, struck.level, fresh(visit).level, fresh(visit).state) == (
            "undo",
            2,
            None,
            "arrived",
        )
        triage.assess(visit, sheet(3), 3, actor=ward.nurse)
        assert whole(visit) == ["arrived", "triaged"]


def test_only_for_a_while_by_whom_it_was_or_the_desk_and_not_what_was_touched(world: World) -> None:
    now = timezone.now()
    with world.harbor.open(), time_machine.travel(now, tick=False) as travel:
        ward = emergency(world.harbor)
        visit = ward.bedded("A1")
        seq = last()
        skin = second_department(world.harbor)
        assert refusal(lambda: undo.undo(seq, actor=ward.medic)) == "undo.not_yours"
        assert refusal(lambda: undo.undo(seq, actor=skin.actor("charge_nurse"))) == "access.not_here"
        assert refusal(lambda: undo.undo(seq, actor=ward.by("biller"))) == "access.denied"
        assert refusal(lambda: undo.undo(seq + 99, actor=ward.nurse)) == "access.not_here"
        policies(world.harbor, undo_seconds=30)
        travel.shift(timedelta(seconds=31))
        assert refusal(lambda: undo.undo(seq, actor=ward.nurse)) == "undo.too_late"
        policies(world.harbor, undo_seconds=600)
        travel.shift(timedelta(minutes=5))
        for act in (lambda: moves.see(visit, actor=ward.medic),
                    lambda: beds.assign(visit, ward.beds["A3"], actor=ward.nurse),
                    lambda: triage.measure(visit, Vitals(hr=90), actor=ward.nurse)):  # fmt: skip
            mark = transaction.savepoint()
            act()
            assert refusal(lambda: undo.undo(seq, actor=ward.nurse)) == "undo.touched"
            transaction.savepoint_rollback(mark)
        moves.depart(visit, "lwbs", actor=ward.nurse)
        gone = last()
        beds.clean(ward.beds["A1"], actor=ward.nurse)
        assert refusal(lambda: undo.undo(gone, actor=ward.nurse)) == "undo.touched"
        places.set_surge(ward.department, True, reason="x", actor=ward.by("owner"))
        assert refusal(lambda: undo.undo(last(), actor=ward.by("owner"))) == "undo.nothing"
        ward.arrived()
        assert refusal(lambda: undo.undo(last(), actor=ward.nurse)) == "undo.nothing"


def test_what_the_clock_tells_keeps_nobody_from_an_undo(world: World) -> None:
    with world.harbor.open(), time_machine.travel(timezone.now(), tick=False) as travel:
        ward = emergency(world.harbor)
        visit = ward.bedded("A1", level=1)
        seq = last()
        policies(world.harbor, undo_seconds=600)
        travel.shift(timedelta(minutes=3))
        assert delays.cross(visit, actor=ward.nurse)
        assert undo.undo(seq, actor=ward.nurse) == ["er_visit.bedded"]
        assert (fresh(visit).state, fresh(visit).crossed_at is None) == ("triaged", False)
    with world.hilltop.open():
        assert refusal(lambda: undo.undo(seq, actor=world.hilltop.desk)) == "access.not_here"
