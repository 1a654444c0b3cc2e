"""Video visits: the room of a booking, and who came into it and left (domain/2, visit types by video).

There is no media server of ours: the hospital names a link with ``{room}`` in it, and each booking has a room that
nobody can guess.
"""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from clinic.core.access import Actor
from clinic.core.errors import NotAllowed, NotFound, say
from clinic.live.record import operation, record
from clinic.tenants import days
from queues.models.appointments import CHECKED_IN, CONFIRMED, Appointment
from queues.operations import calls

ROOM = "{room}"

say({
    "video.none": _("This booking is not by video, or the hospital has no link for video visits."),
    "video.not_now": _("The video room is open while the booking is."),
})  # fmt: skip


def url_of(appointment: Appointment) -> str:
    """Where the booking's video room is; empty where it has none."""
    link = days.policies().video_link
    return link.replace(ROOM, appointment.video_room) if link and appointment.video_room else ""


@operation("queues.call")
def join(appointment: Appointment, *, actor: Actor) -> str:
    """The doctor goes into the room: the log, the desk and the patient's page learn of it. Returns the address."""
    row = _row(appointment)
    _may_act(row, actor)
    return _join(row)


@operation("queues.call")
def leave(appointment: Appointment, *, actor: Actor) -> Appointment:
    """The doctor has left the room."""
    row = _row(appointment)
    _may_act(row, actor)
    record("video.left", row, reason="doctor")
    return row


@operation("booking.own")
def join_by_link(appointment: Appointment, *, actor: Actor) -> str:
    """The patient goes into the room. Returns the address."""
    return _join(_own(appointment, actor), who="patient")


@operation("booking.own")
def leave_by_link(appointment: Appointment, *, actor: Actor) -> Appointment:
    """The patient has left the room."""
    row = _own(appointment, actor)
    record("video.left", row, reason="patient")
    return row


def _join(row: Appointment, who: str = "doctor") -> str:
    address = url_of(row)
    if not address:
        raise NotAllowed("video.none")
    if row.state not in (CONFIRMED, CHECKED_IN):
        raise NotAllowed("video.not_now")
    record("video.joined", row, reason=who)
    return address


def _may_act(row: Appointment, actor: Actor) -> None:
    """Into the room goes the doctor whose patient it is now, or whoever acts for all of them."""
    actor.must_see(row.queue.department_id)
    leg = calls.leg_now(row.visit) if row.visit is not None else None
    calls.may_act_for(row.queue.doctor if leg is None else leg.server or leg.queue.doctor, actor)


def _own(appointment: Appointment, actor: Actor) -> Appointment:
    """A link acts on the booking it names, or on the visit that came of it, and on no other."""
    row = _row(appointment)
    refs = {row.ref, f"visit:{row.visit_id}"}
    if actor.kind != "patient" or actor.id not in refs:
        raise NotFound()
    return row


def _row(appointment: Appointment) -> Appointment:
    found: Appointment | None = (
        Appointment.objects.select_related("queue__doctor", "visit").filter(pk=appointment.pk).first()
    )
    if found is None:
        raise NotFound()
    return found
