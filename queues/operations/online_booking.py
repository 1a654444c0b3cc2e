"""Booking without an account, and by the link of a booking (R2.3–R2.5, R2.13)."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _
from rapidfuzz import fuzz

from clinic.core import clock
from clinic.core.access import SYSTEM, Actor
from clinic.core.errors import Conflict, DomainError, Invalid, NotAllowed, NotFound, say
from clinic.directory.models import VisitType
from clinic.live.record import operation
from clinic.records import search
from clinic.records.models import Patient
from clinic.records.operations import register
from clinic.tenants import days
from clinic.tenants.models import HospitalConfig
from queues.models import BOOKED, CONFIRMED, REQUESTED, Appointment, Queue
from queues.operations import booked, entering, held_by, one_time, placing
from queues.operations.booked import Booked

FIELDS = frozenset({"given_name", "family_name", "phone", "email", "birth_date", "birth_year", "language"})
"""What somebody may say of themselves without an account."""
ONLINE = "booked online"
"""Why a stranger is registered without being asked whether they are known: they must not be told (R2.13)."""
SAME_END = 9
"""So many digits from the end make two numbers one, however the country is written."""

say({
    "booking.limit": _(
        "You have a booking there on that day, or as many as can be made online. Look under “My bookings”, or call us."
    ),
    "booking.needs_phone": _("A phone number is needed."),
    "booking.bad_fields": _("Unknown fields: nothing was saved."),
})  # fmt: skip


@operation("booking.make")
def hold_online(
    queue: Queue, *, type: VisitType | None = None, starts_at: datetime, actor: Actor,  # noqa: A002
) -> Appointment:  # fmt: skip
    """Keep a time for somebody who is filling in the form (R2.3). 409 ``slot.taken`` with what is free instead."""
    return booked.keep(queue, type, starts_at, source=Appointment.ONLINE, online=True, actor=actor)


@operation("booking.make")
def book_online(
    place: Appointment | Queue, person: dict[str, Any], *, type: VisitType | None = None,  # noqa: A002
    starts_at: datetime | None = None, day: date | None = None, mode: str | None = None, reason: str = "",
    proved: str = "", actor: Actor,
) -> Booked:  # fmt: skip
    """Book without an account, at the place of a hold or in a line; doctor, desk and patient learn of it.

    Whoever is known is found by phone, birth and the sound of the name, and nothing says so: the answer is the same
    (R2.13). ``proved``: the phone or mailbox that a code was sent to. If it is the record's own, at most so many live
    bookings of it (R2.4) and one on one day: 409 ``booking.limit``. Whoever has shown nothing is refused nothing for
    what the record holds, and so learns nothing of it (R2.13).
    """
    patient = entering.person(person_of(person).pk)
    config, known = days.policies(), _is_theirs(patient, proved)
    if known:
        _few(patient, proved, config)
    state, until = placing.first_state(config, actor)
    given = {
        "patient": patient, "state": state, "held_until": until, "source": Appointment.ONLINE,
        "proved": known, "reason": reason.strip()[:200], "said_given": str(person.get("given_name", ""))[:80],
        "said_family": str(person.get("family_name", ""))[:80],
    }  # fmt: skip
    try:
        if isinstance(place, Appointment):
            held = _held(place, actor)
            return booked.make_of(held, quiet=not known, overridden=False, **given)
        line, kind = placing.line_of(place, actor), placing.kind_of(type)
        draft = Appointment(type=kind, booked_at=clock.now(), **given)
        counters = placing.put(draft, line, starts_at=starts_at, day=day, mode=mode, online=True)
        return booked.make(draft, counters, quiet=not known)
    except Conflict as refusal:
        raise _untold(refusal) from None


@operation("booking.make")
def release_online(held: Appointment, *, actor: Actor) -> Appointment:
    """Give a hold back that was made online, by whoever has its secret; twice is once."""
    return booked.give_back(_held(held, actor))


@operation("booking.own")
def cancel_by_link(a: Appointment, *, reason: str = "", actor: Actor) -> Appointment:
    """The patient calls the booking off; its place is free at once, and the desk and the doctor learn of it."""
    _own(a, actor)
    return booked.call_off(booked.locked(a, actor), reason.strip()[:200], actor)


@operation("booking.own")
def reschedule_by_link(
    a: Appointment, *, starts_at: datetime | None = None, day: date | None = None, actor: Actor
) -> Booked:
    """The patient moves the booking within its line (R2.5); the new one has a link of its own.

    Where the doctor accepts bookings, the new time is a request again.
    """
    _own(a, actor)
    old = booked.locked(a, actor)
    line = placing.line_of(old.queue, actor)
    again = booked.moved_already(old, line, starts_at, day)
    if again is not None:
        return again
    booked.expect(old, REQUESTED, CONFIRMED)
    by_doctor = days.policies().confirm == HospitalConfig.BY_DOCTOR
    shown_who = old.proved or old.source != Appointment.ONLINE
    try:
        return booked.move(
            old, line, starts_at=starts_at, day=day, state=REQUESTED if by_doctor else old.state, held_until=None,
            reason="", source=old.source, online=True, quiet=not shown_who, actor=actor,
        )  # fmt: skip
    except Conflict as refusal:
        raise _untold(refusal) from None


def person_of(person: dict[str, Any]) -> Patient:
    """The patient somebody says to be, found or registered; inside an operation. The caller tells nobody which."""
    unknown = sorted(set(person) - FIELDS)
    if unknown:
        raise Invalid("booking.bad_fields", fields=unknown)
    _phone(person)
    _one_after_the_other()
    known = _known(person)
    if known is not None:
        return known
    made: Patient = register(force_new=ONLINE, actor=SYSTEM, **person)
    return made


def _known(person: dict[str, Any]) -> Patient | None:
    """By the end of the phone number, the birth, the given name and how the family name sounds: all of them.

    Families share a phone and a name, and twins a birthday: a booking must not get into another one's record.
    """
    born, year = person.get("birth_date"), person.get("birth_year")
    year = born.year if born is not None else year
    sound = search.sound_key(person.get("family_name", ""), person.get("given_name", ""))
    same_phone: QuerySet[Patient] = Patient.objects.filter(
        phone_key__startswith=_phone(person)[:SAME_END], merged_into=None
    )
    for row in same_phone.order_by("id"):
        if row.sound_key != sound or year is None or not _same_given(row, person):
            continue
        if born is not None and row.birth_date is not None:
            if row.birth_date == born:
                return row
        elif year == (row.birth_date.year if row.birth_date is not None else row.birth_year):
            return row
    return None


def _same_given(row: Patient, person: dict[str, Any]) -> bool:
    said = search.plain(str(person.get("given_name", "")))
    names = {search.plain(row.given_name), search.plain(row.preferred_name)} - {""}
    return any(fuzz.ratio(said, name) >= search.ALIKE for name in names) if names else not said


def _phone(person: dict[str, Any]) -> str:
    key = search.phone_key(str(person.get("phone", "")))
    if len(key) < 6:
        raise Invalid("booking.needs_phone", phone=["required"])
    return key


def _one_after_the_other() -> None:
    """Those who book without an account follow each other: none is registered twice, none passes the limit."""
    list(HospitalConfig.objects.select_for_update(no_key=True).values_list("pk", flat=True))


def _held(place: Appointment, actor: Actor) -> Appointment:
    """A hold that was made online, for whoever made it; NotFound for anybody else."""
    held = booked.locked(place, actor)
    held_by.check(held, actor, place.hold_secret)
    if held.source != Appointment.ONLINE or held.patient_id:
        raise NotFound()
    return held


def _is_theirs(patient: Patient, proved: str) -> bool:
    """Whether what somebody has shown to read is the record's own mailbox or phone."""
    if "@" in proved:
        return one_time.normal(patient.email) == one_time.normal(proved)
    key = search.phone_key(proved)[:SAME_END]
    return bool(key) and patient.phone_key.startswith(key)


def _few(patient: Patient, proved: str, config: HospitalConfig) -> None:
    """Counts what belongs to whom the code was sent to: of one phone, or of one phone with this mailbox."""
    live = Appointment.objects.filter(
        source=Appointment.ONLINE, state__in=BOOKED, patient__phone_key__startswith=patient.phone_key[:SAME_END],
        service_day__gte=booked.today(),
    )  # fmt: skip
    if "@" in proved:
        live = live.filter(patient__email__iexact=proved.strip())
    if live.count() >= config.live_bookings_per_phone:
        raise NotAllowed("booking.limit")


def _untold(refusal: Conflict) -> DomainError:
    """Another booking of the person is not told of: whoever booked may be somebody else (R2.13)."""
    return NotAllowed("booking.limit") if refusal.code == "appointment.twice" else refusal


def _own(a: Appointment, actor: Actor) -> None:
    """A link acts on the booking it names and on no other."""
    if actor.kind != "patient" or actor.id != a.ref:
        raise NotFound()
