"""What the model is fed with, read from the database (R3.30, R3.21): who serves which lines, who waits, who is booked,
how long services take. What follows from it is ``facts.py``.

Sixteen queries at most, however many lines and people there are. They read outside a transaction, so nobody waits for
them; what changes in between has an event of its own, and the next run sees it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Count, F, Q, Window
from django.db.models.functions import Lead, RowNumber

from clinic.core import clock
from clinic.directory import calendar, policies
from clinic.directory.models import Doctor, DoctorDepartment, VisitType
from clinic.tenants import days
from queues.estimates import booked
from queues.estimates.expected import DAYS, LAST
from queues.estimates.facts import Facts, Inputs, Service, Serving, Waiting, assemble, measured
from queues.models import (
    AWAY,
    COMPLETED,
    IN_ORDER,
    LEFT,
    NO_SHOW,
    ON_HOLD,
    WAITING,
    WITH_SERVER,
    Leg,
    Queue,
    SignOn,
)  # fmt: skip

__all__ = ["Asked", "Inputs", "Waiting", "lengths_of", "load", "read"]

LAST_WAITS = 10
"""R3.32: the yardstick is the mean of so many waits."""


@dataclass(frozen=True, slots=True)
class Asked:
    """Which lines are to be estimated: these, and those that these doctors serve."""

    queues: frozenset[UUID] = frozenset()
    doctors: frozenset[UUID] = frozenset()

    def lines(self, queues: Mapping[UUID, Queue], served: Mapping[UUID, frozenset[UUID]]) -> set[UUID]:
        own = {pk for pk, row in queues.items() if row.doctor_id in self.doctors or pk in self.queues}
        return own.union(*(served.get(pk, frozenset()) for pk in self.doctors))


def load(asked: Asked | None = None) -> Inputs:
    """The inputs for what is asked, or for all of the hospital."""
    return assemble(read(asked))


def read(asked: Asked | None = None) -> Facts:
    """The rows for what is asked, and for all lines that share a server with it."""
    now = clock.now()
    queues = {row.pk: row for row in Queue.objects.select_related("department__config").order_by("id")}
    doctors = {row.pk: row for row in Doctor.objects.filter(is_active=True).select_related("department__config")}
    served = {pk: lines for pk, lines in _served(doctors, queues).items() if lines}
    lines = _closure(set(queues) if asked is None else asked.lines(queues, served), served)
    here = {pk: served[pk] & lines for pk in sorted(served) if served[pk] & lines}
    config = days.policies()
    working = calendar.working_of([doctors[pk] for pk in here], days.service_day(config.hospital, now))
    rules = {pk: policies.of(queues[pk].department, config) for pk in queues if pk in lines}
    serving = [Serving(doctors[pk], serves, policies.of(doctors[pk].department, config), working[pk])
               for pk, serves in here.items()]  # fmt: skip
    bookings, come = booked.soon(lines, now)
    return Facts(
        now, {pk: queues[pk] for pk in queues if pk in lines}, rules, serving, _legs(lines, here),
        _services(here, now), {row.pk: row for row in VisitType.objects.all()}, bookings, come,
        _ends(lines, now), _waits(lines, now),
    )  # fmt: skip


# --- who serves what -------------------------------------------------------------------------------------------------


def _served(doctors: Mapping[UUID, Doctor], queues: Mapping[UUID, Queue]) -> dict[UUID, frozenset[UUID]]:
    """Server → the lines ``order.claim`` takes from."""
    own = {row.doctor_id: row.pk for row in queues.values() if row.doctor_id}
    pools = {row.department_id: row.pk for row in queues.values() if row.sort == Queue.POOL}
    lines: dict[UUID, set[UUID]] = defaultdict(set)
    for pk, doctor in doctors.items():
        if pk in own:
            lines[pk].add(own[pk])
        if doctor.serves_pool and doctor.department_id in pools:
            lines[pk].add(pools[doctor.department_id])
    for server, department in DoctorDepartment.objects.values_list("doctor_id", "department_id"):
        if department in pools:
            lines[server].add(pools[department])
    for server, queue in SignOn.objects.filter(ended_at=None).values_list("server_id", "queue_id"):
        lines[server].add(queue)
    return {pk: frozenset(lines[pk]) for pk in doctors}


def _closure(lines: set[UUID], served: Mapping[UUID, frozenset[UUID]]) -> frozenset[UUID]:
    """These lines and all that share a server with them, directly or by others."""
    found, news = set(lines), set(lines)
    while news:
        news = set().union(*(each for each in served.values() if not each.isdisjoint(news))) - found
        found |= news
    return frozenset(found)


# --- who waits -------------------------------------------------------------------------------------------------------

_LEG = (
    "pk", "visit_id", "queue_id", "state", "server_id", "called_at", "back_at", "entered_at", "visit__type", "due",
    "order_at", "order_no", "visit__appointment__starts_at",
)  # fmt: skip


def _legs(lines: Iterable[UUID], servers: Iterable[UUID]) -> list[dict[str, Any]]:
    """Who waits in these lines, is away with the place kept, or is with one of the servers; in order."""
    away = Q(state=ON_HOLD, hold_reason=AWAY, back_at__isnull=False)
    waits = Q(queue_id__in=list(lines)) & (Q(state=WAITING) | away)
    inside = Q(server_id__in=list(servers), state__in=WITH_SERVER)
    return list(Leg.objects.filter(waits | inside).order_by(*IN_ORDER).values(*_LEG))


# --- how it went lately ----------------------------------------------------------------------------------------------


def _services(servers: Iterable[UUID], now: datetime) -> list[Service]:
    """R3.30: the last 20 services of 7 days by server and type. Overlong ones are left out (R3.18)."""
    since = now - timedelta(days=DAYS)
    ended = Leg.objects.filter(server_id__in=list(servers), state=COMPLETED, ended_at__gte=since)
    ranked = ended.filter(overlong_at=None, called_at__isnull=False).annotate(
        nth=Window(RowNumber(), partition_by=["server_id", "visit__type"], order_by=F("ended_at").desc()),
        next_at=Window(Lead("called_at"), partition_by="server_id", order_by="called_at"),
        next_entered=Window(Lead("entered_at"), partition_by="server_id", order_by="called_at"),
    )
    return list(ranked.filter(nth__lte=LAST).values_list(
        "server_id", "visit__type", "called_at", "ended_at", "next_at", "next_entered"
    ))  # fmt: skip


def lengths_of(server: UUID, sort: UUID | None, now: datetime) -> Sequence[float]:
    """Minutes of this server's last services of one type, the same that the estimates read."""
    return measured(_services([server], now))[0].get((server, sort), ())


def _ends(lines: Iterable[UUID], now: datetime) -> list[tuple[str, str, int]]:
    """How the visits of the same days ended, by class."""
    ended = Leg.objects.filter(queue_id__in=list(lines), ended_at__gte=now - timedelta(days=DAYS))
    counted = ended.filter(state__in=(COMPLETED, NO_SHOW, LEFT)).order_by().values("state", "visit__klass")
    return list(counted.annotate(many=Count("pk")).values_list("state", "visit__klass", "many"))


def _waits(lines: Iterable[UUID], now: datetime) -> list[tuple[UUID, datetime, datetime]]:
    since = now - timedelta(days=1)
    called = Leg.objects.filter(queue_id__in=list(lines), first_called_at__gte=since).annotate(
        nth=Window(RowNumber(), partition_by="queue_id", order_by=F("first_called_at").desc())
    )
    return list(called.filter(nth__lte=LAST_WAITS).values_list("queue_id", "entered_at", "first_called_at"))
