"""``booking:<appointment>``: the page of one booking, in two rows that its link's holder watches.

The addresses of its acts are relative and it holds no name of a patient: a render never carries the link's secret.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.utils.translation import gettext

from clinic.core import clock
from clinic.core.nouns import split_ref
from clinic.directory import policies
from clinic.directory.models import Doctor
from clinic.live.regions import Loaded, uuids
from clinic.tenants import days
from clinic.tenants.models import HospitalConfig
from queues import appointment_day, booking_pages
from queues.models import (
    AWAITING_PAYMENT,
    CALLED,
    CALLED_OFF,
    CHECKED_IN,
    CONFIRMED,
    EXPIRED,
    FULFILLED,
    HELD,
    IN_PROGRESS,
    LIVE,
    MISSED,
    REJECTED,
    REQUESTED,
    RESCHEDULED,
    TOKEN,
    Appointment,
    Leg,
    WaitlistEntry,
)
from queues.operations import video
from queues.regions import facts, spoken, words

TONES = {CONFIRMED: "ok", CHECKED_IN: "ok", REQUESTED: "accent", AWAITING_PAYMENT: "warn", HELD: "accent"}
CARD, ACTS = "card", "acts"


@dataclass(frozen=True, slots=True)
class BookingCard:
    """Where the booking stands, and what is to be done about it now."""

    key: str
    state: str
    elsewhere: bool
    """Another page shows it from now on: the place in the line, or the booking that took its place."""
    title: str
    tone: str
    says: str
    starts_at: datetime
    about: bool
    """By number: the time is an estimate."""
    number: str
    today: bool
    latest: datetime
    """By when to check in."""
    opens: datetime | None
    """From when the phone checks in; None where it never does."""
    is_open: bool
    """It does already; the browser shows the button by itself when the time has come."""
    delayed: int
    """Minutes the patient has announced to be late."""
    name: str
    about_doctor: tuple[str, ...]
    late: str
    """"About 20 min late"; empty if on time."""
    type: str
    video: bool
    join: bool
    """Called to a visit by video."""
    offer: bool
    """A place offered from the waiting list, which can be taken or left."""


@dataclass(frozen=True, slots=True)
class BookingActs:
    """What else the holder can do about it."""

    key: str
    state: str
    live: bool
    can_move: bool
    can_delay: bool
    can_cancel: bool


def load_bookings(keys: Sequence[str]) -> Mapping[str, Loaded]:
    """A fixed number of queries, one more where somebody has come by video."""
    ids = uuids(keys)
    related = ("queue__doctor__room", "queue__department__config", "type", "waitlist_entry")
    rows = list(Appointment.objects.filter(pk__in=list(ids)).select_related(*related))
    policy, called = facts.policies(), _called(rows)
    return {ids[row.pk]: _loaded(row, policy, called) for row in rows}


def _loaded(row: Appointment, policy: HospitalConfig, called: frozenset[UUID]) -> Loaded:
    parts, of = (_card(row, policy, called), _acts(row, policy)), frozenset({row.queue.department_id})
    return Loaded(rows=parts, topics=_topics(row), refs=_refs(row), departments=of)


def opened_by(target: str) -> list[str]:
    """What a booking's link shows: the booking itself, and while it is among today's its place among them (R2.6)."""
    found = Appointment.objects.filter(pk=split_ref(target)[1]).values_list("queue__department_id", "pk").first()
    if found is None:
        return []
    department, key = found
    return [f"booking:{key}#{CARD}", f"booking:{key}#{ACTS}", f"status:{department}#{key}"]


def is_elsewhere(row: Appointment) -> bool:
    """Whether another page shows it: who comes by video stays, for the page has the button to join."""
    if row.state == RESCHEDULED:
        return row.successor_id is not None
    return row.state == CHECKED_IN and row.visit_id is not None and not row.video_room


def _card(row: Appointment, policy: HospitalConfig, called: frozenset[UUID]) -> BookingCard:
    now, here, doctor = clock.now(), policy.hospital, row.queue.doctor
    today = _is_today(row, policy)
    opens = _opens(row, policy, now)
    late = doctor is not None and today and row.state in LIVE and doctor.status == Doctor.RUNNING_LATE
    return BookingCard(
        key=CARD, state=row.state, elsewhere=is_elsewhere(row), title=_title(row), tone=TONES.get(row.state, ""),
        says=_says(row), starts_at=row.starts_at, about=row.mode == TOKEN, number=row.token, today=today,
        latest=appointment_day.check_in_by(row), opens=opens, is_open=opens is not None and now >= opens,
        delayed=row.delay_minutes if row.state in LIVE else 0, name=spoken.line_name(row.queue),
        about_doctor=tuple(booking_pages.summary(row.queue, row.type, here)["parts"]),
        late=words.status_text(doctor) if doctor is not None and late else "",
        type=row.type.name if row.type else "", video=bool(row.video_room), offer=_offer(row),
        join=row.state == CHECKED_IN and row.visit_id in called and bool(video.url_of(row)),
    )  # fmt: skip


def _acts(row: Appointment, policy: HospitalConfig) -> BookingActs:
    return BookingActs(
        key=ACTS, state=row.state, live=row.state in LIVE, can_move=row.state in (REQUESTED, CONFIRMED),
        can_delay=row.state == CONFIRMED and _is_today(row, policy),
        can_cancel=row.state in (REQUESTED, AWAITING_PAYMENT, CONFIRMED),
    )  # fmt: skip


def _is_today(row: Appointment, policy: HospitalConfig) -> bool:
    return row.service_day == days.service_day(policy.hospital)


def _opens(row: Appointment, policy: HospitalConfig, now: datetime) -> datetime | None:
    """From when the phone checks in; never for who is over, or was missed on another day."""
    if row.state == MISSED and not _is_today(row, policy):
        return None
    if row.state not in (CONFIRMED, MISSED) or row.service_day < days.service_day(policy.hospital, now):
        return None
    return appointment_day.opens_at(row, policies.given(getattr(row.queue.department, "config", None), policy))


def _called(rows: Sequence[Appointment]) -> frozenset[UUID]:
    """Of the visits by video those that are called."""
    visits = [row.visit_id for row in rows if row.state == CHECKED_IN and row.video_room]
    if not visits:
        return frozenset()
    legs = Leg.objects.filter(visit__in=visits, state__in=(CALLED, IN_PROGRESS))
    return frozenset(legs.values_list("visit_id", flat=True))


def _topics(row: Appointment) -> frozenset[str]:
    return frozenset({f"appointment:{row.pk}", "directory"})


def _refs(row: Appointment) -> frozenset[str]:
    """What is shown beside the booking itself."""
    refs = {row.ref, f"department:{row.queue.department_id}"}
    shown = {"doctor": row.queue.doctor_id, "visit": row.visit_id, "visit_type": row.type_id}
    return frozenset(refs | {f"{kind}:{pk}" for kind, pk in shown.items() if pk})


def _title(row: Appointment) -> str:
    return {
        HELD: gettext("A place is free for you"), REQUESTED: gettext("Asked for"),
        AWAITING_PAYMENT: gettext("Waiting for the payment"), CONFIRMED: gettext("Booked"),
        CHECKED_IN: gettext("You are checked in"), FULFILLED: gettext("This visit is over"),
        REJECTED: gettext("The clinic could not take this booking"), CALLED_OFF: gettext("Cancelled"),
        EXPIRED: gettext("No longer kept"), MISSED: gettext("You were not here"),
    }.get(row.state) or str(row.get_state_display())  # fmt: skip


def _says(row: Appointment) -> str:
    told = {"until": words.clock(row.held_until) if row.held_until else ""}
    by_staff = row.end_reason if row.ended_by in ("desk", "doctor") else ""
    return {
        HELD: gettext("It is kept for you until %(until)s.") % told,
        REQUESTED: gettext("The doctor answers soon, and we write to you. The place is kept until then."),
        AWAITING_PAYMENT: gettext("The place is kept until %(until)s.") % told,
        REJECTED: by_staff or gettext("Another time may be free."), CALLED_OFF: by_staff,
        EXPIRED: gettext("The time to take the place has passed."),
        MISSED: gettext("If you are here now, tell the desk or check in below."),
    }.get(row.state, "")  # fmt: skip


def _offer(row: Appointment) -> bool:
    entry: WaitlistEntry | None = getattr(row, "waitlist_entry", None)
    return row.state == HELD and entry is not None and entry.state == WaitlistEntry.OFFERED
