"""The screen of whoever calls: the room on one side, the next on the other."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from clinic.core.access import Actor, needs
from clinic.core.errors import Forbidden, NotFound
from clinic.directory.models import Doctor
from clinic.live import regions
from clinic.tenants.pages import actor_of, staff
from queues.regions.desks import lines_of
from queues.views.answers import find


@require_GET
@needs("queues.call")
def doctor(request: HttpRequest) -> HttpResponse:
    """The screen of whoever asks; nurses and clerks have one as soon as they have signed on somewhere."""
    actor = actor_of(request)
    own = actor.doctor_id
    if own is None:
        if "doctor" in actor.roles or not actor.can("queues.sign_on"):
            raise NotFound()
        return redirect("queues:posts")
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
    actor = actor_of(request)
    lines = [line for line in lines_of([who])[who.pk] if actor.sees(line.department_id)]
    bookings = who.sort == Doctor.DOCTOR and actor.can("appointments.view")
    shown = ("bar", "room", "next", "lines", "seen", *(["bookings"] if bookings else []))
    parts = [(f"doctor-{part}", who.pk) for part in shown]
    below = [(kind, line.pk) for line in lines for kind in ("line-label", "line", "line-away")]
    regions.prefetch(request, [*parts, *below])
    room = who.room.name if who.room else ""
    about = who.specialization or who.department.name
    subtitle = " · ".join(part for part in (about, room) if part)
    own = who.pk == actor.doctor_id
    return staff(
        request, "queues/doctor.html", here=_here(actor) if own else "", page=who.name, subtitle=subtitle, doctor=who,
        lines=lines, title=_("Doctor"), bookings=bookings,
    )  # fmt: skip


def _here(actor: Actor) -> str:
    return "doctor" if "doctor" in actor.roles else "calling"
