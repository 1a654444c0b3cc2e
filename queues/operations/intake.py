"""Taking somebody in (R3.2, R3.3, R3.17, R3.23)."""

from __future__ import annotations

from clinic.core import clock
from clinic.core.access import Actor
from clinic.core.errors import Invalid, NotAllowed
from clinic.directory.models import VisitType
from clinic.live.record import operation, record
from clinic.records.models import Patient
from clinic.tenants import days, links
from clinic.tenants.models import PublicToken
from queues.models import CARRIED_OVER, NORMAL, URGENT, VIP, Queue, Visit
from queues.operations import entering, limits, slot_walk_in
from queues.operations.entering import Arrival

__all__ = ["Arrival", "arrive", "status_link"]


@operation("queues.intake")
def arrive(
    queue: Queue, patient: Patient, *, klass: str = NORMAL, class_reason: str = "", reason: str = "",
    type: VisitType | None = None,  # noqa: A002  as the REST body says it
    again_reason: str = "", source: str = "desk", actor: Actor,
) -> Arrival:  # fmt: skip
    """Put a patient into a line under a new token; the desk, the line, displays and doctors learn of it.

    Refuses a closed or full line (R3.20), and somebody who already waits in this line unless ``again_reason`` says why
    (R3.17). Warns of a long line and outside the opening hours. Where only times are booked, whoever is neither urgent
    nor VIP takes the next free one (R2.9).
    """
    policy, now = days.policies(), clock.now()
    line = limits.line_of(queue.pk, actor, policy)
    if klass not in (URGENT, VIP, NORMAL):
        raise Invalid("visit.bad_class", klass=klass, allowed=[NORMAL, URGENT, VIP], carried=CARRIED_OVER)
    if type is not None and not type.is_active:
        raise Invalid("visit.bad_type", type=type.name)
    if not line.queue.is_open:
        raise NotAllowed("queue.closed", queue=line.queue.name)
    # Two desks may take the same person in at once: the second waits here and then finds the first's visit.
    locked = entering.person(patient.pk)
    if not again_reason.strip():
        entering.not_here_yet(queue, locked)
    if klass == NORMAL and slot_walk_in.needs_slot(line):
        return slot_walk_in.take_slot(line, locked, type, reason=reason)
    closed = limits.outside_hours(line)
    visit = Visit(
        patient=locked, klass=klass, class_reason=class_reason, reason=reason, source=source, arrived_at=now, type=type,
    )  # fmt: skip
    entered = entering.enter(line, visit, now=now)
    record("visit.arrived", visit, entered.leg, queue, locked, *entered.counters, reason=again_reason)
    warned = tuple(each for each in (entered.long, closed) if each is not None)
    return Arrival(visit, entered.leg, entered.link, warned)


def status_link(visit: Visit) -> str:
    """The token of the visit's status page, computed again for a reprint."""
    return links.token_for(PublicToken.STATUS, visit.ref)
