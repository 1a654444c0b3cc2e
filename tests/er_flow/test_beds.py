"""Beds: one patient in each and one for each, clean, suitable, kept, blocked (R4.30–R4.32)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.utils import timezone

from clinic.core.errors import DomainError
from clinic.live.record import done
from clinic.tenants.models import HospitalConfig
from er_flow import tasks
from er_flow.models import BedStay
from er_flow.models.words import AIRBORNE, AVAILABLE, BED_STATES, BED_TYPES, BLOCKED, FEATURES, NEGATIVE_PRESSURE
from er_flow.operations import beds, moves, places, team
from tests.elsewhere import second_department
from tests.er_flow.ward import emergency, fresh, policies, whole
from tests.ledger import recorded
from tests.world import World

pytestmark = pytest.mark.django_db


def refusal(act: Callable[[], Any]) -> DomainError:
    with pytest.raises(DomainError) as refused:
        act()
    return refused.value


def code(act: Callable[[], Any]) -> str:
    return refusal(act).code


@pytest.mark.rule("4.32")
def test_a_taken_bed_is_answered_with_who_has_it_and_a_move_is_one_act_at_one_time(world: World) -> None:
    with world.harbor.open():
        ward = emergency(world.harbor)
        first, second, nurse = ward.bedded("A1"), ward.triaged(), ward.nurse
    with recorded(world.harbor) as told:
        taken = refusal(lambda: beds.assign(second, ward.beds["A1"], actor=nurse))
        assert (taken.status, taken.code, taken.details["number"], taken.details["visit"]) == (
            409, "bed.occupied", first.number, str(first.pk),
        )  # fmt: skip
        beds.assign(first, ward.beds["A3"], actor=nurse)
        beds.assign(first, ward.beds["A3"], actor=nurse)
        assert done().seq is None
        assert code(lambda: beds.assign(second, ward.beds["A1"], actor=nurse)) == "bed.not_free"
        beds.clean(ward.beds["A1"], actor=nurse)
        beds.assign(second, ward.beds["A1"], actor=nurse)
    assert told.names == ["er_visit.transferred_bed", "bed.cleaned", "er_visit.bedded"]
    with world.harbor.open():
        left, there = BedStay.objects.filter(visit=first).order_by("began_at")
        assert (left.ended_at, there.ended_at) == (there.began_at, None)
        assert fresh(first).section_id == ward.sections["Acute"].pk
        assert whole(first) == ["arrived", "triaged", "bedded"]
        assert code(lambda: beds.assign(second, ward.beds["F1"], actor=ward.by("receptionist"))) == "access.denied"
        skin = second_department(world.harbor).actor("nurse")
        for act in (beds.clean, beds.release, lambda bed, actor: beds.assign(second, bed, actor=actor)):
            assert code(lambda: act(ward.beds["F1"], actor=skin)) == "access.not_here"  # noqa: B023
    with world.hilltop.open():
        other = emergency(world.hilltop)
        assert code(lambda: beds.assign(other.arrived(), ward.beds["F1"], actor=other.nurse)) == "access.not_here"


@pytest.mark.rule("4.32")
def test_two_change_beds_in_one_act(world: World) -> None:
    with world.hilltop.open():
        ward = emergency(world.hilltop)
        one, other, without = ward.bedded("A1"), ward.boarding("F1"), ward.triaged()
    with recorded(world.hilltop) as told:
        beds.swap(one, other, reason="nearer", actor=ward.nurse)
        assert code(lambda: beds.swap(one, one, actor=ward.nurse)) == "er.swap_with_oneself"
        assert code(lambda: beds.swap(one, without, actor=ward.nurse)) == "er.no_bed"
    assert told.names == ["er_visit.swapped_beds"]
    with world.hilltop.open():
        now = {stay.visit_id: stay.bed.name for stay in BedStay.objects.filter(ended_at=None).select_related("bed")}
        assert now == {one.pk: "F1", other.pk: "A1"}
        assert len(set(BedStay.objects.filter(ended_at=None).values_list("began_at", flat=True))) == 1
        assert fresh(one).section_id == ward.sections["Fast track"].pk
        assert [whole(visit)[-1] for visit in (one, other)] == ["bedded", "boarding"]
        moves.depart(other, "admitted", actor=ward.medic)
        assert code(lambda: beds.swap(one, other, actor=ward.nurse)) == "er.wrong_state"


@pytest.mark.rule("4.32")
def test_a_bed_is_kept_for_one_patient_and_one_bed_for_a_patient(world: World) -> None:
    with world.harbor.open():
        ward = emergency(world.harbor)
        one, other, nurse = ward.triaged(), ward.triaged(), ward.nurse
    with recorded(world.harbor) as told:
        beds.reserve(ward.beds["A1"], one, actor=nurse)
        beds.reserve(ward.beds["A1"], one, actor=nurse)
        assert done().seq is None
        for act in (lambda: beds.reserve(ward.beds["A1"], other, actor=nurse),
                    lambda: beds.assign(other, ward.beds["A1"], actor=nurse)):  # fmt: skip
            kept = refusal(act)
            assert (kept.code, kept.details["visit"]) == ("bed.reserved", str(one.pk))
        beds.reserve(ward.beds["A3"], one, actor=nurse)
        assert (ward.bed("A1").state, ward.bed("A3").reserved_for_id) == ("available", one.pk)
        beds.assign(one, ward.beds["F1"], actor=nurse)
        assert ward.bed("A3").state == "available"
        beds.reserve(ward.beds["A3"], other, actor=nurse)
        beds.release(ward.beds["A3"], actor=nurse)
        beds.release(ward.beds["A3"], actor=nurse)
        assert done().seq is None
        assert code(lambda: beds.release(ward.beds["F1"], actor=nurse)) == "bed.wrong_state"
        beds.reserve(ward.beds["A3"], other, actor=nurse)
        beds.assign(other, ward.beds["A3"], actor=nurse)
    assert told.names == [
        "bed.reserved", "bed.reserved", "er_visit.bedded", "bed.reserved", "bed.released", "bed.reserved",
        "er_visit.bedded",
    ]  # fmt: skip


@pytest.mark.rule("4.30")
def test_a_bed_that_was_left_is_cleaned_first_or_by_policy_not(world: World) -> None:
    with world.harbor.open():
        ward = emergency(world.harbor)
        visit, nurse = ward.bedded("A1"), ward.nurse
        beds.leave_bed(visit, actor=nurse)
        assert (ward.bed("A1").state, fresh(visit).state) == ("cleaning", "triaged")
        assert code(lambda: beds.leave_bed(visit, actor=nurse)) == "er.no_bed"
        policies(world.harbor, bed_cleaning=False)
        beds.assign(visit, ward.beds["A3"], actor=nurse)
        moves.see(visit, actor=ward.medic)
        beds.leave_bed(visit, actor=nurse)
        assert (ward.bed("A3").state, fresh(visit).state) == ("available", "in_treatment")
        untriaged = beds.assign(ward.arrived(), ward.beds["A3"], actor=nurse)
        assert code(lambda: beds.leave_bed(untriaged, actor=nurse)) == "er.triage_first"
        assert code(lambda: beds.clean(ward.beds["A3"], actor=nurse)) == "bed.wrong_state"
    with recorded(world.harbor) as told:
        beds.clean(ward.beds["A1"], actor=nurse)
        beds.clean(ward.beds["A1"], actor=nurse)
    assert told.names == ["bed.cleaned"]


@pytest.mark.rule("4.30")
def test_an_airborne_patient_is_put_into_negative_pressure_only_and_leaves_it_contaminated(world: World) -> None:
    with world.harbor.open():
        ward = emergency(world.harbor)
        policies(world.harbor, bed_cleaning=False)
        visit, nurse, other = ward.triaged(precautions=AIRBORNE), ward.nurse, ward.bedded("A1")
        for act in (lambda: beds.assign(visit, ward.beds["A3"], actor=nurse),
                    lambda: beds.reserve(ward.beds["A3"], visit, actor=nurse)):  # fmt: skip
            assert code(act) == "bed.needs_negative_pressure"
        beds.assign(visit, ward.beds["A2"], actor=nurse)
        owner = ward.by("owner")
        assert code(lambda: places.change_bed(ward.bed("A2"), features=[], actor=owner)) == "bed.airborne_inside"
        assert code(lambda: beds.swap(visit, other, actor=nurse)) == "bed.needs_negative_pressure"
        places.change_bed(ward.bed("A1"), features=[NEGATIVE_PRESSURE], actor=owner)
        assert code(lambda: beds.swap(other, visit, actor=nurse)) == "bed.left_contaminated"
    with recorded(world.harbor) as told:
        beds.assign(visit, ward.beds["A2"], actor=nurse)
        moves.depart(visit, "lwbs", actor=nurse)
        assert ward.bed("A2").state == "contaminated"
        beds.clean(ward.beds["A2"], actor=nurse)
        beds.clean(ward.beds["A2"], actor=nurse)
    assert told.names == ["er_visit.left_unseen", "bed.decontaminated", "bed.cleaned"]
    with world.harbor.open():
        # What is found out of somebody later is taken down wherever they lie, and the bed is contaminated.
        team.change_details(other, precautions=AIRBORNE, actor=nurse)
        beds.leave_bed(other, actor=nurse)
        assert ward.bed("A1").state == "contaminated"


@pytest.mark.rule("4.30")
def test_a_blocked_bed_is_taken_by_nobody_until_somebody_or_the_clock_ends_it(world: World) -> None:
    now = timezone.now()
    with world.harbor.open():
        ward = emergency(world.harbor)
        charge, visit = ward.by("charge_nurse"), ward.bedded("A2", precautions=AIRBORNE)
        assert code(lambda: beds.block(ward.beds["A1"], reason=" ", actor=charge)) == "bed.why_blocked"
        assert (
            code(lambda: beds.block(ward.beds["A1"], reason="x", until=now, actor=charge)) == "bed.blocked_until_past"
        )
        assert code(lambda: beds.block(ward.beds["A2"], reason="leak", actor=charge)) == "bed.wrong_state"
        assert code(lambda: beds.block(ward.beds["A1"], reason="leak", actor=ward.nurse)) == "access.denied"
        moves.depart(visit, "lwbs", actor=ward.nurse)
    with recorded(world.harbor) as told:
        for name in ("A1", "A2", "A3"):
            beds.block(ward.beds[name], reason="leak", until=now + timedelta(minutes=20), actor=charge)
        beds.block(ward.beds["A1"], reason="leak", until=now + timedelta(minutes=20), actor=charge)
        assert done().seq is None
        assert code(lambda: beds.assign(ward.bedded("F1"), ward.beds["A1"], actor=ward.nurse)) == "bed.not_free"
        beds.unblock(ward.beds["A3"], actor=charge)
        beds.unblock(ward.beds["A3"], actor=charge)
        assert code(lambda: beds.unblock(ward.beds["F1"], actor=charge)) == "bed.wrong_state"
        beds.block(ward.beds["A1"], reason="longer", until=now + timedelta(minutes=40), actor=charge)
        assert beds.end_block(ward.beds["A1"], actor=charge).state == BLOCKED  # not yet
    assert told.names.count("bed.blocked") == 4
    with time_machine.travel(now + timedelta(minutes=21), tick=False):
        assert tasks.end_blocks() == 1
        assert tasks.end_blocks() == 0
    with world.harbor.open():
        # What was unclean is unclean still.
        assert {name: ward.bed(name).state for name in ("A1", "A2", "A3")} == {
            "A1": BLOCKED, "A2": "contaminated", "A3": AVAILABLE,
        }  # fmt: skip


@pytest.mark.rule("4.31")
def test_sections_and_beds_are_the_departments_to_arrange(world: World) -> None:
    words = ["available", "reserved", "occupied", "cleaning", "contaminated", "blocked"]
    assert [key for key, _label in BED_STATES] == words
    assert len(BED_TYPES) == 12
    assert len(FEATURES) == 11
    with world.harbor.open():
        ward, owner = emergency(world.harbor), world.harbor.actor("owner")
        assert code(
            lambda: places.add_section(world.harbor.department, name="Acute", actor=owner)
        ) == "er.not_an_emergency_department"  # fmt: skip
    with recorded(world.harbor) as told:
        burns = places.add_section(ward.department, name="Burns", position=7, actor=owner)
        bath = places.add_bed(burns, name="B1", sort="or", features=["bath", "surgical"], actor=owner)
        assert (bath.state, bath.features) == (AVAILABLE, ["bath", "surgical"])
        assert code(lambda: places.add_bed(burns, name="B1", actor=owner)) == "bed.name_taken"
        assert code(lambda: places.add_section(ward.department, name="Burns", actor=owner)) == "er_section.name_taken"
        for wrong in ({"sort": "sofa"}, {"features": ["Bath tub"]}, {"state": "occupied"}, {"name": ""}):
            assert code(lambda: places.change_bed(bath, **wrong, actor=owner)) == "row.invalid"  # noqa: B023
        assert code(lambda: places.change_section(burns, is_active=False, actor=owner)) == "er_section.has_beds"
        assert code(lambda: places.add_bed(burns, name="B2", actor=ward.nurse)) == "access.denied"
        places.change_bed(bath, is_active=False, actor=owner)
        places.change_section(burns, is_active=False, actor=owner)
        assert code(lambda: places.add_bed(burns, name="B2", actor=owner)) == "access.not_here"
        assert code(lambda: beds.clean(bath, actor=ward.nurse)) == "access.not_here"
    assert told.names == ["er_section.added", "bed.added", "bed.changed", "er_section.changed"]
    with world.harbor.open():
        ward.bedded("A1")
        assert code(lambda: places.change_bed(ward.bed("A1"), is_active=False, actor=owner)) == "bed.wrong_state"
        assert HospitalConfig.objects.get().bed_cleaning


def test_a_team_is_of_nurses_and_doctors_who_work_here_and_details_are_checked(world: World) -> None:
    with world.harbor.open():
        ward = emergency(world.harbor)
        nurse, gone = ward.person("nurse", "Nia"), ward.person("nurse", "Gus")
        type(gone).objects.filter(pk=gone.pk).update(is_active=False)
        gone.refresh_from_db()
        visit = ward.triaged()
    with recorded(world.harbor) as told:
        team.set_team(visit, nurse=nurse, provider=world.harbor.doctor, actor=ward.nurse)
        team.set_team(visit, nurse=nurse, actor=ward.nurse)
        assert done().seq is None
        team.set_nurse_of(ward.sections["Acute"], nurse, actor=ward.nurse)
        assert code(lambda: team.set_team(visit, nurse=gone, actor=ward.nurse)) == "er.not_a_nurse"
        assert code(lambda: team.set_team(visit, provider=nurse, actor=ward.nurse)) == "er.not_a_provider"
        team.change_details(visit, waiting_for=["results", "ride"], alerts=["fall"], ventilated=True, actor=ward.nurse)
        for wrong in ({"alerts": ["tall"]}, {"waiting_for": ["results", "results"]}, {"complaint": ""}):
            assert code(lambda: team.change_details(visit, **wrong, actor=ward.nurse)) == "row.invalid"  # noqa: B023
    assert told.names == ["er_visit.team_changed", "er_section.nurse_changed", "er_visit.changed"]
    with world.harbor.open():
        moves.depart(visit, "lwbs", actor=ward.nurse)
        for act in (lambda: team.set_team(visit, nurse=None, actor=ward.nurse),
                    lambda: team.change_details(visit, notes="x", actor=ward.nurse)):  # fmt: skip
            assert code(act) == "er.wrong_state"
