"""An emergency department in a house, and what its samples are made of. The hospital is opened by each function."""

from __future__ import annotations

from itertools import count
from typing import Any

from clinic.directory.models import Department, Doctor
from clinic.records.models import Patient
from er_flow.esi import Age, Answers, Vitals
from er_flow.models import Bed, EmergencyVisit, Section, Triage
from er_flow.operations import arrivals, beds, moves, places, triage
from er_flow.operations.arrivals import Arriving
from er_flow.operations.triage import Sheet
from tests.world import House

_next = count(1)
CALM = Sheet(Answers(resources=frozenset({"labs"})), Vitals(hr=84, rr=16, spo2=98))
"""Answers that suggest level 4, with nothing missing."""
CALM_BODY: dict[str, Any] = {"answers": {"resources": ["labs"]}, "vitals": {"hr": 84, "rr": 16, "spo2": 98}}
"""The same as a body."""


def department(house: House) -> Department:
    with house.open():
        known = Department.objects.filter(sort=Department.EMERGENCY).first()
        return known or Department.objects.create(name="Emergency", prefix="E", sort=Department.EMERGENCY)


def section(house: House, name: str = "Acute") -> Section:
    here = department(house)
    with house.open():
        known = Section.objects.filter(department=here, name=name).first()
        return known or places.add_section(here, name=name, actor=house.actor("owner"))


def bed(house: House, **fields: Any) -> Bed:
    """A free bed."""
    where = section(house)
    with house.open():
        told = {"name": f"R{next(_next)}", "sort": "ed", **fields}
        return places.add_bed(where, actor=house.actor("owner"), **told)


def nurse(house: House) -> Doctor:
    """Somebody of the directory who nurses."""
    with house.open():
        known = Doctor.objects.filter(sort=Doctor.NURSE).first()
        return known or Doctor.objects.create(name="Noor Haddad", department=house.department, sort=Doctor.NURSE)


def arrived(house: House, *, known: bool = True, **told: Any) -> EmergencyVisit:
    """Somebody who has just come in."""
    here = department(house)
    who: Patient | None = house.patient("Ida", f"Comes{next(_next)}") if known else None
    with house.open():
        arriving = Arriving(**{"complaint": "Chest pain", "patient": who, "age": Age.said(45, "years"), **told})
        return arrivals.arrive(here, arriving, actor=house.actor("nurse"))


def triaged(house: House, level: int = 4, **told: Any) -> EmergencyVisit:
    visit = arrived(house, **told)
    with house.open():
        triage.assess(visit, CALM, level, override_reason="" if level == 4 else "Looks ill", actor=house.actor("nurse"))
        visit.refresh_from_db()
    return visit


def decision_of(visit: EmergencyVisit, house: House) -> Triage:
    with house.open():
        found: Triage = Triage.objects.get(visit=visit, level__isnull=False, error_at=None)
        return found


def bedded(house: House, **told: Any) -> EmergencyVisit:
    """Somebody triaged who lies in a bed."""
    visit, place = triaged(house, **told), bed(house)
    with house.open():
        beds.assign(visit, place, actor=house.actor("nurse"))
        visit.refresh_from_db()
    return visit


def bed_of(visit: EmergencyVisit, house: House) -> Bed:
    with house.open():
        found: Bed = Bed.objects.get(stays__visit=visit, stays__ended_at=None)
        return found


def seen(house: House) -> EmergencyVisit:
    """Somebody in treatment, in a bed."""
    visit = bedded(house)
    with house.open():
        return moves.see(visit, actor=house.actor("nurse"))


def decided(house: House, disposition: str = "admit") -> EmergencyVisit:
    visit = seen(house)
    with house.open():
        return moves.decide(visit, disposition, actor=house.actor("nurse"))


def reserved(house: House) -> tuple[Bed, EmergencyVisit]:
    """A bed that is kept for somebody."""
    visit, place = triaged(house), bed(house)
    with house.open():
        return beds.reserve(place, visit, actor=house.actor("nurse")), visit


def blocked(house: House) -> Bed:
    place = bed(house)
    with house.open():
        return beds.block(place, reason="Broken", actor=house.actor("owner"))


def unclean(house: House) -> Bed:
    """A bed that somebody has just left."""
    visit = bedded(house)
    place = bed_of(visit, house)
    with house.open():
        beds.leave_bed(visit, actor=house.actor("nurse"))
        place.refresh_from_db()
    return place
