"""Beds: 8 processes put 400 patients into 400 beds of one emergency department and aim at the same ones.

``python -m tests.bench.bench_er_beds [--waiting 400] [--beds 400] [--rounds 5]``

Each process has its own patients and its own order of beds; a share of its tries is at beds that all the others try at
the same time. Whoever is refused goes on to the next bed; at the end of the order it looks for a free one on the map.
"""

from __future__ import annotations

import argparse
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import pairwise
from random import Random
from typing import TYPE_CHECKING, Any
from uuid import UUID

from tests.bench import kit

if TYPE_CHECKING:
    from tests.er_flow.ward import Ward

PROCESSES = 8
OWN, QUARTER, SAME = "each process its own beds", "a quarter of the tries at one bed", "all try the same beds"
MOVED = "one patient, put into 8 beds at once"
SHARES = {OWN: 0.0, QUARTER: 0.25, SAME: 1.0}

Plan = list[tuple[UUID, UUID]]


@dataclass
class Shift:
    """What one process did: (visit, bed) it assigned, (bed, code, number told) it was refused, seconds of each."""

    placed: Plan = field(default_factory=list)
    refused: list[tuple[UUID, str, int | None]] = field(default_factory=list)
    took: list[float] = field(default_factory=list)
    answered: list[float] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class State:
    """What the database says after a round."""

    lying: dict[UUID, int]
    """Bed → the number of who is in it."""
    beds_twice: int
    patients_twice: int
    astray: int
    """Beds and visits whose state says otherwise than the stays."""
    events: int


# --- what a process does ---------------------------------------------------------------------------------------------


def orders(beds: list[UUID], share: float) -> list[list[UUID]]:
    """Each process's order of beds, in which this share of all tries is at beds that are in every order."""
    most = round(share * len(beds) / (PROCESSES - (PROCESSES - 1) * share))
    same, rest = beds[:most], beds[most:]
    found = []
    for n in range(PROCESSES):
        own = rest[n::PROCESSES]
        placed = [(i / len(row), bed) for row in (same, own) for i, bed in enumerate(row)]
        found.append([bed for _at, bed in sorted(placed, key=lambda pair: pair[0])])
    return found


def attempt(shift: Shift, visit: Any, bed: Any, nurse: Any) -> bool:
    """Try once, as a door does; whether the patient lies there now."""
    from clinic.core.errors import DomainError
    from er_flow.operations import beds

    begun = time.perf_counter()
    try:
        beds.assign(visit, bed, actor=nurse)
    except DomainError as refusal:
        shift.answered.append(time.perf_counter() - begun)
        shift.refused.append((bed.pk, refusal.code, refusal.details.get("number")))
        return False
    shift.took.append(time.perf_counter() - begun)
    shift.placed.append((visit.pk, bed.pk))
    return True


def lay_all(ward: Ward, visits: list[UUID], order: list[UUID]) -> Shift:
    """Every one of these patients is put into the first bed of the order that is free, then into any that is."""
    from er_flow.models import Bed, EmergencyVisit

    shift, tries = Shift(), iter(order)
    with ward.house.open():
        places, nurse = Bed.objects.in_bulk(), ward.nurse
        for visit in EmergencyVisit.objects.filter(pk__in=visits).order_by("number"):
            while (key := next(tries, None) or free_bed()) is not None:
                if attempt(shift, visit, places[key], nurse):
                    break
    return shift


def free_bed() -> UUID | None:
    """Any free bed, as somebody finds who looks at the map."""
    from er_flow.models import Bed
    from er_flow.models.words import AVAILABLE

    return Bed.objects.filter(state=AVAILABLE).order_by("?").values_list("pk", flat=True).first()


def move_all(ward: Ward, pairs: Plan) -> Shift:
    """Each of these patients into the bed named with it, wherever they are."""
    from er_flow.models import Bed, EmergencyVisit

    shift = Shift()
    with ward.house.open():
        people, places, nurse = EmergencyVisit.objects.in_bulk(), Bed.objects.in_bulk(), ward.nurse
        for visit, bed in pairs:
            attempt(shift, people[visit], places[bed], nurse)
    return shift


# --- what the database says ------------------------------------------------------------------------------------------

TWICE = """SELECT count(*) FROM (SELECT {column} FROM er_flow_bedstay
  WHERE hospital_id = %(hospital)s AND ended_at IS NULL GROUP BY {column} HAVING count(*) > 1) AS twice"""
LYING = """SELECT s.bed_id, v.number FROM er_flow_bedstay AS s JOIN er_flow_emergencyvisit AS v ON v.id = s.visit_id
  WHERE s.hospital_id = %(hospital)s AND s.ended_at IS NULL"""
ASTRAY = """SELECT
  (SELECT count(*) FROM er_flow_bed AS b WHERE hospital_id = %(hospital)s AND (state = 'occupied') <>
    EXISTS (SELECT FROM er_flow_bedstay AS s WHERE s.bed_id = b.id AND ended_at IS NULL)) +
  (SELECT count(*) FROM er_flow_emergencyvisit AS v WHERE hospital_id = %(hospital)s AND (state = 'bedded') <>
    EXISTS (SELECT FROM er_flow_bedstay AS s WHERE s.visit_id = v.id AND ended_at IS NULL)) +
  (SELECT count(*) FROM er_flow_emergencyvisit AS v WHERE hospital_id = %(hospital)s AND 1 <>
    (SELECT count(*) FROM er_flow_stage AS t WHERE t.visit_id = v.id AND t.state = v.state AND ended_at IS NULL))"""
EVENTS = """SELECT count(*) FROM live_event
  WHERE hospital_id = %(hospital)s AND name IN ('er_visit.bedded', 'er_visit.transferred_bed')"""
BACK = (
    "DELETE FROM er_flow_bedstay WHERE hospital_id = %(hospital)s",
    "UPDATE er_flow_bed SET state = 'available' WHERE hospital_id = %(hospital)s",
    "DELETE FROM er_flow_stage WHERE hospital_id = %(hospital)s AND state = 'bedded'",
    "UPDATE er_flow_stage SET ended_at = NULL WHERE hospital_id = %(hospital)s AND state = 'triaged'",
    """UPDATE er_flow_emergencyvisit SET state = 'triaged', state_since = triaged_at, bedded_at = NULL,
       section_id = NULL WHERE hospital_id = %(hospital)s""",
)
"""Everybody waits again, and all beds are free."""


def asked(sql: str, ward: Ward) -> list[tuple[Any, ...]]:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(sql, {"hospital": ward.house.hospital.pk})
        rows: list[tuple[Any, ...]] = cursor.fetchall()
        return rows


def look(ward: Ward) -> State:
    return State(
        dict(asked(LYING, ward)), asked(TWICE.format(column="bed_id"), ward)[0][0],
        asked(TWICE.format(column="visit_id"), ward)[0][0], asked(ASTRAY, ward)[0][0], asked(EVENTS, ward)[0][0],
    )  # fmt: skip


def put_back(ward: Ward) -> None:
    from tests.bench import er_house, houses

    for sql in BACK:
        houses.run(sql, hospital=ward.house.hospital.pk)
    er_house.settle()


# --- measured --------------------------------------------------------------------------------------------------------


def measure(ward: Ward, work: Callable[[int], Shift], rounds: int) -> list[object]:
    """The row of the table: some rounds of 8 processes, and everything that must be nought."""
    states: list[State] = []

    def before() -> None:
        states.append(look(ward))
        put_back(ward)

    runs = kit.together(work, PROCESSES, rounds=rounds, before=before)
    states.append(look(ward))
    shifts = [shift for run in runs for shift in run.results]
    rates, tries, lost, wrong = [], [], 0, 0
    for run, (earlier, state) in zip(runs, pairwise(states[1:]), strict=True):
        placed = [pair for shift in run.results for pair in shift.placed]
        rates.append(len(placed) / run.seconds)
        tries.append(sum(len(shift.placed) + len(shift.refused) for shift in run.results) / run.seconds)
        lost += abs(len({visit for visit, _bed in placed}) - len(state.lying))
        lost += abs(len(placed) - (state.events - earlier.events))
        wrong += sum(state.lying.get(bed) != told for shift in run.results for bed, _code, told in shift.refused)
    codes = Counter(code for shift in shifts for _bed, code, _told in shift.refused)
    took = [seconds * 1000 for shift in shifts for seconds in shift.took]
    answered = [seconds * 1000 for shift in shifts for seconds in shift.answered]
    others = {code: n for code, n in codes.items() if code != "bed.occupied"}
    return [
        f"{kit.middle(rates):.0f}", f"{kit.middle(tries):.0f}", f"{kit.centile(took, 0.5):.1f}",
        f"{kit.centile(took, 0.95):.1f}", codes["bed.occupied"], f"{kit.centile(answered, 0.5):.1f}",
        f"{kit.centile(answered, 0.95):.1f}", wrong, others or 0,
        sum(state.beds_twice for state in states), sum(state.patients_twice for state in states),
        sum(state.astray for state in states[1:]), lost,
    ]  # fmt: skip


HEAD = (
    "what", "assigned/s", "tries/s", "p50 ms", "p95 ms", "refused", "p50 ms", "p95 ms", "told wrongly", "other answers",
    "bed twice", "patient twice", "astray", "lost",
)  # fmt: skip


def statements(ward: Ward, visit: UUID, bed: UUID) -> int:
    """How many statements one assignment is; it also has the imports done and the SQL written before the fork."""
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    from er_flow.models import Bed, EmergencyVisit

    with ward.house.open():
        who, where, nurse = EmergencyVisit.objects.get(pk=visit), Bed.objects.get(pk=bed), ward.nurse
        with CaptureQueriesContext(connection) as queries:
            attempt(Shift(), who, where, nurse)
    return sum(one["sql"] not in ("BEGIN", "COMMIT") for one in queries)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--waiting", type=int, default=400)
    parser.add_argument("--beds", type=int, default=400)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    kit.start("er_beds")
    from clinic.live import ledger
    from tests import world
    from tests.bench import er_house

    ward = er_house.furnish(world.house("Harbor", "harbor", "Europe/Paris"), options.beds)
    visits = [visit.pk for visit in er_house.crowd(ward, options.waiting)]
    beds = [bed.pk for bed in ward.beds.values()]
    Random(7).shuffle(beds)
    number = statements(ward, visits[0], beds[0])
    rows: list[list[object]] = []
    for name, share in SHARES.items():
        ways = orders(beds, share)
        rows.append([name, *measure(
            ward, lambda n, ways=ways: lay_all(ward, visits[n::PROCESSES], ways[n]), options.rounds
        )])  # fmt: skip
    moved = list(zip(visits, (beds[n : n + PROCESSES] for n in range(0, len(beds), PROCESSES)), strict=False))
    rows.append([MOVED, *measure(
        ward, lambda n: move_all(ward, [(visit, into[n]) for visit, into in moved if n < len(into)]), options.rounds
    )])  # fmt: skip
    kit.table(
        f"Beds: {PROCESSES} processes, {options.waiting} patients, {options.beds} beds in {len(er_house.SECTIONS)} "
        f"sections, median of {options.rounds} rounds; {number} statements each", HEAD, rows,
    )  # fmt: skip
    fault = ledger.verify(ward.house.hospital.pk).fault
    print(f"  the log: {fault or 'whole'}")
    rate = {str(row[0]): float(str(row[1])) for row in rows}
    tried = {str(row[0]): float(str(row[2])) for row in rows}
    kit.ratio("beds assigned/s, event included, a quarter of the tries at one bed", rate[QUARTER], "≥ 100")
    kit.ratio("tries/s, all at the same beds ÷ each at its own", tried[SAME] / tried[OWN], "≥ 1")


if __name__ == "__main__":
    main()
