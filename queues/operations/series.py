"""Recurring series (R2.10): conflicts listed before saving, exceptions, and edits of one or of all that are to come."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from django.utils.translation import gettext_lazy as _

from clinic.core import clock
from clinic.core.access import Actor
from clinic.core.errors import Conflict, DomainError, Invalid, NotAllowed, NotFound, say
from clinic.core.faces import stamp
from clinic.directory.models import VisitType
from clinic.live.record import add, change, operation, record
from clinic.records.models import Patient
from clinic.tenants import days
from queues import recurrence
from queues.availability import book, lengths
from queues.availability.book import Slot
from queues.models import BOOKED, Appointment, Queue, Series
from queues.operations import appointments
from queues.operations.appointments import Booked

ALTERNATIVES = 2
"""Free places named beside each conflict."""

say({
    "series.conflicts": _("Some of these times are not free. Leave them out, or choose another rule."),
    "series.ended": _("This series has ended."),
    "series.not_of_it": _("This appointment does not belong to that series, or has ended."),
    "series.past": _("A series begins in the future."),
})  # fmt: skip


@dataclass(frozen=True, slots=True)
class Clash:
    """A time of the rule that cannot be booked, why, and free places near it."""

    starts_at: datetime
    code: str
    alternatives: tuple[datetime, ...] = ()

    def face(self) -> dict[str, Any]:
        return {
            "starts_at": stamp(self.starts_at), "code": self.code.replace(".", "_").upper(),
            "alternatives": [stamp(start) for start in self.alternatives],
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class Made:
    """What a change of a series did: the series, its appointments that were made, and the times left out."""

    series: Series
    booked: list[Booked] = field(default_factory=list)
    skipped: list[Clash] = field(default_factory=list)


def times(rule: str, starts_at: datetime, exceptions: Collection[date] = ()) -> list[datetime]:
    """The starts a rule gives in the open hospital; raises Invalid for a rule that does not end or never comes."""
    zone = days.current_hospital().zone
    return recurrence.starts(recurrence.read(rule), starts_at, zone, exceptions)


def conflicts(
    queue: Queue, type: VisitType | None, starts_at: datetime, rule: str,  # noqa: A002
    exceptions: Collection[date] = (),
) -> list[Clash]:  # fmt: skip
    """Which of the times are not free now, to be shown before anything is saved."""
    wanted = times(rule, starts_at, exceptions)
    free = book.free_at(queue, type, wanted)
    taken = [start for start in wanted if start not in free]
    if not taken:
        return []
    here = days.current_hospital()
    day_of = {start: days.service_day(here, start) for start in taken}
    shown = {each.day: each.slots for each in book.days(queue, min(day_of.values()), max(day_of.values()), type)}
    return [Clash(start, "slot.taken", _near(start, shown[day])) for start, day in day_of.items()]


def _near(start: datetime, slots: Sequence[Slot]) -> tuple[datetime, ...]:
    nearest = sorted((slot.starts_at for slot in slots), key=lambda at: abs(at - start))
    return tuple(sorted(nearest[:ALTERNATIVES]))


@operation("appointments.book")
def make(
    queue: Queue, patient: Patient, *, type: VisitType | None = None, starts_at: datetime, rule: str,  # noqa: A002
    exceptions: Sequence[date] = (), skip_conflicts: bool = False, reason: str = "", actor: Actor,
) -> Made:  # fmt: skip
    """Book every time of a rule, all of them in one act; doctor, desk and patient learn of each.

    Times that are not free refuse with their list (409 ``series.conflicts``), or are left out and become exceptions.
    """
    line = _line(queue)
    actor.must_see(line.department_id)
    if starts_at <= clock.now():
        raise Invalid("series.past")
    wanted = times(rule, starts_at, exceptions)
    series = add(Series(
        queue=line, patient=patient, type=type, rule=recurrence.read(rule).text, starts_at=wanted[0],
        minutes=lengths.of(line, type).minutes, exceptions=sorted(day.isoformat() for day in exceptions),
    ))  # fmt: skip
    booked, skipped = _each(
        wanted,
        lambda start: appointments.book(
            line,
            patient,
            type=type,
            starts_at=start,
            reason=reason,
            source=Appointment.OF_SERIES,
            series=series,
            actor=actor,
        ),
    )
    if skipped and (not skip_conflicts or not booked):
        raise _refused(skipped)
    left_out = {*series.exceptions, *(_local_day(clash.starts_at) for clash in skipped)}
    change(series, exceptions=sorted(left_out), minutes=booked[0].appointment.minutes)
    record("series.made", series, *(one.appointment for one in booked))
    return Made(series, booked, skipped)


@operation("appointments.book")
def move_one(appointment: Appointment, *, starts_at: datetime, reason: str = "", actor: Actor) -> Made:
    """Move one of a series; the others stay, and its old day is an exception."""
    series = _locked_of(appointment, actor)
    held = _one_of(series, appointment)
    day = _local_day(held.starts_at)
    booked = appointments.reschedule(held, starts_at=starts_at, reason=reason, actor=actor)
    change(booked.appointment, series=series)
    change(series, exceptions=sorted({*series.exceptions, day}))
    record("series.changed", series, booked.appointment, reason=reason)
    return Made(series, [booked])


@operation("appointments.book")
def move_all(
    appointment: Appointment, *, starts_at: datetime, skip_conflicts: bool = False, reason: str = "", actor: Actor
) -> Made:  # fmt: skip
    """Move this one and all that come after it by the same time on the wall, in one act.

    Times that are not free refuse with their list, or stay where they are.
    """
    series = _locked_of(appointment, actor)
    first = _one_of(series, appointment)
    zone = days.current_hospital().zone
    by = recurrence.between(first.starts_at, starts_at, zone)
    coming = _coming(series, first.starts_at)
    # The last goes first when all go later: nobody then meets the one behind on its old place.
    ordered = coming[::-1] if starts_at > first.starts_at else coming
    target = {recurrence.shifted(one.starts_at, by, zone): one for one in ordered}
    booked, skipped = _each(
        target, lambda start: appointments.reschedule(target[start], starts_at=start, reason=reason, actor=actor)
    )
    if skipped and (not skip_conflicts or not booked):
        raise _refused(skipped)
    booked.sort(key=lambda one: one.appointment.starts_at)
    for one in booked:
        change(one.appointment, series=series)
    if first.starts_at <= series.starts_at:
        change(series, starts_at=recurrence.shifted(series.starts_at, by, zone))
    record("series.changed", series, *(one.appointment for one in booked), reason=reason)
    return Made(series, booked, skipped)


@operation("appointments.book")
def skip_one(appointment: Appointment, *, reason: str, actor: Actor) -> Made:
    """Cancel one of a series: its day becomes an exception, and the others stay."""
    series = _locked_of(appointment, actor)
    held = _one_of(series, appointment)
    appointments.cancel(held, reason=reason, actor=actor)
    change(series, exceptions=sorted({*series.exceptions, _local_day(held.starts_at)}))
    record("series.changed", series, held, reason=reason)
    return Made(series)


@operation("appointments.book")
def cancel_all(series: Series, *, start: datetime | None = None, reason: str, actor: Actor) -> Made:
    """Cancel all that are to come, from a start on; the series ends where nothing of it is left. Twice is once."""
    held = _locked(series, actor)
    now = clock.now()
    if held.ended_at is not None:
        return Made(held)
    gone = _coming(held, max(start or now, now))
    for one in gone:
        appointments.cancel(one, reason=reason, actor=actor)
    if not held.appointments.filter(state__in=BOOKED).exists():
        change(held, ended_at=now)
    if gone or held.ended_at is not None:
        record("series.cancelled", held, *gone, reason=reason)
    return Made(held)


# --- shared ----------------------------------------------------------------------------------------------------------


def _each(wanted: Iterable[datetime], verb: Callable[[datetime], Booked]) -> tuple[list[Booked], list[Clash]]:
    booked, skipped = [], []
    for start in wanted:
        try:
            booked.append(verb(start))
        except (Conflict, NotAllowed, Invalid) as refused:  # that one is undone, and the others go on
            near = refused.details.get("alternatives") or []
            skipped.append(Clash(start, refused.code, tuple(_at(place) for place in near[:ALTERNATIVES])))
    return booked, skipped


def _at(place: Any) -> datetime:
    at = place["starts_at"]
    return datetime.fromisoformat(at) if isinstance(at, str) else at


def _refused(clashes: list[Clash]) -> DomainError:
    return Conflict("series.conflicts", conflicts=[clash.face() for clash in clashes])


def _local_day(start: datetime) -> str:
    return start.astimezone(days.current_hospital().zone).date().isoformat()


def _line(queue: Queue) -> Queue:
    found: Queue | None = Queue.objects.select_related("department").filter(pk=queue.pk).first()
    if found is None:
        raise NotFound()
    return found


def _locked(series: Series, actor: Actor) -> Series:
    rows = Series.objects.select_for_update(no_key=True, of=("self",)).select_related("queue")
    held: Series | None = rows.filter(pk=series.pk).first()
    if held is None:
        raise NotFound()
    actor.must_see(held.queue.department_id)
    return held


def _locked_of(appointment: Appointment, actor: Actor) -> Series:
    fresh = Appointment.objects.select_related("series").filter(pk=appointment.pk).first()
    if fresh is None:
        raise NotFound()
    if fresh.series is None:
        raise NotAllowed("series.not_of_it")
    held = _locked(fresh.series, actor)
    if held.ended_at is not None:
        raise NotAllowed("series.ended")
    return held


def _one_of(series: Series, appointment: Appointment) -> Appointment:
    """The appointment as it is now, if it still belongs to what is to come."""
    found: Appointment | None = series.appointments.filter(pk=appointment.pk, state__in=BOOKED).first()
    if found is None:
        raise NotAllowed("series.not_of_it")
    return found


def _coming(series: Series, start: datetime) -> list[Appointment]:
    rows = series.appointments.filter(state__in=BOOKED, starts_at__gte=start)
    return list(rows.select_related("queue").order_by("starts_at", "id"))
