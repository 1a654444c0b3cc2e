"""Into a line under a token: what taking in and checking in have in common (R3.2, R3.3, R3.17)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from django.db.models import UUIDField

from clinic.core.errors import Conflict, NotAllowed, NotFound
from clinic.core.nouns import Versioned
from clinic.core.prepared import Given, Prepared
from clinic.live.record import add, change
from clinic.records.models import Patient
from clinic.tenants import days, links
from clinic.tenants.models import PublicToken
from queues.models import Appointment, Leg, Queue, Visit
from queues.operations import limits
from queues.operations.limits import Line, Warned
from queues.operations.order import order_at, place_of, take


@dataclass(frozen=True, slots=True)
class Arrival:
    """What an intake made: the visit, its leg, and the link for the patient's phone (shown, never stored)."""

    visit: Visit
    leg: Leg
    link: str
    warnings: tuple[Warned, ...] = ()
    """What the desk should know: a long line, a closed house."""

    @property
    def warning(self) -> Warned | None:
        """The first of them."""
        return self.warnings[0] if self.warnings else None


@dataclass(frozen=True, slots=True)
class Entered:
    """A visit that stands in a line, with the other rows that changed: the event names them all."""

    leg: Leg
    link: str
    counters: list[Versioned]
    long: Warned | None


_PATIENT = Prepared[Patient](
    lambda: Patient.objects.filter(pk=Given("patient", UUIDField())).select_for_update(no_key=True, of=("self",))
)


# Two steps: joined, the database went through the line instead, as long as it did not know how long lines are.
_INSIDE = Prepared[UUID](
    lambda: Visit.objects.filter(patient_id=Given("patient", UUIDField()), ended_at=None).values_list("pk", flat=True),
)


def person(patient_id: UUID) -> Patient:
    """The patient, locked: two who take the same person in at once follow each other."""
    locked = _PATIENT.first(patient=patient_id)
    if locked is None:
        raise NotFound()
    if locked.is_merged:
        raise NotAllowed("patient.merged", kept=str(locked.merged_into_id))
    return locked


def not_here_yet(queue: Queue, patient: Patient) -> None:
    """409 ``visit.already_in_line`` for whoever waits in this line under another token (R3.17)."""
    inside = _INSIDE.rows(patient=patient.pk)
    if not inside:
        return
    leg = Leg.objects.open().filter(queue=queue, visit__in=inside).select_related("visit").first()
    if leg is not None:
        raise Conflict("visit.already_in_line", token=leg.visit.token, visit=str(leg.visit_id), state=leg.state)


def enter(
    line: Line, visit: Visit, *, now: datetime, since: datetime | None = None, due: bool = True,
    booked: Appointment | None = None,
) -> Entered:  # fmt: skip
    """Put a visit into the line: token, link, place.

    ``since``: from when on it counts (R2.7). With ``booked`` a full line takes the patient in all the same (the place
    was given when it was booked), and a booked token is the ticket (R2.6).
    """
    queue, here, policy = line.queue, line.rules.hospital.hospital, line.rules.hospital
    ticket = booked if booked is not None and booked.token_number is not None else None
    period = _period(line, ticket)
    link = links.issue(PublicToken.STATUS, visit.ref, here.pk, days.day_end(here, line.day))
    # From here to the commit every other intake of the department waits: as little as can be is done.
    if ticket is None:
        tokens, places = take(f"token:{queue.department_id}:{period}", place_of(queue.pk))
        counters: list[Versioned] = [tokens, places]
        number, token = tokens.value, f"{queue.department.prefix}-{tokens.value:03d}"
    else:
        (places,) = take(place_of(queue.pk))
        counters, number, token = [places], ticket.token_number or 0, ticket.token
    long = limits.admit(line) if booked is None else limits.warn(line)
    if visit._state.adding:
        visit.department, visit.service_day, visit.token_period = queue.department, line.day, period
        visit.token_number, visit.token = number, token
        add(visit)
    else:  # its check-in was undone, and they are here again: the booked token is the ticket still
        change(visit, ended_at=None, outcome="", arrived_at=now)
    counts_from = since or now
    leg = add(Leg(
        visit=visit, queue=queue, due=due, effective_at=counts_from,
        order_at=order_at(counts_from, visit.klass, policy), order_no=places.value, entered_at=now,
    ))  # fmt: skip
    return Entered(leg, link, counters, long)


def _period(line: Line, ticket: Appointment | None) -> date:
    """Of the booked token; else the one in which tokens are counted now (R3.2)."""
    if ticket is not None and ticket.token_period is not None:
        return ticket.token_period
    return days.period_start(line.rules.token_reset, line.day)
