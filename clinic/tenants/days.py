"""The hospital's own calendar: service days and token periods (R1.6), never UTC midnight."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from django.db.models import UUIDField

from clinic.core import clock
from clinic.core.prepared import Given, Prepared
from clinic.core.tenancy import require_hospital_id
from clinic.tenants.models import Hospital, HospitalConfig

# Every act asks for these.
_HOSPITAL = Prepared[Hospital](lambda: Hospital.objects.filter(pk=Given("hospital", UUIDField())))
_POLICIES = Prepared[HospitalConfig](lambda: HospitalConfig.objects.select_related("hospital"))


def current_hospital() -> Hospital:
    """The open hospital's row."""
    found = _HOSPITAL.first(hospital=require_hospital_id())
    if found is None:
        raise Hospital.DoesNotExist
    return found


def policies() -> HospitalConfig:
    """The open hospital's policies (R1.9), with its row in ``.hospital``."""
    found = _POLICIES.first()
    if found is None:
        raise HospitalConfig.DoesNotExist
    return found


def service_day(hospital: Hospital, at: datetime | None = None) -> date:
    """The local date ``at`` belongs to, where a day begins at ``service_day_cut``: 03:59 is still yesterday."""
    local = (at or clock.now()).astimezone(hospital.zone)
    day = local.date()
    return day if local.time() >= hospital.service_day_cut else day - timedelta(days=1)


def day_start(hospital: Hospital, day: date) -> datetime:
    """The instant a service day begins. At a DST change the cut is taken at the first instant that shows it."""
    return datetime.combine(day, hospital.service_day_cut, tzinfo=hospital.zone)


def day_end(hospital: Hospital, day: date) -> datetime:
    """The instant the service day ends: the beginning of the next."""
    return day_start(hospital, day + timedelta(days=1))


def period_start(reset: str, day: date) -> date:
    """First day of the period in which tokens are counted (R3.2, policy token_reset)."""
    match reset:
        case "daily":
            return day
        case "weekly":
            return day - timedelta(days=day.weekday())
        case "monthly":
            return day.replace(day=1)
        case _:
            return date(1970, 1, 1)
