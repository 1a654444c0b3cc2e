"""The demo's emergency department: believable from the first look on, played through the real operations."""

from __future__ import annotations

import itertools
from collections import Counter
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from random import Random

import pytest
import time_machine

from clinic.core import clock
from clinic.core.tenancy import hospital
from clinic.demo import emergency, emergency_day, play, stage
from clinic.demo.cast import HARBOR, HILLTOP
from clinic.demo.management.commands.demo import PASSWORD
from clinic.live import ledger
from clinic.live.models import Event
from clinic.tenants.passwords import new_password
from er_flow import census, trend
from er_flow.models import Bed, BedStay, EmergencyVisit, Section
from er_flow.models.words import ENDS, OCCUPIED, OPEN
from queues.models import Visit
from tests.demo.conftest import MORNING

pytestmark = pytest.mark.django_db
SMALL = replace(HILLTOP, slug="hillside", emergency=True)


def test_it_is_there_from_the_first_look_on_and_lives(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("clinic.demo.stage.HISTORY", timedelta(minutes=30))
    with time_machine.travel(MORNING, tick=False):
        here = stage.make(SMALL, new_password(PASSWORD), past=False).hospital
        now = clock.now()
    with hospital(here):
        department = emergency.find()
        assert department is not None
        assert Bed.objects.count() == 69
        assert Section.objects.count() == 7
        states = Counter(EmergencyVisit.objects.values_list("state", flat=True))
        assert states.keys() >= set(OPEN), "somebody in every care stage"
        assert states.keys() & set(ENDS), "somebody has left already"
        with clock.at(now):
            strip = census.of([department.pk])[department.pk]
            course = trend.of([department.pk])[department.pk]
        assert strip.nedocs is not None
        assert len(course) >= 30, "how crowded it was is known from the first look on"
        assert {second.at - first.at for first, second in itertools.pairwise(course)} == {trend.EVERY}
        assert 10 < strip.patients < 60
        assert strip.beds[OCCUPIED] == BedStay.objects.filter(ended_at=None).count() > 5
        moments = list(Event.objects.order_by("seq").values_list("at", flat=True))
        assert moments == sorted(moments)
        before = Event.objects.count()
        for n in range(12):
            with clock.at(now + timedelta(seconds=30 * (n + 1))):
                play.step(SMALL, Random(n), speed=10, elapsed=30, most_acts=4)
        told = set(Event.objects.order_by("seq")[before:].values_list("name", flat=True))
        assert len([name for name in told if name.startswith(("er_visit.", "bed."))]) >= 4
        assert not Visit.objects.filter(department=department).exists(), "nobody stands in a line there"
        assert ledger.verify(here.pk).fault == ""


def test_a_hospital_without_one_plays_on() -> None:
    assert HARBOR.emergency
    assert not HILLTOP.emergency


def test_what_somebody_does_is_the_same_at_every_look() -> None:
    told = emergency_day.read()
    complaint = told.complaints[2][0].what
    assert told.fate(17, complaint) == told.fate(17, complaint)
    assert told.fate(17, complaint).level == 2
    assert told.fate(17, complaint, looks=1).look != told.fate(17, complaint).look
    levels = Counter(told.fate(n, told.complaint(Random(n), 1 + n % 90)).level for n in range(2000))
    for level, share in enumerate(told.levels["shares"], 1):
        assert abs(levels[level] / 2000 - share) < 0.04
    assert sum(bed["count"] for section in told.sections for bed in section["beds"]) == 69


def test_nobody_comes_for_what_people_of_their_age_do_not_have() -> None:
    told = emergency_day.read()
    grown = {"Chest pressure", "Weak on one side since an hour", "Confused since morning", "Kidney stone again"}
    grown |= {"Fell, hip hurts", "Prescription ran out", "Sick note", "Back pain", "Overdose of tablets"}
    small = {"Barking cough at night", "Bead in the nose", "Earache", "Breathes fast, drinks nothing"}
    come = {years: {told.complaint(Random(n), years) for n in range(900)} for years in (0, 3, 10, 30, 80)}
    assert not (come[0] | come[3] | come[10]) & grown
    assert not (come[30] | come[80]) & small
    assert small <= come[3]
    assert grown <= come[80]
    assert {one.what for some in told.complaints.values() for one in some} <= set().union(
        *(({told.complaint(Random(n), years) for n in range(900)}) for years in (2, 12, 85))
    ), "everything is somebody's"  # fmt: skip
    for level in emergency_day.LEVELS:
        assert {told.level_of(one.what) for one in told.complaints[level]} == {level}, "a complaint is of one level"


def test_a_file_that_cannot_be_is_refused_by_name(tmp_path: Path) -> None:
    text = emergency_day.FILE.read_text(encoding="utf-8")
    for wrong, why in (
        (text.replace("shares = [0.02,", "shares = [0.5,"), "levels"), (text.replace("[staff]", "[people]"), "staff"),
        ("[[", "cannot be read"), (text.replace('{ what = "Cold" }', '{ what = "Cold", from = 9 }').replace(
            '{ what = "Insect bite" }', '{ what = "Insect bite", from = 9 }').replace(
            '{ what = "Stitches out" }', '{ what = "Stitches out", from = 9 }'), "nothing of level 5"),
        (text.replace("hours = [5, 4,", "hours = [5,"), "24 hours"),
    ):  # fmt: skip
        file = tmp_path / f"{len(wrong)}.toml"
        file.write_text(wrong, encoding="utf-8")
        with pytest.raises(emergency_day.WrongEmergency, match=why):
            emergency_day.read(file)
