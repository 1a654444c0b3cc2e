"""The demo hospitals: believable, made through operations, never in the way of a real one."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from io import StringIO
from random import Random

import pytest
import time_machine
from django.conf import settings
from django.core.management import call_command
from django.core.management.base import CommandError

from clinic.core import clock
from clinic.core.tenancy import hospital
from clinic.demo import play, stage, tasks
from clinic.demo.cast import CASTS, HARBOR, HILLTOP
from clinic.demo.management.commands.demo import PASSWORD
from clinic.directory.models import Doctor
from clinic.live import ledger
from clinic.live.models import Event, Reaction
from clinic.records.models import Patient
from clinic.tenants.models import Hospital, Membership, User
from clinic.tenants.passwords import new_password
from queues.models import CALLED, IN_PROGRESS, URGENT, VIP, WAITING, Leg, Visit
from queues.operations import calls, ends
from tests.world import World

pytestmark = pytest.mark.django_db
MORNING = "2026-11-20T10:42:00Z"


def run(*options: str) -> str:
    told = StringIO()
    call_command("demo", *options, stdout=told)
    return told.getvalue()


@pytest.fixture
def hilltop() -> Hospital:
    """The small hospital of the demo, made at 10:42."""
    with time_machine.travel(MORNING, tick=False):
        return stage.make(HILLTOP, new_password(PASSWORD)).hospital


@pytest.fixture
def embedded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tasks, "is_live", lambda: True)


def test_the_demo_is_believable() -> None:
    with time_machine.travel(MORNING, tick=False):
        told = run("--if-empty")
        assert all(cast.email(cast.who("receptionist")) in told and PASSWORD in told for cast in CASTS)
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
        statuses = dict(Doctor.objects.values_list("name", "status"))
        assert len(statuses) == 7
        assert statuses["Dr. Kwame Mensah"] == Doctor.RUNNING_LATE
        assert statuses["Dr. Rahul Iyer"] == Doctor.ON_BREAK
        assert Visit.objects.filter(outcome="completed").count() > 20
        moments = list(Event.objects.order_by("seq").values_list("at", flat=True))
        assert moments == sorted(moments)
        assert not Reaction.objects.exclude(state=Reaction.DONE).exists()
        assert ledger.verify(here.pk).fault == ""
    dana = HARBOR.email(HARBOR.who("receptionist"))
    assert User.objects.get(email=dana).check_password(PASSWORD)


def test_twice_is_once(hilltop: Hospital) -> None:
    before = (Hospital.objects.count(), User.objects.count(), _rows(hilltop))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("clinic.demo.management.commands.demo.CASTS", (HILLTOP,))
        assert "lola.fairbanks@hilltop.example" in run()
    assert (Hospital.objects.count(), User.objects.count(), _rows(hilltop)) == before


def test_reset_erases_the_demo_and_nothing_else(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    ours = _rows(world.harbor.hospital)
    cast = replace(HILLTOP, slug="hillside")
    small = stage.make(cast, new_password(PASSWORD))
    monkeypatch.setattr("clinic.demo.management.commands.demo.CASTS", (cast,))
    run("--reset")
    again = stage.find(cast)
    assert again is not None
    assert again.pk != small.hospital.pk
    assert _rows(small.hospital) == (0, 0, 0)
    assert not Membership.objects.filter(hospital_id=small.hospital.pk).exists()
    assert User.objects.filter(email__endswith="@hillside.example").count() == len(cast.staff)
    assert _rows(world.harbor.hospital) == ours
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


def test_it_is_refused_in_production_unless_forced(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "ENVIRONMENT", replace(settings.ENVIRONMENT, kind="production"))
    monkeypatch.setattr("clinic.demo.management.commands.demo.CASTS", (HILLTOP,))
    with pytest.raises(CommandError):
        run()
    assert not Hospital.objects.filter(slug="hilltop").exists()
    told = run("--force")
    assert "lola.fairbanks@hilltop.example" in told
    assert PASSWORD not in told
    assert not tasks.is_live()


def test_the_play_keeps_the_waiting_room_between_its_bounds(hilltop: Hospital) -> None:
    dice, moment = Random(7), datetime.fromisoformat(MORNING)
    with hospital(hilltop):
        for _ in range(120):
            moment += timedelta(seconds=15)
            with clock.at(moment):
                play.step(HILLTOP, play.BRISK, dice, most_acts=2)
            assert HILLTOP.fewest <= Leg.objects.waiting().count() <= HILLTOP.most
        assert Visit.objects.filter(outcome="completed").count() > 20
        assert ledger.verify(hilltop.pk).fault == ""


def test_a_new_day_opens_by_itself(hilltop: Hospital) -> None:
    dice, next_day = Random(7), datetime.fromisoformat(MORNING) + timedelta(days=1)
    with hospital(hilltop):
        yesterday = set(Visit.objects.filter(ended_at=None).values_list("pk", flat=True))
        for n in range(60):
            with clock.at(next_day + timedelta(seconds=15 * n)):
                play.step(HILLTOP, play.BRISK, dice, most_acts=2)
        assert not Visit.objects.filter(pk__in=yesterday, ended_at=None).exists()
        today = Visit.objects.filter(ended_at=None)
        assert {visit.service_day for visit in today} == {next_day.date()}
        first = min(Visit.objects.filter(service_day=next_day.date()).values_list("token_number", flat=True))
        assert first == 1
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


def _rows(here: Hospital) -> tuple[int, int, int]:
    with hospital(here):
        return Event.objects.count(), Visit.objects.count(), Patient.objects.count()
