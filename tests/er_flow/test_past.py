"""Emergency visits on a patient's page: which, for whom, live, and in bounded queries."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from clinic.core import clock
from clinic.directory.models import Department
from clinic.live import render
from clinic.records.models import Patient
from er_flow.esi import Age
from er_flow.operations import arrivals, moves
from er_flow.regions.patient import SHOWN, PastRow
from tests.er_flow.pages import opened
from tests.er_flow.ward import ADULT, Ward, fresh
from tests.live.helpers import assert_live
from tests.queues.helpers import at, signed_in
from tests.world import World

pytestmark = pytest.mark.django_db


@pytest.fixture
def grace(world: World) -> Patient:
    found: Patient = world.harbor.patient("Grace", "Okafor", birth_date="1980-01-01")
    return found


def rows(ward: Ward, patient: Patient) -> list[PastRow]:
    key = str(patient.pk)
    told: list[Any] = render.within(
        ward.house.hospital.pk, render.Scope("/h/harbor/", "Europe/Paris", "en"),
        lambda: list(render.kinds()["patient-er"].load([key])[key].rows or ()),
    )  # fmt: skip
    return told


def test_earlier_visits_and_the_one_now_stand_there_with_their_ends(
    world: World, ward: Ward, grace: Patient
) -> None:  # fmt: skip
    with world.harbor.open():
        with clock.at(timezone.now() - timedelta(days=40)):
            first = ward.arrived("Ankle", patient=grace)
            moves.depart(first, "lwbs", actor=ward.nurse)
        with clock.at(timezone.now() - timedelta(days=3)):
            second = moves.see(ward.bedded("A1", 2, complaint="Chest pain", patient=grace), actor=ward.medic)
            moves.decide(second, "admit", note="Ward 4", actor=ward.medic)
            moves.board(fresh(second), actor=ward.medic)
            moves.depart(fresh(second), "admitted", actor=ward.medic)
        now = ward.arrived("Headache", patient=grace, reported_level=3)
        ward.arrived("Somebody else's")
        told = [(row.key, row.level, row.reported, row.complaint, row.outcome) for row in rows(ward, grace)]
    assert told == [
        (str(now.pk), 0, 3, "Headache", "Arrived"), (str(second.pk), 2, 0, "Chest pain", "Admitted: Ward 4"),
        (str(first.pk), 0, 0, "Ankle", "Left before being seen"),
    ]  # fmt: skip
    page = opened(world.harbor, "nurse", f"patients/{grace.pk}/")
    assert "Emergency visits" in page and "Somebody else" not in page.split("Emergency visits")[1]
    assert page.count('class="past-row"') == 3 and at(world.harbor, f"er/visits/{now.pk}/") in page


def test_it_is_for_readers_of_the_emergency_department(world: World, ward: Ward, grace: Patient) -> None:
    with world.harbor.open():
        ward.arrived("Overdose", patient=grace)
        may = {role: world.harbor.actor(role).can("er.view") for role in ("nurse", "receptionist", "biller")}
    for role, sees in may.items():
        answer = signed_in(world.harbor, role).get(at(world.harbor, f"patients/{grace.pk}/"))
        if answer.status_code == 200:
            assert ("Overdose" in answer.content.decode()) is sees, role
    assert may["nurse"] and not all(may.values())


def test_who_is_limited_to_other_departments_sees_none_of_it(world: World, ward: Ward, grace: Patient) -> None:
    """R1.2: the limit is the reader's own, and the visits to their own department stay."""
    with world.harbor.open():
        ward.arrived("In the first", patient=grace)
        moves.depart(ward_of(grace), "lwbs", actor=ward.nurse)
        second = Department.objects.create(name="Second", prefix="S", sort=Department.EMERGENCY)
        arrivals.arrive(second, arrivals.Arriving("In the second", patient=grace), actor=ward.nurse)
        member = world.harbor.memberships["nurse"]
        member.department_ids = [str(second.pk)]
        member.save()
    page = opened(world.harbor, "nurse", f"patients/{grace.pk}/")
    assert "In the second" in page and "In the first" not in page


def ward_of(patient: Patient) -> Any:
    return patient.er_visits.get()


def test_what_happens_to_a_visit_reaches_the_page(world: World, ward: Ward, grace: Patient) -> None:
    with world.harbor.open():
        name = f"patient-er:{grace.pk}"
        visit = assert_live(lambda: ward.arrived("Cough", patient=grace), name)
        assert_live(lambda: moves.depart(visit, "lwbs", actor=ward.nurse), name)
        unknown = ward.arrived("Found", age=Age.said(40, "years"))
        assert_live(lambda: arrivals.identify(unknown, grace, actor=ward.nurse), name)


def test_the_page_costs_the_same_for_fifty_visits_and_shows_the_last(
    world: World, ward: Ward, grace: Patient
) -> None:  # fmt: skip
    client, counts = signed_in(world.harbor, "nurse"), []
    client.get(at(world.harbor, f"patients/{grace.pk}/"))
    for more in (1, 25):
        with world.harbor.open():
            for n in range(more):
                with clock.at(timezone.now() - timedelta(days=100 - n - more)):
                    visit = arrivals.arrive(
                        ward.department, arrivals.Arriving(f"Nr {n}", patient=grace, age=ADULT), actor=ward.nurse
                    )
                    moves.depart(visit, "lwbs", actor=ward.nurse)
        render.forget()
        with CaptureQueriesContext(connection) as told:
            page = client.get(at(world.harbor, f"patients/{grace.pk}/")).content.decode()
        counts.append(len(told))
    assert page.count('class="past-row"') == SHOWN
    assert counts[0] == counts[1]
