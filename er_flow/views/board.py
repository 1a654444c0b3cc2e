"""The board of an emergency department, on a desk, on a wall, and on paper."""

from __future__ import annotations

from datetime import datetime
from itertools import groupby
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from clinic.core.access import needs
from clinic.core.errors import NotFound
from clinic.directory.models import Department
from clinic.live import regions
from clinic.tenants.pages import actor_of, hospital_of, staff
from er_flow.models import EmergencyVisit
from er_flow.regions import board as region
from er_flow.regions import facts
from er_flow.views.answers import board_of, departments


def chosen(request: HttpRequest) -> tuple[Department | None, list[Department]]:
    """The department in the address, or the only one there is; and all of them, for the choice."""
    rows = departments()
    wanted = request.GET.get("department", "")
    if wanted:
        found = [row for row in rows if str(row.pk) == wanted]
        if not found:
            raise NotFound()
        return found[0], rows
    return (rows[0] if len(rows) == 1 else None), rows


@require_GET
@needs("er.view")
def board(request: HttpRequest) -> HttpResponse:
    """One row per patient; ``?tv=1`` without names and acts, for a screen that many can see."""
    department, others = chosen(request)
    department = department or _of_visit(request, others)
    if department is None:
        return staff(request, "er_flow/choose.html", here="er", page=_("Emergency"), choices=others, route="er:board")
    if request.GET.get("tv"):
        return _wall(request, department)
    actor = actor_of(request)
    regions.prefetch(request, [(kind, department.pk) for kind in ("er-board", "er-strip", "er-surge")])
    return staff(
        request, "er_flow/board.html", here="er", page=department.name, subtitle="",
        department=department, others=others, may_register=actor.can("er.register"), own=str(actor.doctor_id or ""),
        may_surge=actor.can("er.surge"), may_triage=actor.can("er.triage"), er_keys=True, showing=_showing(request),
    )  # fmt: skip


SHOWS = ("late", "mine", "nobed", "provider", "redue", "boards")
"""The filters of the board, as its address names them."""


def _showing(request: HttpRequest) -> str:
    wanted = request.GET.get("show", "")
    if wanted == "mine" and not actor_of(request).doctor_id:
        return ""
    return wanted if wanted in SHOWS else ""


def _of_visit(request: HttpRequest, departments: list[Department]) -> Department | None:
    """The department of the visit that the address names: of whoever is looked for, or shown beside the board."""
    try:
        wanted = UUID(request.GET.get("to") or request.GET.get("visit") or "")
    except ValueError:
        return None
    rows = EmergencyVisit.objects.filter(pk=wanted, department__in=departments)
    found = rows.values_list("department_id", flat=True).first()
    return next((row for row in departments if row.pk == found), None)


def _wall(request: HttpRequest, department: Department) -> HttpResponse:
    regions.prefetch(request, [(kind, department.pk) for kind in ("er-wall", "er-wall-surge")])
    return staff(request, "er_flow/wall.html", here="er", page=department.name, department=department)


@require_GET
@needs("er.triage")
def triage_next(request: HttpRequest) -> HttpResponse:
    """The triage form of who is next: whoever came with level 1 or 2 as reported, then whoever came first; those whose
    triage has begun, elsewhere as a rule, after them. The board's order stays that of R4.4. Without anybody, the board.
    """
    department, _others = chosen(request)
    rows = EmergencyVisit.objects.unseen().filter(level=None, department=department) if department else ()
    first = min(rows, key=_turn, default=None)
    if first is None:
        return redirect(board_of(department.pk if department else None))
    return redirect("er:triage", pk=first.pk)


def _turn(row: EmergencyVisit) -> tuple[bool, int, datetime, int]:
    reported = row.reported_level if row.reported_level in (1, 2) else 3
    return row.triage_started_at is not None, reported, row.arrived_at, row.number


# --- on paper --------------------------------------------------------------------------------------------------------


@require_GET
@needs("er.view")
def downtime(request: HttpRequest) -> HttpResponse:
    """The board on paper, with lines to write on while nothing else works (R4.43)."""
    rows = _rows(request)
    return _paper(request, "er_flow/downtime.html", rows, blank=range(BLANK))


LAST = 1_000_000
"""Where those stand who are in no section or no bed."""
BLANK = 8
"""Empty lines for those who come while nothing else works."""


@require_GET
@needs("er.view")
def handover(request: HttpRequest) -> HttpResponse:
    """For the next shift: each section with its patients."""
    rows = _rows(request)
    by_section = sorted(rows, key=lambda one: one["place"])
    groups = [(name, list(some)) for name, some in groupby(by_section, key=lambda one: one["section"])]
    return _paper(request, "er_flow/handover.html", rows, groups=groups)


def _rows(request: HttpRequest) -> list[dict[str, Any]]:
    department, _others = chosen(request)
    if department is None:
        return []
    ward = facts.wards()[department.pk]
    where = {bed.pk: (bed.section.position, bed.section.name, n) for n, bed in enumerate(ward.beds)}
    shown = {row.key: row for row in region.board_rows(ward)}
    told = []
    for row in ward.visits:
        place = where.get(row.stay__bed_id)
        place = place or (row.section__position if row.section_id else LAST, row.section__name or "", LAST)
        told.append({"row": shown[str(row.pk)], "section": place[1], "place": place, "note": row.disposition_note})
    return told


def _paper(request: HttpRequest, template: str, rows: list[dict[str, Any]], **more: Any) -> HttpResponse:
    department, others = chosen(request)
    if department is None:
        return staff(request, "er_flow/choose.html", here="er", page=_("Emergency"), choices=others, route="er:board")
    context = {
        "hospital": hospital_of(request), "department": department, "rows": rows, "printed_at": timezone.now(),
        "by": actor_of(request).name, "back": board_of(department.pk), **more,
    }  # fmt: skip
    page = render(request, template, context)
    page["Cache-Control"] = "no-store"
    return page
