"""The buttons: each is one POST that calls one operation and says in a sentence what it did."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from clinic.core.errors import Invalid
from clinic.directory.models import Doctor
from clinic.directory.operations import set_status
from clinic.live.record import done
from clinic.tenants.pages import actor_of
from queues.models import Queue, Visit
from queues.operations import calls, ends, holds, lines, returns, undo
from queues.operations import still_there as still
from queues.views.answers import act, find
from queues.views.asks import called


def _reason(request: HttpRequest) -> str:
    return request.POST.get("reason", "").replace("\0", "")[:200]  # PostgreSQL knows no such character


@act("queues.call")
def doctor_call_next(request: HttpRequest, pk: UUID) -> str:
    doctor = find(Doctor, pk, "room")
    return called(calls.call_next(doctor, resume=bool(request.POST.get("resume")), actor=actor_of(request)))


@act("queues.call")
def queue_call_next(request: HttpRequest, pk: UUID) -> str:
    """Call next from a line: for its doctor; from a pool or a counter for whoever asks."""
    doctor = find(Queue, pk, "doctor__room").doctor
    if doctor is None and (own := actor_of(request).doctor_id) is not None:
        doctor = find(Doctor, own, "room")
    if doctor is None:
        raise Invalid("call.who", doctor=["required"])
    return called(calls.call_next(doctor, resume=bool(request.POST.get("resume")), actor=actor_of(request)))


@act("queues.call")
def start(request: HttpRequest, pk: UUID) -> str:
    leg = calls.start(find(Visit, pk), actor=actor_of(request))
    return _("%(token)s is in the room") % {"token": leg.visit.token}


@act("queues.call")
def recall(request: HttpRequest, pk: UUID) -> str:
    leg = calls.recall(find(Visit, pk), actor=actor_of(request))
    told = {"token": leg.visit.token, "n": leg.calls}
    return ngettext("%(token)s called %(n)s time", "%(token)s called %(n)s times", leg.calls) % told


@act("queues.call")
def skip(request: HttpRequest, pk: UUID) -> str:
    leg, places = calls.skip(find(Visit, pk), reason=_reason(request), actor=actor_of(request))
    if not done().events:
        return _("%(token)s waits already") % {"token": leg.visit.token}
    if not places:
        return _("%(token)s skipped; nobody else waits, so the same is next") % {"token": leg.visit.token}
    told = {"token": leg.visit.token, "n": places}
    return ngettext("%(token)s skipped %(n)s place", "%(token)s skipped %(n)s places", places) % told


@act("queues.call")
def complete(request: HttpRequest, pk: UUID) -> str:
    leg = ends.complete(find(Visit, pk), actor=actor_of(request))
    return _("%(token)s completed") % {"token": leg.visit.token}


@act("queues.call")
def complete_and_call(request: HttpRequest, pk: UUID) -> str:
    resume = bool(request.POST.get("resume"))
    leg, after = ends.complete_and_call(find(Visit, pk), resume=resume, actor=actor_of(request))
    told = {"token": leg.visit.token, "next": after.visit.token if after else ""}
    if after is not None:
        return _("%(token)s completed, %(next)s called") % told
    if done().events:
        return _("%(token)s completed. Nobody waits.") % told
    return _("%(token)s was completed already") % told


@act("queues.call")
def no_show(request: HttpRequest, pk: UUID) -> str:
    leg = ends.no_show(find(Visit, pk), actor=actor_of(request))
    return _("%(token)s did not come") % {"token": leg.visit.token}


@act("queues.desk")
def leave(request: HttpRequest, pk: UUID) -> str:
    leg = ends.leave(find(Visit, pk), reason=_reason(request), actor=actor_of(request))
    return _("%(token)s left without being seen") % {"token": leg.visit.token}


@act("queues.undo")
def take_back(request: HttpRequest, seq: int) -> str:
    undo.undo(seq, actor=actor_of(request))
    return _("Undone")


@act("directory.view")
def doctor_status(request: HttpRequest, pk: UUID) -> str:
    doctor = set_status(find(Doctor, pk), request.POST.get("status", ""), actor=actor_of(request))
    return _("%(doctor)s: %(status)s") % {"doctor": doctor.name, "status": doctor.get_status_display()}


@act("queues.desk")
def queue_open(request: HttpRequest, pk: UUID) -> str:
    queue = lines.set_open(find(Queue, pk), request.POST.get("open") == "1", actor=actor_of(request))
    told = {"queue": queue.name}
    return _("%(queue)s takes people in") % told if queue.is_open else _("%(queue)s takes nobody in") % told


@act("queues.hold")
def resume(request: HttpRequest, pk: UUID) -> str:
    leg = holds.resume(find(Visit, pk), actor=actor_of(request))
    return _("%(token)s is back in the line") % {"token": leg.visit.token}


@act("queues.desk")
def rejoin(request: HttpRequest, pk: UUID) -> str:
    leg = returns.rejoin(find(Visit, pk), reason=_reason(request), actor=actor_of(request))
    return _("%(token)s is in the line again") % {"token": leg.visit.token}


@act("queues.desk")
def decline_rejoin(request: HttpRequest, pk: UUID) -> str:
    visit = returns.decline_rejoin(find(Visit, pk), actor=actor_of(request))
    return _("%(token)s was told that the line goes on without them") % {"token": visit.token}


@act("queues.call")
def still_there(request: HttpRequest, pk: UUID) -> str:
    leg = still.answer_still_there(find(Visit, pk), actor=actor_of(request))
    return _("%(token)s is still in the room") % {"token": leg.visit.token}
