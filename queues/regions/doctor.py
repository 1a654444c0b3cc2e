"""The doctor's regions: who is in the room, who is next and why, and the day so far."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from statistics import median
from typing import Any
from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext

from clinic.directory.models import Doctor
from clinic.live.regions import Loaded, uuids
from clinic.records import people
from clinic.tenants import days
from clinic.tenants.models import HospitalConfig
from queues.models import COMPLETED, Leg, Visit
from queues.regions import facts, words
from queues.regions.desks import Desk, desks_of
from queues.regions.rows import DoctorBar, DoctorNext, DoctorRoom, LineKey, Seat

# --- the room --------------------------------------------------------------------------------------------------------


def load_rooms(keys: Sequence[str]) -> Mapping[str, Loaded]:
    """``doctor-room:<doctor>``."""
    policy, today = facts.policies(), timezone.localdate()
    return {
        key: Loaded(_room(desk, policy, today), topics=desk.topics, refs=desk.refs, departments=desk.departments)
        for key, desk in desks_of(keys).items()
    }


def _room(desk: Desk, policy: HospitalConfig, today: date) -> DoctorRoom:
    doctor = desk.doctor
    alone = bool(desk.in_room) and not desk.called and not desk.heads
    return DoctorRoom(
        doctor_id=str(doctor.pk), room=doctor.room.name if doctor.room else "",
        seats=tuple(_seat(leg, policy, today) for leg in [*desk.called, *desk.in_room]),
        skip_places=policy.skip_places, completes=str(desk.in_room[0].visit_id) if alone else "",
        status=doctor.status, is_paused=doctor.is_paused, anybody=bool(desk.heads), lanes=doctor.parallel_rooms,
        calls_from=len(desk.lines),
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
        asked_at=leg.asked_at if leg.answered_at is None else None, in_line=leg.queue.name,
        may_skip=leg.skips < policy.skip_max, no_show_rule=_no_show_rule(leg, policy), notes=patient.notes,
        **_booking(visit, policy),
    )  # fmt: skip


def _booking(visit: Visit, policy: HospitalConfig) -> dict[str, Any]:
    """When a booked patient was to come, and the booking whose video room can be opened."""
    row = getattr(visit, "appointment", None)  # None: walked in
    if row is None:
        return {}
    return {"booked_for": row.starts_at, "video": str(row.pk) if row.video_room and policy.video_link else ""}


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
    policy, today = facts.policies(), timezone.localdate()
    return {
        key: Loaded(_next(desk, policy, today), topics=desk.topics, refs=desk.refs, departments=desk.departments)
        for key, desk in desks_of(keys).items()
    }


def _next(desk: Desk, policy: HospitalConfig, today: date) -> DoctorNext:
    act, closes, blocked = _act(desk)
    head = desk.heads[0] if desk.heads else None
    other = desk.heads[1] if len(desk.heads) > 1 else None
    visit = head.visit if head else None
    return DoctorNext(
        doctor_id=str(desk.doctor.pk), visit_id=str(visit.pk) if visit else "", token=visit.token if visit else "",
        name=visit.patient.full_name if visit else "", klass=visit.klass if visit else "",
        facts=people.facts(visit.patient, today) if visit else "", note=visit.reason if visit else "",
        waiting_since=visit.arrived_at if visit else None, why=words.why_next(head, other, policy) if head else "",
        from_pool=head is not None and head.queue.doctor_id is None, more=max(desk.waiting - 1, 0), act=act,
        closes=str(closes.visit_id) if closes else "", closes_token=closes.visit.token if closes else "",
        names_closed=len(desk.in_room) > 1, blocked=blocked, paused=desk.doctor.is_paused,
        filled=head is not None and act != "blocked" and not desk.called,
        booked_for=_booked_for(visit) if visit else None,
    )  # fmt: skip


def _booked_for(visit: Visit) -> datetime | None:
    row = getattr(visit, "appointment", None)  # None: walked in
    return row.starts_at if row is not None else None


def _act(desk: Desk) -> tuple[str, Leg | None, str]:
    """What the big button does, the leg it completes first, and why it cannot."""
    if not desk.is_full:
        return "resume_call" if desk.doctor.is_paused else "call", None, ""
    if desk.called:
        told = {"token": desk.called[0].visit.token}
        return "blocked", None, gettext("First start, skip or close %(token)s: one patient at a time.") % told
    return "complete_call", desk.in_room[0], ""


def load_doctor_lines(keys: Sequence[str]) -> Mapping[str, Loaded]:
    """``doctor-lines:<doctor>``. What the page lists below the next card follows it."""
    found = {}
    for key, desk in desks_of(keys).items():
        # A department's pool may come and go; the own line and sign-ons say so on the doctor's topic.
        topics = frozenset({desk.doctor.ref, "directory", f"department:{desk.doctor.department_id}"})
        rows = tuple(LineKey(str(pk)) for pk in desk.lines)
        found[key] = Loaded(rows=rows, topics=topics, departments=desk.departments)
    return found


# --- the day ---------------------------------------------------------------------------------------------------------


def load_bars(keys: Sequence[str]) -> Mapping[str, Loaded]:
    """``doctor-bar:<doctor>``: three queries."""
    ids = uuids(keys)
    policy = facts.policies()
    begun = days.day_start(policy.hospital, days.service_day(policy.hospital))
    seen: dict[UUID, int] = defaultdict(int)
    minutes: dict[UUID, list[int]] = defaultdict(list)
    done = Leg.objects.filter(server_id__in=list(ids), state=COMPLETED, ended_at__gte=begun)
    for server, started, ended, overlong in done.values_list("server_id", "started_at", "ended_at", "overlong_at"):
        seen[server] += 1
        if overlong is None:  # else somebody probably forgot to press (R3.18)
            minutes[server].append(_minutes(started, ended))
    doctors = Doctor.objects.filter(pk__in=list(ids))
    return {
        ids[doctor.pk]: _bar(doctor, seen[doctor.pk], minutes[doctor.pk], policy.late_minutes) for doctor in doctors
    }


def _minutes(started: datetime | None, ended: datetime) -> int:
    return int((ended - (started or ended)).total_seconds() // 60)


def _bar(doctor: Doctor, seen: int, minutes: list[int], late: int) -> Loaded:
    bar = DoctorBar(
        doctor_id=str(doctor.pk), status=doctor.status, late_minutes=doctor.late_minutes or late,
        until=doctor.status_until, seen=seen, median_minutes=round(median(minutes)) if minutes else 0,
        is_doctor=doctor.sort == Doctor.DOCTOR,
    )  # fmt: skip
    return Loaded(bar, topics=frozenset({doctor.ref}), departments=frozenset({doctor.department_id}))
