"""What the simulated days tell the model is what the product reads from its rows: the same clinic, asked both ways."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import astuple, replace
from random import Random
from typing import Any
from uuid import UUID

import pytest
import time_machine

from clinic.core.tenancy import hospital
from clinic.directory.models import Department, Doctor, VisitType, WorkingHours
from clinic.records.models import Patient as Person
from clinic.tenants.models import Hospital, HospitalConfig
from queues.estimates import inputs, publish
from queues.estimates.booked import Expected
from queues.estimates.facts import assemble
from queues.estimates.inputs import Asked
from queues.estimates.terms import Server
from queues.models import CHECKED_IN, CONFIRMED, FULFILLED, MISSED, Appointment, Leg, Queue, Visit
from tests.bench import bench_estimates
from tests.bench.clinic_days import ClinicDays, Patient, moment
from tests.bench.clinic_facts import DEPARTMENT, LINE, Desk

pytestmark = [pytest.mark.django_db, pytest.mark.rule("3.30")]
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


class Rows:
    """A simulated clinic in the product's tables."""

    def __init__(self, clinic: ClinicDays, desk: Desk) -> None:
        self.clinic, self.desk, self.number = clinic, desk, 0
        self.people = iter([Person.objects.create(given_name="P", family_name=str(n), mrn=f"X{n}") for n in range(60)])
        Department.objects.create(pk=DEPARTMENT, name="Elsewhere", prefix="E")
        for pk, kind in desk.kinds.items():
            VisitType.objects.create(pk=pk, name=kind.name, minutes=kind.minutes)
        for serving in desk.facts().serving:
            told = serving.doctor
            doctor = Doctor.objects.create(
                pk=told.pk, name="doctor", department_id=DEPARTMENT, status=told.status, status_at=told.status_at,
                status_until=told.status_until, late_minutes=told.late_minutes,
            )  # fmt: skip
            spans = [{"start": f"{begin:%H:%M}", "end": f"{end:%H:%M}"} for begin, end in serving.working]
            WorkingHours.objects.create(doctor=doctor, weekly=dict.fromkeys(DAYS, spans))
        sort, alone = desk.queue.sort, desk.queue.doctor_id
        self.queue = Queue.objects.create(pk=LINE, department_id=DEPARTMENT, sort=sort, doctor_id=alone, name="line")
        inside = [medic.patient for medic in clinic.medics if medic.patient is not None]
        self.someone = next(self.people)
        for one in dict.fromkeys([*clinic.gone_by, *inside, *clinic.line]):
            self.leg(one)
        for one in clinic.booked:
            self.appointment(one, CONFIRMED)

    def leg(self, one: Patient) -> None:
        ended = moment(one.ended) if one.ended is not None else None
        self.number += 1
        visit = Visit.objects.create(
            pk=one.key, patient=self.someone, department_id=DEPARTMENT, token_period=moment(0).date(), token="E",
            token_number=self.number, service_day=moment(one.entered).date(), arrived_at=moment(one.entered),
            klass=one.klass, type_id=self.desk._sort(one), ended_at=ended, outcome=one.state if ended else "",
        )  # fmt: skip
        called = moment(one.called) if one.called is not None else None
        Leg.objects.create(
            pk=one.key, visit=visit, queue=self.queue, state=one.state, entered_at=moment(one.entered),
            effective_at=moment(one.entered), order_at=moment(one.order_at), order_no=one.number, ended_at=ended,
            due=one.due(self.clinic.now), called_at=called, first_called_at=called, lane=None if called is None else 1,
            server_id=None if one.server is None else self.clinic.medics[one.server].key,
        )  # fmt: skip
        if one.starts_at is not None:
            self.appointment(one, FULFILLED if ended else CHECKED_IN, visit)

    def appointment(self, one: Patient, state: str, visit: Visit | None = None) -> None:
        begins = moment(one.starts_at or 0)
        Appointment.objects.create(
            pk=one.key, queue=self.queue, patient=next(self.people) if visit is None else self.someone, visit=visit,
            type_id=self.desk._sort(one), state=state, starts_at=begins, minutes=15, service_day=begins.date(),
            booked_at=begins, overridden=True, ended_at=begins if state in (FULFILLED, MISSED) else None,
        )  # fmt: skip

    def missed(self) -> None:
        """Who did not come has no leg, and is only counted."""
        for at in [at for at, came in self.clinic.came if not came]:
            self.appointment(Patient(UUID(int=int(at * 7)), 0, starts_at=at), MISSED)


@pytest.fixture
def elsewhere() -> Iterator[Hospital]:
    here = Hospital.objects.create(name="Days", slug="days", time_zone="UTC")
    with hospital(here.pk):
        HospitalConfig.objects.create()
        yield here


def _seed(one: Server) -> int:
    return one.seed


def _when(one: Expected) -> tuple[float, str]:
    return one.minutes, str(one.appointment)


def at_some_moment(kind: str, seed: int) -> ClinicDays:
    """A clinic that stands still in the middle of its second day."""
    given = bench_estimates.read(bench_estimates.FILES / "tuning.toml")
    clinic = ClinicDays(given, given["kinds"][kind], Random(seed))
    clinic.live(0)

    class Now(Exception):
        pass

    def tick(now: ClinicDays) -> None:
        if now.now > now.opens + 150 and len(now.line) > 3:
            raise Now

    clinic.on_tick = tick
    with pytest.raises(Now):
        clinic.live(1)
    return clinic


@pytest.mark.parametrize("kind,seed", [("1 doctor", 5), ("pool of 3", 9)])
def test_the_days_that_are_simulated_say_what_the_rows_would_say(elsewhere: Any, kind: str, seed: int) -> None:
    clinic = at_some_moment(kind, seed)
    desk = Desk(clinic)
    rows = Rows(clinic, desk)
    rows.missed()
    with time_machine.travel(moment(clinic.now), tick=False):
        read = inputs.load(Asked(frozenset({LINE})))
        drafts = publish.estimate(read)
    told = assemble(desk.facts())
    for mine, other in zip(sorted(read.servers, key=_seed), sorted(told.servers, key=_seed), strict=True):
        assert mine.paces.keys() == other.paces.keys()
        for sort, pace in mine.paces.items():
            assert astuple(pace) == pytest.approx(astuple(other.paces[sort])), sort
        assert replace(mine, paces={}) == replace(other, paces={})
    assert read.people == told.people and len(read.people) > 3
    assert read.waiting == told.waiting
    assert read.shape.points == pytest.approx(told.shape.points)
    assert (read.odds.left, read.odds.missed, read.odds.urgent) == (told.odds.left, told.odds.missed, told.odds.urgent)
    assert sorted(read.booked, key=_when) == sorted(told.booked, key=_when)
    assert read.rolling == pytest.approx(told.rolling)
    assert [wait.p90 for draft in drafts for wait in draft.waits] == [wait.p90 for wait in desk.ask().waits]
