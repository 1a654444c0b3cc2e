"""Taking somebody in (R3.2, R3.3, R3.17, R3.23)."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import UUIDField

from clinic.core import clock
from clinic.core.access import Actor
from clinic.core.errors import Conflict, Invalid, NotAllowed, NotFound
from clinic.core.prepared import Given, Prepared
from clinic.live.record import add, operation, record
from clinic.records.models import Patient
from clinic.tenants import days, links
from clinic.tenants.models import PublicToken
from queues.models import CARRIED_OVER, NORMAL, URGENT, VIP, Leg, LegQuerySet, Queue, Visit
from queues.operations.order import order_at, place_of, take


@dataclass(frozen=True, slots=True)
class Arrival:
    """What an intake made: the visit, its leg, and the link for the patient's phone (shown, never stored)."""

    visit: Visit
    leg: Leg
    link: str


_PATIENT = Prepared[Patient](
    lambda: Patient.objects.filter(pk=Given("patient", UUIDField())).select_for_update(no_key=True, of=("self",))
)


def _open_legs() -> LegQuerySet:
    # ``ended_at`` leads the database from the patient, who has few visits, and not from the line, which has many legs.
    legs: LegQuerySet = Leg.objects.open().filter(
        queue_id=Given("queue", UUIDField()), visit__patient_id=Given("patient", UUIDField()), visit__ended_at=None
    )
    return legs.select_related("visit")


_HERE = Prepared[Leg](_open_legs)


@operation("queues.intake")
def arrive(
    queue: Queue, patient: Patient, *, klass: str = NORMAL, class_reason: str = "", reason: str = "",
    again_reason: str = "", source: str = "desk", actor: Actor,
) -> Arrival:  # fmt: skip
    """Put a patient into a line under a new token; the desk, the line, displays and doctors learn of it.

    Refuses a closed line, and somebody who already waits in this line unless ``again_reason`` says why (R3.17).
    """
    if klass not in (URGENT, VIP, NORMAL):
        raise Invalid("visit.bad_class", klass=klass, allowed=[NORMAL, URGENT, VIP], carried=CARRIED_OVER)
    if not queue.is_open:
        raise NotAllowed("queue.closed", queue=queue.name)
    # Two desks may take the same person in at once: the second waits here and then finds the first's visit.
    locked = _PATIENT.first(patient=patient.pk)
    if locked is None:
        raise NotFound()
    if not again_reason.strip():
        _not_here_yet(queue, locked)
    policy, now = days.policies(), clock.now()
    here = policy.hospital
    day = days.service_day(here, now)
    period = days.period_start(policy.token_reset, day)
    # From here to the commit every other intake of the department waits: as little as can be is done.
    tokens, places = take(f"token:{queue.department_id}:{period}", place_of(queue.pk))
    visit = add(Visit(
        patient=locked, department=queue.department, token_period=period, token_number=tokens.value,
        token=f"{queue.department.prefix}-{tokens.value:03d}", service_day=day, klass=klass,
        class_reason=class_reason, reason=reason, source=source, arrived_at=now,
    ))  # fmt: skip
    leg = add(Leg(
        visit=visit, queue=queue, effective_at=now, order_at=order_at(now, klass), order_no=places.value,
        entered_at=now,
    ))  # fmt: skip
    link = links.issue(PublicToken.STATUS, visit.ref, here.pk, days.day_end(here, day))
    record("visit.arrived", visit, leg, queue, locked, tokens, places, reason=again_reason)
    return Arrival(visit, leg, link)


def _not_here_yet(queue: Queue, patient: Patient) -> None:
    leg = _HERE.first(queue=queue.pk, patient=patient.pk)
    if leg is not None:
        raise Conflict("visit.already_in_line", token=leg.visit.token, visit=str(leg.visit_id), state=leg.state)


def status_link(visit: Visit) -> str:
    """The token of the visit's status page, computed again for a reprint."""
    return links.token_for(PublicToken.STATUS, visit.ref)
