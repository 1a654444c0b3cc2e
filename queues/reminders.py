"""The clock's messages: the day and the hour before an appointment, and "nearly your turn".

It looks at rows and the time; a message that is there already is refused by the database, so a doubled tick does no
harm.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from clinic.core import clock
from clinic.inbox.models import PatientMessage
from queues.messages import can_be_told, is_silent, reachable, tell, tell_visit
from queues.models import CONFIRMED, WAITING, Appointment, Leg, Visit
from queues.regions import status

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
DAY_UNTIL = timedelta(hours=6)
"""A reminder of the day before is of no use any more so long before the start."""
BOOKED_LONG = timedelta(hours=2)
"""Who booked so shortly before a reminder was due needs none."""
AHEAD = 2
WAITED = timedelta(minutes=5)
"""Who came in a moment ago with few people ahead was told so at the desk."""


def remind() -> int:
    """Remind of tomorrow's and of the next hour's appointments; returns how many people."""
    if is_silent():
        return 0
    now = clock.now()
    told = _remind("reminder_day", now, now + DAY_UNTIL, now + DAY, DAY, DAY_UNTIL)
    return told + _remind("reminder_hour", now, now, now + HOUR, HOUR, timedelta())


def _remind(
    occasion: str, now: datetime, first: datetime, last: datetime, before: timedelta, until: timedelta
) -> int:  # fmt: skip
    rows = Appointment.objects.filter(reachable("patient"), state=CONFIRMED, starts_at__gt=first, starts_at__lte=last)
    found = rows.values_list("pk", "starts_at", "booked_at")
    due = {f"{Appointment.kind}:{pk}": pk for pk, at, booked_at in found if at - before - booked_at > BOOKED_LONG}
    told = _told(occasion, due)
    # Whoever was told stands in every sweep until the day is there: their rows are not read.
    wanted = rows.filter(pk__in=[pk for ref, pk in due.items() if ref not in told])
    new = list(
        wanted.select_related("patient", "queue__department", "queue__doctor", "type").order_by("starts_at", "id")
    )
    for a in new:
        tell(a, occasion, until=a.starts_at - until)
    return len(new)


def _told(occasion: str, refs: Iterable[str]) -> set[str]:
    return set(PatientMessage.objects.filter(occasion=occasion, about__in=list(refs)).values_list("about", flat=True))


def near() -> int:
    """Tell who has two people ahead or fewer, once, and by the same count that the phone shows; returns how many."""
    if is_silent():
        return 0
    waiting = Leg.objects.filter(
        reachable("visit__patient"), state=WAITING, calls=0, entered_at__lte=clock.now() - WAITED
    )
    where = dict(waiting.values_list("visit_id", "visit__department_id"))
    places = _near_places(where.keys(), set(where.values()))
    visits = Visit.objects.filter(pk__in=list(places)).select_related("patient", "department").order_by("id")
    rows = [visit for visit in visits if can_be_told(visit.patient)]
    told = _told("two_before", [visit.ref for visit in rows])
    new = [visit for visit in rows if visit.ref not in told]
    for visit in new:
        tell_visit(visit, "two_before", {"ahead": places[visit.pk]}, until=clock.now() + 2 * WAITED)
    return len(new)


def _near_places(visits: Iterable[UUID], departments: set[UUID]) -> dict[UUID, int]:
    """Of these visits those that are nearly called → how many people are ahead."""
    if not departments:
        return {}
    wanted = {str(pk): pk for pk in visits}
    loaded = status.load_places([str(pk) for pk in departments])
    rows: list[Any] = [row for one in loaded.values() for row in one.rows or ()]  # places
    return {
        wanted[row.key]: row.ahead
        for row in rows
        if row.key in wanted and row.state in ("waiting", "next") and not row.paused and row.ahead <= AHEAD
    }
