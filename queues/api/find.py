"""What bodies and addresses name: rows of the open hospital, or a refusal."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from clinic.core.access import Actor
from clinic.core.api_errors import invalid
from clinic.core.api_input import Fields
from clinic.core.errors import NotAllowed, NotFound, say
from clinic.core.faces import Doc
from clinic.core.sight import seen
from clinic.directory.models import Department, Doctor
from clinic.live import undoing
from queues.faces import visits
from queues.models import WITH_SERVER, Leg, Queue, Visit
from queues.operations import calls, order
from queues.operations.undo import HARMLESS

say({
    "visit.nobody_here": _("Nobody is with %(server)s in this way."),
    "post.none": _("Sign on at %(queue)s first."),
})  # fmt: skip


def one(rows: Any, **where: Any) -> Any:
    """The one row; NotFound where it is another hospital's, another department's (R1.2) or nowhere."""
    found = seen(rows).filter(**where).first()
    if found is None:
        raise NotFound()
    return found


def visit(pk: UUID) -> Visit:
    found: Visit = one(Visit.objects.all(), pk=pk)
    return found


def doctor(pk: UUID) -> Doctor:
    found: Doctor = one(Doctor.objects.select_related("room", "department"), pk=pk)
    return found


def queue(pk: UUID) -> Queue:
    found: Queue = one(Queue.objects.select_related("department"), pk=pk)
    return found


def own_line(server: Doctor) -> Queue:
    found: Queue = one(Queue.objects.select_related("department"), doctor=server)
    return found


def pool(pk: UUID) -> Queue:
    """The pool of the department with this id; the counter of one that is a counter."""
    department = one(Department.objects.all(), pk=pk)
    sort = Queue.COUNTER if department.sort == Department.COUNTER else Queue.POOL
    rows = Queue.objects.select_related("department").order_by("id")
    found: Queue = one(rows, department=department, sort=sort)
    return found


def line(given: Fields) -> Queue:
    """The line a body names: by itself, by its doctor, or by its department."""
    if "queue" in given:
        return queue(given["queue"])
    return own_line(doctor(given["doctor"])) if "doctor" in given else pool(given["department"])


def post(line: Queue, actor: Actor) -> Doctor:
    """The actor's row in the directory, if the actor calls from this line: signed on, or one's own line or pool."""
    rows = Doctor.objects.select_related("room", "department")
    found: Doctor | None = rows.filter(pk=actor.doctor_id, is_active=True).first()
    if found is None or not order.serves(found, line):
        raise NotAllowed("post.none", queue=line.name)
    return found


def with_server(server: Doctor, pk: UUID | None, *states: str) -> Visit:
    """The visit named, or the one that is with this doctor; who is with another doctor is refused."""
    if pk is not None:
        named = visit(pk)
        leg = calls.leg_now(named)
        if leg.server is not None and leg.server_id != server.pk:
            raise NotAllowed("visit.other_server", token=named.token, server=leg.server.name)
        return named
    legs = Leg.objects.filter(server=server, state__in=states or WITH_SERVER).select_related("visit")
    here = list(legs.order_by("lane"))
    if not here:
        raise NotAllowed("visit.nobody_here", server=server.name)
    if len(here) > 1:
        raise invalid({"visit": [str(leg.visit_id) for leg in here]})
    found: Visit = here[0].visit
    return found


def visit_doc(pk: UUID) -> Doc:
    """The visit's one document."""
    return visits([str(pk)])[str(pk)]


def last_act(of: Visit) -> int:
    """The seq of the newest event of this visit that an undo could be meant for."""
    return undoing.last_of(of, HARMLESS)


def act_of(of: Visit, seq: int) -> int:
    """``seq`` if it is one of this visit's events."""
    return undoing.one_of(of, seq)
