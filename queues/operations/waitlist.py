"""The waiting list (R2.5): who wants a place, what is offered to whom and until when, and what they say to it.

A place that becomes free is held for the oldest entry it fits; the patient is told, and takes or declines it by the
link or at the desk. A hold is the booking's own account of places, so an offer and a booking never share one.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import Any

import structlog
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from clinic.core import clock
from clinic.core.access import SYSTEM, VISITOR, Actor
from clinic.core.errors import Conflict, DomainError, Invalid, NotAllowed, NotFound, say
from clinic.directory.models import VisitType
from clinic.live.record import add, change, operation, record
from clinic.records.models import Patient
from clinic.tenants import days
from queues.availability import book
from queues.models import BOOKED, HELD, SLOT, TOKEN, Appointment, Queue, WaitlistEntry
from queues.operations import appointments, placing
from queues.operations.appointments import Booked

OFFER_MINUTES = 30
"""How long an offered place is kept: long enough to read a message, short enough for the next."""
SOONEST = timedelta(minutes=30)
"""A place that begins sooner is offered to nobody: nobody would be there."""
LONGEST_DAYS = 180
MOST_TRIES = 25
"""Entries a free place is offered to in turn until one fits."""
WAITLISTED, OFFERED, TAKEN, GONE, WITHDRAWN = (
    WaitlistEntry.WAITLISTED, WaitlistEntry.OFFERED, WaitlistEntry.TAKEN, WaitlistEntry.GONE, WaitlistEntry.WITHDRAWN,
)  # fmt: skip
PARTS = tuple(key for key, _label in WaitlistEntry.PARTS)
NOON = 12

say({
    "waitlist.bad_days": _("From today on, the last day not before the first, and at most %(most)s days."),
    "waitlist.bad_part": _("Any time, before noon or after noon."),
    "waitlist.wrong_state": _("This entry is %(state_text)s, so this cannot be done now."),
    "waitlist.outside": _("That place is not among the days and hours asked for."),
    "waitlist.offer_over": _("This offer has ended; the place went to somebody else."),
})  # fmt: skip

log = structlog.get_logger(__name__)


@operation("appointments.book")
def enter(
    queue: Queue, patient: Patient, *, type: VisitType | None = None, first_day: date, last_day: date,  # noqa: A002
    part: str = WaitlistEntry.ANY, note: str = "", actor: Actor,
) -> WaitlistEntry:  # fmt: skip
    """Put somebody on a line's waiting list for some days; the book shows it.

    Refuses somebody who is on it already, days that are over, and too many of them.
    """
    line = _line(queue)
    actor.must_see(line.department_id)
    return _enter(line, patient, type, first_day, last_day, part, note)


@operation("booking.make")
def enter_online(
    queue: Queue, person: dict[str, Any], *, type: VisitType | None = None,  # noqa: A002
    first_day: date, last_day: date,
    part: str = WaitlistEntry.ANY, note: str = "", actor: Actor = VISITOR,
) -> WaitlistEntry:  # fmt: skip
    """The same without sign-in: the person is found or registered as for a booking.

    Whoever is on the list already gets the same answer (R2.13): the entry that stands.
    """
    line = _line(queue)
    _sensible(first_day, last_day, part)  # before anybody is looked for: a refusal must not tell who is on the list
    patient = appointments.person_of(person)
    known: WaitlistEntry | None = _open_entries(line, patient).first()
    if known is not None:
        return known
    return _enter(line, patient, type, first_day, last_day, part, note)


@operation("appointments.book")
def offer(entry: WaitlistEntry, starts_at: datetime, *, mode: str = SLOT, actor: Actor) -> Appointment:
    """Hold a place for somebody on the list, for half an hour; they are told, and the book shows it.

    By number (``mode``) the place is the next number of that day. The same offer twice is once. Refuses a place that
    is not free (409 with alternatives) or not asked for.
    """
    held = _locked(entry, actor)
    if held.state == OFFERED and held.offer is not None and held.offer.starts_at == starts_at:
        return held.offer
    _expect(held, WAITLISTED)
    if not fits(held, starts_at):
        raise NotAllowed("waitlist.outside", starts_at=starts_at.isoformat())
    now = clock.now()
    place = appointments.hold(held.queue, type=held.type, starts_at=starts_at, mode=mode, actor=actor)
    until = min(now + timedelta(minutes=OFFER_MINUTES), place.starts_at)
    change(place, patient=held.patient, held_until=until, source=Appointment.WAITLIST)
    change(held, state=OFFERED, offer=place, offers=held.offers + 1)
    placing.link_to(place)
    record("waitlist.offered", held, place)
    return place


@operation("appointments.book")
def take_offer(entry: WaitlistEntry, *, actor: Actor) -> Booked:
    """The desk was told yes: the place held becomes the booking. Twice is once."""
    return _take(_locked(entry, actor), actor)


@operation("booking.own")
def take_offer_by_link(entry: WaitlistEntry, *, actor: Actor) -> Booked:
    """The patient says yes by the link of the offered place."""
    # The link opens this one place, so the place's own hospital lets its holder book it, as its policies say.
    books = Actor(kind=actor.kind, id=actor.id, name=actor.name, abilities=frozenset({"appointments.book"}))
    return _take(_own(entry, actor), books)


@operation("appointments.book")
def decline(entry: WaitlistEntry, *, actor: Actor) -> WaitlistEntry:
    """The desk was told no: the place is free for the next, and the entry stays on the list."""
    return _decline(_locked(entry, actor))


@operation("booking.own")
def decline_by_link(entry: WaitlistEntry, *, actor: Actor) -> WaitlistEntry:
    """The patient says no to this place and stays on the list."""
    return _decline(_own(entry, actor))


@operation("appointments.book")
def withdraw(entry: WaitlistEntry, *, actor: Actor) -> WaitlistEntry:
    """Take somebody off the list; a place held for them is free for the next. Twice is once."""
    return _withdraw(_locked(entry, actor))


@operation("booking.own")
def withdraw_by_link(entry: WaitlistEntry, *, actor: Actor) -> WaitlistEntry:
    """The patient wants no place any more."""
    return _withdraw(_own(entry, actor))


@operation("appointments.book")
def lapse(entry: WaitlistEntry, *, actor: Actor) -> WaitlistEntry:
    """The clock's part: an offer nobody answered, or days that are over, end the entry. Idempotent."""
    held = _locked(entry, actor)
    if held.state not in (WAITLISTED, OFFERED) or not _is_over(held):
        return held
    subjects = _give_back(held)
    change(held, state=GONE, ended_at=clock.now())
    record("waitlist.lapsed", held, *subjects)
    return held


# --- what becomes of a free place ------------------------------------------------------------------------------------


def offer_free(queue: Queue, starts_at: datetime, mode: str = SLOT) -> Appointment | None:
    """Offer a place that became free to the oldest entry it fits; None if it fits nobody or is taken already."""
    if starts_at < clock.now() + SOONEST:
        return None
    for entry in fitting(queue, starts_at):
        try:
            return offer(entry, starts_at, mode=mode, actor=SYSTEM)
        except DomainError as refused:  # too short for this one's type, or somebody was faster: ask for the next
            log.info("waitlist.not_offered", entry=str(entry.pk), code=refused.code)
    return None


def fitting(queue: Queue, starts_at: datetime) -> list[WaitlistEntry]:
    """Who on the list of this line asked for such a place, the oldest first; not who declined it already."""
    here = days.current_hospital()
    day = days.service_day(here, starts_at)
    part = WaitlistEntry.MORNING if starts_at.astimezone(here.zone).hour < NOON else WaitlistEntry.AFTERNOON
    rows = WaitlistEntry.objects.filter(
        queue=queue, state=WAITLISTED, first_day__lte=day, last_day__gte=day, part__in=(WaitlistEntry.ANY, part)
    ).exclude(Q(offer__isnull=False) & Q(offer__starts_at=starts_at))
    there = Appointment.objects.filter(queue=queue, service_day=day, state__in=BOOKED)
    rows = rows.exclude(patient__in=there.values("patient"))
    return list(rows.select_related("queue").order_by("entered_at", "id")[:MOST_TRIES])


def fits(entry: WaitlistEntry, starts_at: datetime) -> bool:
    """Whether a start is among the days and hours the entry asked for."""
    here = days.current_hospital()
    local = starts_at.astimezone(here.zone)
    part = WaitlistEntry.MORNING if local.hour < NOON else WaitlistEntry.AFTERNOON
    asked = entry.first_day <= days.service_day(here, starts_at) <= entry.last_day
    return asked and entry.part in (WaitlistEntry.ANY, part)


def freed(refs: Iterable[str]) -> None:
    """Appointments that may have given their place back: what is really free is offered.

    Idempotent for times. A number is never given out again (R3.2): the next one of the day is offered, if one is left.
    """
    keys = [ref.partition(":")[2] for ref in refs if ref.startswith("appointment:")]
    for gone in Appointment.objects.filter(pk__in=keys, ended_at__isnull=False).select_related("queue"):
        if gone.mode == SLOT:
            offer_free(gone.queue, gone.starts_at)
        elif (about := book.day(gone.queue, gone.service_day).next_token_at) is not None:
            offer_free(gone.queue, about, TOKEN)


def over() -> list[WaitlistEntry]:
    """Entries the clock has to end: unanswered offers, and days that have passed."""
    now = clock.now()
    today = days.service_day(days.current_hospital(), now)
    unanswered = Q(state=OFFERED) & (~Q(offer__state=HELD) | Q(offer__held_until__lte=now))
    passed = Q(state=WAITLISTED, last_day__lt=today)
    return list(WaitlistEntry.objects.filter(unanswered | passed).order_by("entered_at", "id"))


def lapse_due() -> int:
    """End what is over; returns how many. Another tick does what this one could not."""
    ended = 0
    for entry in over():
        try:
            lapse(entry, actor=SYSTEM)
            ended += 1
        except DomainError as refused:
            log.info("clock.refused", entry=str(entry.pk), code=refused.code)
    return ended


def entry_of(appointment: Appointment) -> WaitlistEntry | None:
    """Whose offer this place is now, if it is one."""
    found: WaitlistEntry | None = WaitlistEntry.objects.filter(offer=appointment, state=OFFERED).first()
    return found


# --- shared ----------------------------------------------------------------------------------------------------------


def _line(queue: Queue) -> Queue:
    found: Queue | None = Queue.objects.filter(pk=queue.pk).first()
    if found is None:
        raise NotFound()
    return found


def _enter(
    queue: Queue, patient: Patient, type: VisitType | None, first_day: date, last_day: date,  # noqa: A002
    part: str, note: str,
) -> WaitlistEntry:  # fmt: skip
    now = clock.now()
    today = _sensible(first_day, last_day, part)
    # Two desks may enter the same person at once: the second waits here and then finds the first's entry.
    locked: Patient | None = Patient.objects.select_for_update(no_key=True, of=("self",)).filter(pk=patient.pk).first()
    if locked is None:
        raise NotFound()
    if locked.is_merged:
        raise NotAllowed("patient.merged", kept=str(locked.merged_into_id))
    if known := _open_entries(queue, locked).first():
        raise Conflict("waitlist.already", entry=str(known.pk))
    entry = add(WaitlistEntry(
        queue=queue, patient=locked, type=type, first_day=max(first_day, today), last_day=last_day, part=part,
        note=note.strip(), entered_at=now,
    ))  # fmt: skip
    record("waitlist.entered", entry)
    return entry


def _sensible(first_day: date, last_day: date, part: str) -> date:
    """Refuses days and hours that nobody means; returns today."""
    today = days.service_day(days.current_hospital(), clock.now())
    if not today <= last_day or not first_day <= last_day or (last_day - today).days > LONGEST_DAYS:
        raise Invalid("waitlist.bad_days", most=LONGEST_DAYS)
    if part not in PARTS:
        raise Invalid("waitlist.bad_part", allowed=list(PARTS))
    return today


def _open_entries(queue: Queue, patient: Patient) -> Any:
    return WaitlistEntry.objects.filter(queue=queue, patient=patient, state__in=(WAITLISTED, OFFERED))


def _locked(entry: WaitlistEntry, actor: Actor) -> WaitlistEntry:
    rows = WaitlistEntry.objects.select_for_update(no_key=True, of=("self",))
    held: WaitlistEntry | None = rows.select_related("queue", "patient", "type", "offer").filter(pk=entry.pk).first()
    if held is None:
        raise NotFound()
    actor.must_see(held.queue.department_id)
    return held


def _own(entry: WaitlistEntry, actor: Actor) -> WaitlistEntry:
    """A link acts on the entry whose offered place it names, and on no other."""
    held = _locked(entry, actor)
    if actor.kind != "patient" or held.offer is None or actor.id != held.offer.ref:
        raise NotFound()
    return held


def _expect(entry: WaitlistEntry, *states: str) -> None:
    if entry.state not in states:
        raise NotAllowed("waitlist.wrong_state", state=entry.state, state_text=entry.get_state_display())


def _take(entry: WaitlistEntry, actor: Actor) -> Booked:
    place = entry.offer
    if entry.state == TAKEN and place is not None:
        return Booked(place, appointments.booking_link(place))
    if entry.state == GONE:
        raise NotAllowed("waitlist.offer_over")
    _expect(entry, OFFERED)
    assert place is not None
    if place.state != HELD:
        raise NotAllowed("waitlist.offer_over")
    booked = appointments.book(
        entry.queue, entry.patient, type=entry.type, starts_at=place.starts_at, source=Appointment.WAITLIST,
        held=place, actor=actor,
    )  # fmt: skip
    change(entry, state=TAKEN, ended_at=clock.now())
    record("waitlist.taken", entry, booked.appointment)
    return booked


def _decline(entry: WaitlistEntry) -> WaitlistEntry:
    if entry.state == WAITLISTED and entry.offer_id is not None:
        return entry  # pressed twice
    _expect(entry, OFFERED)
    subjects = _give_back(entry)
    change(entry, state=WAITLISTED)
    record("waitlist.declined", entry, *subjects)
    return entry


def _withdraw(entry: WaitlistEntry) -> WaitlistEntry:
    if entry.state == WITHDRAWN:
        return entry
    _expect(entry, WAITLISTED, OFFERED)
    subjects = _give_back(entry)
    change(entry, state=WITHDRAWN, ended_at=clock.now())
    record("waitlist.withdrawn", entry, *subjects)
    return entry


def _give_back(entry: WaitlistEntry) -> list[Appointment]:
    """The place that is still held for the entry is free again; a reaction offers it to the next."""
    place = entry.offer
    if entry.state != OFFERED or place is None or place.state != HELD:
        return []
    appointments.release(place, actor=SYSTEM)
    place.refresh_from_db()
    return [place]


def _is_over(entry: WaitlistEntry) -> bool:
    now = clock.now()
    if entry.state == OFFERED:
        place = entry.offer
        return place is None or place.state != HELD or place.held_until is None or place.held_until <= now
    return entry.last_day < days.service_day(days.current_hospital(), now)
