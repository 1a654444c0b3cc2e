"""An emergency department of seven sections, full of patients the operations brought in. Import after ``kit.start``."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from clinic.core import clock
from clinic.records.models import Patient
from er_flow.esi import Age
from er_flow.models import Bed, EmergencyVisit
from er_flow.models.words import ADMIT, DISCHARGE
from er_flow.operations import arrivals, beds, moves, triage
from er_flow.operations.arrivals import Arriving
from er_flow.operations.triage import Decision
from tests.bench import houses
from tests.er_flow.ward import Ward, emergency, sheet
from tests.world import House

SECTIONS = ("Resus", "Acute", "Majors", "Children", "Observation", "Minors", "Fast track")
LEVELS = (3, 2, 4, 3, 5, 3, 2, 4, 3, 4)
COMPLAINTS = ("Chest pain", "Fell from a ladder", "Fever since Tuesday", "Cut hand", "Short of breath", "Headache")
AT_ONCE = 10
"""Patients who come at the same minute."""
TABLES = ("er_flow_emergencyvisit", "er_flow_stage", "er_flow_bed", "er_flow_bedstay", "live_event", "live_eventref")


def furnish(house: House, count: int) -> Ward:
    """So many beds in seven sections of an emergency department; some have a monitor, fewer negative pressure."""
    plan = tuple(
        (SECTIONS[n * len(SECTIONS) // count], f"B{n + 1}", "ed", _features(n)) for n in range(count)
    )  # fmt: skip
    with house.open():
        return emergency(house, plan)


def _features(n: int) -> list[str]:
    return [name for name, each in (("cardiac_monitor", 3), ("negative_pressure", 10)) if n % each == 0]


def crowd(ward: Ward, count: int, *, untriaged: int = 0) -> list[EmergencyVisit]:
    """So many known patients who came over the last hours and wait; the last of them without a level yet."""
    ids = houses.patients(houses.Bench(ward.house, [], ward.house.desk), count)
    with ward.house.open():
        people = list(Patient.objects.filter(pk__in=ids).order_by("mrn"))
        groups = [people[n : n + AT_ONCE] for n in range(0, count, AT_ONCE)]
        began, came = clock.now() - timedelta(minutes=240), list[EmergencyVisit]()
        for n, group in enumerate(groups):
            with clock.at(began + timedelta(minutes=200 * n // len(groups))):
                came += _arrive(ward, group)
        level = {visit.pk: LEVELS[n % len(LEVELS)] for n, visit in enumerate(came[: count - untriaged])}
        triaged = [visit for visit in came if visit.pk in level]
        with clock.at(clock.now() - timedelta(minutes=30)):
            for n in range(0, len(triaged), AT_ONCE):
                some = triaged[n : n + AT_ONCE]
                triage.assess_all(
                    [Decision(one, sheet(level[one.pk]), level[one.pk]) for one in some], actor=ward.nurse
                )  # fmt: skip
        return list(EmergencyVisit.objects.open().order_by("number"))


def _arrive(ward: Ward, people: Sequence[Patient]) -> list[EmergencyVisit]:
    adult = Age.said(40, "years")
    told = [Arriving(COMPLAINTS[n % len(COMPLAINTS)], patient=row, age=adult) for n, row in enumerate(people)]
    return arrivals.arrive_all(ward.department, told, actor=ward.nurse)


def lay(ward: Ward, visits: Sequence[EmergencyVisit], into: Sequence[Bed]) -> None:
    """Put each into a bed; most are seen, some decided, a few board."""
    with ward.house.open(), clock.at(clock.now() - timedelta(minutes=20)):
        for n, (visit, bed) in enumerate(zip(visits, into, strict=True)):
            beds.assign(visit, bed, actor=ward.nurse)
            if n % 4:
                moves.see(visit, actor=ward.medic)
            if n % 4 > 1:
                moves.decide(visit, ADMIT if n % 3 else DISCHARGE, actor=ward.medic)
            if n % 4 > 2 and n % 3:
                moves.board(visit, actor=ward.medic)


def settle() -> None:
    """What autovacuum would have done by tomorrow."""
    for table in TABLES:
        houses.run(f"VACUUM (ANALYZE) {table}")
    houses.run("CHECKPOINT")
