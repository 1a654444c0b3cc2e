"""Everything that may be done with one visit now: the content of its row's menu, and a page without script."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db.models import Max
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from clinic.core import clock, http
from clinic.core.access import needs
from clinic.live.models import Event, EventRef
from clinic.tenants import days
from clinic.tenants.pages import actor_of, staff
from queues.models import CALLED, IN_PROGRESS, LEFT, NO_SHOW, ON_HOLD, WAITING, Leg, Visit
from queues.operations import calls
from queues.operations.undo import is_undoable
from queues.regions import words
from queues.views.answers import find
from queues.views.asking import home


@require_GET
@needs("queues.view")
def visit_acts(request: HttpRequest, pk: UUID) -> HttpResponse:
    """The acts this reader may do with the visit as it is now; the last one may be taken back for a while (R3.19)."""
    visit, actor = find(Visit, pk, "patient", "department"), actor_of(request)
    leg = calls.leg_now(visit)
    may_call = actor.can("queues.call_for_any") or (actor.doctor_id is not None and _is_ones_own(leg, actor.doctor_id))
    context: dict[str, Any] = {
        "visit": visit, "leg": leg, "can": actor.abilities, "why": words.why(leg) if leg.state == WAITING else "",
        "state": leg.get_state_display(), "waiting": leg.state == WAITING, "called": leg.state == CALLED,
        "inside": leg.state == IN_PROGRESS, "held": leg.state == ON_HOLD, "missed": leg.state in (NO_SHOW, LEFT),
        "may_call": may_call, "undo": _undo(visit), "back": home(request),
        "page": _("Acts for %(token)s") % {"token": visit.token},
    }  # fmt: skip
    if not http.is_fragment(request):
        return staff(request, "queues/acts.html", here="reception", **context)
    part = render(request, "queues/_acts.html", context)
    part["Cache-Control"] = "no-store"
    return part


def _is_ones_own(leg: Leg, server: UUID) -> bool:
    """Not with, or waiting for, somebody else."""
    return (leg.server_id or leg.queue.doctor_id or server) == server


def _undo(visit: Visit) -> int:
    """The visit's last act, if it is one that can be taken back and not too old; else 0."""
    seq = EventRef.objects.filter(ref=visit.ref).aggregate(last=Max("seq"))["last"]
    last = Event.objects.filter(seq=seq).first() if seq else None
    if last is None or clock.now() - last.at > timedelta(seconds=days.policies().undo_seconds):
        return 0
    names = Event.objects.filter(op=last.op).values_list("name", flat=True)
    return int(last.seq) if is_undoable(names) else 0
