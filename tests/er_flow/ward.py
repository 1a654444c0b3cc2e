"""An emergency department for tests: sections, beds, and patients brought into any state in one call."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from clinic.core.access import Actor
from clinic.directory.models import Department, Doctor
from clinic.tenants.models import HospitalConfig
from clinic.tenants.operations.hospitals import change_policies
from er_flow.esi import Age, Answers, Vitals
from er_flow.models import Bed, EmergencyVisit, Section, Stage
from er_flow.models.words import (
    ADMIT,
    AMA,
    ARRIVED,
    BEDDED,
    BOARDING,
    DISCHARGE,
    DISPOSITION,
    ELOPED,
    ENDS,
    IN_TREATMENT,
    LWBS,
    LWOT,
    NEGATIVE_PRESSURE,
    TRANSFER,
    TRANSFERRED,
    TRIAGED,
)
from er_flow.operations import arrivals, beds, moves, triage
from er_flow.operations.arrivals import Arriving
from er_flow.operations.triage import Sheet
from tests.world import House

CALM = Vitals(hr=80, rr=16, spo2=98)
ADULT = Age.said(40, "years")
Plan = tuple[tuple[str, str, str, list[str]], ...]
BEDS: Plan = (
    ("Resus", "R1", "ed", ["cardiac_monitor", "ventilator", "trauma_bay"]), ("Acute", "A1", "ed", ["cardiac_monitor"]),
    ("Acute", "A2", "ed", ["cardiac_monitor", NEGATIVE_PRESSURE]), ("Acute", "A3", "ed", []),
    ("Fast track", "F1", "ed", []), ("Fast track", "H1", "hallway", []),
)  # fmt: skip


def sheet(level: int = 3, vitals: Vitals = CALM, **more: Any) -> Sheet:
    """What suggests this level for an adult."""
    answers = {
        1: Answers(immediate=frozenset({"pulseless"})), 2: Answers(severe_pain_seen=True),
        3: Answers(resources=frozenset({"labs", "iv_fluids"})), 4: Answers(resources=frozenset({"labs"})), 5: Answers(),
    }  # fmt: skip
    return Sheet(answers[level], vitals, **more)


@dataclass
class Ward:
    """The emergency department of a house; use its methods while the house is open."""

    house: House
    department: Department
    sections: dict[str, Section] = field(default_factory=dict)
    beds: dict[str, Bed] = field(default_factory=dict)

    def by(self, role: str) -> Actor:
        return self.house.actor(role)

    @property
    def nurse(self) -> Actor:
        return self.by("nurse")

    @property
    def medic(self) -> Actor:
        return self.by("doctor")

    def bed(self, name: str) -> Bed:
        """As the database has it."""
        found: Bed = Bed.objects.get(pk=self.beds[name].pk)
        return found

    def states(self) -> dict[str, str]:
        return {name: self.bed(name).state for name in self.beds}

    def person(self, sort: str, name: str) -> Doctor:
        found: Doctor = Doctor.objects.create(name=name, department=self.department, sort=sort)
        return found

    def arrived(self, complaint: str = "Chest pain", **more: Any) -> EmergencyVisit:
        """Somebody unknown of forty, unless another is named."""
        who = Arriving(complaint, **{"age": ADULT, **more})
        return arrivals.arrive(self.department, who, actor=self.nurse)

    def triaged(self, level: int = 3, **more: Any) -> EmergencyVisit:
        visit = self.arrived(**more)
        triage.assess(visit, sheet(level), level, actor=self.nurse)
        return fresh(visit)

    def bedded(self, bed: str = "A1", level: int = 3, **more: Any) -> EmergencyVisit:
        return beds.assign(self.triaged(level, **more), self.beds[bed], actor=self.nurse)

    def seen(self, bed: str = "A1", level: int = 3, **more: Any) -> EmergencyVisit:
        return moves.see(self.bedded(bed, level, **more), actor=self.medic)

    def decided(self, disposition: str = DISCHARGE, bed: str = "A1", **more: Any) -> EmergencyVisit:
        return moves.decide(self.seen(bed, **more), disposition, actor=self.medic)

    def boarding(self, bed: str = "A1", **more: Any) -> EmergencyVisit:
        return moves.board(self.decided(ADMIT, bed, **more), actor=self.medic)

    def gone(self, end: str, bed: str = "A1") -> EmergencyVisit:
        """Somebody who left this way, from a state that it is a way out of."""
        if end == LWBS:
            visit = self.bedded(bed)
        elif end in (LWOT, AMA, ELOPED):
            visit = self.seen(bed)
        elif end == TRANSFERRED:
            visit = self.decided(TRANSFER, bed)
        else:
            visit = self.decided(DISCHARGE, bed) if end == "discharged" else self.boarding(bed)
        return moves.depart(visit, end, risks_explained=True, actor=self.medic)

    def into(self, state: str, bed: str = "A1") -> EmergencyVisit:
        """Somebody in this state; in the bed wherever that can be."""
        ways: dict[str, Callable[[], EmergencyVisit]] = {
            ARRIVED: self.arrived, TRIAGED: self.triaged, BEDDED: lambda: self.bedded(bed),
            IN_TREATMENT: lambda: self.seen(bed), DISPOSITION: lambda: self.decided(bed=bed),
            BOARDING: lambda: self.boarding(bed),
        }  # fmt: skip
        visit = ways[state]() if state not in ENDS else self.gone(state, bed)
        assert visit.state == state
        return visit


def emergency(house: House, plan: Plan = BEDS) -> Ward:
    """Make the emergency department of the house that is open."""
    department = Department.objects.create(name="Emergency", prefix="E", sort=Department.EMERGENCY)
    ward = Ward(house, department)
    for position, name in enumerate(dict.fromkeys(section for section, *_bed in plan)):
        ward.sections[name] = Section.objects.create(department=department, name=name, position=position)
    for n, (section, name, sort, features) in enumerate(plan):
        ward.beds[name] = Bed.objects.create(
            section=ward.sections[section], name=name, sort=sort, features=features, position=n,
            since=datetime(2026, 1, 1, tzinfo=UTC),
        )  # fmt: skip
    return ward


def fresh(visit: EmergencyVisit) -> EmergencyVisit:
    """As the database has it."""
    found: EmergencyVisit = EmergencyVisit.objects.get(pk=visit.pk)
    return found


def policies(house: House, **fields: Any) -> None:
    """Change policies as the owner would."""
    change_policies(HospitalConfig.objects.get(), actor=house.actor("owner"), **fields)


def whole(visit: EmergencyVisit) -> list[str]:
    """The visit's care stages in order; asserts that there is no gap between them and no overlap (R4.1, R4.2)."""
    rows = list(Stage.objects.filter(visit=visit).order_by("began_at", "id"))
    now = fresh(visit)
    assert rows[0].began_at == now.arrived_at
    for one, following in itertools.pairwise(rows):
        assert one.ended_at == following.began_at
    assert rows[-1].ended_at == now.departed_at
    assert now.state_since == (rows[-1].began_at if now.is_open else now.departed_at)
    stays = list(now.stays.order_by("began_at", "id"))
    for one, later in itertools.pairwise(stays):
        assert one.ended_at is not None
        assert one.ended_at <= later.began_at
    assert now.is_open or all(stay.ended_at is not None and stay.ended_at <= now.departed_at for stay in stays)
    return [row.state for row in rows] + ([] if now.is_open else [now.state])
