from __future__ import annotations

from datetime import timedelta

import time_machine
from django.utils import timezone

from clinic.core import clock
from clinic.core.access import PATIENT, Actor
from clinic.directory.models import Department, Doctor
from clinic.live.record import done
from clinic.tenants import days
from clinic.tenants.models import PublicToken
from queues.models import Display, Visit
from queues.operations import (
    calls,
    close,
    correct,
    displays,
    ends,
    holds,
    intake,
    lines,
    returns,
    still_there,
    undo,
    walk_in,
)  # fmt: skip
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


@example(displays.change_display, twice=SAME)
def _change_display(house: House) -> Call:
    return Call(paired(house), queues=[house.own], languages=["es", "en"], sound=False)


@example(displays.revoke, twice=SAME)
def _revoke(house: House) -> Call:
    return Call(paired(house))


@example(lines.ensure_pool, twice=SAME)
def _ensure_pool(house: House) -> Call:
    return Call(Department.objects.create(name="Radiology", prefix="R"))


@example(lines.ensure_own_line, twice=SAME)
def _ensure_own_line(house: House) -> Call:
    return Call(Doctor.objects.create(name="Dr. New", department=house.department))


@example(lines.set_open, twice=SAME)
def _set_open(house: House) -> Call:
    return Call(house.own, False)


@example(lines.tell_new_names, twice=EACH, quiet="boards follow the name itself; this is for who holds documents")
def _tell_new_names(house: House) -> Call:
    return Call(house.waiting(2))


def expected_today(house: House) -> Visit:
    """Somebody carried over from yesterday, and expected today."""
    yesterday = timezone.now() - timedelta(days=1)
    with clock.at(yesterday):
        visit = house.waiting(1)[0]
        close.close(visit, close.CARRY, actor=house.desk)
    fresh = Visit.objects.get(carried_from=visit)
    today = days.service_day(house.hospital)
    Visit.objects.filter(pk=fresh.pk).update(expected_on=today, service_day=today)
    fresh.refresh_from_db()
    return fresh


@example(close.close, twice=SAME)
def _close(house: House) -> Call:
    return Call(house.waiting(2)[0], close.CARRY)


@example(close.close_day, twice=SAME)
def _close_day(house: House) -> Call:
    first, second = house.waiting(2)
    return Call({first.pk: close.CARRY, second.pk: close.LEAVE})


@example(close.arrive_expected, twice=SAME)
def _arrive_expected(house: House) -> Call:
    return Call(expected_today(house))


@example(close.lapse, twice=SAME)
def _lapse(house: House) -> Call:
    return Call(expected_today(house))


@example(holds.hold, twice=SAME, role="doctor")
def _hold(house: House) -> Call:
    return Call(seen(house), reason="tests", note="blood")


@example(holds.resume, twice=SAME)
def _resume(house: House) -> Call:
    visit = seen(house)
    house.waiting(1)
    holds.hold(visit, reason="tests", actor=house.medic)
    return Call(visit)


@example(holds.bring_back, twice=SAME)
def _bring_back(house: House) -> Call:
    first, _second = house.waiting(2)
    with time_machine.travel(timezone.now() - timedelta(minutes=20)):
        holds.hold(first, reason="away", minutes=15, actor=house.desk)
    return Call(first)


@example(holds.delay, twice=EACH)
def _delay(house: House) -> Call:
    return Call(house.waiting(4)[0], reason="waits for her son", places=1)


@example(holds.delay_by_link, twice=SAME, actor=the_phone)
def _delay_by_link(house: House) -> Call:
    return Call(house.waiting(1)[0], minutes=15)


@example(holds.come_back_by_link, twice=SAME, actor=the_phone)
def _come_back_by_link(house: House) -> Call:
    visit = house.waiting(1)[0]
    holds.hold(visit, reason="away", minutes=15, actor=house.desk)
    return Call(visit)


def gone(house: House) -> Visit:
    """Somebody who left."""
    visit = house.waiting(1)[0]
    ends.leave(visit, actor=house.desk)
    return visit


@example(returns.rejoin, twice=SAME)
def _rejoin(house: House) -> Call:
    house.waiting(3)
    return Call(gone(house), reason="was in the hall")


@example(returns.ask_rejoin_by_link, twice=SAME, actor=the_phone)
def _ask_rejoin_by_link(house: House) -> Call:
    return Call(gone(house))


@example(returns.decline_rejoin, twice=SAME)
def _decline_rejoin(house: House) -> Call:
    visit = gone(house)
    phone = Actor(kind="patient", id=visit.ref, name="", abilities=PATIENT)
    returns.ask_rejoin_by_link(visit, actor=phone)
    return Call(visit)


def in_room_for(house: House, minutes: int) -> Visit:
    with time_machine.travel(timezone.now() - timedelta(minutes=minutes)):
        return seen(house)


@example(still_there.look_in, twice=SAME, role="doctor")
def _look_in(house: House) -> Call:
    return Call(in_room_for(house, 125))


@example(still_there.answer_still_there, twice=SAME, role="doctor")
def _answer_still_there(house: House) -> Call:
    visit = in_room_for(house, 70)
    still_there.look_in(visit, actor=house.medic)
    return Call(visit)


@example(correct.correct_patient, twice=SAME)
def _correct_patient(house: House) -> Call:
    return Call(house.waiting(2)[0], house.patient("Right", "Person"), reason="The wrong row")


@example(walk_in.take_in_all, twice=REFUSED)
def _take_in_all(house: House) -> Call:
    return Call(house.own, [house.patient("Ann", "Family"), house.patient("Ben", "Family")])
