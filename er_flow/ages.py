"""How old somebody in the emergency department is: by the birth date, or as was said on arrival."""

from __future__ import annotations

from datetime import datetime

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
