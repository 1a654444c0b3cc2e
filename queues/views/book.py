"""Reception's book: a day by doctor, a week of one doctor, and a day's list to print."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from clinic.core.access import Actor, needs
from clinic.live import regions
from clinic.tenants import days
from clinic.tenants.pages import actor_of, staff
from queues.book_forms import bookable_lines, day_of
from queues.models.appointments import HELD, LIVE, Appointment
from queues.regions.book import LAST_HOUR, key_of, open_times

DAY, WEEK = "day", "week"
FIRST_HOUR, LAST = 8, 18
"""Drawn where nobody works and nobody is booked."""


@require_GET
@needs("appointments.view")
def book(request: HttpRequest) -> HttpResponse:
    """The book: all doctors on one day, or one line's week."""
    actor, lines = actor_of(request), bookable_lines()
    today = days.service_day(days.current_hospital())
    day = day_of(request.GET.get("day", ""), today)
    chosen = _chosen(request.GET.get("doctor", ""), lines, actor)
    view = WEEK if request.GET.get("view") == WEEK and chosen is not None else DAY
    shown = _week(chosen, day) if view == WEEK else [(line, day) for line in lines]
    columns = [{"key": key_of(line.pk, each), "line": line, "day": each} for line, each in shown]
    side = [("book-day", day.isoformat()), ("book-requests", "all"), ("book-waiters", "all")]
    with regions.reading(request):
        regions.prefetch(request, [*(("book", column["key"]) for column in columns), *side])
        hours = _hours(shown)
    context: dict[str, Any] = {
        "columns": columns, "view": view, "day": day, "today": today, "lines": lines, "chosen": chosen,
        "hours": hours, "iso": day.isoformat(), "tomorrow": (today + timedelta(days=1)).isoformat(),
        **_ways(view, day, today, chosen), **_may(actor),
    }  # fmt: skip
    return staff(request, "queues/book.html", here="book", page=_("Book"), **context)


def _chosen(text: str, lines: list[Any], actor: Actor) -> Any:
    """The line of a week: by the line's or its doctor's id, else the reader's own, else the first."""
    wanted: UUID | None
    try:
        wanted = UUID(text)
    except ValueError:
        wanted = actor.doctor_id
    named = [line for line in lines if wanted is not None and wanted in (line.pk, line.doctor_id)]
    return next(iter(named or lines), None)


def _week(line: Any, day: date) -> list[tuple[Any, date]]:
    monday = day - timedelta(days=day.weekday())
    return [(line, monday + timedelta(days=n)) for n in range(7)]


def _hours(shown: list[tuple[Any, date]]) -> dict[str, Any]:
    """From which hour to which the columns are drawn: wherever somebody works or is booked, and the usual day."""
    first, last, here = LAST_HOUR, 0, days.current_hospital()
    lines, wanted = {line.pk: line for line, _day in shown}, {day for _line, day in shown}
    spans = [(day, span) for (_line, day), of in open_times(lines.values(), wanted).items() for span in of]
    booked = Appointment.objects.filter(queue__in=list(lines), service_day__in=wanted, state__in=LIVE)
    times = booked.exclude(state=HELD).order_by().values_list("service_day", "starts_at", "minutes").distinct()
    spans += [(day, (at, at + timedelta(minutes=long))) for day, at, long in times]
    for day, (start, end) in spans:
        shown_start, shown_end = start.astimezone(here.zone), end.astimezone(here.zone)
        first = min(first, (shown_start.date() - day).days * 24 + shown_start.hour)
        ends = (shown_end.date() - day).days * 24 + shown_end.hour + (shown_end.minute > 0)
        last = max(last, ends)
    first, last = (max(first, 0), min(last, LAST_HOUR)) if first < last else (FIRST_HOUR, LAST)
    each = [{"h": hour, "text": f"{hour % 24:02}:00"} for hour in range(first, last)]
    return {"from": first, "to": last, "each": each}


def _ways(view: str, day: date, today: date, chosen: Any) -> dict[str, str]:
    """Where the buttons lead."""
    step = timedelta(days=7 if view == WEEK else 1)
    whose = str(chosen.pk) if chosen is not None else ""

    def to(when: date, as_view: str = view) -> str:
        given = {"day": when.isoformat(), "view": as_view, **({"doctor": whose} if as_view == WEEK else {})}
        return f"{reverse('queues:book')}?{urlencode(given)}"

    return {
        "before_url": to(day - step), "after_url": to(day + step), "today_url": to(today), "day_url": to(day, DAY),
        "week_url": to(day, WEEK),
    }  # fmt: skip


def _may(actor: Actor) -> dict[str, bool]:
    return {
        "may_book": actor.can("appointments.book"), "may_decide": actor.can("appointments.decide"),
        "may_settle": actor.can("appointments.settle"),
    }  # fmt: skip


@require_GET
@needs("appointments.view")
def book_print(request: HttpRequest) -> HttpResponse:
    """A day's list by doctor on paper, tomorrow's unless another day is named."""
    today = days.service_day(days.current_hospital())
    day = day_of(request.GET.get("day", ""), today + timedelta(days=1))
    lines = bookable_lines()
    rows = Appointment.objects.filter(queue__in=lines, service_day=day, state__in=LIVE).exclude(state=HELD)
    by_line: dict[UUID, list[Appointment]] = {}
    for row in rows.select_related("patient", "type").order_by("starts_at", "pk"):
        by_line.setdefault(row.queue_id, []).append(row)
    shown = [{"line": line, "rows": by_line[line.pk]} for line in lines if line.pk in by_line]
    context: dict[str, Any] = {
        "day": day,
        "iso": day.isoformat(),
        "shown": shown,
        "count": sum(len(each["rows"]) for each in shown),
    }
    return staff(request, "queues/book_print.html", here="book", page=_("Booked people"), **context)
