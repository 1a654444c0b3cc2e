"""The account of places (R2.2): five-minute rows that the database refuses twice, written with the appointment.

Holds, bookings, moves and offers of the waiting list all take their place here. Called inside operations only.

Of two who take overlapping times at once, the second waits for the first at their first common tick (rows are written
in ascending order) and then finds nothing written: no savepoint is needed, and there is no ring to block in. A move
writes its new ticks before it lets the old ones go, so two who change places are refused instead of blocking.
"""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

from clinic.core import clock
from clinic.core.access import SYSTEM
from clinic.core.errors import Conflict
from clinic.live.record import change, record
from queues.availability import load, slots
from queues.availability.load import Loaded
from queues.models import EXPIRED, SLOT, TICK_MINUTES, Appointment, SlotTick

Place = tuple[int, int]
"""A tick and the place in it."""


def take(a: Appointment) -> None:
    """Let an appointment have its time again, as it stands in the row; Conflict if somebody else has it now.

    What it has already is kept or replaced. Leaves nothing behind when it refuses.
    """
    free(a)
    loaded = load.line(a.queue, a.service_day, a.type) if a.mode == SLOT else None
    if a.mode == SLOT and (loaded is None or _seat(a, loaded) is not None):
        raise Conflict("slot.taken")


def seat(a: Appointment, loaded: Loaded, *, instead_of: Appointment | None = None) -> Loaded | None:
    """Take a place for an appointment of this line that is about to be added: None, or the line seen without one.

    ``instead_of``: the appointment whose places it may keep, and whose other places are given back (a move).
    """
    works = loaded.days[a.service_day].works(slots.tick_of(a.starts_at))
    return _seat(a, loaded, instead_of) if works else loaded


def free(a: Appointment) -> None:
    """Give an appointment's places back; who waits for one of them gets it with the commit."""
    SlotTick.objects.filter(appointment=a).delete()


def _seat(a: Appointment, loaded: Loaded, instead_of: Appointment | None = None) -> Loaded | None:
    first, count = slots.tick_of(a.starts_at), (a.minutes + a.buffer_minutes) // TICK_MINUTES
    without = instead_of.pk if instead_of is not None else None
    while True:
        of_day = loaded.days[a.service_day]
        blocks = of_day.lasting(replace(of_day.length, minutes=a.minutes, buffer=a.buffer_minutes)).blocks(first)
        if not blocks:
            return loaded
        wanted = [(tick, place) for tick in range(first, first + count) for place in blocks[0]]
        _let_go_overdue(a.queue_id, wanted)
        if _write(a, wanted, instead_of):
            return None
        # Somebody was faster, and has committed: look again, at most once for each place that is gone.
        again = load.line(a.queue, a.service_day, a.type, without=without)
        if again is None:
            return loaded
        loaded = again


def _write(a: Appointment, wanted: list[Place], instead_of: Appointment | None) -> bool:
    a.check_hospital()
    kept = _keep(a, wanted, instead_of) if instead_of is not None else set[Place]()
    missing = [place for place in wanted if place not in kept]
    rows = [SlotTick(queue=a.queue, tick=tick, place=place, appointment=a) for tick, place in missing]
    SlotTick.objects.bulk_create(rows, ignore_conflicts=True)
    if SlotTick.objects.filter(appointment=a).count() == len(wanted):
        if instead_of is not None:
            free(instead_of)
        return True
    if instead_of is not None and kept:
        _give_to(a, instead_of, kept)
    free(a)
    return False


def _keep(a: Appointment, wanted: list[Place], old: Appointment) -> set[Place]:
    """The places both have: they change hands without being free for a moment."""
    if a.queue_id != old.queue_id:
        return set()
    kept = set(SlotTick.objects.filter(appointment=old).values_list("tick", "place")) & set(wanted)
    if kept:
        _give_to(old, a, kept)
    return kept


def _give_to(giver: Appointment, taker: Appointment, places: set[Place]) -> None:
    mine = SlotTick.objects.filter(appointment=giver).values_list("pk", "tick", "place")
    keys = [pk for pk, tick, place in mine if (tick, place) in places]
    SlotTick.objects.filter(pk__in=keys).update(appointment=taker)


def _let_go_overdue(queue_id: UUID, wanted: list[Place]) -> None:
    """A hold whose time is over keeps nobody out, also where the clock has not come by yet (R2.3)."""
    ticks = [tick for tick, _place in wanted]
    there = SlotTick.objects.filter(queue=queue_id, tick__gte=min(ticks), tick__lte=max(ticks))
    rows = Appointment.objects.filter(load.overdue(clock.now()), pk__in=there.values("appointment"))
    for row in rows.select_for_update(no_key=True).order_by("id"):
        expire(row)


def expire(row: Appointment, *, reason: str = "") -> None:
    """End a hold, or a booking nobody paid; the caller has locked the row."""
    change(row, state=EXPIRED, ended_at=clock.now(), ended_by=SYSTEM.id if not reason else "desk", held_until=None)
    free(row)
    record("appointment.expired", row, reason=reason)
