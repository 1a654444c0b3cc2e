"""One visit: its page, and everything that may be done with it now."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from clinic.core import clock, http
from clinic.core.access import Actor, needs
from clinic.live import regions
from clinic.live.models import Event, EventRef
from clinic.records.operations import note_access
from clinic.tenants import days
from clinic.tenants.pages import actor_of, staff
from er_flow import eta
from er_flow.models import BedStay, EmergencyVisit
from er_flow.models.words import ARRIVED, BEDDED, BOARDING, DISPOSITION, IN_TREATMENT, TRIAGED, UNSEEN, WARD
from er_flow.operations.undo import HARMLESS, is_undoable
from er_flow.views.answers import board_of, visit_of


@require_GET
@needs("er.view")
def visit(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Where somebody is in their care, and everything that was written down; for a script only that, as a drawer."""
    row, actor = visit_of(pk), actor_of(request)
    regions.prefetch(request, [("er-visit", pk)])
    if row.patient is not None:
        note_access(row.patient, page="er", actor=actor)
    if http.is_fragment(request):
        return _drawer(request, row)
    return staff(
        request, "er_flow/visit.html", here="er", page=f"E-{row.number}", visit=row,
        back=board_of(row.department_id), **_possible(row, actor),
    )  # fmt: skip


def _drawer(request: HttpRequest, row: EmergencyVisit) -> HttpResponse:
    """The same beside the board."""
    told = {"visit": row, "title": _("Visit E-%(number)s") % {"number": row.number},
            "may_see_patient": actor_of(request).can("patients.view")}  # fmt: skip
    page = render(request, "er_flow/_drawer.html", told)
    page["Cache-Control"] = "no-store"
    return page


@require_GET
@needs("er.view")
def acts(request: HttpRequest, pk: UUID) -> HttpResponse:
    """The acts this reader may do with the visit as it is now; the last one may be taken back for a while."""
    row, actor = visit_of(pk), actor_of(request)
    context = {**_possible(row, actor), "visit": row, "back": board_of(row.department_id),
               "title": f"E-{row.number}", "part": "er_flow/_visit_acts.html",
               "state": row.get_state_display()}  # fmt: skip
    if not http.is_fragment(request):
        return staff(request, "er_flow/acts.html", here="er", page=_("Acts"), **context)
    page = render(request, "er_flow/_visit_acts.html", context)
    page["Cache-Control"] = "no-store"
    return page


def _possible(row: EmergencyVisit, actor: Actor) -> dict[str, Any]:
    """What the state of a visit allows."""
    return {
        "can": actor.abilities, "own": actor.doctor_id is not None,
        "bed": BedStay.objects.filter(visit=row, ended_at=None).select_related("bed").first(),
        "unseen": row.state in UNSEEN, "to_triage": row.level is None and row.state in UNSEEN,
        "may_reassess": row.level is not None and row.state in (TRIAGED, BEDDED),
        "in_treatment": row.state == IN_TREATMENT, "may_decide": row.state in (IN_TREATMENT, DISPOSITION, BOARDING),
        "decided": row.state == DISPOSITION, "may_board": row.state == DISPOSITION and row.disposition in WARD,
        "boarding": row.state == BOARDING, "arrived": row.state == ARRIVED, "is_open": row.is_open,
        "undo": last_act(row), "until_provider": eta.words(row),
    }  # fmt: skip


def last_act(row: EmergencyVisit) -> int:
    """The visit's last act, if it is one that can be taken back and not too old; else 0. The clock does none."""
    seqs = EventRef.objects.filter(ref=row.ref).values("seq")
    last = Event.objects.filter(seq__in=seqs).exclude(name__in=list(HARMLESS)).order_by("-seq").first()
    if last is None or clock.now() - last.at > timedelta(seconds=days.policies().undo_seconds):
        return 0
    return int(last.seq) if is_undoable(Event.objects.filter(op=last.op).values_list("name", flat=True)) else 0
