"""Coming in (R4.5), the order of every list (R4.4), many at once, named later (R4.44), never asked to pay (R4.3)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.utils import timezone

from clinic.core.errors import DomainError, Invalid
from clinic.live.record import done
from clinic.records.operations import merge
from er_flow import ages, clock
from er_flow.esi import Age
from er_flow.models import EmergencyFloor, EmergencyVisit, Triage
from er_flow.operations import arrivals, moves, places, triage
from er_flow.operations.arrivals import Arriving
from er_flow.operations.triage import Decision
from tests.er_flow.ward import ADULT, emergency, fresh, sheet
from tests.ledger import recorded
from tests.world import World

pytestmark = pytest.mark.django_db


def code(act: Callable[[], Any]) -> str:
    with pytest.raises(DomainError) as refused:
        act()
    return refused.value.code


@pytest.mark.rule("4.5")
def test_three_fields_are_enough_and_numbers_are_the_departments_own(world: World) -> None:
    with world.hilltop.open():
        theirs = emergency(world.hilltop).arrived()
    with world.harbor.open():
        ward, ann = emergency(world.harbor), world.harbor.patient("Ann", "Lee", birth_date=date(2020, 3, 1))
    with recorded(world.harbor) as told:
        first = arrivals.arrive(ward.department, Arriving("Fell", age=Age.said(3, "weeks")), actor=ward.nurse)
        second = arrivals.arrive(
            ward.department, Arriving(" Fever ", patient=ann, reported_level=2), actor=ward.by("receptionist")
        )
    assert told.names == ["er_visit.arrived"] * 2
    assert (theirs.number, first.number, second.number) == (1, 1, 2)
    assert (first.patient, first.age_months, first.age_days, first.state) == (None, 0, 21, "arrived")
    # What came with the patient is kept as reported, and triage stays due.
    assert (second.complaint, second.level, second.reported_level) == ("Fever", None, 2)
    with world.harbor.open():
        assert ages.of(second, second.arrived_at).years == 6


@pytest.mark.rule("4.5")
def test_what_is_wrong_with_an_arrival_is_said(world: World) -> None:
    with world.harbor.open():
        ward, ann = emergency(world.harbor), world.harbor.patient("Ann", "Lee")
        wrong: dict[str, dict[str, Any]] = {
            "er.complaint_needed": {"complaint": " "}, "er.age_needed": {"age": None, "patient": ann},
            "er.bad_word": {"arrival_mode": "balloon"}, "er.bad_level": {"reported_level": 6},
            "row.invalid": {"alerts": ["tall"], "complaint": "x" * 201},
        }  # fmt: skip
        for expected, fields in wrong.items():
            who = Arriving(**{"complaint": "Cough", "age": ADULT, **fields})
            assert code(lambda: arrivals.arrive(ward.department, who, actor=ward.nurse)) == expected  # noqa: B023
        plain = Arriving("Cough", age=ADULT)
        assert code(
            lambda: arrivals.arrive(world.harbor.department, plain, actor=ward.nurse)
        ) == "er.not_an_emergency_department"  # fmt: skip
        inside = ward.arrived(patient=ann)
        with pytest.raises(DomainError) as refused:
            ward.arrived(patient=ann)
        assert (refused.value.code, refused.value.details["number"]) == ("er.already_here", inside.number)
        moves.depart(inside, "lwbs", actor=ward.nurse)
        assert ward.arrived(patient=ann).number == inside.number + 1


@pytest.mark.rule("4.3")
def test_nothing_here_asks_who_pays() -> None:
    """Before provider contact, or after: the room knows no word for it."""
    words = ("insurance", "payer", "coverage", "payment", "copay", "self_pay", "deductible")
    rooms = [*Path("er_flow").rglob("*.py"), *Path("templates/er_flow").rglob("*.html")]
    assert len(rooms) > 20
    asked = [(str(path), word) for path in rooms for word in words if word in path.read_text().lower()]
    assert asked == []


@pytest.mark.rule("4.4")
def test_untriaged_on_top_then_by_level_then_by_arrival_and_a_delay_lifts_nobody(world: World) -> None:
    now = timezone.now()
    with world.harbor.open(), time_machine.travel(now - timedelta(hours=4), tick=False) as travel:
        ward = emergency(world.harbor)
        late = ward.triaged(5)
        travel.shift(timedelta(hours=3))
        three, two = ward.triaged(3), ward.triaged(2)
        travel.shift(timedelta(minutes=50))
        earlier = ward.arrived()
        travel.shift(timedelta(minutes=1))
        second_two, unseen = ward.triaged(2), ward.arrived()
        assert clock.cross() == 3
        assert fresh(late).crossed_at is not None
        order = list(EmergencyVisit.objects.open().in_order())
        assert order == [earlier, unseen, two, second_two, three, late]
        paper = ward.arrived(arrived_at=None)
        travel.shift(timedelta(minutes=1))
        who = Arriving("From paper", age=ADULT, arrived_at=earlier.arrived_at - timedelta(minutes=5))
        first = arrivals.arrive(ward.department, who, entered_later=True, actor=ward.nurse)
        order = list(EmergencyVisit.objects.open().in_order())
        assert order[:4] == [first, earlier, unseen, paper], "by the arrival, whenever it was typed"


@pytest.mark.rule("4.44")
def test_many_come_and_are_triaged_in_one_act_or_none(world: World) -> None:
    with world.harbor.open():
        ward = emergency(world.harbor)
        crowd = [Arriving(f"Bus crash {n}", age=ADULT) for n in range(5)]
    with recorded(world.harbor) as told:
        visits = arrivals.arrive_all(ward.department, crowd, actor=ward.nurse)
    assert [visit.number for visit in visits] == [1, 2, 3, 4, 5]
    assert told.names == ["er_visit.arrived"] * 5
    with world.harbor.open():
        with pytest.raises(Invalid):
            arrivals.arrive_all(ward.department, [*crowd, Arriving("")], actor=ward.nurse)
        assert EmergencyVisit.objects.count() == 5
        assert code(lambda: arrivals.arrive_all(ward.department, [], actor=ward.nurse)) == "er.too_many"
        assert code(lambda: triage.assess_all([], actor=ward.nurse)) == "er.too_many"
    decided = [Decision(visit, sheet(level), level) for level, visit in zip((2, 1, 3, 2), visits, strict=False)]
    with recorded(world.harbor) as told:
        rows = triage.assess_all(decided, actor=ward.nurse)
        with pytest.raises(Invalid):
            triage.assess_all([Decision(visits[4], sheet(3), 1)], actor=ward.nurse)
    assert [row.level for row in rows] == [2, 1, 3, 2]
    assert told.names == ["er_visit.triaged"] * 4
    with world.harbor.open():
        assert Triage.objects.count() == 4


@pytest.mark.rule("4.44")
def test_unknown_people_are_named_later_and_what_was_written_stays(world: World) -> None:
    with world.harbor.open():
        ward, nurse = emergency(world.harbor), world.harbor.actor("nurse")
        visit = ward.bedded("A1", complaint="Found down")
        ann = world.harbor.patient("Ann", "Lee", birth_date=date(1950, 1, 1), sex="female")
        ben, inside = world.harbor.patient("Ben", "Moe"), world.harbor.patient("Cy", "Nox", birth_date=date(1980, 1, 1))
        ward.arrived(patient=inside)
    with recorded(world.harbor) as told:
        assert code(lambda: arrivals.identify(visit, inside, actor=nurse)) == "er.already_here"
        arrivals.identify(visit, ann, actor=nurse)
        arrivals.identify(visit, ann, actor=nurse)
        assert done().seq is None
        assert code(lambda: arrivals.identify(visit, ben, actor=nurse)) == "er.why_another"
        assert code(lambda: arrivals.identify(visit, ben, reason="the other bag", actor=nurse)) == "er.age_needed"
    assert told.names == ["er_visit.identified"]
    with world.harbor.open():
        now = fresh(visit)
        assert (now.patient_id, now.sex, now.complaint, now.level) == (ann.pk, "female", "Found down", 3)
        assert ages.of(now, now.arrived_at).years == 76
        arrivals.identify(visit, ben, age=Age.said(30, "years"), reason="the other bag", actor=nurse)
        assert ages.of(fresh(visit), now.arrived_at).years == 30
        moves.depart(moves.see(visit, actor=ward.medic), "expired", actor=ward.medic)
        arrivals.identify(visit, inside, reason="relatives came", actor=nurse)  # that other visit is another one


@pytest.mark.rule("4.44")
@pytest.mark.parametrize("born", [{"birth_date": date(2026, 3, 3)}, {"birth_year": 2027}])
def test_nobody_is_named_who_was_born_after_they_came(world: World, born: dict[str, Any]) -> None:
    came = datetime(2026, 3, 2, 22, 59, tzinfo=UTC)  # 23:59 of the 2nd where Harbor is
    with world.harbor.open(), time_machine.travel(came, tick=False):
        ward, nurse = emergency(world.harbor), world.harbor.actor("nurse")
        visit = ward.arrived()
        child = world.harbor.patient("Ida", "Lee", **born)
        mother = world.harbor.patient("Ann", "Lee", birth_date=date(2026, 3, 2))
        with pytest.raises(Invalid) as refusal:
            arrivals.identify(visit, child, actor=nurse)
        assert (refusal.value.code, list(refusal.value.details)) == ("er.born_later", ["patient"])
        assert code(lambda: ward.arrived(patient=child)) == "er.born_later"
        assert fresh(visit).patient_id is None
        assert arrivals.identify(visit, mother, actor=nurse).patient_id == mother.pk, "of the same day"


@pytest.mark.rule("4.44")
def test_two_records_of_one_person_who_is_inside_twice_are_not_made_one(world: World) -> None:
    """The database refuses, and the refusal has its sentence."""
    with world.harbor.open():
        ward = emergency(world.harbor)
        one, two = world.harbor.patient("Ann", "Lee"), world.harbor.patient("Anne", "Lee")
        visits = [ward.arrived(patient=one), ward.arrived(patient=two)]
        desk = world.harbor.desk
        assert code(lambda: merge(one, two, reason="same", actor=desk)) == "er.inside"
        moves.depart(visits[1], "lwbs", actor=ward.nurse)
        merge(one, two, reason="same", actor=desk)
        assert fresh(visits[1]).patient_id == one.pk


@pytest.mark.rule("4.44")
def test_a_surge_is_said_once_and_over_once(world: World) -> None:
    with world.harbor.open():
        ward = emergency(world.harbor)
        charge = ward.by("charge_nurse")
        places.set_surge(ward.department, False, actor=charge)
        assert (done().seq, EmergencyFloor.objects.count()) == (None, 0)
        assert code(lambda: places.set_surge(ward.department, True, actor=charge)) == "er.why"
        assert code(lambda: places.set_surge(ward.department, True, reason="x", actor=ward.nurse)) == "access.denied"
    with recorded(world.harbor) as told:
        for on in (True, True, False, False):
            places.set_surge(ward.department, on, reason="Bus crash", actor=charge)
    assert told.names == ["er_floor.surge_began", "er_floor.surge_ended"]
