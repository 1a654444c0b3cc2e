"""Coming in: registered in three fields, many at once, named later (R4.5, R4.44)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from clinic.core import clock
from clinic.core.access import Actor
from clinic.core.errors import Conflict, Invalid, NotAllowed, NotFound, sentence
from clinic.directory.models import Department
from clinic.live.record import add, change, operation, record
from clinic.records.models import Patient
from clinic.tenants.operations.checks import valid
from er_flow import ages
from er_flow.esi import Age
from er_flow.models import EmergencyVisit, Section, Stage
from er_flow.models.words import ARRIVALS, ARRIVED, NO_PRECAUTIONS, PRECAUTIONS, WALK_IN
from er_flow.operations import departments, stages
from queues.operations import order

OLDEST = timedelta(days=7)
"""How long ago somebody may have come who is entered now."""
MOST_AT_ONCE = 50


@dataclass(frozen=True, slots=True)
class Arriving:
    """Somebody who comes in: who (None: unknown), how old where no birth date is known, and why."""

    complaint: str
    patient: Patient | None = None
    age: Age | None = None
    sex: str = "unknown"
    complaint_code: str = ""
    arrival_mode: str = WALK_IN
    section: Section | None = None
    reported_level: int | None = None
    precautions: str = NO_PRECAUTIONS
    alerts: list[str] = field(default_factory=list)
    needs: list[str] = field(default_factory=list)
    notes: str = ""
    arrived_at: datetime | None = None
    """None: now."""


@operation("er.register")
def arrive(
    department: Department, who: Arriving, *, reason: str = "", entered_later: bool = False, actor: Actor
) -> EmergencyVisit:
    """Take somebody in; every board of the department shows them on top, to be triaged.

    An earlier ``arrived_at`` needs a ``reason`` or is ``entered_later`` (from a downtime sheet). Refuses somebody who
    is in the department already, and an age that nothing tells.
    """
    actor.must_see(department.pk)
    departments.expect_in_use(department)
    _check(who, department)
    now = clock.now()
    at = stages.moment(who.arrived_at, since=now - OLDEST, reason=reason or ("later" if entered_later else ""))
    patient = _newcomer(who.patient)
    day = at.astimezone(department.hospital.zone).date()
    if patient is not None:
        must_be_born(patient, day)
    age = _age(who, patient, day)
    departments.hold(department.pk)
    (counter,) = order.take(f"er:{department.pk}")
    visit = add(EmergencyVisit(
        number=counter.value, patient=patient, department=department, section=who.section,
        age_months=age.months, age_days=age.days,
        sex=who.sex if patient is None or patient.sex == "unknown" else patient.sex, complaint=who.complaint.strip(),
        complaint_code=who.complaint_code, arrival_mode=who.arrival_mode, reported_level=who.reported_level,
        precautions=who.precautions, alerts=list(who.alerts), needs=list(who.needs), notes=who.notes, state_since=at,
        arrived_at=at, registered_at=now, entered_later=entered_later,
    ))  # fmt: skip
    stage = add(Stage(visit=visit, state=ARRIVED, began_at=at))
    record("er_visit.arrived", visit, stage, counter, *([patient] if patient else []), reason=reason)
    return visit


@operation("er.register")
def arrive_all(
    department: Department, people: Sequence[Arriving], *, reason: str = "", entered_later: bool = False, actor: Actor
) -> list[EmergencyVisit]:
    """Many arrivals in one act (R4.44): all of them, or nobody."""
    if not 1 <= len(people) <= MOST_AT_ONCE:
        raise Invalid("er.too_many", people=[str(MOST_AT_ONCE)])
    _locked(*(who.patient for who in people if who.patient is not None))  # all before the counter, in their order
    return [arrive(department, who, reason=reason, entered_later=entered_later, actor=actor) for who in people]


@operation("er.register")
def identify(
    visit: EmergencyVisit, patient: Patient, *, age: Age | None = None, reason: str = "", actor: Actor
) -> EmergencyVisit:
    """Say who an unknown patient is, or that the visit is somebody else's, which needs a reason, and an age where
    their birth date is not known: the one before was another person's.

    Everything that was written stays with the visit.
    """
    (person,) = _locked(patient)
    held = stages.locked(visit.pk, actor)
    if held.patient_id == person.pk:
        return held
    if held.patient_id is not None and not reason.strip():
        raise Invalid("er.why_another", reason=["required"])
    if held.patient_id is not None and person.birth_date is None and age is None:
        raise Invalid("er.age_needed", age=["required"])
    must_be_born(person, ages.day_of(held))
    if held.is_open:
        _not_inside(person)
    aged = {"age_months": age.months, "age_days": age.days} if age is not None else {}
    sex = person.sex if person.sex != "unknown" else held.sex
    change(held, patient=person, sex=sex, **aged)
    record("er_visit.identified", held, person, reason=reason.strip())
    return held


def must_be_born(person: Patient, day: date, field: str = "patient") -> None:
    """Refuse somebody who was born after the day they are said to have come."""
    if ages.is_born_after(person, day):
        raise Invalid("er.born_later", None, **{field: [sentence("er.born_later", {})]})


def _check(who: Arriving, department: Department) -> None:
    if not who.complaint.strip():
        raise Invalid("er.complaint_needed", complaint=["required"])
    if who.age is None and who.patient is None:
        raise Invalid("er.age_needed", age=["required"])
    words = (
        ("sex", who.sex, Patient.SEXES), ("arrival_mode", who.arrival_mode, ARRIVALS),
        ("precautions", who.precautions, PRECAUTIONS),
    )  # fmt: skip
    for name, value, known in words:
        if value not in {key for key, _label in known}:
            raise Invalid("er.bad_word", None, **{name: [value]})
    if who.reported_level is not None and not 1 <= who.reported_level <= 5:
        raise Invalid("er.bad_level", reported_level=[str(who.reported_level)])
    if who.section is not None and (who.section.department_id != department.pk or not who.section.is_active):
        raise NotFound()
    drafted = ("complaint", "complaint_code", "notes", "alerts", "needs")
    valid(EmergencyVisit(), {name: getattr(who, name) for name in drafted}, allowed=drafted)


def _age(who: Arriving, patient: Patient | None, day: date) -> Age:
    """As said, or by the birth date on the day they came: kept, so that an age never is missing."""
    if who.age is not None:
        return who.age
    born = patient.birth_date if patient is not None else None
    if born is None:
        raise Invalid("er.age_needed", age=["required"])
    return Age.born(born, day)


def _locked(*patients: Patient) -> list[Patient]:
    """The patients, held in the order of their ids, so that two who take the same person in follow each other."""
    wanted = {patient.pk for patient in patients}
    rows = Patient.objects.select_for_update(no_key=True).filter(pk__in=wanted).order_by("id")
    found = list(rows)
    if len(found) < len(wanted):
        raise NotFound()
    for row in found:
        if row.is_merged:
            raise NotAllowed("patient.merged", kept=str(row.merged_into_id))
    return found


def _newcomer(patient: Patient | None) -> Patient | None:
    """The patient, held, who is not in the department yet."""
    if patient is None:
        return None
    (found,) = _locked(patient)
    _not_inside(found)
    return found


def _not_inside(patient: Patient) -> None:
    inside = EmergencyVisit.objects.open().filter(patient=patient).first()
    if inside is not None:
        raise Conflict("er.already_here", number=inside.number, visit=str(inside.pk))
