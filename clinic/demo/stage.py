"""Making the demo hospitals, through the operations that a person's clicks would call."""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from zoneinfo import available_timezones

from clinic.core import clock
from clinic.core.tenancy import hospital
from clinic.demo import play
from clinic.demo.cast import Cast
from clinic.demo.play import DEMO, acting
from clinic.directory import operations as directory
from clinic.directory.models import Department, Doctor, Room
from clinic.live import outbox
from clinic.live.models import Event
from clinic.records import operations as records
from clinic.tenants import days, links, operations, people
from clinic.tenants.models import Hospital, JoinCode, Membership, PublicToken
from clinic.tenants.passwords import Password
from queues.models import CALLED, URGENT, VIP, Leg, Queue
from queues.operations import displays, ends, lines

HISTORY = timedelta(minutes=100)
BEFORE = HISTORY + timedelta(minutes=10)
"""The hospital itself is older than its morning."""
STEP = timedelta(seconds=30)
STAGED = timedelta(minutes=3)
"""The last minutes before now are arranged, so that every kind of row can be seen."""


def find(cast: Cast) -> Hospital | None:
    """The hospital of this cast, if it is ours: a real one may have the same short name."""
    row = Hospital.objects.filter(slug=cast.slug, hidden=False).first()
    if row is None:
        return None
    with hospital(row):
        first = Event.objects.filter(seq=1).first()
    return row if first is not None and first.actor.get("id") == DEMO.id else None


@dataclass(frozen=True, slots=True)
class Made:
    """A new hospital, and the address of the waiting-room screen that hangs in it."""

    hospital: Hospital
    display: str


def make(cast: Cast, password: Password) -> Made:
    """The hospital with its staff, rooms, lines and people known to it, and a morning behind it."""
    now = clock.now()
    with clock.at(now - BEFORE):
        with people.platform():
            owner = cast.who("owner")
            membership = operations.register(
                email=cast.email(owner), name=owner.name, password=password, hospital=cast.slug.title(),
                time_zone=_time_zone(), actor=DEMO,
            )  # fmt: skip
        here = membership.hospital
        with hospital(here):
            display = _furnish(cast, here, membership, password)
    with hospital(here):
        _morning(cast, now)
        outbox.run(here.pk)
    return Made(here, display)


def _furnish(cast: Cast, here: Hospital, owner: Membership, password: Password) -> str:
    outbox.run(here.pk)  # its defaults, as a worker would have made them
    operations.change_hospital(here, name=cast.name, address=cast.address, phone=cast.phone, actor=DEMO)
    members = {cast.who("owner").login: owner, **_join(cast, password)}
    departments = _departments(cast)
    rooms = {
        name: directory.add_room(department=departments[prefix], name=name, actor=DEMO)
        for prefix, names in cast.rooms.items() for name in names
    }  # fmt: skip
    _doctors(cast, members, departments, rooms)
    _register(cast)
    return _screen(cast)


def _join(cast: Cast, password: Password) -> dict[str, Membership]:
    """Everybody but the owner comes by a code."""
    found = {}
    for one in cast.staff:
        if one.role == "owner":
            continue
        code: JoinCode = operations.create_join_code(one.role, days=1, actor=DEMO)
        with people.platform():
            found[one.login] = operations.join_as_new(
                code.code, email=cast.email(one), name=one.name, password=password, actor=DEMO
            )
    return found


def _time_zone() -> str:
    """This computer's zone, so that the screens show the time on the wall; UTC where it does not say."""
    named = [os.environ.get("TZ", ""), str(Path("/etc/localtime").resolve()).partition("zoneinfo/")[2]]
    return next((name for name in named if name in available_timezones()), "UTC")


def _departments(cast: Cast) -> dict[str, Department]:
    known = {row.prefix: row for row in Department.objects.all()}
    found = {}
    for prefix, name in cast.departments.items():
        row = known.get(prefix) or directory.add_department(name=name, prefix=prefix, actor=DEMO)
        found[prefix] = directory.change_department(row, name=name, actor=DEMO)
        lines.ensure_pool(row, actor=DEMO)
    return found


def _doctors(
    cast: Cast, members: dict[str, Membership], departments: dict[str, Department], rooms: dict[str, Room]
) -> None:
    for one in cast.staff:
        if not one.department:
            continue
        doctor = directory.add_doctor(
            name=one.name, membership=members[one.login], department=departments[one.department],
            room=rooms[one.room], specialization=one.specialization, serves_pool=one.serves_pool,
            status=Doctor.ON_TIME, actor=DEMO,
        )  # fmt: skip
        lines.ensure_own_line(doctor, actor=DEMO)


def _register(cast: Cast) -> None:
    for number, person in enumerate(cast.people):
        records.register(
            given_name=person.given, family_name=person.family, birth_year=person.born, sex=person.sex,
            language=person.language, phone=f"{cast.phone[:-3]}{int(cast.phone[-3:]) + 1 + number:03d}", actor=DEMO,
        )  # fmt: skip


def _screen(cast: Cast) -> str:
    """A paired display with all lines; its link is shown once."""
    token = displays.put_up()
    code = links.open_link(PublicToken.DISPLAY, token).code
    displays.pair(
        code, name="Waiting room", queues=list(Queue.objects.order_by("name")), languages=("en", "es"), actor=DEMO
    )
    return token


# --- the morning ---------------------------------------------------------------------------------------------------


def _morning(cast: Cast, now: datetime) -> None:
    """Play from a while ago until now: who waits has really arrived then, who was seen has been called and ended."""
    here = days.current_hospital()
    moment = max(now - HISTORY, days.day_start(here, days.service_day(here, now)))
    dice = Random(cast.slug)  # noqa: S311 (a play)
    with clock.at(moment):
        for late in Doctor.objects.filter(name=cast.late):
            directory.set_status(late, Doctor.RUNNING_LATE, late_minutes=20, actor=acting(late.name))
    while moment < now - STAGED:
        with clock.at(moment):
            play.step(cast, play.REAL, dice)
        moment += STEP
    for ago, arrange in ((STAGED, _urgent), (STAGED * 0.7, _vip), (STAGED * 0.4, _break), (STAGED * 0.2, _called)):
        with clock.at(max(now - ago, moment)):
            arrange(cast, dice)


def _urgent(cast: Cast, dice: Random) -> None:
    _place(cast, dice, URGENT, next(iter(cast.departments)))


def _vip(cast: Cast, dice: Random) -> None:
    _place(cast, dice, VIP, list(cast.departments)[len(cast.departments) // 2])


def _place(cast: Cast, dice: Random, klass: str, prefix: str) -> None:
    line = Queue.objects.filter(department__prefix=prefix, sort=Queue.DOCTOR).order_by("name").first()
    patient = play.somebody(cast, dice, prefix)
    if line is not None and patient is not None:
        play.take_in(cast, line, patient, dice, klass=klass)


def _break(cast: Cast, dice: Random) -> None:
    """One doctor has gone for a coffee."""
    for doctor in Doctor.objects.filter(name=cast.away):
        for leg in Leg.objects.with_server().filter(server=doctor).select_related("visit"):
            ends.complete(leg.visit, actor=acting(doctor.name))
        until = clock.now() + timedelta(minutes=20)
        directory.set_status(doctor, Doctor.ON_BREAK, until=until, actor=acting(doctor.name))


def _called(cast: Cast, dice: Random) -> None:
    """Somebody has just been called."""
    there = Leg.objects.with_server().select_related("visit", "server").order_by("-state", "called_at")
    for leg in there:
        if leg.state == CALLED or ends.complete_and_call(leg.visit, actor=acting(leg.server.name))[1] is not None:
            return
