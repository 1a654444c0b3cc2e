"""Lists of bookings: today's at the desk, the doctor's own, and the requests that somebody has to answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from django.db.models import Q, QuerySet

from clinic.core.sight import within
from clinic.directory.models import Doctor
from clinic.live.regions import Loaded, uuids
from clinic.records import people
from clinic.tenants import days
from clinic.tenants.people import own_limits
from queues.models import Queue
from queues.models.appointments import (
    AWAITING_PAYMENT,
    CONFIRMED,
    MISSED,
    REQUESTED,
    Appointment,
    WaitlistEntry,
)
from queues.regions import facts

TO_COME = (REQUESTED, AWAITING_PAYMENT, CONFIRMED, MISSED)
"""Who may still come on the day; who was marked as not come is checked in all the same (R2.7)."""
SHOWN = 20
"""Bookings on a patient's page."""
MOST = 60
"""Requests and waiting people shown at once."""


@dataclass(frozen=True, slots=True)
class BookingRow:
    """One booking in a list."""

    key: str
    patient_id: str
    starts_at: datetime
    is_today: bool
    name: str
    line: str
    note: str
    token: str
    state: str
    state_text: str
    delay: int
    """Minutes the patient has announced to be late."""
    asked_at: datetime
    """When it was booked or asked for."""
    video: bool
    may_check_in: bool


@dataclass(frozen=True, slots=True)
class BookingsShell:
    """The context of the lists: how many there are."""

    count: int


@dataclass(frozen=True, slots=True)
class PatientShell:
    """The context of ``patient-bookings``: whose they are."""

    patient_id: str


@dataclass(frozen=True, slots=True)
class WaiterRow:
    """Somebody on the waiting list."""

    key: str
    patient_id: str
    name: str
    line: str
    first_day: date
    last_day: date
    part: str
    note: str
    state: str
    state_text: str
    offered_at: datetime | None
    """The time offered, while it is held."""


def _appointments() -> QuerySet[Appointment]:
    rows: QuerySet[Appointment] = Appointment.objects.exclude(patient=None).select_related("patient", "type", "queue")
    return rows.order_by("starts_at", "pk")


def _row(row: Appointment, today: date) -> BookingRow:
    assert row.patient is not None
    note = " · ".join(part for part in (row.type.name if row.type else "", row.reason) if part)
    return BookingRow(
        key=str(row.pk), patient_id=str(row.patient_id), starts_at=row.starts_at, is_today=row.service_day == today,
        name=row.patient.full_name, line=row.queue.name, note=note, token=row.token, state=row.state,
        state_text=row.get_state_display(), delay=row.delay_minutes, asked_at=row.booked_at,
        video=bool(row.video_room), may_check_in=row.state in (CONFIRMED, MISSED) and row.service_day == today,
    )  # fmt: skip


def _list(rows: Sequence[Appointment], today: date, topics: frozenset[str], of: frozenset[UUID]) -> Loaded:
    refs = {f"patient:{row.patient_id}" for row in rows} | {f"queue:{row.queue_id}" for row in rows}
    shown = tuple(_row(row, today) for row in rows)
    coming = sum(row.state != MISSED for row in rows)
    return Loaded(BookingsShell(coming), shown, topics, frozenset(refs), departments=of)


# --- at the desk -----------------------------------------------------------------------------------------------------


def load_today(keys: Sequence[str]) -> Mapping[str, Loaded]:
    """``bookings:today``: who is booked today and has not come; two queries, three more for each limited reader."""
    today = days.service_day(facts.policies().hospital)
    return _for_each(keys, "today", _appointments().filter(service_day=today, state__in=TO_COME), today)


def load_requests(keys: Sequence[str]) -> Mapping[str, Loaded]:
    """``book-requests:all``: who waits for an answer or a payment, from today on; as many queries."""
    today = days.service_day(facts.policies().hospital)
    asked = Q(state__in=(REQUESTED, AWAITING_PAYMENT), service_day__gte=today)
    return _for_each(keys, "all", _appointments().filter(asked), today, MOST)


def _for_each(
    keys: Sequence[str], name: str, rows: QuerySet[Appointment], today: date, most: int | None = None
) -> dict[str, Loaded]:  # fmt: skip
    """The list itself, and for each reader limited to departments an own one (R1.2): first theirs, then cut."""
    topics, of = frozenset({"book"}), frozenset[UUID]()
    found = {key: _list(list(rows[:most]), today, topics, of) for key in keys if key == name}
    for key, (base, limits) in own_limits(keys).items():
        if base == name:
            found[key] = _list(list(within(rows, limits)[:most]), today, topics, of)
    return found


# --- the doctor's ----------------------------------------------------------------------------------------------------


def load_own(keys: Sequence[str]) -> Mapping[str, Loaded]:
    """``doctor-bookings:<doctor>``: requests of the own line that wait for an answer, then who comes today."""
    ids = uuids(keys)
    today = days.service_day(facts.policies().hospital)
    doctors = {row.pk: row for row in Doctor.objects.filter(pk__in=list(ids))}
    lines = dict(Queue.objects.filter(doctor__in=list(doctors)).values_list("doctor_id", "pk"))
    asked = Q(state=REQUESTED, service_day__gte=today)
    mine = Q(queue__in=list(lines.values())) & (asked | Q(state__in=TO_COME, service_day=today))
    rows = list(_appointments().filter(mine))
    found = {}
    for pk, doctor in doctors.items():
        own = [row for row in rows if row.queue_id == lines.get(pk)]
        own.sort(key=lambda row: row.state != REQUESTED)
        topics = {doctor.ref, *([f"book:{lines[pk]}"] if pk in lines else [])}
        found[ids[pk]] = _list(own, today, frozenset(topics), frozenset({doctor.department_id}))
    return found


# --- a patient's -----------------------------------------------------------------------------------------------------


def load_of_patient(keys: Sequence[str]) -> Mapping[str, Loaded]:
    """``patient-bookings:<patient>``: what is to come and what was, the newest first; two queries for each patient.

    A reader limited to departments (R1.2) is shown the bookings of theirs.
    """
    return people.each_of(keys, _of_patient)


def _of_patient(pk: UUID, limits: frozenset[UUID] | None) -> Loaded:
    today = days.service_day(facts.policies().hospital)
    rows = list(within(_appointments().filter(patient=pk).order_by("-starts_at", "-pk"), limits)[:SHOWN])
    refs = {row.queue.ref for row in rows} | {row.ref for row in rows}
    shown = tuple(_row(row, today) for row in rows)
    return Loaded(PatientShell(str(pk)), shown, frozenset({f"patient:{pk}"}), frozenset(refs))


# --- the waiting list ------------------------------------------------------------------------------------------------


def load_waiters(keys: Sequence[str]) -> Mapping[str, Loaded]:
    """``book-waiters:all``: who is on a waiting list, the longest first; three queries more for each limited reader."""
    entries = WaitlistEntry.objects.filter(state__in=(WaitlistEntry.WAITLISTED, WaitlistEntry.OFFERED))
    rows = entries.select_related("patient", "queue", "offer").order_by("entered_at", "pk")
    found = {key: _waiters(list(rows[:MOST])) for key in keys if key == "all"}
    for key, (base, limits) in own_limits(keys).items():
        if base == "all":
            found[key] = _waiters(list(within(rows, limits)[:MOST]))  # first theirs, then cut
    return found


def _waiters(rows: Sequence[WaitlistEntry]) -> Loaded:
    refs = {f"patient:{row.patient_id}" for row in rows} | {f"queue:{row.queue_id}" for row in rows}
    return Loaded(BookingsShell(len(rows)), tuple(map(_waiter, rows)), frozenset({"book"}), frozenset(refs))


def _waiter(row: WaitlistEntry) -> WaiterRow:
    offered = row.offer.starts_at if row.offer is not None and row.state == WaitlistEntry.OFFERED else None
    return WaiterRow(
        key=str(row.pk), patient_id=str(row.patient_id), name=row.patient.full_name, line=row.queue.name,
        first_day=row.first_day, last_day=row.last_day, part=row.get_part_display(), note=row.note, state=row.state,
        state_text=row.get_state_display(), offered_at=offered,
    )  # fmt: skip
