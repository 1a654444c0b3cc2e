"""The doctor's screen: the room on one side, the next on the other."""

from __future__ import annotations

from uuid import UUID

from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from clinic.core.access import needs
from clinic.core.errors import Forbidden, NotFound
from clinic.directory.models import Doctor
from clinic.live import regions
from clinic.tenants.pages import actor_of, staff
from queues.models import Queue
from queues.views.answers import find


@require_GET
@needs("queues.call")
def doctor(request: HttpRequest) -> HttpResponse:
    """The screen of the doctor who asks."""
    own = actor_of(request).doctor_id
    if own is None:
        raise NotFound()
    return _screen(request, find(Doctor, own, "department", "room"))


@require_GET
@needs("queues.call")
def doctor_of(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Another doctor's screen, for the desk."""
    found, actor = find(Doctor, pk, "department", "room"), actor_of(request)
    if found.pk != actor.doctor_id and not actor.can("queues.call_for_any"):
        raise Forbidden("doctor.not_yours")
    return _screen(request, found)


def _screen(request: HttpRequest, who: Doctor) -> HttpResponse:
    mine = Q(doctor=who)
    if who.serves_pool:
        mine |= Q(sort=Queue.POOL, department=who.department_id)
    lines = list(Queue.objects.filter(mine).order_by("sort", "name"))
    parts = [("doctor-bar", who.pk), ("doctor-room", who.pk), ("doctor-next", who.pk)]
    regions.prefetch(request, [*parts, *((kind, line.pk) for line in lines for kind in ("line-label", "line"))])
    room = who.room.name if who.room else ""
    subtitle = " · ".join(part for part in (who.specialization or who.department.name, room) if part)
    own = who.pk == actor_of(request).doctor_id
    callers = [] if own else [(str(who.pk), who.name)]
    return staff(
        request, "queues/doctor.html", here="doctor" if own else "", page=who.name, subtitle=subtitle, doctor=who,
        lines=lines, callers=callers, title=_("Doctor"),
    )  # fmt: skip
