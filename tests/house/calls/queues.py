from __future__ import annotations

from datetime import timedelta

import time_machine
from django.utils import timezone

from clinic.core.access import PATIENT, Actor
from clinic.directory.models import Department, Doctor
from clinic.live.record import done
from clinic.tenants.models import PublicToken
from queues.models import Display, Visit
from queues.operations import calls, displays, ends, intake, lines, undo, walk_in
from tests.house.examples import EACH, REFUSED, SAME, Call, example
from tests.world import House


def called(house: House) -> Visit:
    """Somebody the doctor has called, with one more waiting."""
    first, _second = house.waiting(2)
    calls.call_next(house.doctor, actor=house.medic)
    return first


def seen(house: House) -> Visit:
    visit = called(house)
    calls.start(visit, actor=house.medic)
    return visit


def paired(house: House) -> Display:
    displays.put_up()
    code = PublicToken.objects.filter(purpose=PublicToken.DISPLAY, hospital=None).latest("pk").code
    return displays.pair(code, name="Hall", queues=[house.own, house.pool], actor=house.desk)


@example(calls.call_next, twice=REFUSED, role="doctor")
def _call_next(house: House) -> Call:
    house.waiting(2)
    return Call(house.doctor)


@example(calls.call, twice=SAME, role="doctor")
def _call(house: House) -> Call:
    _first, second = house.waiting(2)
    return Call(second, house.doctor, reason="in pain")


@example(calls.recall, twice=SAME, role="doctor")
def _recall(house: House) -> Call:
    with time_machine.travel(timezone.now() - timedelta(seconds=30)):
        return Call(called(house))


@example(calls.start, twice=SAME, role="doctor")
def _start(house: House) -> Call:
    return Call(called(house))


@example(calls.skip, twice=SAME, role="doctor")
def _skip(house: House) -> Call:
    return Call(called(house))


@example(ends.complete, twice=SAME, role="doctor")
def _complete(house: House) -> Call:
    return Call(seen(house))


@example(ends.complete_and_call, twice=SAME, role="doctor")
def _complete_and_call(house: House) -> Call:
    return Call(seen(house))


@example(ends.no_show, twice=SAME, role="doctor")
def _no_show(house: House) -> Call:
    now = timezone.now()
    with time_machine.travel(now - timedelta(seconds=200)):
        visit = called(house)
    with time_machine.travel(now - timedelta(seconds=100)):
        calls.recall(visit, actor=house.medic)
    return Call(visit)


@example(ends.leave, twice=SAME)
def _leave(house: House) -> Call:
    return Call(house.waiting(1)[0], reason="had to go")


def the_phone(house: House) -> Actor:
    """The holder of the newest visit's link."""
    visit = Visit.objects.latest("arrived_at")
    return Actor(kind="patient", id=visit.ref, name="", abilities=PATIENT)


@example(ends.leave_by_link, twice=SAME, actor=the_phone)
def _leave_by_link(house: House) -> Call:
    return Call(house.waiting(1)[0])


@example(ends.cancel, twice=SAME)
def _cancel(house: House) -> Call:
    return Call(house.waiting(1)[0], reason="a mistake")


@example(intake.arrive, twice=REFUSED)
def _arrive(house: House) -> Call:
    return Call(house.own, house.patient(), reason="fever", class_reason="asked")


@example(walk_in.take_in, twice=REFUSED)
def _take_in(house: House) -> Call:
    return Call(house.own, {"given_name": "Zebulon", "family_name": "Quux", "phone": "+33 6 55 12 34"}, reason="fever")


@example(undo.undo, twice=REFUSED, role="doctor")
def _undo(house: House) -> Call:
    called(house)
    return Call(done().seq)


@example(displays.pair, twice=REFUSED, quiet="the screen learns of it by its own looking, before it has a hospital")
def _pair(house: House) -> Call:
    displays.put_up()
    code = PublicToken.objects.filter(purpose=PublicToken.DISPLAY, hospital=None).latest("pk").code
    return Call(code, name="Hall", queues=[house.own, house.pool])


@example(displays.revoke, twice=SAME)
def _revoke(house: House) -> Call:
    return Call(paired(house))


@example(lines.ensure_pool, twice=SAME, quiet="a line without a board that shows it")
def _ensure_pool(house: House) -> Call:
    return Call(Department.objects.create(name="Radiology", prefix="R"))


@example(lines.ensure_own_line, twice=SAME, quiet="a line without a board that shows it")
def _ensure_own_line(house: House) -> Call:
    return Call(Doctor.objects.create(name="Dr. New", department=house.department))


@example(lines.set_open, twice=SAME)
def _set_open(house: House) -> Call:
    return Call(house.own, False)


@example(lines.tell_new_names, twice=EACH, quiet="boards follow the name itself; this is for who holds documents")
def _tell_new_names(house: House) -> Call:
    return Call(house.waiting(2))
