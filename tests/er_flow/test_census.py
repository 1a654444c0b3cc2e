"""Who is here now: the strip's counts, boarders, the delayed with both clocks, and what NEDOCS is made of."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from clinic.core import clock
from clinic.core.tenancy import hospital
from er_flow import census
from er_flow.models import Bed
from er_flow.models.words import ADMIT, BLOCKED, BOARDING, IN_TREATMENT, OBSERVE, OCCUPIED
from er_flow.operations import beds, delays, moves, places, team, triage
from tests.er_flow.ward import Ward, emergency, fresh, policies, sheet
from tests.world import World

pytestmark = pytest.mark.django_db
EIGHT = datetime(2026, 11, 20, 8, 0, tzinfo=UTC)


def at(minutes: float) -> datetime:
    return EIGHT + timedelta(minutes=minutes)


@pytest.fixture
def ward(world: World) -> Iterator[Ward]:
    with world.harbor.open(), clock.at(EIGHT):
        yield emergency(world.harbor)


def now(ward: Ward, minutes: float) -> census.Here:
    with clock.at(at(minutes)):
        return census.of([ward.department.pk])[ward.department.pk]


@pytest.mark.rule("4.1")
@pytest.mark.rule("4.40")
def test_the_strip_counts_everybody_once(ward: Ward) -> None:
    policies(ward.house, hospital_beds=300)
    ward.arrived()
    ward.triaged(2)
    ward.seen("A1", 3)
    with clock.at(at(60)):
        boarder = ward.boarding("A2")
    ward.gone("discharged", "A3")
    beds.block(ward.bed("F1"), reason="Lamp", actor=ward.by("charge_nurse"))
    here = now(ward, 90)
    assert here.patients == 4
    assert here.states == {"arrived": 1, "triaged": 1, IN_TREATMENT: 1, BOARDING: 1}
    assert here.levels == {0: 1, 2: 1, 3: 2}
    assert here.unseen == 2
    assert here.beds == {"available": 2, OCCUPIED: 2, "cleaning": 1, BLOCKED: 1}
    assert here.staffed == 5
    assert [one.visit for one in here.boarders] == [boarder.pk]
    assert here.nedocs is not None
    terms = {term.name: term.points for term in here.nedocs.terms}
    assert terms["occupancy"] == pytest.approx(85.8 * 4 / 5)
    assert terms["admits"] == pytest.approx(600 / 300)
    assert terms["longest_admit"] == pytest.approx(0.93 * 0.5)
    document = here.doc()
    assert document["beds"] == {"staffed": 5, "free": 2, "occupied": 2, "cleaning": 1, "blocked": 1}
    assert document["occupancy"] == 0.8


@pytest.mark.rule("4.40")
def test_each_term_is_of_the_rows_it_says(ward: Ward) -> None:
    """The longest wait for a ward, the last who got a first bed, whoever is ventilated: of those who are here."""
    policies(ward.house, hospital_beds=300)

    def terms(minutes: float) -> dict[str, float]:
        told = now(ward, minutes).nedocs
        assert told is not None
        return {term.name: round(term.points, 4) for term in told.terms}

    slow, quick, untriaged = ward.triaged(2), ward.triaged(3), ward.arrived()
    assert (terms(5)["door_to_bed"], terms(5)["longest_admit"], terms(5)["ventilated"]) == (0, 0, 0)
    with clock.at(at(30)):
        beds.assign(quick, ward.bed("A1"), actor=ward.nurse)
    with clock.at(at(90)):
        beds.assign(slow, ward.bed("A3"), actor=ward.nurse)
        team.change_details(slow, ventilated=True, actor=ward.nurse)
    assert terms(95)["door_to_bed"] == pytest.approx(5.64 * 1.5)
    assert terms(95)["ventilated"] == pytest.approx(13.4)
    with clock.at(at(100)):
        beds.assign(slow, ward.bed("R1"), actor=ward.nurse)  # from bed to bed: the first one counts
        moves.decide(moves.see(quick, actor=ward.medic), ADMIT, actor=ward.medic)
    with clock.at(at(130)):
        moves.decide(moves.see(slow, actor=ward.medic), ADMIT, actor=ward.medic)
        team.change_details(untriaged, ventilated=True, actor=ward.nurse)
    told = terms(160)
    assert told["door_to_bed"] == pytest.approx(5.64 * 1.5)
    assert told["longest_admit"] == pytest.approx(0.93 * 1.0)
    assert told["admits"] == pytest.approx(600 * 2 / 300)
    assert told["ventilated"] == pytest.approx(26.8)
    with clock.at(at(160)):
        moves.board(fresh(quick), actor=ward.medic)
        moves.depart(fresh(quick), "admitted", actor=ward.medic)
    assert terms(160)["longest_admit"] == pytest.approx(0.93 * 0.5), "who has gone does not count"


@pytest.mark.rule("4.40")
def test_without_hospital_beds_the_census_says_not_computable(ward: Ward) -> None:
    ward.arrived()
    assert now(ward, 5).nedocs is None
    assert now(ward, 5).doc()["nedocs"] is None


def test_a_boarder_counts_after_the_policys_minutes_and_until_they_leave(ward: Ward) -> None:
    decided = ward.decided(ADMIT, "A1")
    boarder = ward.boarding("A2")
    policies(ward.house, boarder_after=120)
    assert [(one.boards, one.is_boarder) for one in now(ward, 119.9).boarders] == [(False, False), (True, False)]
    assert [one.is_boarder for one in now(ward, 120).boarders] == [True, True]
    with clock.at(at(130)):
        moves.depart(fresh(boarder), "admitted", actor=ward.medic)
        moves.withdraw(fresh(decided), reason="Better", actor=ward.medic)
    assert now(ward, 131).boarders == ()


@pytest.mark.rule("4.1")
def test_a_boarder_without_a_bed_is_a_boarder_from_the_first_decision_on(ward: Ward) -> None:
    visit = moves.decide(moves.see(ward.triaged(3), actor=ward.medic), ADMIT, actor=ward.medic)
    with clock.at(at(60)):
        moves.board(visit, actor=ward.medic)
        moves.decide(fresh(visit), OBSERVE, actor=ward.medic)
    told = now(ward, 240)
    assert [(one.visit, one.since, one.is_boarder) for one in told.boarders] == [(visit.pk, EIGHT, True)]
    assert told.doc()["boarders"] == told.doc()["admitted_here"] == 1


@pytest.mark.rule("4.21")
def test_delayed_is_strictly_past_the_target_of_the_level(ward: Ward) -> None:
    one, two, three = ward.triaged(1), ward.triaged(2), ward.triaged(3)
    untriaged = ward.arrived()
    assert [late.visit for late in now(ward, 2).delayed] == []
    assert [late.visit for late in now(ward, 2.1).delayed] == [one.pk]
    assert [late.visit for late in now(ward, 10).delayed] == [one.pk]
    assert [late.visit for late in now(ward, 10.1).delayed] == [untriaged.pk, one.pk, two.pk]
    assert [late.visit for late in now(ward, 31).delayed] == [untriaged.pk, one.pk, two.pk, three.pk]
    with clock.at(at(31)):
        moves.see(two, actor=ward.medic)
        moves.depart(three, "lwbs", actor=ward.medic)
    assert [late.visit for late in now(ward, 32).delayed] == [untriaged.pk, one.pk], "seen, or gone: never delayed"


@pytest.mark.rule("4.20")
@pytest.mark.rule("4.21")
def test_the_list_of_the_delayed_has_both_clocks_and_the_target(ward: Ward) -> None:
    visit = ward.triaged(3)
    with clock.at(at(20)):
        beds.assign(visit, ward.bed("A1"), actor=ward.nurse)
    with clock.at(at(45)):
        delays.explain(visit, "No doctor", actor=ward.nurse)
        told = census.list_of_delayed([ward.department.pk])
    assert told["targets"] == {"set": "ats", "version": "ats-2013"}
    assert told["clock"] == "arrival"
    assert told["delayed"] == [{
        "visit": str(visit.pk), "number": visit.number, "level": 3, "minutes_since_arrival": 45,
        "minutes_in_status": 25, "target_minutes": 30, "minutes_over": 15, "reason": "No doctor",
    }]  # fmt: skip
    policies(ward.house, er_clock="status", er_targets="ctas")
    with clock.at(at(45)):
        told = census.list_of_delayed([ward.department.pk])
        assert (told["clock"], told["targets"]["version"], told["delayed"]) == ("status", "ctas-2008", [])
    with clock.at(at(51)):
        assert [one["minutes_over"] for one in census.list_of_delayed([ward.department.pk])["delayed"]] == [1]


@pytest.mark.rule("4.4")
def test_a_delay_lifts_nobody_above_somebody_sicker(ward: Ward) -> None:
    late = ward.triaged(5)
    with clock.at(at(130)):
        sick = ward.arrived()
        triage.assess(sick, sheet(2), 2, actor=ward.nurse)
    assert [one.visit for one in now(ward, 150).delayed] == [sick.pk, late.pk]


def test_so_many_queries_however_many_are_here(ward: Ward, django_assert_num_queries: object) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as told:
            now(ward, 200)
        return len(told)

    for _ in range(3):
        ward.triaged(3)
    few = queries()
    for _ in range(12):
        ward.triaged(4)
    ward.boarding("A1")
    assert queries() == few <= 4


@pytest.mark.rule("4.44")
def test_the_surge_is_told_and_other_hospitals_are_not_counted(ward: Ward, world: World) -> None:
    places.set_surge(ward.department, True, reason="Bus", actor=ward.by("charge_nurse"))
    assert now(ward, 1).surge_since == EIGHT
    with world.hilltop.open():
        assert census.of([ward.department.pk])[ward.department.pk].patients == 0
        assert Bed.objects.count() == 0
        assert hospital is not None
