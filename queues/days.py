"""The clock's part of the end of a day (R3.22): what was not closed at the cut, who is expected, and who lapses.

It looks at rows and at the time, so it may come late, twice, or after a stop of days.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

import structlog

from clinic.core import clock
from clinic.core.access import SYSTEM
from clinic.core.errors import DomainError
from clinic.tenants import days, links
from clinic.tenants.models import Hospital, HospitalConfig, PublicToken
from queues.models import IN_PROGRESS, OPEN, Leg, Visit
from queues.operations import close, ends

STILL_INSIDE = timedelta(minutes=120)
"""So long somebody may be in a room across the cut before the clock ends the visit (R3.18)."""

log = structlog.get_logger(__name__)


def pass_on() -> int:
    """Do what is due in the open hospital now; returns the acts."""
    policy, now = days.policies(), clock.now()
    today = days.service_day(policy.hospital, now)
    yesterday = today - timedelta(days=1)
    acts = 0
    for leg in list(close.unfinished(yesterday)):
        acts += _try(close.close, leg.visit, policy.carry_over, actor=SYSTEM)
    for leg in _forgotten_in_rooms(yesterday, now):
        acts += _try(ends.complete, leg.visit, actor=SYSTEM)
    acts += _expected(policy, today, now)
    _keep_links(policy.hospital, today)
    return acts


def _forgotten_in_rooms(day: date, now: datetime) -> list[Leg]:
    inside = Leg.objects.filter(state=IN_PROGRESS, queue__overnight=False, visit__service_day__lte=day)
    return list(inside.filter(started_at__lte=now - STILL_INSIDE).select_related("visit"))


def _expected(policy: HospitalConfig, today: date, now: datetime) -> int:
    """Straight in line where the policy assumes that they are there; lapsed after the hour of the policy."""
    waited_for = Visit.objects.filter(expected_on__lte=today, ended_at=None, legs=None).select_related("department")
    acts = 0
    for visit in waited_for:
        assert visit.expected_on is not None  # filtered
        if policy.presence == HospitalConfig.ASSUME and visit.expected_on == today:
            acts += _try(close.arrive_expected, visit, actor=SYSTEM)
        elif now >= lapses_at(policy, visit.expected_on):
            acts += _try(close.lapse, visit, actor=SYSTEM)
    return acts


def lapses_at(policy: HospitalConfig, day: date) -> datetime:
    """The instant an expected visit of this service day lapses; an hour before the cut belongs to the next date."""
    hospital = policy.hospital
    on = day if policy.lapse_at >= hospital.service_day_cut else day + timedelta(days=1)
    return datetime.combine(on, policy.lapse_at, tzinfo=hospital.zone)


def _keep_links(here: Hospital, today: date) -> None:
    """Whoever waits across the cut in a line that stays open keeps the link of the phone, too."""
    stays = Visit.objects.filter(ended_at=None, service_day__lt=today, legs__state__in=OPEN).distinct()
    for visit in stays:
        links.prolong(PublicToken.STATUS, visit.ref, days.day_end(here, today))


def _try(verb: Callable[..., Any], *args: Any, **kwargs: Any) -> int:
    """One visit that cannot be closed (somebody acts on it right now) leaves the others alone; it is tried again."""
    try:
        verb(*args, **kwargs)
    except DomainError as refusal:
        log.info("day.left_out", code=refusal.code, verb=verb.__name__)
        return 0
    return 1
