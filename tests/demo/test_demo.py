"""The demo hospitals: believable, made through operations, never in the way of a real one."""

from __future__ import annotations

import os
from dataclasses import replace
from datetime import timedelta
from io import StringIO
from random import Random

import pytest
import time_machine
from django.conf import settings
from django.core.management import call_command
from django.core.management.base import CommandError
from django.test import Client

from clinic.core import clock
from clinic.core.tenancy import hospital
from clinic.demo import day, play, stage, tasks
from clinic.demo.cast import CASTS, HARBOR, HILLTOP
from clinic.demo.management.commands.demo import PASSWORD
from clinic.directory.models import Department, Doctor
from clinic.live import ledger
from clinic.live.models import Event, Reaction
from clinic.tenants import days
from clinic.tenants.models import Hospital, Membership, User
from clinic.tenants.passwords import new_password
from queues.models import CALLED, IN_PROGRESS, URGENT, VIP, WAITING, Leg, Visit
from tests.demo.conftest import rows_of
from tests.demo.test_start import ASKED
from tests.world import World

pytestmark = pytest.mark.django_db


@pytest.fixture
def no_past(monkeypatch: pytest.MonkeyPatch) -> None:
    """Four weeks take seconds: only where they matter."""
    monkeypatch.setattr("clinic.demo.stage.history.past_days", lambda *_: 0)


MORNING = "2026-11-20T10:42:00Z"


def run(*options: str) -> str:
    told = StringIO()
    call_command("demo", *options, stdout=told)
    return told.getvalue()


@pytest.fixture
def embedded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tasks, "is_live", lambda: True)


def test_the_demo_is_believable(monkeypatch: pytest.MonkeyPatch) -> None:
    """With four weeks behind it, of shorter days than an installation's."""
    usual = day.read()
    short = replace(usual, history={"days": 28, "minutes": 10}, bookings={**usual.bookings, "days": 2})
    monkeypatch.setattr("clinic.demo.day.read", lambda: short)
    with time_machine.travel(MORNING, tick=False):
        told = run("--if-empty")
        assert all(cast.email(cast.who("receptionist")) in told and PASSWORD in told for cast in CASTS)
        assert all(HARBOR.email(HARBOR.who(role)) in told for role in ("charge_nurse", "nurse", "owner"))
        here = stage.find(HARBOR)
        assert here is not None
        assert here.slug == "harbor"
        now = clock.now()
    with hospital(here):
        states = list(Leg.objects.open().values_list("state", flat=True))
        assert HARBOR.fewest <= states.count(WAITING) <= HARBOR.most
        assert states.count(CALLED) >= 1
        assert states.count(IN_PROGRESS) >= 2
        waiting = Visit.objects.filter(ended_at=None, legs__state=WAITING)
        for klass in (URGENT, VIP):
            assert waiting.filter(klass=klass).exclude(class_reason="").exists(), klass
        arrived = list(waiting.values_list("arrived_at", flat=True))
        assert max(arrived) <= now
        assert now - min(arrived) > timedelta(minutes=20)
        clinic = Doctor.objects.exclude(department__sort=Department.EMERGENCY)
        statuses = dict(clinic.values_list("name", "status"))
        assert len(statuses) == 9, "seven doctors, a nurse at the laboratory and a clerk at the cashier"
        assert statuses["Dr. Kwame Mensah"] == Doctor.RUNNING_LATE
        assert statuses["Dr. Rahul Iyer"] == Doctor.ON_BREAK
        assert Visit.objects.filter(outcome="completed").count() > 20
        first = Visit.objects.order_by("arrived_at").first()
        assert now - first.arrived_at > timedelta(days=25)
        moments = list(Event.objects.order_by("seq").values_list("at", flat=True))
        assert moments == sorted(moments)
        assert not Reaction.objects.exclude(state=Reaction.DONE).exists()
        assert ledger.verify(here.pk).fault == ""
    dana = HARBOR.email(HARBOR.who("receptionist"))
    assert User.objects.get(email=dana).check_password(PASSWORD)


def test_reset_erases_the_demo_and_nothing_else(world: World, monkeypatch: pytest.MonkeyPatch, no_past: None) -> None:
    ours = rows_of(world.harbor.hospital)
    cast = replace(HILLTOP, slug="hillside")
    small = stage.make(cast, new_password(PASSWORD))
    monkeypatch.setattr("clinic.demo.management.commands.demo.CASTS", (cast,))
    run("--reset")
    again = stage.find(cast)
    assert again is not None
    assert again.pk != small.hospital.pk
    assert rows_of(small.hospital) == (0, 0, 0)
    assert not Membership.objects.filter(hospital_id=small.hospital.pk).exists()
    assert User.objects.filter(email__endswith="@hillside.example").count() == len(cast.staff)
    assert rows_of(world.harbor.hospital) == ours
    with hospital(again):
        assert ledger.verify(again.pk).fault == ""


def test_if_empty_leaves_a_used_database_alone(world: World) -> None:
    count = Hospital.objects.count()
    assert run("--if-empty") == ""
    assert Hospital.objects.count() == count


def test_a_real_hospital_of_this_name_is_not_touched(world: World, embedded: None) -> None:
    world.harbor.waiting(3)
    with world.harbor.open():
        before = Event.objects.count()
    assert stage.find(HARBOR) is None
    with pytest.raises(CommandError):
        run()
    with pytest.raises(CommandError):
        run("--reset")
    assert tasks.tick() == 0
    with world.harbor.open():
        assert Event.objects.count() == before


def test_it_is_refused_in_production_unless_forced(monkeypatch: pytest.MonkeyPatch, no_past: None) -> None:
    monkeypatch.setattr(settings, "ENVIRONMENT", replace(settings.ENVIRONMENT, kind="production"))
    monkeypatch.setattr("clinic.demo.management.commands.demo.CASTS", (HILLTOP,))
    with pytest.raises(CommandError):
        run()
    assert not Hospital.objects.filter(slug="hilltop").exists()
    told = run("--force")
    assert "lola.fairbanks@hilltop.example" in told
    assert PASSWORD not in told
    assert not tasks.is_live()


HOURS = {"the clocks go back": "2026-10-25T01:20:00Z"}
if os.environ.get("PROOF") == "1":
    HOURS |= {
        "Monday at nine": "2026-11-23T08:00:00Z",
        "just after the cut": "2026-11-24T03:02:00Z",
        "Sunday at three": "2026-11-22T02:00:00Z",
        "Saturday before midnight": "2026-11-21T22:58:00Z",
        "the clocks go forward": "2027-03-28T01:05:00Z",
    }


@pytest.mark.parametrize("moment", HOURS.values(), ids=[*HOURS])
def test_it_is_believable_at_any_hour_and_weekday(moment: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("clinic.demo.stage.time_zone", lambda: "Europe/Paris")
    monkeypatch.setattr("clinic.demo.stage.HISTORY", timedelta(minutes=30))
    monkeypatch.setattr("clinic.demo.emergency_stage.BEFORE", timedelta(minutes=30))
    usual = day.read()
    short = replace(usual, bookings={**usual.bookings, "days": 0})  # the days to come are the same at any hour
    monkeypatch.setattr("clinic.demo.day.read", lambda: short)
    with time_machine.travel(moment, tick=False):
        here = stage.make(HARBOR, new_password(PASSWORD), past=False).hospital
        now = clock.now()
    local = now.astimezone(here.zone)
    bounds = play.bounds_of(HARBOR, local)
    with hospital(here):
        legs = Leg.objects.open()
        if local.hour != 4 or local.minute > 10:  # a few minutes after the cut a hospital has hardly begun its day
            assert legs.filter(state__in=(CALLED, IN_PROGRESS)).exists()
            assert Visit.objects.filter(ended_at__isnull=False).exists()
        on_duty = Doctor.objects.exclude(status=Doctor.OFF_DUTY).filter(sort=Doctor.DOCTOR).count()
        assert on_duty == (4 if bounds.most < HARBOR.most else 7)
        dice, seen = Random(5), set()
        for n in range(30):
            with clock.at(now + timedelta(seconds=10 * n)):
                play.step(HARBOR, dice, speed=4, elapsed=10, most_acts=2)
            seen.add(Leg.objects.waiting().count())
        assert bounds.fewest - 1 <= max(seen) <= bounds.most + 2
        assert Event.objects.filter(at__gte=now).count() > 10, "the boards move"
        assert {visit.service_day for visit in Visit.objects.filter(legs__state=WAITING)} == {
            days.service_day(here, now)
        }
        assert ledger.verify(here.pk).fault == ""


def test_only_the_owner_of_a_demo_may(world: World) -> None:
    """The world's Harbor has the name of a demo and is none."""
    real = Client()
    real.force_login(world.harbor.users["owner"], backend="django.contrib.auth.backends.ModelBackend")
    assert real.get("/h/harbor/start-for-real/").status_code == 404
    assert real.post("/h/harbor/start-for-real/", ASKED).status_code == 404
    assert b"start-for-real" not in real.get("/h/harbor/me/").content
