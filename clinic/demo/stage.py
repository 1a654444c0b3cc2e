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
from clinic.demo import bookings, crowd, day, emergency_stage, history, pacing, play
from clinic.demo.acts import DEMO, acting, desk
from clinic.demo.cast import Cast, Staff
from clinic.directory import operations as directory
from clinic.directory.models import Department, Doctor, Room, VisitType
from clinic.live import outbox
from clinic.live.models import Event
from clinic.records import operations as records
from clinic.tenants import days, links, operations, people
from clinic.tenants.models import DAYS, Hospital, HospitalConfig, JoinCode, Membership, PublicToken, User
from clinic.tenants.passwords import Password
from queues import clock as queue_clock
from queues.models import CALLED, URGENT, VIP, Leg, Queue
from queues.operations import displays, ends, lines, posts

HISTORY = timedelta(minutes=100)
BEFORE = timedelta(days=30)
"""The hospital itself is older than its four weeks."""
BOOKED_BEFORE = timedelta(minutes=20)
"""What was booked in the days before is written down then, at the latest moment."""
CLOCK_EVERY = 120.0  # seconds
OPEN = {name: [{"start": "07:30", "end": "20:00"}] for name in DAYS}
"""Somebody may look at the demo on any day: there is always a day to book."""
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


def make(cast: Cast, password: Password, *, past: bool = True) -> Made:
    """The hospital with staff, rooms, lines and known people; behind it four weeks (if ``past``) and a morning."""
    now = clock.now()
    with clock.at(now - BEFORE):
        with people.platform():
            owner = cast.who("owner")
            membership = operations.register(
                email=cast.email(owner), name=owner.name, password=password, hospital=cast.slug.title(),
                time_zone=time_zone(), actor=DEMO,
            )  # fmt: skip
        here = membership.hospital
        with hospital(here):
            display = _furnish(cast, here, membership, password)
    dice = Random(f"{day.read().seed}:{cast.slug}")  # noqa: S311 (a play)
    with hospital(here):
        if past:
            history.past_days(cast, dice, now)
        _today(cast, dice, now)
        while outbox.run(here.pk):
            pass
    return Made(here, display)


def _furnish(cast: Cast, here: Hospital, owner: Membership, password: Password) -> str:
    outbox.run(here.pk)  # its defaults, as a worker would have made them
    operations.change_hospital(here, name=cast.name, address=cast.address, phone=cast.phone, listed=True, actor=DEMO)
    # Whoever waits for a doctor who goes home is seen by another: nobody is asked at night.
    operations.change_policies(
        days.policies(), on_leave=HospitalConfig.POOL, confirm=HospitalConfig.BY_DOCTOR, hours=OPEN,
        video_link="https://meet.example.org/{room}", actor=DEMO,
    )  # fmt: skip
    members = {cast.who("owner").login: owner, **_join(cast, password)}
    departments = _departments(cast)
    rooms = {
        name: directory.add_room(department=departments[prefix], name=name, actor=DEMO)
        for prefix, names in cast.rooms.items() for name in names
    }  # fmt: skip
    _confirm(cast)
    _doctors(cast, members, departments, rooms)
    _visit_types()
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


def _confirm(cast: Cast) -> None:
    """Everybody has opened the link that was sent to them: nobody waits for a mail of a demo."""
    with people.platform():
        for user in User.objects.filter(email__in=[cast.email(one) for one in cast.staff]):
            token = links.sent_once(PublicToken.CONFIRM, user.ref)
            if token is not None:
                operations.confirm_address(token, actor=people.visitor(user.name))


def time_zone() -> str:
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
            room=rooms[one.room], specialization=one.specialization, serves_pool=one.serves_pool and not one.counter,
            sort=_sort(one), listed=_sort(one) == Doctor.DOCTOR, actor=DEMO,
        )  # fmt: skip
        if one.counter:
            counter = lines.add_counter(department=departments[one.department], name=one.counter, actor=DEMO)
            posts.sign_on(counter, server=doctor, room=rooms[one.room], actor=acting(one.name))
        else:
            lines.ensure_own_line(doctor, actor=DEMO)


def _sort(one: Staff) -> str:
    if not one.counter:
        return Doctor.DOCTOR
    return Doctor.NURSE if one.role == "nurse" else Doctor.CLERK


def _visit_types() -> None:
    """What people come for, with its usual minutes."""
    kinds = {kind.name: kind for some in day.read().kinds.values() for kind in some}
    counters = day.read().kinds_of(day.COUNTER)
    known = set(VisitType.objects.values_list("name", flat=True))  # the usual ones come with a hospital
    for kind in (kind for name, kind in kinds.items() if name not in known):
        online = kind not in counters  # nobody books the cashier
        directory.add_visit_type(name=kind.name, minutes=max(3, round(kind.minutes)), bookable=online, actor=DEMO)


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


# --- today ---------------------------------------------------------------------------------------------------------


def _today(cast: Cast, dice: Random, now: datetime) -> None:
    """From a while ago until now: who waits has really arrived then, who was seen has been called and ended."""
    here = days.current_hospital()
    start = max(now - HISTORY, days.day_start(here, days.service_day(here, now)))
    staged = max(now - STAGED, start)
    emergency = emergency_stage.open_before(cast, start - BOOKED_BEFORE)
    bookings.Diary(cast, dice, desk(cast)).fill(start - BOOKED_BEFORE, now)
    emergency.run(start)
    with clock.at(start):
        play.shift(cast)
        _late(cast, dice)
    model = history.begin(cast, dice, start, lambda at: play.bounds_of(cast, at))
    pacing.tick(model, _product_clock, every=CLOCK_EVERY)
    emergency.beside(model)
    model.run(staged.timestamp())
    # Whoever is placed comes after the call, which would take them at once.
    for ago, arrange in ((1.0, _break), (0.9, _late), (0.7, _called), (0.5, _urgent), (0.4, _requests), (0.2, _vip)):
        with clock.at(max(now - STAGED * ago, staged)):
            arrange(cast, dice)
    emergency.arrive_at(now)


def _product_clock() -> None:
    """What the product's own clock would have done with bookings meanwhile."""
    queue_clock.make_due()
    queue_clock.miss()


def _late(cast: Cast, dice: Random) -> None:
    """One doctor is late, and still is when the morning has been played."""
    for late in Doctor.objects.filter(name=cast.late):
        directory.set_status(late, Doctor.RUNNING_LATE, late_minutes=20, actor=acting(late.name))


def _urgent(cast: Cast, dice: Random) -> None:
    _place(cast, dice, URGENT, next(iter(cast.departments)))


def _vip(cast: Cast, dice: Random) -> None:
    _place(cast, dice, VIP, list(cast.departments)[len(cast.departments) // 2])


def _requests(cast: Cast, dice: Random) -> None:
    """Two doctors have been asked for a time a moment ago."""
    diary = bookings.Diary(cast, dice, desk(cast))
    for line in Queue.objects.filter(sort=Queue.DOCTOR).select_related("department", "doctor").order_by("name")[:2]:
        diary.ask(line)


def _place(cast: Cast, dice: Random, klass: str, prefix: str) -> None:
    lines = Queue.objects.filter(department__prefix=prefix, sort=Queue.DOCTOR).exclude(doctor__status=Doctor.OFF_DUTY)
    line = lines.select_related("department", "doctor").order_by("name").first()
    if line is not None:
        crowd.Crowd(cast, dice).take_in(line, klass=klass, actor=desk(cast))


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
