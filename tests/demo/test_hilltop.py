"""The small demo hospital while it plays: its bounds, its days, and the people who act in it."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from io import StringIO
from random import Random

import pytest
import time_machine
from django.conf import settings
from django.core.management import call_command

from clinic.core import clock
from clinic.core.tenancy import hospital
from clinic.demo import play, tasks
from clinic.demo.cast import HILLTOP
from clinic.directory.models import Doctor
from clinic.live import ledger
from clinic.tenants.models import Hospital, User
from queues.models import Appointment, Leg, Visit
from queues.operations import calls, ends
from tests.demo.conftest import MORNING, rows_of

pytestmark = pytest.mark.django_db


def run(*options: str) -> str:
    told = StringIO()
    call_command("demo", *options, stdout=told)
    return told.getvalue()


@pytest.fixture
def embedded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tasks, "is_live", lambda: True)


def test_twice_is_once(hilltop: Hospital) -> None:
    before = (Hospital.objects.count(), User.objects.count(), rows_of(hilltop))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("clinic.demo.management.commands.demo.CASTS", (HILLTOP,))
        assert "lola.fairbanks@hilltop.example" in run()
    assert (Hospital.objects.count(), User.objects.count(), rows_of(hilltop)) == before


def test_the_play_keeps_the_waiting_room_between_its_bounds(hilltop: Hospital) -> None:
    dice, moment = Random(7), datetime.fromisoformat(MORNING)
    with hospital(hilltop):
        for _ in range(120):
            moment += timedelta(seconds=15)
            with clock.at(moment):
                play.step(HILLTOP, dice, speed=4, elapsed=15, most_acts=2)
            assert HILLTOP.fewest <= Leg.objects.waiting().count() <= HILLTOP.most
        assert Visit.objects.filter(outcome="completed").count() > 20
        assert ledger.verify(hilltop.pk).fault == ""


def test_a_new_day_opens_by_itself(hilltop: Hospital) -> None:
    dice, next_day = Random(7), datetime.fromisoformat(MORNING) + timedelta(days=1)
    with hospital(hilltop):
        yesterday = set(Visit.objects.filter(ended_at=None).values_list("pk", flat=True))
        for n in range(60):
            with clock.at(next_day + timedelta(seconds=15 * n)):
                play.step(HILLTOP, dice, speed=4, elapsed=15, most_acts=2)
        assert not Visit.objects.filter(pk__in=yesterday, ended_at=None).exists()
        today = Visit.objects.filter(ended_at=None)
        assert {visit.service_day for visit in today} == {next_day.date()}
        first = min(Visit.objects.filter(service_day=next_day.date()).values_list("token_number", flat=True))
        booked = Appointment.objects.filter(service_day=next_day.date(), token_number__isnull=False).count()
        assert first <= 1 + booked, "tokens begin again; the first ones may be booked already"
        assert HILLTOP.fewest <= Leg.objects.waiting().count() <= HILLTOP.most


def test_a_doctor_for_whom_a_person_acted_is_left_alone(hilltop: Hospital, embedded: None) -> None:
    with hospital(hilltop), time_machine.travel(MORNING, tick=False) as now:
        doctor = Doctor.objects.select_related("room").order_by("name")[0]
        busy = Leg.objects.with_server().filter(server=doctor).select_related("visit").first()
        who = replace(play.DEMO, kind="member", id="somebody")
        if busy is not None:
            ends.complete(busy.visit, actor=who)
        calls.call_next(doctor, resume=True, actor=who)
        mine = Leg.objects.with_server().get(server=doctor)
        left_at = mine.version
        for _ in range(14):
            now.shift(timedelta(seconds=20))
            tasks.tick()
        mine.refresh_from_db()
        assert mine.version == left_at
        for _ in range(20):
            now.shift(timedelta(seconds=60))
            tasks.tick()
        mine.refresh_from_db()
        assert mine.version > left_at


def test_the_clock_does_nothing_outside_the_embedded_mode(hilltop: Hospital, monkeypatch: pytest.MonkeyPatch) -> None:
    assert tasks.tick() == 0
    monkeypatch.setattr(settings, "ENVIRONMENT", replace(settings.ENVIRONMENT, kind="embedded"))
    assert tasks.is_live()
    monkeypatch.setenv("DEMO_LIVE", "0")
    assert not tasks.is_live()
