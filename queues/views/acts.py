"""The buttons: each is one POST that calls one operation and says in a sentence what it did."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest, HttpResponse, QueryDict
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from clinic.core import http
from clinic.core.access import needs
from clinic.core.errors import Invalid
from clinic.directory.models import Doctor
from clinic.directory.operations import set_status
from clinic.live.record import done
from clinic.tenants.pages import actor_of, staff
from queues.forms import CallForm, CancelForm
from queues.models import Leg, Queue, Visit
from queues.operations import calls, ends, lines, undo
from queues.views.answers import act, answer, find


def _reason(request: HttpRequest) -> str:
    return request.POST.get("reason", "").replace("\0", "")[:200]  # PostgreSQL knows no such character


def _called(leg: Leg | None) -> str:
    if leg is None:
        return _("Nobody waits.")
    told = {"token": leg.visit.token, "room": leg.room.name if leg.room else ""}
    return _("%(token)s called to %(room)s") % told if leg.room else _("%(token)s called") % told


@act("queues.call")
def doctor_call_next(request: HttpRequest, pk: UUID) -> str:
    doctor = find(Doctor, pk, "room")
    return _called(calls.call_next(doctor, resume=bool(request.POST.get("resume")), actor=actor_of(request)))


@act("queues.call")
def queue_call_next(request: HttpRequest, pk: UUID) -> str:
    """Call next from a line: for its doctor; from a pool for the doctor who asks."""
    doctor = find(Queue, pk, "doctor__room").doctor
    if doctor is None and (own := actor_of(request).doctor_id) is not None:
        doctor = find(Doctor, own, "room")
    if doctor is None:
        raise Invalid("call.who", doctor=["required"])
    return _called(calls.call_next(doctor, resume=bool(request.POST.get("resume")), actor=actor_of(request)))


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


# --- acts that need a reason: a dialog with script, a page without ------------------------------------------------


@require_http_methods(["GET", "POST"])
@needs("queues.call")
def call(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Call a chosen patient out of order: a reason (R3.10), and for a pool who calls."""
    visit, actor = find(Visit, pk), actor_of(request)
    form = CallForm(_told(request), actor=actor, leg=calls.leg_of(visit, lock=False))
    if not (form.is_bound and form.is_valid()):
        return _ask(request, form, visit, _("Call %(token)s out of order") % {"token": visit.token}, _("Call now"))
    leg = calls.call(visit, form.cleaned_data["doctor"], reason=form.cleaned_data["reason"], actor=actor)
    return answer(request, _called(leg), back=reverse(form.home))


@require_http_methods(["GET", "POST"])
@needs("queues.desk")
def cancel(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Take a visit back that should not be, with a reason."""
    visit = find(Visit, pk)
    form = CancelForm(_told(request))
    if not (form.is_bound and form.is_valid()):
        return _ask(request, form, visit, _("Cancel %(token)s") % {"token": visit.token}, _("Cancel the visit"))
    ends.cancel(visit, reason=form.cleaned_data["reason"], actor=actor_of(request))
    return answer(request, _("%(token)s cancelled") % {"token": visit.token}, back=reverse("queues:reception"))


def _told(request: HttpRequest) -> QueryDict | None:
    """The answer to the question; None where it has not been asked yet (a row's button without script)."""
    return request.POST if "reason" in request.POST or http.is_fragment(request) else None


def _ask(request: HttpRequest, form: CallForm | CancelForm, visit: Visit, title: str, do: str) -> HttpResponse:
    """What is missing: as a toast for a script, else a page that asks for it."""
    if form.is_bound and http.is_fragment(request):
        return http.refusal(request, Invalid("row.invalid", form.first_error(), **form.errors))
    context = {"form": form, "visit": visit, "title": title, "do": do, "back": http.came_from(request, "/")}
    return staff(request, "queues/ask.html", here="reception", page=title, status=200, **context)
