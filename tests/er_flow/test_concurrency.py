"""Many at once on PostgreSQL: no bed twice, no patient twice, nobody lost, and every refusal has its name."""

from __future__ import annotations

import itertools
import math
import os
import random
import threading
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

from clinic.core.errors import DomainError
from clinic.live import ledger
from clinic.live.models import Event
from clinic.live.record import done
from er_flow.models import Bed, BedStay, EmergencyVisit
from er_flow.operations import arrivals, beds, moves, undo
from er_flow.operations.arrivals import Arriving
from tests.er_flow.ward import ADULT, Ward, emergency, fresh, whole
from tests.queues.crowd import at_once, codes, good
from tests.world import House, World

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]
ACTS = 500 if os.environ.get("PROOF") == "1" else 120
NURSES = 8
AT_ONCE = threading.Lock()
NAMED = {
    "bed.occupied", "bed.reserved", "bed.not_free", "bed.wrong_state", "er.no_bed", "er.wrong_state", "undo.touched",
    "undo.nothing", "undo.too_late",
}  # fmt: skip
"""What a nurse may be answered; "somebody else changed this" is not among it, for rows are held first."""


OFTEN = (
    ["assign"] * 5 + ["move"] * 3 + ["clean"] * 6 + ["swap"] * 3 + ["end"] * 2 + ["reserve", "release", "leave", "undo"]
)


def sound(house: House) -> None:
    """No bed twice and no patient twice; states, stays and care stages say the same; the log is whole."""
    with house.open():
        stays = list(BedStay.objects.filter(ended_at=None).values_list("bed_id", "visit_id"))
        assert max(Counter(bed for bed, _visit in stays).values(), default=0) <= 1
        assert max(Counter(visit for _bed, visit in stays).values(), default=0) <= 1
        assert {bed.pk for bed in Bed.objects.filter(state="occupied")} == {bed for bed, _visit in stays}
        here = set(EmergencyVisit.objects.open().values_list("pk", flat=True))
        assert {visit for _bed, visit in stays} <= here
        assert {bed.reserved_for_id for bed in Bed.objects.filter(state="reserved")} <= here
        for bed in Bed.objects.all():
            periods = list(bed.stays.order_by("began_at", "id").values_list("began_at", "ended_at"))
            for (_began, ended), (later, _end) in itertools.pairwise(periods):
                assert ended is not None
                assert ended <= later
        for visit in EmergencyVisit.objects.all():
            whole(visit)
    assert ledger.verify(house.hospital.pk).fault == ""


@pytest.mark.rule("4.32")
def test_eight_want_one_bed_and_seven_are_told_who_has_it(world: World) -> None:
    house = world.harbor
    with house.open():
        ward = emergency(house)
        waiting = [ward.triaged() for _ in range(NURSES)]
    bed, nurse = ward.beds["A1"], ward.nurse
    answers = at_once(house, [lambda visit=visit: beds.assign(visit, bed, actor=nurse) for visit in waiting])  # type: ignore[misc]
    (winner,) = good(answers)
    assert codes(answers) == ["bed.occupied"] * (NURSES - 1)
    assert {error.details["number"] for error in answers if isinstance(error, DomainError)} == {winner.number}
    sound(house)


@pytest.mark.rule("4.32")
def test_one_patient_whom_eight_take_away_is_in_one_bed(world: World) -> None:
    house = world.hilltop
    with house.open():
        ward = emergency(house)
        visit = ward.triaged()
    acts: list[Callable[[], Any]] = [
        lambda bed=bed: beds.assign(visit, bed, actor=ward.nurse)
        for bed in ward.beds.values()  # type: ignore[misc]
    ]
    answers = at_once(house, [*acts, lambda: moves.depart(visit, "lwbs", actor=ward.nurse)])
    assert set(codes(answers)) <= {"er.wrong_state"}
    with house.open():
        assert fresh(visit).state == "lwbs"
        assert not Bed.objects.filter(state="occupied").exists()
    sound(house)


def aimed_at(ward: Ward, visits: list[EmergencyVisit], draw: random.Random, act: str) -> tuple[Any, Any, Any]:
    """(patient, another one, bed): mostly those whom the act is meant for, so that eight nurses want the same."""
    visit, other = draw.sample(visits, 2)
    bed = draw.choice(list(ward.beds.values()))
    if draw.random() < 0.15:
        return visit, other, bed
    state = {"assign": "available", "reserve": "available", "undo": "available", "clean": "cleaning"}
    meant = list(Bed.objects.filter(state=state.get(act, "reserved")))
    lying = set(BedStay.objects.filter(ended_at=None).values_list("visit_id", flat=True))
    inside = [one for one in visits if one.pk in lying]
    if act in ("swap", "leave", "end", "move") and len(inside) >= 2:
        visit, other = draw.sample(inside, 2)
    return visit, other, draw.choice(meant) if meant else bed


def one_act(ward: Ward, visits: list[EmergencyVisit], draw: random.Random) -> None:
    act, nurse = draw.choice(OFTEN), ward.nurse
    visit, other, bed = aimed_at(ward, visits, draw, act)
    match act:
        case "assign" | "move":
            beds.assign(visit, bed, actor=nurse)
        case "clean":
            beds.clean(bed, actor=nurse)
        case "swap":
            beds.swap(visit, other, actor=nurse)
        case "reserve":
            beds.reserve(bed, visit, actor=nurse)
        case "leave":
            beds.leave_bed(visit, actor=nurse)
        case "release":
            beds.release(bed, actor=nurse)
        case "undo":
            beds.assign(visit, bed, actor=nurse)
            seq = done().seq
            if seq is not None:
                undo.undo(seq, actor=nurse)
        case _:
            moves.depart(visit, "lwbs", actor=nurse)
            newcomer = ward.triaged()
            with AT_ONCE:
                if visit in visits:  # an end that was pressed twice is once, and so is who comes next
                    visits[visits.index(visit)] = newcomer


@pytest.mark.rule("4.32")
def test_eight_nurses_at_the_same_beds_and_patients(world: World) -> None:
    house = world.harbor
    with house.open():
        ward = emergency(house)
        visits = [ward.triaged() for _ in range(9)]

    def shift(seed: int) -> Callable[[], list[str]]:
        def work() -> list[str]:
            draw, told = random.Random(seed), []
            for _ in range(math.ceil(ACTS / NURSES)):
                try:
                    one_act(ward, visits, draw)
                    told.append("done")
                except DomainError as refused:
                    told.append(refused.code)
            return told

        return work

    answers = at_once(house, [shift(seed) for seed in range(NURSES)])
    assert codes(answers) == []
    told = Counter(code for answer in answers for code in answer)
    assert set(told) - {"done"} <= NAMED, told
    assert told.total() >= ACTS
    assert told["done"] > ACTS // 6, told
    sound(house)
    with house.open():
        assert Event.objects.filter(name__startswith="er_visit.").count() >= told["done"] // 2
        names = Counter(Event.objects.values_list("name", flat=True))
    taken = names["er_visit.bedded"] + names["er_visit.transferred_bed"]
    print(names, told)
    least = ACTS // 60 if ACTS >= 500 else 0  # of a few acts chance may leave one out
    assert taken >= max(5, ACTS // 15 if least else 0), names
    for name in ("transferred_bed", "swapped_beds", "left_unseen"):
        assert names[f"er_visit.{name}"] >= least, names
    assert told["bed.occupied"] + told["bed.not_free"] >= least, "nobody wanted what somebody else took"


@pytest.mark.rule("4.5")
def test_crowds_that_share_people_are_taken_in_without_a_ring_of_locks(world: World) -> None:
    """Two lists with the same people in opposite orders: one is taken in, the other is told who is here already."""
    house = world.harbor
    with house.open():
        ward = emergency(house)
        people = [Arriving("Bus crash", age=ADULT, patient=house.patient(f"P{n}", "Crowd")) for n in range(6)]
    orders = [people, people[::-1], people[2:] + people[:2], people[::-1][3:]]
    answers = at_once(
        house,
        [lambda order=order: arrivals.arrive_all(ward.department, order, actor=ward.nurse) for order in orders],  # type: ignore[misc]
    )
    assert set(codes(answers)) == {"er.already_here"}
    with house.open():
        numbers = sorted(EmergencyVisit.objects.values_list("number", flat=True))
        assert numbers == list(range(1, len(numbers) + 1))
        assert EmergencyVisit.objects.open().count() == sum(len(answer) for answer in good(answers))
    sound(house)
