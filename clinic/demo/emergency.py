"""The demo's emergency department: who comes, is triaged, lies in a bed, is treated and leaves, through the real
operations. Begun from the rows at every step, as play.py is: a person may act at any moment in between.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from random import Random
from typing import Any
from uuid import UUID

import structlog

from clinic.core import clock
from clinic.core.errors import DomainError
from clinic.demo import emergency_floor as floor
from clinic.demo.acts import acting, when
from clinic.demo.cast import FAMILIES, GIVEN
from clinic.demo.emergency_day import Emergency, read
from clinic.demo.emergency_floor import Act, Floor, Patient, Spot
from clinic.directory.models import Department, Doctor
from clinic.tenants import days
from er_flow import best
from er_flow.best import Place, Wish
from er_flow.esi import Age, Answers, Vitals
from er_flow.models import Bed, BedStay, EmergencyVisit, Triage
from er_flow.models.words import (
    AIRBORNE,
    AMBULANCE,
    ARRIVED,
    BEDDED,
    BOARDING,
    BY_TRANSFER,
    DISPOSITION,
    IN_TREATMENT,
    NO_PRECAUTIONS,
    POLICE,
    TRIAGED,
    WALK_IN,
)
from er_flow.operations import arrivals, beds, moves, newcomers, team, triage
from er_flow.operations.arrivals import Arriving
from er_flow.operations.triage import Sheet

log = structlog.get_logger(__name__)
LONGEST = 30.0
"""Seconds that one step makes up for at most."""
ANSWERS = {
    1: Answers(immediate=frozenset({"severe_respiratory_distress"})), 2: Answers(severe_pain_seen=True),
    3: Answers(resources=frozenset({"labs", "iv_fluids"})), 4: Answers(resources=frozenset({"ecg_or_xray"})),
    5: Answers(),
}  # fmt: skip
"""Level → what the nurse answers, so that it is suggested."""
FILLS = {
    BOARDING: (floor.BOARD,), DISPOSITION: (floor.DECIDE,), IN_TREATMENT: (floor.SEE,), BEDDED: (floor.BED,),
    TRIAGED: (floor.ASSESS, floor.START), ARRIVED: (floor.ARRIVE,),
}  # fmt: skip
"""Care stage → what brings somebody into it, or nearer."""
CALM = Vitals(hr=88, rr=16, spo2=98, temp=None, sbp=128, dbp=78)


def find() -> Department | None:
    """The emergency department of the open hospital, if the demo made one."""
    named = Department.objects.filter(sort=Department.EMERGENCY, is_active=True, name=read().department)
    found: Department | None = named.first()
    return found


class Play:
    """One emergency department from a moment on. ``clockwork`` says a moment of the rows in the caller's seconds;
    ``moment`` the other way, where acts happen at the play's time and not now."""

    def __init__(
        self, department: Department, day: Emergency, dice: Random, *, begin: float,
        clockwork: Callable[[datetime], float] = datetime.timestamp, moment: Callable[[float], datetime] | None = when,
        most: int = 1_000_000,
    ) -> None:  # fmt: skip
        self.department, self.day, self.dice, self.most = department, day, dice, most
        self.clockwork, self.moment = clockwork, moment
        self.done: Counter[str] = Counter()
        self.refused: Counter[str] = Counter()
        self.zone = days.current_hospital().zone
        self.rows: dict[UUID, EmergencyVisit] = {}
        doctors = Doctor.objects.filter(department=department, sort=Doctor.DOCTOR, is_active=True)
        self.providers = {row.name: row for row in doctors}
        self.floor = self._look(begin)
        self.comes = self._next_arrival()

    # --- what is there ------------------------------------------------------------------------------------------

    def _look(self, now: float) -> Floor:
        found = Floor(self.day, now)
        rows = Bed.objects.filter(section__department=self.department, is_active=True).select_related("section")
        for bed in rows:
            place = Place(
                bed.pk, bed.name, bed.sort, frozenset(bed.features), bed.section_id, bed.section.name,
                bed.section.position, bed.position,
            )  # fmt: skip
            found.spots[bed.pk] = Spot(place, bed.state, self.clockwork(bed.since))
        self.near = {spot.place.section_name: spot.place.position for spot in found.spots.values()}
        lying = dict(
            BedStay.objects.filter(visit__department=self.department, ended_at=None).values_list("visit_id", "bed_id")
        )
        looks = Counter(
            Triage.objects.filter(visit__department=self.department, visit__departed_at=None, sort=Triage.AGAIN)
            .values_list("visit_id", flat=True)
        )  # fmt: skip
        for visit in EmergencyVisit.objects.open().filter(department=self.department).order_by("arrived_at", "id"):
            self.rows[visit.pk] = visit
            found.patients[visit.pk] = self._patient(visit, looks[visit.pk], lying.get(visit.pk))
        return found

    def _patient(self, visit: EmergencyVisit, looks: int, bed: UUID | None) -> Patient:
        def seconds(at: datetime | None) -> float | None:
            return None if at is None else self.clockwork(at)

        return Patient(
            visit.pk, visit.number, visit.state, visit.level, self.day.fate(visit.number, visit.complaint, looks),
            self.clockwork(visit.arrived_at), seconds(visit.triage_started_at), self.clockwork(visit.state_since),
            seconds(visit.seen_at), seconds(visit.admit_at), seconds(visit.reassess_at), visit.disposition,
            self._wish(visit), looks, bed,
        )  # fmt: skip

    def _wish(self, visit: EmergencyVisit) -> Wish:
        child = visit.age_months is not None and visit.age_months < 12 * 16
        where = "Resuscitation" if visit.level == 1 else "Fast track" if (visit.level or 3) > 3 else "Acute"
        near = self.near.get("Paediatrics" if child and visit.level != 1 else where, 0)
        wanted = best.needs(visit.needs, visit.precautions, visit.ventilated)
        return Wish(visit.pk, visit.level, visit.arrived_at, wanted, near=near)

    def _next_arrival(self) -> float:
        """Without memory: drawing it anew at every look changes nothing. Thinned by the hour of the day."""
        at, most = self.floor.now, max(self.day.arrivals["hours"]) * max(self.day.arrivals["weekdays"])
        while True:
            at += self.dice.expovariate(most / 3600)
            if self.dice.random() * most < self.day.per_hour((self.moment or when)(at).astimezone(self.zone)):
                return at

    # --- what happens -------------------------------------------------------------------------------------------

    def next_at(self) -> float:
        """When the next act is due."""
        act = self.floor.next()
        return max(self.floor.now, self.comes if act is None else min(act.at, self.comes))

    def run(self, until: float) -> None:
        """Everything that is due until then, one act after the other."""
        while self.done.total() < self.most:
            act = self.floor.next()
            if act is None or self.comes < act.at:
                act = Act(max(self.comes, self.floor.now), floor.ARRIVE)
            if act.at > until:
                break
            self.floor.now = act.at
            self._try(act)
        self.floor.now = max(self.floor.now, until)

    def fill(self) -> None:
        """Somebody is in every care stage: where nobody is, what would happen soon happens now."""
        for _ in range(len(FILLS)):
            for state, verbs in FILLS.items():
                if all(one.state != state for one in self.floor.patients.values()):
                    soon = [replace(act, at=self.floor.now) for act in self.floor.acts() if act.verb in verbs]
                    arrival = [Act(self.floor.now, floor.ARRIVE)] if floor.ARRIVE in verbs else []
                    for act in sorted(soon + arrival, key=lambda act: act.turn)[:1]:
                        self._try(act)

    def _try(self, act: Act) -> None:
        """One act at its moment; a refusal is part of life, and the rows are looked at again."""
        try:
            if self.moment is None:
                self._do(act)
            else:
                with clock.at(self.moment(act.at)):
                    self._do(act)
            self.done[act.verb] += 1
        except DomainError as refusal:
            self.refused[refusal.code] += 1
            log.info("demo.refused", verb=act.verb, code=refusal.code)
            if act.patient is not None:  # out of the play's hands until the next look
                self.floor.patients.pop(act.patient.key, None)
            if act.bed is not None:
                self.floor.spots.pop(act.bed, None)
        if act.verb == floor.ARRIVE:
            self.comes = self._next_arrival()

    def _do(self, act: Act) -> None:
        if act.verb == floor.ARRIVE:
            visit = self._arrive()
            self.rows[visit.pk], self.floor.patients[visit.pk] = visit, self._patient(visit, 0, None)
        elif act.patient is None:
            assert act.bed is not None
            bed = beds.clean(Bed.objects.get(pk=act.bed), actor=self._nurse())
            self._seen_again(bed)
        else:
            held = self._care(act, self.rows[act.patient.key])
            self._follow(act, held)

    def _follow(self, act: Act, visit: EmergencyVisit) -> None:
        """The patient and the beds as they are after the act."""
        one = act.patient
        assert one is not None
        bed = act.bed or one.bed
        if visit.is_open:
            self.rows[one.key] = visit
            self.floor.patients[one.key] = self._patient(visit, one.looks + (act.verb == floor.LOOK), bed)
        else:
            del self.rows[one.key], self.floor.patients[one.key]
        if act.bed is not None or not visit.is_open:
            for row in Bed.objects.filter(pk__in={one.bed, bed} - {None}):
                self._seen_again(row)

    def _seen_again(self, bed: Bed) -> None:
        spot = self.floor.spots[bed.pk]
        spot.state, spot.since = bed.state, self.clockwork(bed.since)

    # --- who does it --------------------------------------------------------------------------------------------

    def _nurse(self, number: int = 0) -> Any:
        return acting(self.day.staff["nurses"][number % len(self.day.staff["nurses"])])

    def _provider(self, number: int) -> Any:
        return acting(self.day.staff["providers"][number % len(self.day.staff["providers"])])

    # --- the acts -----------------------------------------------------------------------------------------------

    def _arrive(self) -> EmergencyVisit:
        dice, told = self.dice, self.day.arrivals
        roll = dice.random()
        mode = WALK_IN
        for word in (AMBULANCE, POLICE, BY_TRANSFER):
            share = told[word]
            if 0 <= roll < share:
                mode = word
            roll -= share
        years = dice.randrange(1, 15) if dice.random() < self.day.odds["child"] else dice.randrange(16, 92)
        given, sex = dice.choice(GIVEN)
        who = Arriving(
            self.day.complaint(dice, years), age=Age.said(years, "years"), sex=sex, arrival_mode=mode,
            precautions=AIRBORNE if dice.random() < told["airborne"] else NO_PRECAUTIONS,
        )  # fmt: skip
        if dice.random() < told["unknown"]:
            return arrivals.arrive(self.department, who, actor=self._nurse())
        person = {
            "given_name": given, "family_name": dice.choice(FAMILIES), "sex": sex,
            "birth_year": clock.now().year - years,
        }  # fmt: skip
        return newcomers.arrive(self.department, who, person, force_new="Nobody alike", actor=self._nurse())

    def _care(self, act: Act, visit: EmergencyVisit) -> EmergencyVisit:
        """What is done to a patient; returns the visit as it is then."""
        assert act.patient is not None
        fate, nurse, provider = act.patient.fate, self._nurse(visit.number), self._provider(visit.number)
        match act.verb:
            case floor.START:
                return triage.start(visit, actor=nurse)
            case floor.ASSESS:
                return self._assess(visit, act.patient)
            case floor.LOOK:
                return triage.reassess(visit, _sheet(visit.level or 3, visit), actor=nurse).visit
            case floor.BED:
                return beds.assign(visit, Bed.objects.get(pk=act.bed), actor=nurse)
            case floor.SEE:
                seen = moves.see(visit, actor=provider)
                who = self.providers.get(provider.name)
                return team.set_team(seen, provider=who, actor=provider) if who is not None else seen
            case floor.DECIDE:
                return moves.decide(visit, fate.disposition, actor=provider)
            case floor.BOARD:
                return moves.board(visit, actor=nurse)
            case _:
                return moves.depart(visit, act.what, risks_explained=True, actor=provider)

    def _assess(self, visit: EmergencyVisit, one: Patient) -> EmergencyVisit:
        fate, nurse = one.fate, self._nurse(visit.number)
        why = "Knows the patient" if fate.level != fate.suggested else ""
        sheet = _sheet(fate.suggested, visit)
        held = triage.assess(visit, sheet, fate.level, override_reason=why, actor=nurse).visit
        return team.change_details(held, ventilated=True, actor=nurse) if fate.is_ventilated else held


def _sheet(level: int, visit: EmergencyVisit) -> Sheet:
    """What suggests this level: calm vital signs, a child's with a temperature."""
    child = visit.age_months is not None and visit.age_months < 12 * 18
    vitals = replace(CALM, hr=95, rr=20, temp=Decimal("37.2"), sbp=102, dbp=64) if child else CALM
    return Sheet(ANSWERS[level], vitals)


# --- the live demo, and what lies behind it ----------------------------------------------------------------------


def step(dice: Random, *, speed: float = 1.0, elapsed: float = 15.0, most_acts: int = 1_000_000) -> int:
    """Play the last ``elapsed`` seconds in the open hospital's emergency department, at so many times the speed of
    life; returns the acts. Everything happens now."""
    department = find()
    if department is None:
        return 0
    now = clock.now()
    end = now.timestamp()
    play = Play(
        department, read(), dice, begin=end - speed * min(elapsed, LONGEST),
        clockwork=lambda at: end - speed * (now - at).total_seconds(), moment=None, most=most_acts,
    )  # fmt: skip
    play.run(end)
    return play.done.total()
