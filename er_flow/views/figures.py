"""How an emergency department did, and who came: the measures, the patients behind each, the ED log (R4.41, R4.43)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from clinic.core import clock
from clinic.core.access import needs
from clinic.core.faces import Doc
from clinic.directory.models import Department
from clinic.tenants.pages import hospital_of, staff
from er_flow import ages, log, measures
from er_flow.measures import behind
from er_flow.models import EmergencyVisit, Section
from er_flow.models.words import ARRIVALS, ENDS, STATES
from er_flow.regions.visit import full_name
from er_flow.regions.words import age_text
from er_flow.views import figure_words as words
from er_flow.views.answers import board_of
from er_flow.views.board import chosen

MOST = 500
"""Lines of the log on one page; a shorter period shows the others."""
PAGE = 100


@dataclass(frozen=True, slots=True)
class Span:
    """Service days, both included; what makes no sense in the address is the last week."""

    first: date
    last: date

    @property
    def query(self) -> str:
        return f"from={self.first.isoformat()}&to={self.last.isoformat()}"


def _span(request: HttpRequest, usual: str) -> Span:
    first, last = measures.span(usual)
    try:
        asked = Span(date.fromisoformat(request.GET.get("from", "")), date.fromisoformat(request.GET.get("to", "")))
    except ValueError:
        return Span(first, last)
    whole = 0 <= (asked.last - asked.first).days < measures.LONGEST and asked.first.year in measures.YEARS
    return asked if whole and asked.last <= last else Span(first, last)


def _choose(request: HttpRequest, choices: list[Department], route: str) -> HttpResponse:
    return staff(request, "er_flow/choose.html", here="er", page=_("Emergency"), choices=choices, route=route)


@require_GET
@needs("er.view")
def figures(request: HttpRequest) -> HttpResponse:
    """The measures of a period, each with how many it is of and what exactly it says."""
    department, others = chosen(request)
    if department is None:
        return _choose(request, others, "er:measures")
    span = _span(request, "month")
    told = measures.of([department.pk], span.first, span.last)
    link = f"{reverse('er:behind')}?department={department.pk}&{span.query}&measure="
    return staff(
        request, "er_flow/measures.html", here="er", page=_("How it went"), subtitle=department.name,
        department=department, others=others, span=span, today=measures.span("day")[1], told=told, link=link,
        back=board_of(department.pk), pending=_pending(told), **words.shown(told),
    )  # fmt: skip


def _pending(told: Doc) -> dict[str, Any] | None:
    """The days that no figure has yet, as dates."""
    days = told["pending"]
    return days and {"days": days["days"], **{name: date.fromisoformat(days[name]) for name in ("first", "last")}}


@require_GET
@needs("er.view")
def patients_behind(request: HttpRequest) -> HttpResponse:
    """The patients behind a number, the latest arrival first."""
    department, others = chosen(request)
    if department is None:
        return _choose(request, others, "er:measures")
    span, measure = _span(request, "month"), request.GET.get("measure", "")
    measure = measure if measure in behind.names() else "visits"
    found = behind.of(measure, [department.pk], span.first, span.last, limit=PAGE, after=_after(request))
    rows = EmergencyVisit.objects.filter(pk__in=found.visits).select_related(*RELATED).order_by("-arrived_at", "-id")
    base = f"?department={department.pk}&{span.query}&measure={measure}"
    more = f"{base}&after={found.next[0].strftime(STAMP)}&id={found.next[1]}" if found.next else ""
    return staff(
        request, "er_flow/behind.html", here="er", page=words.of_measure(measure), subtitle=department.name,
        lines=_lines(rows), span=span, more=more,
        back=f"{reverse('er:measures')}?department={department.pk}&{span.query}",
    )  # fmt: skip


STAMP = "%Y-%m-%dT%H:%M:%S.%fZ"
RELATED = ("patient", "department", "section", "provider", "hospital")


def _after(request: HttpRequest) -> tuple[datetime, UUID] | None:
    try:
        at, pk = parse_datetime(request.GET.get("after", "")), UUID(request.GET.get("id", ""))
    except ValueError:
        return None
    is_one = at is not None and at.tzinfo is not None and at.year in measures.YEARS
    return (at, pk) if at is not None and is_one else None


@require_GET
@needs("er.view")
def er_log(request: HttpRequest) -> HttpResponse:
    """Every arrival of a period with its end; to be filtered, and printed."""
    department, others = chosen(request)
    if department is None:
        return _choose(request, others, "er:log")
    span, sections = _span(request, "day"), list(Section.objects.filter(department=department).order_by("position"))
    asked = _asked(request, span, department, sections)
    rows = log.entries(asked)
    ends = log.ends(rows)
    return staff(
        request, "er_flow/log.html", here="er", page=_("ED log"), subtitle=department.name, department=department,
        hospital=hospital_of(request), span=span, today=measures.span("day")[1], asked=asked,
        lines=_lines(rows.select_related(*RELATED)[:MOST]), total=ends.total(), most=MOST,
        ends=[(words.END[end], n) for end, n in ends.most_common()], end_choices=[(key, words.END[key]) for key in ALL],
        modes=ARRIVALS, levels=("0", "1", "2", "3", "4", "5"), sections=sections, back=board_of(department.pk),
    )  # fmt: skip


ALL = (log.HERE, *ENDS)


def _asked(request: HttpRequest, span: Span, department: Department, sections: list[Section]) -> log.Asked:
    """What the address asks for; a word nobody knows leaves nobody out."""

    def one_of(name: str, known: Iterable[str]) -> str:
        value = request.GET.get(name, "")
        return value if value in known else ""

    level = one_of("level", ("0", "1", "2", "3", "4", "5"))
    section = one_of("section", [str(one.pk) for one in sections])
    return log.Asked(
        span.first, span.last, [department.pk], one_of("end", ALL), int(level) if level else None,
        one_of("mode", [key for key, _label in ARRIVALS]), UUID(section) if section else None,
    )  # fmt: skip


def _lines(rows: Iterable[EmergencyVisit]) -> list[dict[str, Any]]:
    states, modes, now = dict(STATES), dict(ARRIVALS), clock.now()
    return [
        {
            "id": row.pk, "number": row.number, "name": full_name(row), "age": age_text(ages.of(row, row.arrived_at)),
            "arrived_at": row.arrived_at, "mode": modes[row.arrival_mode], "level": row.level,
            "complaint": row.complaint, "section": row.section.name if row.section else "",
            "provider": row.provider.name if row.provider else "", "seen_at": row.seen_at, "end": states[row.state],
            "departed_at": row.departed_at, "later": row.entered_later,
            "minutes": int(((row.departed_at or now) - row.arrived_at).total_seconds() // 60),
        }
        for row in rows
    ]  # fmt: skip
