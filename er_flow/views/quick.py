"""Triage of many at once (R4.44): everybody untriaged on one page, levels 1 and 2 chosen there and set together.

Each row is a triage of its own: what one is refused for stays at its row, and the others are done.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from clinic.core import http
from clinic.core.access import Actor, needs
from clinic.core.errors import DomainError, Invalid
from clinic.directory.models import Department
from clinic.live import regions
from clinic.tenants.pages import actor_of, staff
from er_flow.operations import triage
from er_flow.quick_form import KNOWN, LONGEST, Chosen, chosen, why
from er_flow.regions import facts
from er_flow.regions.quick import QuickRow, quick_rows
from er_flow.views import board
from er_flow.views.answers import ASK, board_of, visit_of


@dataclass(frozen=True, slots=True)
class Refused:
    """A choice that was not done, and why."""

    choice: Chosen
    name: str
    why: str


@dataclass(frozen=True, slots=True)
class Answered:
    """A row of the page that answers without script: with what was chosen, and its refusal."""

    row: QuickRow
    level: int
    finding: str
    finding_text: str
    refusal: str


@ASK
@needs("er.triage")
def triage_many(request: HttpRequest) -> HttpResponse:
    """Everybody untriaged of the department; what is chosen is set by one button."""
    department, others = board.chosen(request)
    if department is None:
        return staff(
            request, "er_flow/choose.html", here="er", page=_("Triage of many"), choices=others, route="er:triage_many"
        )
    if request.method != "POST":
        return _page(request, department)
    told, reason = chosen(request.POST), why(request.POST)
    if not 1 <= len(told) <= triage.MOST_AT_ONCE:
        return _none(request, department, told)
    refused = _decide(told, reason, actor_of(request))
    text = _said(len(told) - len(refused)) if len(told) > len(refused) else ""
    if not refused:
        return http.done(request, text, back=request.get_full_path())
    return _answer(request, department, refused, text)


def _none(request: HttpRequest, department: Department, told: list[Chosen]) -> HttpResponse:
    """Nobody is chosen, or more than one act takes."""
    error = Invalid("er.too_many", triages=[str(triage.MOST_AT_ONCE)])
    text = error.message if told else _("Choose a level for somebody first.")
    return _answer(request, department, [], text, status=422)


def _decide(told: list[Chosen], reason: str, actor: Actor) -> list[Refused]:
    """One triage each, by the operation of the triage form; whoever is refused keeps the others from nothing."""
    refused = []
    for one in told:
        name = ""
        try:
            visit = visit_of(one.visit)
            name = _who(visit)
            suggests = triage.suggested(visit, one.sheet).level == one.level
            triage.assess(visit, one.sheet, one.level, override_reason="" if suggests else reason, actor=actor)
        except DomainError as error:
            refused.append(Refused(one, name, error.message))
    return refused


def _who(visit: Any) -> str:
    name = visit.patient.full_name if visit.patient else _("Unknown")
    return f"{name}, E-{visit.number}"


def _said(count: int) -> str:
    return ngettext("%(n)s patient has a level", "%(n)s patients have a level", count) % {"n": count}


# --- pages -----------------------------------------------------------------------------------------------------------


def _answer(
    request: HttpRequest, department: Department, refused: list[Refused], text: str, *, status: int = 422
) -> HttpResponse:  # fmt: skip
    """What was done, and each refusal: a piece for the script, which puts them at their rows; else the whole page."""
    context = {"refused": refused, "said": text}
    if not http.is_fragment(request):
        return _page(request, department, status=status, answered=_rows(department, request, refused), **context)
    page = render(request, "er_flow/_quick_told.html", context, status=status)
    page["Cache-Control"] = "no-store"
    return page


def _rows(department: Department, request: HttpRequest, refused: list[Refused]) -> list[Answered]:
    """The rows as they are now; whoever was refused, or not sent at all, keeps what was chosen."""
    sent = {str(one.visit): one for one in chosen(request.POST)}
    whys = {str(one.choice.visit): one.why for one in refused}
    found = []
    for row in quick_rows(facts.wards()[department.pk]):
        one = sent.get(row.key)
        level, finding = (one.level, one.finding) if one else (0, "")
        found.append(Answered(row, level, finding, str(KNOWN.get(finding, "")), whys.get(row.key, "")))
    return found


def _page(request: HttpRequest, department: Department, *, status: int = 200, **more: Any) -> HttpResponse:
    regions.prefetch(request, [(kind, department.pk) for kind in ("er-quick", "er-surge")])
    return staff(
        request, "er_flow/quick.html", here="er", page=_("Triage of many"), subtitle=department.name, status=status,
        department=department, back=board_of(department.pk), why=why(request.POST), longest=LONGEST,
        most=triage.MOST_AT_ONCE, **more,
    )  # fmt: skip
