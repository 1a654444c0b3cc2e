"""The hospital's own calendar: service days and token periods (R1.6), never UTC midnight."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

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
    """The local date ``at`` belongs to, where a day begins at ``service_day_cut``: 03:59 is still yesterday.

    Instants are compared and not clock faces, which a change of the clocks shows twice or never: a service day never
    begins twice.
    """
    moment = at or clock.now()
    day = moment.astimezone(hospital.zone).date()
    return day if moment >= day_start(hospital, day) else day - timedelta(days=1)


def day_start(hospital: Hospital, day: date) -> datetime:
    """The instant a service day begins, in UTC: the first that shows the cut, or when the clocks jump over it, the
    one that would have shown it.
    """
    return datetime.combine(day, hospital.service_day_cut, tzinfo=hospital.zone).astimezone(UTC)


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
