"""REST: crowding, measures and the patients behind them, the ED log, when a provider will come (R4.40–R4.43)."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from django.utils.dateparse import parse_datetime
from rest_framework.request import Request
from rest_framework.response import Response

from clinic.core import api_pages
from clinic.core.access import needs
from clinic.core.api import HouseViewSet
from clinic.core.api_input import Fields
from clinic.core.api_pages import Cursor, limit_of
from clinic.core.api_told import answers
from clinic.core.faces import Doc, named
from clinic.directory.models import Department
from er_flow import census, eta, log, measures
from er_flow.api import find
from er_flow.figure_serializers import (
    BehindQuery,
    CrowdingDoc,
    CrowdingQuery,
    ErLogQuery,
    EtaDoc,
    MeasuresDoc,
    SpanQuery,
)
from er_flow.serializers import ErVisitDoc


class ErFigureViewSet(HouseViewSet):
    """How it is, and how it was."""

    tag = "er-figures"

    @needs("er.view")
    @answers(CrowdingDoc, query=CrowdingQuery, paged=True)
    def crowding(self, request: Request) -> Response:
        """Who is here now, department by department: counts, beds, occupancy and NEDOCS with its terms."""
        here = sorted(find.departments(self.query), key=_by_name)
        of = f"er-crowding:{self.query.get('department', '')}"
        return Response(api_pages.page_of(here, _by_name, of, request, _crowding_docs))

    @needs("er.view")
    @answers(MeasuresDoc, query=SpanQuery)
    def measures(self, request: Request) -> Response:
        """The measures of a period, by the arrival of the visits."""
        here = [row.pk for row in find.departments(self.query)]
        return Response(measures.of(here, *_span(self.query)))

    @needs("er.view")
    @answers(ErVisitDoc, query=BehindQuery, paged=True)
    def behind(self, request: Request) -> Response:
        """The patients behind a number of the measures, the latest arrival first."""
        here, (first, last) = [row.pk for row in find.departments(self.query)], _span(self.query)
        name = self.query["measure"]
        of = f"er-behind:{name}:{first}:{last}:{sorted(map(str, here))}"
        after = _after(request.query_params.get("cursor", ""), of)
        page = measures.behind.of(name, here, first, last, limit=limit_of(request), after=after)
        link = _link(request, Cursor(of, False, page.next[0].isoformat(), str(page.next[1]))) if page.next else None
        return Response({"results": find.visit_docs(list(page.visits)), "next": link, "previous": None})

    @needs("er.view")
    @answers(ErVisitDoc, query=ErLogQuery, paged=True)
    def log(self, request: Request) -> Response:
        """Every arrival of a period, with its end."""
        asked, (first, last) = self.query, _span(self.query)
        rows = log.entries(log.Asked(
            first, last, [row.pk for row in find.departments(asked)], asked.get("end", ""), asked.get("level"),
            asked.get("arrival_mode", ""), asked.get("section"),
        ))  # fmt: skip
        return self.page(rows, "arrived_at", lambda held: find.visit_docs([row.pk for row in held]))

    @needs("er.view")
    @answers(EtaDoc)
    def eta(self, request: Request, pk: UUID) -> Response:
        """About when a provider will come, as a range; sicker people go first."""
        return Response(eta.of(find.visit(pk)))


def _by_name(row: Department) -> list[str]:
    return [row.name, str(row.pk)]


def _crowding_docs(held: list[Department]) -> list[Doc]:
    now = census.of([row.pk for row in held])
    return [{"department": named(row.pk, row.name), **now[row.pk].doc()} for row in held]


def _span(query: Fields) -> tuple[date, date]:
    if "first" in query:
        return query["first"], query["last"]
    return measures.span(query.get("period", "day"))


def _after(text: str, of: str) -> tuple[datetime, UUID] | None:
    if not text:
        return None
    cursor = Cursor.read(text, of)
    at = parse_datetime(cursor.value)
    assert at is not None  # signed: it is one of ours
    return at, UUID(cursor.pk)


def _link(request: Request, cursor: Cursor) -> str:
    asked = request.query_params.copy()
    asked["cursor"] = cursor.text()
    return request.build_absolute_uri(f"{request.path}?{asked.urlencode()}")
