"""How old somebody in the emergency department is: by the birth date, or as was said on arrival."""

from __future__ import annotations

from datetime import date, datetime

from clinic.records.models import Patient
from er_flow.esi import Age
from er_flow.models import EmergencyVisit


def of(visit: EmergencyVisit, at: datetime) -> Age:
    """The age on the local day of ``at``. A visit never is without one: the operation that made it saw to that."""
    born = visit.patient.birth_date if visit.patient is not None else None
    if born is not None:
        day = at.astimezone(visit.hospital.zone).date()
        return Age.born(min(born, day), day)
    assert visit.age_months is not None and visit.age_days is not None
    return Age(visit.age_months, visit.age_days)


def is_born_after(patient: Patient, day: date) -> bool:
    """Whether somebody who came on this day cannot be this patient, as far as their birth is known."""
    if patient.birth_date is not None:
        return patient.birth_date > day
    return patient.birth_year is not None and patient.birth_year > day.year


def day_of(visit: EmergencyVisit) -> date:
    """The local day on which they came."""
    return visit.arrived_at.astimezone(visit.hospital.zone).date()
