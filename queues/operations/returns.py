"""Back after the end (R3.14): whoever did not come, or left, stands behind the next two on the same service day."""

from __future__ import annotations

from clinic.core import clock
from clinic.core.access import Actor
from clinic.core.errors import Conflict, NotAllowed, NotFound
from clinic.live.record import change, operation, record
from clinic.records.models import Patient
from clinic.tenants import days
from queues import appointment_day as on_the_day
from queues.models import LEFT, NO_SHOW, WAITING, Leg, Visit
from queues.operations import calls, order, standing
from queues.operations.holds import GONE, NEW_CALLS

BEHIND = 2
"""R3.14: so many who wait go before somebody who rejoins."""


@operation("queues.desk")
def rejoin(visit: Visit, *, reason: str = "", actor: Actor) -> Leg:
    """Put somebody who did not come, or left, back into the line behind the next two; the arrival stays.

    Only on the service day of the visit, and not while the patient waits in this line under another token. Answers
    the patient's question too, if there was one.
    """
    list(Patient.objects.select_for_update(no_key=True).filter(pk=visit.patient_id).values_list("pk", flat=True))
    order.close(calls.leg_now(visit).queue_id)
    leg = calls.leg_of(visit, actor)
    if leg.state == WAITING:
        return leg
    _may_rejoin(leg)
    _not_here_again(leg)
    behind = order.put_behind(leg, BEHIND)
    fresh = {"ended_at": None, "returned_at": None, **GONE, **NEW_CALLS}
    change(leg, state=WAITING, **fresh, **behind.order)
    change(leg.visit, ended_at=None, outcome="", rejoin_asked_at=None)
    again = on_the_day.begin_again(leg.visit)
    record("visit.rejoined", *standing.touched(leg, behind), *again, reason=reason.strip())
    return leg


@operation("status.view")
def ask_rejoin_by_link(visit: Visit, *, actor: Actor) -> Visit:
    """The patient asks on the phone to come back; the desk sees it, and accepts with ``rejoin`` or declines."""
    if actor.kind != "patient" or actor.id != visit.ref:
        raise NotFound()
    leg = calls.leg_of(visit, actor)
    _may_rejoin(leg)
    if leg.visit.rejoin_asked_at is None:
        change(leg.visit, rejoin_asked_at=clock.now())
        record("visit.rejoin_asked", leg.visit, leg)
    return leg.visit


@operation("queues.desk")
def decline_rejoin(visit: Visit, *, actor: Actor) -> Visit:
    """The desk does not take the patient back into the line; the phone says so. Nothing if nobody asked."""
    leg = calls.leg_of(visit, actor)
    if leg.visit.rejoin_asked_at is not None:
        change(leg.visit, rejoin_asked_at=None)
        record("visit.rejoin_declined", leg.visit, leg)
    return leg.visit


def _may_rejoin(leg: Leg) -> None:
    calls.expect(leg, NO_SHOW, LEFT)
    if leg.visit.service_day != days.service_day(days.current_hospital()):
        raise NotAllowed("visit.other_day", token=leg.visit.token, day=leg.visit.service_day.isoformat())


def _not_here_again(leg: Leg) -> None:
    there = Leg.objects.open().filter(queue_id=leg.queue_id, visit__patient_id=leg.visit.patient_id)
    other = there.select_related("visit").first()
    if other is not None:
        raise Conflict("visit.already_in_line", token=other.visit.token, visit=str(other.visit_id), state=other.state)
