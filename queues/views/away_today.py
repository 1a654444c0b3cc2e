"""Away today (R2.11): everybody who waits for or is booked with somebody absent, on one page, settled in one act."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from clinic.core.access import needs
from clinic.core.errors import sentence
from clinic.core.sight import seen
from clinic.directory.models import Absence, Doctor
from clinic.tenants import days
from clinic.tenants.pages import actor_of, staff
from queues.availability import book
from queues.book_forms import day_of
from queues.models import Queue
from queues.operations import away_today
from queues.operations.away_today import CANCEL, COLLEAGUE, DAY, POOL, Choice
from queues.views.answers import answer, find

AHEAD = 30
"""Days in which other times are looked for."""
MOST_TIMES = 200
CHOICE = "choice-"


@require_http_methods(["GET", "POST"])
@needs("appointments.settle")
def away(request: HttpRequest) -> HttpResponse:
    """Choose who is away; then one choice for each person, or one for all, sent as one act with one undo."""
    today = days.service_day(days.current_hospital())
    given = request.POST if request.method == "POST" else request.GET
    day = max(day_of(given.get("day", ""), today), today)
    doctors = _doctors(day)
    chosen = _named(given.get("doctor", ""), doctors)
    if request.method == "POST" and chosen is not None:
        told = away_today.settle(chosen, day, _choices(request, chosen, day), actor=actor_of(request))
        back = f"{reverse('queues:away_today')}?{urlencode({'doctor': chosen.pk, 'day': day.isoformat()})}"
        return answer(request, _said(told), back=back)
    context: dict[str, Any] = {"day": day, "iso": day.isoformat(), "today": today, "doctors": doctors, "doctor": chosen}
    if chosen is not None:
        context |= _shown(chosen, day)
    return staff(request, "queues/away_today.html", here="book", page=_("Away today"), **context)


def _doctors(day: date) -> list[Any]:
    """Every doctor with a line, those who are away on the day first."""
    here = days.current_hospital()
    begins, ends = days.day_start(here, day), days.day_end(here, day)
    absences = Absence.objects.filter(cancelled_at=None, starts_at__lt=ends, ends_at__gt=begins)
    away = set(absences.values_list("doctor_id", flat=True))
    rows: list[Any] = list(seen(Doctor.objects.filter(is_active=True, sort=Doctor.DOCTOR, queue__isnull=False)))
    for row in rows:
        row.away = row.pk in away
        row.off = day == days.service_day(here) and row.is_paused
    return sorted(rows, key=lambda row: (not row.away, not row.off, row.name))


def _named(text: str, doctors: list[Any]) -> Any:
    try:
        wanted = UUID(text)
    except ValueError:
        return None
    return find(Doctor, wanted) if wanted not in {row.pk for row in doctors} else next(
        row for row in doctors if row.pk == wanted
    )  # fmt: skip


def _shown(doctor: Any, day: date) -> dict[str, Any]:
    rows, others = away_today.plan(doctor, day), away_today.colleagues(doctor, day)
    pool = Queue.objects.filter(department=doctor.department_id, sort=Queue.POOL).first()
    free = _free(doctor, day, len(rows))
    shown = [{"row": row, "time": free[n] if n < len(free) else None} for n, row in enumerate(rows)]
    return {"rows": shown, "count": len(rows), "colleagues": others, "pool": pool}


def _free(doctor: Doctor, day: date, wanted: int) -> list[datetime]:
    """Free times of the doctor on other days, the soonest first: as many as people, each offered once."""
    line = Queue.objects.select_related("department", "doctor").filter(doctor=doctor).first()
    if line is None or not wanted:
        return []
    found: list[datetime] = []
    for each in book.days(line, day + timedelta(days=1), day + timedelta(days=AHEAD)):
        found += [slot.starts_at for slot in each.slots for _place in range(slot.left)]
        if len(found) >= wanted:
            break
    return found[:wanted]


# --- what was chosen -------------------------------------------------------------------------------------------------


def _choices(request: HttpRequest, doctor: Doctor, day: date) -> dict[str, Choice]:
    """``choice-<ref>`` → what becomes of them; an empty one is what was chosen for all; nothing at all leaves them."""
    given = request.POST
    lines = {str(line.pk): line for line in seen(Queue.objects.filter(department=doctor.department_id))}
    free = iter(_free(doctor, day, MOST_TIMES))
    taken: set[datetime] = set()
    found: dict[str, Choice] = {}
    for name in given:
        if not name.startswith(CHOICE):
            continue
        ref = name.removeprefix(CHOICE)
        choice = _choice(given.get(name, "") or given.get("all", ""), lines)
        if choice is not None and choice.act == DAY:
            start = choice.starts_at if choice.starts_at not in taken else None
            start = start or next((one for one in free if one not in taken), None)
            if start is None:
                continue
            taken.add(start)
            choice = Choice(DAY, starts_at=start)
        if choice is not None:
            found[ref] = choice
    return found


def _choice(text: str, lines: dict[str, Queue]) -> Choice | None:
    """``pool``, ``cancel``, ``colleague:<line>``, ``day`` or ``day:<start>``; None for anything else."""
    act, _colon, rest = text.partition(":")
    if act in (POOL, CANCEL):
        return Choice(act)
    if act == COLLEAGUE and rest in lines:
        return Choice(COLLEAGUE, queue=lines[rest])
    if act == DAY:
        return Choice(DAY, starts_at=_start(rest))
    return None


def _start(text: str) -> datetime | None:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found if found.tzinfo is not None else None


def _said(told: away_today.Settled) -> str:
    parts = []
    if told.moved:
        n = len(told.moved)
        parts.append(ngettext("%(n)s moved", "%(n)s moved", n) % {"n": n})
    if told.cancelled:
        n = len(told.cancelled)
        parts.append(ngettext("%(n)s cancelled", "%(n)s cancelled", n) % {"n": n})
    if told.refused:
        n = len(told.refused)
        why = sentence(next(iter(told.refused.values())), {})
        text = ngettext("%(n)s stays: %(why)s", "%(n)s stay: %(why)s", n)
        parts.append(text % {"n": n, "why": why})
    return " · ".join(parts) or _("Nothing was chosen.")
