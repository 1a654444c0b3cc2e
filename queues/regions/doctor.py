"""The doctor's regions: who is in the room, who is next and why, and the day so far."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from statistics import median
from uuid import UUID

from django.db.models import Count, IntegerField, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.translation import gettext

from clinic.directory.models import Doctor
from clinic.directory.operations import LATE_BY_DEFAULT
from clinic.live.regions import Loaded, uuids
from clinic.records import people
from clinic.tenants import days
from clinic.tenants.models import HospitalConfig
from queues.models import CALLED, COMPLETED, IN_PROGRESS, Leg, Queue, Visit
from queues.regions import words
from queues.regions.rows import DoctorBar, DoctorNext, DoctorRoom, Seat


@dataclass(slots=True)
class Desk:
    """One doctor with what stands before them: the patients called or in the room, and the heads of the lines."""

    doctor: Doctor
    lines: list[UUID] = field(default_factory=list)
    seats: list[Leg] = field(default_factory=list)
    heads: list[Leg] = field(default_factory=list)
    waiting: int = 0

    @property
    def topics(self) -> frozenset[str]:
        return frozenset({f"doctor:{self.doctor.pk}", "hospital", *(f"queue:{pk}" for pk in self.lines)})

    @property
    def refs(self) -> frozenset[str]:
        shown = [*self.seats, *self.heads]
        people = {ref for leg in shown for ref in (f"patient:{leg.visit.patient_id}", leg.visit.ref)}
        rooms = {f"room:{leg.room_id}" for leg in self.seats if leg.room_id}
        own = {f"room:{self.doctor.room_id}"} if self.doctor.room_id else set()
        return frozenset(people | rooms | own)

    @property
    def called(self) -> list[Leg]:
        return [leg for leg in self.seats if leg.state == CALLED]

    @property
    def in_room(self) -> list[Leg]:
        return [leg for leg in self.seats if leg.state == IN_PROGRESS]

    @property
    def is_full(self) -> bool:
        return len(self.seats) >= self.doctor.parallel_rooms


def _desks(keys: Sequence[str]) -> dict[str, Desk]:
    """Four queries, however many doctors."""
    ids = uuids(keys)
    doctors = Doctor.objects.filter(pk__in=list(ids)).select_related("room")
    desks = {doctor.pk: Desk(doctor) for doctor in doctors}
    heads = _take_lines(desks)
    found = Leg.objects.filter(Q(pk__in=heads) | Q(server_id__in=list(desks), state__in=(CALLED, IN_PROGRESS)))
    of_line: dict[UUID, Leg] = {}
    for leg in found.select_related("visit__patient", "queue", "room").order_by("state", "started_at", "called_at"):
        if leg.state in (CALLED, IN_PROGRESS):
            if leg.server_id in desks:
                desks[leg.server_id].seats.append(leg)
        else:
            of_line[leg.queue_id] = leg
    for desk in desks.values():
        desk.heads = sorted((of_line[pk] for pk in desk.lines if pk in of_line), key=Leg.place)
    return {ids[pk]: desk for pk, desk in desks.items()}


def _take_lines(desks: dict[UUID, Desk]) -> list[UUID]:
    """Fill in each doctor's lines and how many wait there; the ids of the first of each line."""
    departments = {desk.doctor.department_id for desk in desks.values() if desk.doctor.serves_pool}
    mine = Q(doctor_id__in=list(desks)) | Q(sort=Queue.POOL, department_id__in=list(departments))
    waiting = Leg.objects.waiting().filter(queue=OuterRef("pk"))
    count = waiting.order_by().values("queue").annotate(n=Count("pk")).values("n")
    rows = Queue.objects.filter(mine).annotate(
        head=Subquery(waiting.in_order().values("pk")[:1]),
        waits=Coalesce(Subquery(count, output_field=IntegerField()), 0),
    )
    pools: dict[UUID, list[tuple[UUID, int]]] = defaultdict(list)
    heads = []
    for pk, doctor_id, department_id, head, waits in rows.values_list("pk", "doctor", "department", "head", "waits"):
        if head:
            heads.append(head)
        if doctor_id is None:
            pools[department_id].append((pk, waits))
        elif doctor_id in desks:
            desks[doctor_id].lines.insert(0, pk)
            desks[doctor_id].waiting += waits
    for desk in desks.values():
        for pk, waits in pools[desk.doctor.department_id] if desk.doctor.serves_pool else ():
            desk.lines.append(pk)
            desk.waiting += waits
    return heads


# --- the room --------------------------------------------------------------------------------------------------------


def load_rooms(keys: Sequence[str]) -> Mapping[str, Loaded]:
    """``doctor-room:<doctor>``."""
    policy, today = days.policies(), timezone.localdate()
    return {
        key: Loaded(_room(desk, policy, today), topics=desk.topics, refs=desk.refs)
        for key, desk in _desks(keys).items()
    }


def _room(desk: Desk, policy: HospitalConfig, today: date) -> DoctorRoom:
    doctor = desk.doctor
    alone = bool(desk.in_room) and not desk.called and not desk.heads
    return DoctorRoom(
        doctor_id=str(doctor.pk), room=doctor.room.name if doctor.room else "",
        seats=tuple(_seat(leg, policy, today) for leg in [*desk.called, *desk.in_room]),
        skip_places=policy.skip_places, completes=str(desk.in_room[0].visit_id) if alone else "",
        status=doctor.status, is_paused=doctor.is_paused, anybody=bool(desk.heads),
    )  # fmt: skip


def _seat(leg: Leg, policy: HospitalConfig, today: date) -> Seat:
    visit, patient = leg.visit, leg.visit.patient
    assert leg.called_at is not None  # leg_called_has_server
    first = leg.first_called_at or leg.called_at
    return Seat(
        visit_id=str(visit.pk), patient_id=str(patient.pk), state=leg.state, token=visit.token,
        name=patient.full_name, facts=people.facts(patient, today), born=people.born(patient), mrn=patient.mrn,
        speaks=people.speaks(patient), reason=_reasons(visit), klass=visit.klass,
        room=leg.room.name if leg.room else "", called_at=leg.called_at, calls=leg.calls, started_at=leg.started_at,
        waited_minutes=int((first - visit.arrived_at).total_seconds() // 60),
        may_skip=leg.skips < policy.skip_max, no_show_rule=_no_show_rule(leg, policy), notes=patient.notes,
    )  # fmt: skip


def _reasons(visit: Visit) -> str:
    """What the patient came for, and why the desk let them go first."""
    return "; ".join(reason for reason in (visit.reason, visit.class_reason) if reason)


def _no_show_rule(leg: Leg, policy: HospitalConfig) -> str:
    """R3.12 in a sentence; the minutes pass in the browser, so it names times and not what is left of them."""
    told = {"min_calls": policy.min_calls, "gap": policy.call_gap, "total": policy.call_total}
    if leg.spaced_calls < policy.min_calls:
        return gettext("“Did not come” needs %(min_calls)s calls, %(gap)s s apart, %(total)s s in all.") % told
    assert leg.first_called_at is not None
    from_then = leg.first_called_at + timedelta(seconds=policy.call_total)
    return gettext("“Did not come” is allowed from %(time)s on.") % {"time": words.clock(from_then)}


# --- next ------------------------------------------------------------------------------------------------------------


def load_next(keys: Sequence[str]) -> Mapping[str, Loaded]:
    """``doctor-next:<doctor>``."""
    today = timezone.localdate()
    return {key: Loaded(_next(desk, today), topics=desk.topics, refs=desk.refs) for key, desk in _desks(keys).items()}


def _next(desk: Desk, today: date) -> DoctorNext:
    act, closes, blocked = _act(desk)
    head = desk.heads[0] if desk.heads else None
    other = desk.heads[1] if len(desk.heads) > 1 else None
    visit = head.visit if head else None
    return DoctorNext(
        doctor_id=str(desk.doctor.pk), visit_id=str(visit.pk) if visit else "", token=visit.token if visit else "",
        name=visit.patient.full_name if visit else "", klass=visit.klass if visit else "",
        facts=people.facts(visit.patient, today) if visit else "", note=visit.reason if visit else "",
        waiting_since=visit.arrived_at if visit else None, why=words.why_next(head, other) if head else "",
        from_pool=head is not None and head.queue.doctor_id is None, more=max(desk.waiting - 1, 0), act=act,
        closes=str(closes.visit_id) if closes else "", closes_token=closes.visit.token if closes else "",
        names_closed=len(desk.in_room) > 1, blocked=blocked, paused=desk.doctor.is_paused,
        filled=head is not None and act != "blocked" and not desk.called,
    )  # fmt: skip


def _act(desk: Desk) -> tuple[str, Leg | None, str]:
    """What the big button does, the leg it completes first, and why it cannot."""
    if not desk.is_full:
        return "resume_call" if desk.doctor.is_paused else "call", None, ""
    if desk.called:
        told = {"token": desk.called[0].visit.token}
        return "blocked", None, gettext("First start, skip or close %(token)s: one patient at a time.") % told
    return "complete_call", desk.in_room[0], ""


# --- the day ---------------------------------------------------------------------------------------------------------


def load_bars(keys: Sequence[str]) -> Mapping[str, Loaded]:
    """``doctor-bar:<doctor>``: three queries."""
    ids = uuids(keys)
    here = days.current_hospital()
    begun = days.day_start(here, days.service_day(here))
    minutes: dict[UUID, list[int]] = defaultdict(list)
    done = Leg.objects.filter(server_id__in=list(ids), state=COMPLETED, ended_at__gte=begun)
    for server, started, ended in done.values_list("server_id", "started_at", "ended_at"):
        minutes[server].append(_minutes(started, ended))
    doctors = Doctor.objects.filter(pk__in=list(ids))
    return {ids[doctor.pk]: _bar(doctor, minutes[doctor.pk]) for doctor in doctors}


def _minutes(started: datetime | None, ended: datetime) -> int:
    return int((ended - (started or ended)).total_seconds() // 60)


def _bar(doctor: Doctor, minutes: list[int]) -> Loaded:
    bar = DoctorBar(
        doctor_id=str(doctor.pk), status=doctor.status, late_minutes=doctor.late_minutes or LATE_BY_DEFAULT,
        until=doctor.status_until, seen=len(minutes), median_minutes=round(median(minutes)) if minutes else 0,
    )  # fmt: skip
    return Loaded(bar, topics=frozenset({f"doctor:{doctor.pk}"}))
