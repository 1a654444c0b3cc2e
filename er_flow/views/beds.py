"""The beds of an emergency department: the map, and what is done with one bed."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from clinic.core import http
from clinic.core.access import needs
from clinic.core.errors import NotFound
from clinic.live import regions
from clinic.tenants.pages import actor_of, staff
from er_flow.forms import BedForm, BlockForm, WithForm
from er_flow.models import Bed, BedStay, EmergencyVisit
from er_flow.models.words import AVAILABLE, BLOCKED, OCCUPIED, RESERVED, UNCLEAN
from er_flow.operations import beds as operations
from er_flow.regions import beds as region
from er_flow.regions import facts, words
from er_flow.regions.facts import Ward
from er_flow.views.answers import ASK, asking, board_of, find, told, visit_of
from er_flow.views.asks import whom
from er_flow.views.board import chosen

MORE_FITS = 5
"""Beds told beside the one that the row names; the question which bed has all of them."""


@require_GET
@needs("er.view")
def beds(request: HttpRequest) -> HttpResponse:
    """The map by section on one side, who needs a bed on the other."""
    department, others = chosen(request)
    if department is None:
        return staff(request, "er_flow/choose.html", here="er-beds", page=_("Beds"), choices=others, route="er:beds")
    shown = [(kind, department.pk) for kind in ("er-beds", "er-needs", "er-surge")]
    regions.prefetch(request, shown)
    picked = request.GET.get("for", "")
    return staff(
        request, "er_flow/beds.html", here="er-beds", page=_("Beds"), subtitle=department.name, department=department,
        others=others, picked=picked, may_assign=actor_of(request).can("er.beds"),
    )  # fmt: skip


def bed_page(bed: Bed) -> str:
    return f"{reverse('er:beds')}?department={bed.section.department_id}"


def _ward(department: UUID) -> Ward:
    ward = facts.wards().get(department)
    if ward is None:
        raise NotFound()
    return ward


@ASK
@needs("er.beds")
def bed_for(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Which bed for this patient, the best first, with the reasons (R4.33)."""
    visit = visit_of(pk)
    ward = _ward(visit.department_id)
    row = next((each for each in ward.visits if each.pk == visit.pk), None)
    fits = region.fits(row, ward) if row is not None else []
    form = BedForm(told(request), beds=[(fit.bed, f"{fit.name} · {fit.section}. {fit.why}") for fit in fits])

    def do(given: dict[str, Any]) -> str:
        bed = find(Bed, UUID(given["bed"]), "section")
        operations.assign(visit, bed, actor=actor_of(request), **form.when)
        return _("E-%(number)s is in bed %(bed)s") % {"number": visit.number, "bed": bed.name}

    title = _("A bed for %(who)s") % {"who": whom(visit)}
    none = _("No free bed suits now. Clean one, or change two patients.")
    return asking(
        request, form, do, title=title, button=_("Assign"), back=board_of(visit.department_id),
        why="" if fits else none, part="er_flow/_ask_bed.html", visit=visit, department=visit.department_id, fits=fits,
    )  # fmt: skip


@require_GET
@needs("er.view")
def fits(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Every bed that suits somebody now, with the reasons: beside the map for a script, else a page (R4.33)."""
    visit = visit_of(pk)
    ward = _ward(visit.department_id)
    row = next((each for each in region.bedless(ward) if each.pk == visit.pk), None)
    told = region.fits(row, ward) if row is not None else []
    beyond = [fit for fit in told if fit.bed != str(region.named(row, ward))]
    context: dict[str, Any] = {
        "visit": visit, "who": words.name_of(row) if row else "", "ids": " ".join(fit.bed for fit in told),
        "fits": beyond[:MORE_FITS], "more": len(beyond[MORE_FITS:]), "can": actor_of(request).abilities,
    }  # fmt: skip
    if http.is_fragment(request):
        page = render(request, "er_flow/_fits.html", context)
        page["Cache-Control"] = "no-store"
        return page
    title = _("A bed for %(who)s") % {"who": whom(visit)}
    return staff(
        request, "er_flow/acts.html", here="er-beds", page=title, title=title, state=visit.get_state_display(),
        back=f"{reverse('er:beds')}?department={visit.department_id}", part="er_flow/_fits.html",
        **{**context, "fits": told, "more": 0},
    )  # fmt: skip


@ASK
@needs("er.beds")
def swap_with(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Two patients change beds."""
    visit = visit_of(pk)
    stays = BedStay.objects.filter(ended_at=None, visit__department=visit.department_id).exclude(visit=visit)
    rows = stays.select_related("visit__patient", "bed").order_by("bed__name")
    people = [(str(stay.visit_id), f"{stay.bed.name} · {whom(stay.visit)}") for stay in rows]
    form = WithForm(told(request) or (request.POST if request.POST.get("visit") else None), people=people)

    def do(given: dict[str, Any]) -> str:
        other = find(EmergencyVisit, UUID(given["visit"]))
        operations.swap(visit, other, actor=actor_of(request))
        return _("E-%(one)s and E-%(two)s changed beds") % {"one": visit.number, "two": other.number}

    title, back = _("Change beds: %(who)s") % {"who": whom(visit)}, board_of(visit.department_id)
    return asking(request, form, do, title=title, button=_("Change beds"), back=back)


@ASK
@needs("er.beds")
def keep_for(request: HttpRequest, pk: UUID) -> HttpResponse:
    """For whom a free bed is kept."""
    bed = find(Bed, pk, "section")
    ward = _ward(bed.section.department_id)
    people = [(str(row.pk), f"{words.name_of(row)}, E-{row.number}") for row in ward.visits]
    form = WithForm(told(request), people=people)

    def do(given: dict[str, Any]) -> str:
        visit = visit_of(UUID(given["visit"]))
        operations.reserve(bed, visit, actor=actor_of(request))
        return _("Bed %(bed)s is kept for E-%(number)s") % {"bed": bed.name, "number": visit.number}

    title = _("Keep bed %(bed)s") % {"bed": bed.name}
    return asking(request, form, do, title=title, button=_("Keep"), back=bed_page(bed))


@ASK
@needs("er.block_beds")
def block(request: HttpRequest, pk: UUID) -> HttpResponse:
    bed = find(Bed, pk, "section")
    form = BlockForm(told(request), initial={"reason": bed.blocked_reason})

    def do(given: dict[str, Any]) -> str:
        row = operations.block(bed, reason=given["reason"], until=form.until, actor=actor_of(request))
        return _("Bed %(bed)s is blocked") % {"bed": row.name}

    title = _("Block bed %(bed)s") % {"bed": bed.name}
    return asking(request, form, do, title=title, button=_("Block"), back=bed_page(bed))


@require_GET
@needs("er.view")
def bed_acts(request: HttpRequest, pk: UUID) -> HttpResponse:
    """What may be done with one bed now: the content of its menu, and a page without script."""
    bed = find(Bed, pk, "section")
    stay = BedStay.objects.filter(bed=bed, ended_at=None).select_related("visit__patient").first()
    context: dict[str, Any] = {
        "bed": bed, "visit": stay.visit if stay else bed.reserved_for, "can": actor_of(request).abilities,
        "is_free": bed.state == AVAILABLE, "is_kept": bed.state == RESERVED, "is_taken": bed.state == OCCUPIED,
        "is_unclean": bed.state in UNCLEAN, "is_blocked": bed.state == BLOCKED, "back": bed_page(bed),
        "title": _("Bed %(bed)s") % {"bed": bed.name}, "state": bed.get_state_display(),
        "part": "er_flow/_bed_acts.html",
    }  # fmt: skip
    if not http.is_fragment(request):
        return staff(request, "er_flow/acts.html", here="er-beds", page=context["title"], **context)
    page = render(request, "er_flow/_bed_acts.html", context)
    page["Cache-Control"] = "no-store"
    return page
