"""A busy emergency department for the pictures and the browsers' tests: two dozen patients, in every stage."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.utils import timezone

from clinic.core import clock
from clinic.core.access import SYSTEM
from clinic.directory.models import Doctor
from clinic.records.models import Patient
from clinic.tenants.models import HospitalConfig
from clinic.tenants.operations.hospitals import change_policies
from er_flow import trend
from er_flow.esi import Age, Vitals
from er_flow.models import Bed, EmergencyVisit
from er_flow.models.words import ADMIT, DISCHARGE, OBSERVE
from er_flow.operations import arrivals, beds, delays, moves, places, team, triage
from er_flow.operations.arrivals import Arriving
from tests.er_flow.ward import Plan, Ward, emergency, fresh, sheet
from tests.world import House

MONITOR, VENTILATOR = "cardiac_monitor", "ventilator"
PLAN: Plan = (
    *(("Resuscitation", f"R{n}", "ed", [MONITOR, VENTILATOR, "trauma_bay"]) for n in range(1, 5)),
    *(("Acute", f"A{n}", "ed", [MONITOR] if n < 7 else []) for n in range(1, 13)),
    *(("Fast track", f"F{n}", "ed", []) for n in range(1, 7)),
    *(("Isolation", f"I{n}", "ed", ["isolation", "negative_pressure"]) for n in range(1, 4)),
)
LONG = ("Maximiliana", "Wolfeschlegelsteinhausenbergerdorff")


@dataclass(frozen=True)
class One:
    """Somebody in the scene: how long ago they came, and how far they are."""

    ago: int
    name: tuple[str, str] | None
    age: int
    sex: str
    complaint: str
    level: int | None
    bed: str = ""
    seen: int | None = None
    """Minutes after the arrival."""
    end: str = ""
    more: dict[str, Any] = field(default_factory=dict)


# fmt: off
PEOPLE = (
    One(9, ("Wanjiru", "Kamau"), 29, "female", "Abdominal pain, 20 weeks pregnant", None),
    One(4, None, 55, "unknown", "Fall from a ladder", None, more={"arrival_mode": "ambulance", "reported_level": 2}),
    One(48, ("Jamal", "Haddad"), 67, "male", "Cardiac arrest, ROSC 10:02", 1, "R2", 0),
    One(72, ("Élodie", "Martin"), 41, "female", "Sepsis, pyelonephritis", 2, "R3", 8, more={"alerts": ["allergy"]}),
    One(57, ("Takeshi", "Mori"), 76, "male", "Left weakness, onset 08:50", 2, "A1", 3),
    One(23, ("Kofi", "Asante"), 58, "male", "Chest tightness, sweating", 2, "A2"),
    One(21, ("Linh", "Đặng"), 34, "female", "Sudden severe headache", 2),
    One(6, None, 40, "male", "Found collapsed, brought by crew 12", 2, "R1", more={"arrival_mode": "ambulance"}),
    One(
        531,
        ("Eleni", "Papadaki"),
        83,
        "female",
        "Pneumonia, oxygen 3 l",
        2,
        "A7",
        11,
        ADMIT,
        {"precautions": "droplet"},
    ),
    One(98, ("Aisha", "Bello"), 23, "female", "Lower abdominal pain", 3, "A3", 27),
    One(80, ("Seán", "Byrne"), 38, "male", "Migraine, photophobia", 3, "A4", 19),
    One(125, ("Xiomara", "Reyes"), 60, "female", "Cellulitis, diabetic", 3, "A6", 33, more={"alerts": ["allergy"]}),
    One(52, ("Hannah", "Weiss"), 71, "female", "Fall, hip pain, on warfarin", 3, more={"alerts": ["fall", "allergy"]}),
    One(31, ("Björn", "Eklund"), 45, "male", "Flank pain, vomiting", 3, "A5"),
    One(17, ("Shanthi", "Kumar"), 52, "female", "Shortness of breath, known asthma", 3),
    One(
        151, ("Pavel", "Horák"), 49, "male", "Cough, fever, night sweats", 3, "I1", 24, more={"precautions": "airborne"}
    ),
    One(362, ("George", "Mwangi"), 59, "male", "GI bleed, stable", 3, "A8", 21, ADMIT),
    One(280, ("Sara", "Lund"), 47, "female", "Pancreatitis", 3, "A9", 28, OBSERVE),
    One(224, ("Yara", "Mansour"), 31, "female", "Renal colic", 3, "A10", 25, DISCHARGE),
    One(74, ("Diego", "Morales"), 26, "male", "Hand laceration, bleeding stopped", 4),
    One(25, LONG, 19, "female", "Ankle injury, football", 4),
    One(107, ("Nia", "Thompson"), 8, "female", "Forearm fracture", 4, "F1", 38),
    One(93, ("Viktor", "Ilić"), 31, "male", "Eye, metal splinter", 4, "F3", 51),
    One(44, ("Olga", "Petrova"), 63, "female", "Medication refill", 5),
    One(82, ("Manaia", "Parata"), 22, "female", "Suture removal", 5, "F4", 64),
)


def busy(house: House) -> Ward:
    """The department as it is on a Friday morning; the hospital is open inside."""
    now = timezone.now()
    change_policies(HospitalConfig.objects.get(), hospital_beds=320, actor=house.actor("owner"))
    ward = emergency(house, PLAN)
    nurses = [ward.person(Doctor.NURSE, name) for name in ("Ruiz", "Okoye", "Novak")]
    Bed.objects.update(since=now - timedelta(minutes=50))
    for n, section in enumerate(list(ward.sections.values())[:3]):
        team.set_nurse_of(section, nurses[n % 3], actor=ward.nurse)
    medics = [ward.person(Doctor.DOCTOR, name) for name in ("Dr. Castillo", "Dr. Adeyemi", "Dr. Farouk")]
    for n, one in enumerate(sorted(PEOPLE, key=lambda each: -each.ago)):
        _play(ward, one, now, medics[n % 3])
    for visit in EmergencyVisit.objects.unseen():
        delays.cross(visit, actor=SYSTEM)
    _beds(ward, now)
    _crowded(ward, now)
    return ward


SCORES = (58, 55, 56, 61, 60, 66, 71, 69, 75, 82, 88, 86)
"""NEDOCS, each half hour, until the one that the scene has now."""


def _crowded(ward: Ward, now: datetime) -> None:
    """What the clock kept of the last six hours; for twenty minutes it was away."""
    for n in range(72):
        one, after = SCORES[n // 6], SCORES[min(n // 6 + 1, 11)]
        if n not in (40, 41, 42, 43):
            at = trend.slot(now) - trend.SHOWN + n * trend.EVERY
            trend.write(at, {ward.department.pk: one + (after - one) * (n % 6) / 6}, actor=SYSTEM)


def _play(ward: Ward, one: One, now: datetime, medic: Doctor) -> None:
    came = now - timedelta(minutes=one.ago)
    more = dict(one.more)
    told = {key: more.pop(key) for key in ("arrival_mode", "reported_level", "alerts", "precautions") if key in more}
    born: dict[str, Any] = {"birth_date": (now - timedelta(days=365 * one.age + 40)).date(), "sex": one.sex}
    patient = ward.house.patient(*one.name, **born) if one.name else None
    with clock.at(came):
        visit = ward.arrived(one.complaint, patient=patient, age=Age.said(one.age, "years"), sex=one.sex, **told)
    if one.level is None:
        return
    with clock.at(min(now, came + timedelta(minutes=3))):
        vitals = Vitals(hr=84, rr=17, spo2=98, temp=Decimal(37) if one.age < 18 else None)
        triage.assess(visit, sheet(one.level, vitals), one.level, actor=ward.nurse)
        if one.bed:
            beds.assign(visit, ward.beds[one.bed], actor=ward.nurse)
    if one.seen is not None:
        with clock.at(came + timedelta(minutes=max(3, one.seen))):
            moves.see(visit, actor=ward.medic)
            team.set_team(visit, provider=medic, actor=ward.medic)
            team.change_details(fresh(visit), waiting_for=["results"], actor=ward.nurse)
    if one.end:
        with clock.at(came + timedelta(minutes=one.ago // 3)):
            moves.decide(fresh(visit), one.end, note="Ward 4" if one.end == ADMIT else "", actor=ward.medic)
            if one.end in (ADMIT, OBSERVE):
                moves.board(fresh(visit), actor=ward.medic)


def _beds(ward: Ward, now: datetime) -> None:
    """One cleaned, one kept, one blocked."""
    with clock.at(now - timedelta(minutes=40)):
        gone = ward.arrived("Nosebleed")
        triage.assess(gone, sheet(5), 5, actor=ward.nurse)
        beds.assign(gone, ward.beds["A11"], actor=ward.nurse)
        moves.see(gone, actor=ward.medic)
        moves.decide(fresh(gone), DISCHARGE, actor=ward.medic)
    with clock.at(now - timedelta(minutes=7)):
        moves.depart(fresh(gone), "discharged", actor=ward.medic)
        places_of = {visit.complaint: visit for visit in EmergencyVisit.objects.open()}
        beds.reserve(ward.bed("A12"), places_of["Sudden severe headache"], actor=ward.nurse)
        beds.block(ward.bed("I3"), reason="Air handling", until=now + timedelta(hours=3), actor=ward.by("charge_nurse"))


BUS = (
    (34, "Cuts of the face"), (61, "Chest pain since the crash"), (19, "Lies still, does not answer"),
    (45, "Neck pain, walks"), (28, "Forearm, bone is seen"), (72, "Hip pain, cannot stand"), (8, "Cries, no wound"),
)  # fmt: skip


def surge(ward: Ward) -> None:
    """A bus crash, and whom the first ambulances have brought."""
    hurt = [Arriving(what, age=Age.said(age, "years"), arrival_mode="ambulance") for age, what in BUS]
    arrivals.arrive_all(ward.department, hurt, actor=ward.nurse)
    places.set_surge(ward.department, True, reason="Bus crash on the ring road", actor=ward.by("charge_nurse"))


def known(ward: Ward) -> Patient:
    """Somebody who is here now and was here before."""
    visit = EmergencyVisit.objects.open().filter(patient__family_name="Papadaki").select_related("patient").get()
    assert visit.patient is not None
    for days, complaint, level in ((410, "Fall, wrist pain", 4), (96, "Dizzy on standing", 3), (31, "Cough, fever", 3)):
        came = timezone.now() - timedelta(days=days)
        with clock.at(came):
            past = ward.triaged(level, complaint=complaint)
        with clock.at(came + timedelta(minutes=24 * level)):
            moves.see(past, actor=ward.medic)
            moves.decide(fresh(past), DISCHARGE, note="Own doctor in a week", actor=ward.medic)
            moves.depart(fresh(past), "discharged", actor=ward.medic)
            arrivals.identify(fresh(past), visit.patient, actor=ward.nurse)
    found: Patient = visit.patient
    return found
