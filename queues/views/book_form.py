"""A new booking at the desk: whom, for what, and when, with what is really free."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_http_methods

from clinic.core import clock
from clinic.core.access import needs
from clinic.core.errors import DomainError, Invalid
from clinic.records import people, search
from clinic.records.models import Patient
from clinic.tenants import days
from clinic.tenants.pages import actor_of, staff
from queues.availability import book as availability
from queues.book_forms import (
    BY_NUMBER,
    MOST_TIMES,
    REPEATS,
    WAIT_DAYS,
    BookForm,
    bookable_lines,
    day_of,
    visit_types,
)
from queues.models.appointments import WaitlistEntry
from queues.operations import appointments, desk_bookings, series, waitlist
from queues.views.answers import answer
from queues.views.reception import scanned

AHEAD = 14
"""Days shown at a glance."""


@require_http_methods(["GET", "POST"])
@needs("appointments.book")
def book_new(request: HttpRequest) -> HttpResponse:
    """Book somebody. What is missing, doubtful or just taken comes back with what was typed, and what is free."""
    if request.method == "GET":
        return _page(request, BookForm(), request.GET)
    form = BookForm(_with_pick(request))
    if matches := _matches(request):
        return _page(request, form, form.data, status=422, matches=matches)
    try:
        if not form.is_valid():
            raise Invalid("row.invalid", form.first_error())
        return _do(request, form)
    except DomainError as error:
        if error.status == 404:
            raise
        return _refused(request, form, error)


def _with_pick(request: HttpRequest) -> Any:
    """A time offered after a refusal is one button: ``pick`` names its line and start."""
    given = request.POST.copy()
    line, _bar, start = given.get("pick", "").partition("|")
    if start:
        given["queue"], given["at"] = line, start
    return given


def _matches(request: HttpRequest) -> list[dict[str, str]]:
    """Without script nobody looked anybody up: what was typed is looked up now, once, and the desk chooses."""
    given = request.POST
    typed = given.get("q", "").strip()[:80]
    settled = any(given.get(name) for name in ("patient", "given_name", "family_name"))
    return people.faces(search.find(typed)) if typed and not settled and given.get("looked") != typed else []


def _do(request: HttpRequest, form: BookForm) -> HttpResponse:
    given = form.cleaned_data
    if form.is_waiting:
        text, day = _wait(request, form), given["day"]
    elif given["repeat"]:
        text, day = _repeat(request, form)
    else:
        text, day = _book(request, form)
    return answer(request, text, back=f"{reverse('queues:book')}?{urlencode({'day': day.isoformat()})}")


def _book(request: HttpRequest, form: BookForm) -> tuple[str, date]:
    given, actor = form.cleaned_data, actor_of(request)
    more: dict[str, Any] = {
        "type": given["type"], "reason": given["reason"], "notes": given["notes"], "source": given["source"] or "desk",
        "override_reason": given["override_reason"], **form.when,
    }  # fmt: skip
    line = given["queue"]
    if given["patient"]:
        booked = appointments.book(line, given["patient"], actor=actor, **more)
    else:
        booked = desk_bookings.book_new(line, form.person, force_new=given["force_new"], actor=actor, **more)
    row = booked.appointment
    name = row.patient.full_name if row.patient else ""
    start = timezone.localtime(row.starts_at)
    said = {"name": name, "day": _day_words(start), "time": f"{start:%H:%M}", "line": row.queue.name}
    return _("%(name)s is booked: %(day)s %(time)s, %(line)s") % said, row.service_day


def _repeat(request: HttpRequest, form: BookForm) -> tuple[str, date]:
    given, actor = form.cleaned_data, actor_of(request)
    if given["at"] == BY_NUMBER:
        raise Invalid("row.invalid", _("A series needs a time, not a number."), at=["invalid"])
    rule = f"{given['repeat']};COUNT={given['times']}"
    line, start, skip = given["queue"], given["at"], given["skip_conflicts"]

    def make(patient: Patient) -> Any:
        return series.make(
            line, patient, type=given["type"], starts_at=start, rule=rule, skip_conflicts=skip, actor=actor
        )

    if given["patient"]:
        made = make(given["patient"])
    else:
        made = desk_bookings.for_new(form.person, make, force_new=given["force_new"], actor=actor)
    n = len(made.booked)
    text = ngettext("A series of %(n)s booking", "A series of %(n)s bookings", n) % {"n": n}
    return text, days.service_day(days.current_hospital(), start)


def _wait(request: HttpRequest, form: BookForm) -> str:
    given, actor = form.cleaned_data, actor_of(request)

    def enter(patient: Patient) -> Any:
        return waitlist.enter(
            given["queue"], patient, type=given["type"], first_day=given["day"], last_day=given["last_day"],
            part=given["part"] or WaitlistEntry.ANY, note=given["reason"], actor=actor,
        )  # fmt: skip

    if given["patient"]:
        entry = enter(given["patient"])
    else:
        entry = desk_bookings.for_new(form.person, enter, force_new=given["force_new"], actor=actor)
    said = {"name": entry.patient.full_name, "line": given["queue"].name}
    return _("%(name)s is on the waiting list of %(line)s") % said


def _day_words(start: datetime) -> str:
    return date_format(start, "D j M")


def _refused(request: HttpRequest, form: BookForm, error: DomainError) -> HttpResponse:
    """The refusal above what was typed; with it who may be meant, or what is really free instead."""
    ids = error.details.get("candidates", [])
    alike = people.faces(Patient.objects.filter(pk__in=ids).order_by("name_key")) if ids else []
    more: dict[str, Any] = {
        "refused": error.message, "alike": alike, "others": _others(error), "conflicts": _conflicts(error),
        "ask_twice": error.code == "appointment.twice",
    }  # fmt: skip
    return _page(request, form, form.data, status=422, **more)


def _others(error: DomainError) -> list[dict[str, Any]]:
    """Free times instead of the one that was taken (R2.2), each as a button."""
    names = {str(line.pk): line.name for line in bookable_lines()}
    found = []
    for told in error.details.get("alternatives", []):
        start = told["starts_at"]
        start = datetime.fromisoformat(start) if isinstance(start, str) else start
        if (key := str(told["queue"])) in names:
            found.append({"value": f"{key}|{start.isoformat()}", "start": start, "line": names[key]})
    return found


def _conflicts(error: DomainError) -> list[datetime]:
    """The dates of a series that cannot be."""
    told = error.details.get("conflicts", [])
    starts = [one.get("starts_at") if isinstance(one, dict) else one for one in told]
    return [datetime.fromisoformat(one) if isinstance(one, str) else one for one in starts if one]


def _page(
    request: HttpRequest, form: BookForm, given: Mapping[str, Any], *, status: int = 200, **more: Any
) -> HttpResponse:
    patient = _patient(given.get("patient", ""))
    lines = bookable_lines()
    asked = {name: str(given.get(name) or "") for name in ("queue", "type", "day", "at")}
    asked["queue"] = asked["queue"] or (str(lines[0].pk) if lines else "")
    context: dict[str, Any] = {
        "form": form, "lines": lines, "kinds": visit_types(), "chosen": asked["queue"], "kind": asked["type"],
        "patient": people.faces([patient])[0] if patient else None, "repeats": REPEATS, "most_times": MOST_TIMES,
        "parts": WaitlistEntry.PARTS, "matches": [], "alike": [], **times_of(asked), **more,
    }  # fmt: skip
    return staff(request, "queues/book_new.html", here="book", page=_("New booking"), status=status, **context)


def _patient(text: str) -> Patient | None:
    try:
        found: Patient | None = Patient.objects.filter(pk=UUID(str(text))).first()
    except ValueError:
        return None
    return found


# --- what is free ----------------------------------------------------------------------------------------------------


@require_GET
@needs("appointments.book")
def book_times(request: HttpRequest) -> HttpResponse:
    """The days at a glance and the free times of one of them, for the line and kind that were chosen."""
    part = render(request, "queues/_book_times.html", times_of(request.GET))
    part["Cache-Control"] = "no-store"
    return part


def times_of(given: Mapping[str, Any]) -> dict[str, Any]:
    """What ``_book_times.html`` shows: fourteen days from the one asked for, and that day's times."""
    today = days.service_day(days.current_hospital())
    day = max(day_of(str(given.get("day") or ""), today), today)
    lines = {str(line.pk): line for line in bookable_lines()}
    kinds = {str(kind.pk): kind for kind in visit_types()}
    line, kind = lines.get(str(given.get("queue"))), kinds.get(str(given.get("type")))
    shown: dict[str, Any] = {"day": day, "iso": day.isoformat(), "today": today, "at": str(given.get("at") or "")}
    shown["wait_until"] = (day + timedelta(days=WAIT_DAYS)).isoformat()
    if line is None:
        return shown
    first = day if day - today >= timedelta(days=AHEAD) else today
    glance = availability.days(line, first, first + timedelta(days=AHEAD - 1), kind)
    one = next((each for each in glance if each.day == day), None) or availability.day(line, day, kind)
    slots = [
        {"value": slot.starts_at.isoformat(), "start": slot.starts_at, "left": slot.left} for slot in one.slots
        if slot.starts_at > clock.now() and slot.left > 0
    ]  # fmt: skip
    free = bool(slots) or bool(one.tokens_left)
    shown |= {
        "glance": [{"day": each.day, "iso": each.day.isoformat(), "free": _free(each)} for each in glance],
        "slots": slots, "is_open": one.open, "tokens_left": one.tokens_left, "free": free, "line": line,
        "by_number": "token" in one.modes and one.open and one.tokens_left != 0, "next_token_at": one.next_token_at,
        "next_free": None if free else availability.next_free(line, kind),
    }  # fmt: skip
    return shown


def _free(told: Any) -> int | None:
    """How many times are free on a day; None where the day is closed."""
    if not told.open:
        return None
    return len(told.slots) + (told.tokens_left or 0)


@require_GET
@needs("appointments.book")
def book_found(request: HttpRequest) -> HttpResponse:
    """Options of the look-up: known patients, families of one phone, and "new patient"."""
    text = request.GET.get("q", "").strip()[:300]
    found = people.faces(scanned(text) or search.find(text[:80])) if len(text) > 1 else []
    told = render(request, "records/_found.html", {"patients": found, "text": text, "may_add": len(text) > 1})
    told["Cache-Control"] = "no-store"
    return told
