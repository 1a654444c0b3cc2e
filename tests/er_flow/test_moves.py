"""Care stages: every move that domain/4 lists is made, every other one is refused, and each end frees the bed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import transaction

from clinic.core.errors import DomainError, Forbidden, Invalid, NotAllowed, NotFound
from clinic.live.record import done
from er_flow.models import BedStay, EmergencyVisit
from er_flow.models.words import ENDS, MOVES, STATES
from er_flow.operations import beds, moves, triage
from tests.elsewhere import second_department
from tests.er_flow.ward import Ward, emergency, fresh, sheet, whole
from tests.ledger import recorded
from tests.world import World

pytestmark = pytest.mark.django_db
DOMAIN = """
arrived → triaged, bedded, in_treatment, lwbs
triaged → bedded, in_treatment, lwbs
bedded → in_treatment, triaged, lwbs
in_treatment → disposition, lwot, ama, eloped
disposition → discharged, boarding, transferred, ama, eloped, in_treatment
boarding → admitted, transferred, discharged, ama, disposition
"""
"""As domain/4 has it; from any open state also: expired."""
PLACES = {"bedded": ("in_treatment", "disposition", "boarding"), "triaged": ("in_treatment", "disposition", "boarding")}
"""Acts that change a place and not the care stage of whoever a provider has seen (R4.1)."""
WANTED = {"discharged": "discharge", "boarding": "admit", "transferred": "transfer"}


def table() -> dict[str, set[str]]:
    lines = (line.split(" → ") for line in DOMAIN.strip().splitlines())
    return {state: {*to.split(", "), "expired"} for state, to in lines}


def test_the_moves_are_those_of_the_domain() -> None:
    assert {state: set(to) for state, to in MOVES.items()} == {**table(), **{end: set() for end in ENDS}}
    assert {key for key, _label in STATES} == set(MOVES)


def act_to(ward: Ward, to: str, visit: EmergencyVisit) -> list[Callable[[], Any]]:
    """What leads to a state: each of these does it, or is refused."""
    medic, nurse = ward.medic, ward.nurse
    match to:
        case "triaged" if visit.state == "arrived":
            return [lambda: triage.assess(visit, sheet(3), 3, actor=nurse)]
        case "triaged":
            return [lambda: beds.leave_bed(visit, actor=nurse)]
        case "bedded":
            return [lambda: beds.assign(visit, ward.beds["A3"], actor=nurse)]
        case "in_treatment" if visit.state == "disposition":
            return [lambda: moves.withdraw(visit, reason="new results", actor=medic)]
        case "in_treatment":
            return [lambda: moves.see(visit, actor=medic)]
        case "disposition":
            return [lambda: moves.decide(visit, "transfer", actor=medic)]
        case "boarding":
            return [lambda: moves.board(visit, actor=medic)]
        case _:
            return [lambda: moves.depart(visit, to, risks_explained=True, actor=medic)]


def answer(act: Callable[[], Any]) -> str:
    """The code of the refusal, or nothing; what it did is taken back."""
    mark = transaction.savepoint()
    try:
        act()
    except DomainError as refused:
        return refused.code if refused.status == 409 else f"{refused.status} {refused.code}"
    finally:
        transaction.savepoint_rollback(mark)
    return ""


@pytest.mark.rule("4.1")
@pytest.mark.parametrize("state", [key for key, _label in STATES])
def test_from_a_state_only_its_moves(world: World, state: str) -> None:
    with world.harbor.open():
        ward = emergency(world.harbor)
        held = ward.into(state)
        allowed = table().get(state, set())
        for to, _label in STATES:
            if to in (state, "arrived"):
                continue
            visit = held
            mark = transaction.savepoint()
            if state == "disposition" and to in WANTED:
                visit = moves.decide(held, WANTED[to], actor=ward.medic)
            for act in act_to(ward, to, visit):
                if to in allowed:
                    act()
                    assert fresh(visit).state == to
                    assert whole(visit)[-2:] == [state, to]
                elif state in PLACES.get(to, ()):
                    act()
                    assert fresh(visit).state == state
                else:
                    assert (to, answer(act)) == (to, "er.wrong_state")
            transaction.savepoint_rollback(mark)


@pytest.mark.rule("4.1")
@pytest.mark.parametrize("end", ENDS)
def test_every_end_closes_the_stay_frees_what_was_kept_and_happens_once(world: World, end: str) -> None:
    with world.hilltop.open():
        ward = emergency(world.hilltop)
        visit = {"lwbs": ward.bedded, "lwot": ward.seen, "ama": ward.seen, "eloped": ward.seen}.get(
            end, ward.boarding
        )()
        if end == "transferred":
            visit = moves.decide(visit, "transfer", actor=ward.medic)
        beds.reserve(ward.beds["A3"], visit, actor=ward.nurse)
    with recorded(world.hilltop) as told:
        moves.depart(visit, end, risks_explained=True, actor=ward.medic)
    assert len(told.names) == 1
    with world.hilltop.open():
        assert (ward.bed("A1").state, ward.bed("A3").state) == ("cleaning", "available")
        now, stay = fresh(visit), BedStay.objects.get(visit=visit)
        assert (now.state, stay.ended_at, now.is_open) == (end, now.departed_at, False)
        whole(visit)
        moves.depart(visit, end, risks_explained=True, actor=ward.medic)
        assert done().seq is None


@pytest.mark.rule("4.1")
def test_treatment_needs_no_bed_and_a_boarder_is_here_until_admitted(world: World) -> None:
    with world.harbor.open():
        ward = emergency(world.harbor)
        visit = moves.see(ward.arrived(), actor=ward.medic)
        assert (visit.state, visit.bedded_at, visit.provider_id) == ("in_treatment", None, world.harbor.doctor.pk)
        boarder = ward.boarding()
        assert EmergencyVisit.objects.open().count() == 2
        assert ward.bed("A1").state == "occupied"
        assert (boarder.waiting_for, boarder.admit_at) == (["ward_bed"], boarder.decided_at)
        again = moves.decide(boarder, "discharge", actor=ward.medic)
        assert (again.state, again.waiting_for, again.admit_at) == ("disposition", [], None)
        assert whole(again) == [
            "arrived", "triaged", "bedded", "in_treatment", "disposition", "boarding", "disposition"
        ]  # fmt: skip


@pytest.mark.rule("4.1")
def test_ends_follow_what_was_decided_and_say_what_they_need(world: World) -> None:
    with world.harbor.open():
        ward = emergency(world.harbor)
        visit = ward.decided("admit")

        def refusal(act: Callable[[], Any]) -> str:
            with pytest.raises((NotAllowed, Invalid)) as refused:
                act()
            return refused.value.code

        medic = ward.medic
        assert refusal(lambda: moves.depart(visit, "discharged", actor=medic)) == "er.other_disposition"
        assert refusal(lambda: moves.depart(visit, "ama", actor=medic)) == "er.risks_first"
        assert refusal(lambda: moves.depart(visit, "home", actor=medic)) == "er.bad_word"
        assert refusal(lambda: moves.decide(visit, "home", actor=medic)) == "er.bad_word"
        assert refusal(lambda: moves.withdraw(visit, reason=" ", actor=medic)) == "er.why"
        assert fresh(moves.decide(visit, "discharge", actor=medic)).disposition == "discharge"
        assert refusal(lambda: moves.board(visit, actor=medic)) == "er.other_disposition"
        assert moves.depart(visit, "ama", risks_explained=True, actor=medic).risks_explained


@pytest.mark.rule("4.1")
def test_care_is_for_care_and_another_department_is_not_there(world: World) -> None:
    with world.harbor.open():
        ward = emergency(world.harbor)
        visit, skin = ward.seen(), second_department(world.harbor)
        for role in ("receptionist", "owner", "biller"):
            with pytest.raises(Forbidden):
                moves.decide(visit, "discharge", actor=ward.by(role))
        with pytest.raises(NotFound):
            moves.decide(visit, "discharge", actor=skin.actor("nurse"))
    with world.hilltop.open(), pytest.raises(NotFound):
        moves.decide(visit, "discharge", actor=world.hilltop.medic)
